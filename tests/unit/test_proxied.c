/* The keeper's side of XCLIENT: whom it believes, and how long. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/svc/proxied.h"
#include "tests/unit/unit.h"

static const struct service smtp = { .xclient = true, .open_profile = "mx" };
static const struct service imap = { .xclient = false };

static void
init(struct connection *c, const struct service *service, int ends[2])
{
	assert_int_equal(ipc_pair(ends), 0);
	*c = (struct connection){ .service = service,
		.profile = service->open_profile ? "mx" : "imap",
		.settings = { .xclient_networks = "10.0.0.0/8" },
		.peer = { .address = "10.0.0.1" },
		.keeper = { .state = KEEPER_STRANGER, .front = ends[0] } };
	c->xclient = connection_may_xclient(c, &c->peer);
}

static void
release(const int ends[2])
{
	(void)close(ends[0]); /* nobody listens */
	(void)close(ends[1]);
}

/* What a front asks that has heard, or pretends so, XCLIENT. */
static int
ask(struct connection *c, const char *address, const char *login)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	STR_AUTO body = STR_INIT;
	struct ipc_reader args;

	ipc_put_text(&body, slice_from(address));
	ipc_put_text(&body, slice_from(""));
	ipc_put_text(&body, slice_from(""));
	ipc_put_u32(&body, 4711);
	ipc_put_u32(&body, 25);
	ipc_put_text(&body, slice_from(login));
	args = (struct ipc_reader){ str_slice(&body), false };
	return handle_xclient(c, &args, &msg);
}

/* Who has been named cannot name another, but he is such a proxy himself. */
static void
once_named(void **state)
{
	struct connection c;
	int ends[2];

	(void)state;
	init(&c, &smtp, ends);
	assert_int_equal(ask(&c, "10.0.0.2", ""), 0);
	assert_int_equal(ask(&c, "192.0.2.7", ""), 0);
	assert_string_equal(c.peer.address, "192.0.2.7");
	assert_int_equal(ask(&c, "127.0.0.1", ""), -EPROTO);
	assert_int_equal(ask(&c, "192.0.2.7", ""), -EPROTO);
	assert_string_equal(c.peer.address, "192.0.2.7");
	release(ends);
}

/* A front of a protocol without XCLIENT is not itself any more. */
static void
no_xclient(void **state)
{
	struct connection c;
	int ends[2];

	(void)state;
	init(&c, &imap, ends);
	assert_int_equal(ask(&c, "192.0.2.7", ""), -EPROTO);
	assert_int_equal(ask(&c, "10.0.0.1", "demo@test.dev"), -EPROTO);
	assert_string_equal(c.peer.address, "10.0.0.1");
	assert_int_equal(c.keeper.state, KEEPER_STRANGER);
	release(ends);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_named),
		cmocka_unit_test(no_xclient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
