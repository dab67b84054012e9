/* The client's side of a service that is there and does not answer. */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/account/account.h"
#include "common/base/clock.h"
#include "tests/unit/unit.h"

#define TIMEOUT_MS 1000
#define ADDITIONS 1000

/* Listens and never accepts. */
static int
listen_at(char *folder, struct sockaddr_un *ret_at)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_non_null(mkdtemp(folder));
	*ret_at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(
	    ret_at->sun_path, sizeof ret_at->sun_path, "%s/socket", folder);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)ret_at, sizeof *ret_at), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

/* It is waited for once; every addition is known to be lost. */
static void
quota_of_a_hung_service(void **state)
{
	char folder[] = "/tmp/njiwa-client-XXXXXX";
	struct account_client *client;
	struct sockaddr_un at;
	struct err err = { 0, "" };
	int i, fd = listen_at(folder, &at);
	const struct account_client_config config = {
		.socket = at.sun_path, .program = "", .timeout_ms = TIMEOUT_MS
	};
	int64_t much = clock_deadline((int64_t)20 * TIMEOUT_MS);

	(void)state;
	assert_int_equal(account_client_open(&config, &client, &err), 0);
	for (i = 0; i < ADDITIONS; i++)
		account_quota_add(client, "demo@test.dev", 100, 1);
	account_quota_flush(client);
	assert_true(clock_left(much) > 0);
	assert_int_equal(account_quota_lost(client), ADDITIONS);
	account_client_free(client);
	(void)close(fd);
	assert_int_equal(unlink(at.sun_path), 0);
	assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(quota_of_a_hung_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
