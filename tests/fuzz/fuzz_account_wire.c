/* Answers as the client reads them, and requests as njiwa-accountd does. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/accountd/server.h"
#include "common/base/log.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_answer(struct slice octets)
{
	struct ipc_reader in = { octets, false };
	struct wire_head head;
	uint32_t i;

	if (!wire_get_head(&in, &head))
		return;
	for (i = 0; i < head.count; i++) {
		struct account_target target;

		if (!wire_get_target(&in, &target))
			return;
		if ((target.address == NULL) != target.local)
			__builtin_trap();
		account_target_release(&target);
	}
}

/* A server without a database: every look-up is a temporary failure. */
static struct server *
make_server(void)
{
	static struct account_config config = {
		.db = { .hosts = "", .sqlite_file = "/nonexistent/db" },
		.user_query = "SELECT %u",
		.password_query = "SELECT %u",
		.alias_query = "",
		.domain_query = "",
		.quota_query = "SELECT %u",
		.quota_update = "",
		.domain_alias_query = "",
		.disabled_query = "",
		.subaddress_delimiter = "+",
		.host_list = "",
		.rehash_scheme = "$1$",
	};
	struct server *server = calloc(1, sizeof *server);
	struct err err;

	if (server == NULL ||
	    account_sql_new(&config, NULL, NULL, &server->sql, &err) < 0)
		abort();
	server->epoll = server->listener = -1;
	return server;
}

/* The first octets are types; what is behind each is its body. */
static void
serve(struct server *server, struct slice octets)
{
	struct client *client = calloc(1, sizeof *client);
	struct ipc_msg msg = IPC_MSG_INIT;
	struct slice body;
	int rc = 0;

	if (client == NULL)
		abort();
	client->seat = SEATS_NOBODY;
	client->fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	while (rc == 0 && !client->gone && slice_next(&octets, '\n', &body)) {
		msg.type = body.len ? (uint16_t)(body.ptr[0] & 15) : 0;
		str_set(&msg.body, slice_skip(body, 1));
		rc = requests_answer(server, client, &msg);
	}
	requests_flush_adds(server);
	server_close(server, client);
	ipc_msg_release(&msg);
	str_release(&client->queue);
	account_scram_free(client->scram);
	free(client->bound);
	free(client);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct server *server;
	struct slice octets = slice_of((const char *)data, size);

	if (server == NULL)
		server = make_server();
	read_answer(octets);
	serve(server, octets);
	return 0;
}
