#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/account/wire.h"
#include "common/base/clock.h"
#include "tests/unit/unit.h"

static const struct account_user ann = { (char *)(uintptr_t) "ann@one.dev",
	(char *)(uintptr_t) "/home/ann", 8, 12, UINT64_MAX, 1000, 3, true };

static void
round_trip(void **state)
{
	const struct wire_head head = { ACCOUNT_TEMPFAIL, true, 1,
		SLICE_LIT("no database") };
	STR_AUTO body = STR_INIT;
	struct ipc_reader in;
	struct wire_head got;
	struct account_user user = { 0 };
	struct account_target target = { 0 };

	(void)state;
	wire_put_head(&body, &head);
	wire_put_user(&body, &ann);
	wire_put_target(&body, &(struct account_target){ true, ann,
				   (char *)(uintptr_t) "lists", NULL });
	wire_put_target(&body, &(struct account_target){ false, { 0 }, NULL,
				   (char *)(uintptr_t) "x@far.org" });
	in = (struct ipc_reader){ str_slice(&body), false };
	assert_true(wire_get_head(&in, &got));
	assert_int_equal(got.outcome, ACCOUNT_TEMPFAIL);
	assert_true(got.more && got.count == 1);
	assert_true(slice_is(got.text, "no database"));
	assert_true(wire_get_user(&in, &user));
	assert_string_equal(user.name, ann.name);
	assert_string_equal(user.home, ann.home);
	assert_true(user.quota_limit == UINT64_MAX && user.gid == 12);
	assert_int_equal(user.quota_used, 1000);
	assert_int_equal(user.quota_messages, 3);
	account_user_release(&user);
	assert_true(wire_get_target(&in, &target));
	assert_true(target.local);
	assert_string_equal(target.detail, "lists");
	assert_true(target.user.disabled);
	account_target_release(&target);
	assert_true(wire_get_target(&in, &target));
	assert_false(target.local);
	assert_string_equal(target.address, "x@far.org");
	account_target_release(&target);
	assert_true(ipc_reader_done(&in));
}

/* Every message that is cut is refused, and frees what it made. */
static void
cut_anywhere(void **state)
{
	STR_AUTO body = STR_INIT;
	size_t len;

	(void)state;
	wire_put_target(&body, &(struct account_target){ true, ann,
				   (char *)(uintptr_t) "lists", NULL });
	for (len = 0; len < body.len; len++) {
		struct ipc_reader in = { slice_head(str_slice(&body), len),
			false };
		struct account_target target;

		UNIT_CHECK(len, !wire_get_target(&in, &target));
	}
}

static void
heads(void **state)
{
	static const struct {
		uint32_t outcome, more, count;
		bool good;
	} rows[] = {
		{ ACCOUNT_FOUND, 0, 0, true },
		{ ACCOUNT_TEMPFAIL, 1, ACCOUNT_TARGETS_MAX, true },
		{ ACCOUNT_DISABLED, 0, 0, true },
		{ ACCOUNT_DISABLED + 1, 0, 0, false },
		{ ACCOUNT_FOUND, 2, 0, false },
		{ ACCOUNT_FOUND, 0, ACCOUNT_TARGETS_MAX + 1, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO body = STR_INIT;
		struct ipc_reader in;
		struct wire_head head;

		ipc_put_u32(&body, rows[i].outcome);
		ipc_put_u32(&body, rows[i].more);
		ipc_put_u32(&body, rows[i].count);
		ipc_put_text(&body, slice_from(""));
		in = (struct ipc_reader){ str_slice(&body), false };
		UNIT_CHECK(i, wire_get_head(&in, &head) == rows[i].good);
	}
}

static void
bad_users(void **state)
{
	static const struct {
		struct slice name;
		int64_t used;
	} rows[] = {
		{ SLICE_LIT(""), 0 },
		{ SLICE_LIT("a\0b"), 0 },
		{ SLICE_LIT("ann"), -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO body = STR_INIT;
		struct ipc_reader in;
		struct account_user user;

		ipc_put_text(&body, rows[i].name);
		ipc_put_text(&body, slice_from(""));
		ipc_put_u64(&body, 0); /* uid, gid */
		ipc_put_u64(&body, 0);
		ipc_put_u64(&body, (uint64_t)rows[i].used);
		ipc_put_u64(&body, 0);
		in = (struct ipc_reader){ str_slice(&body), false };
		UNIT_CHECK(i, !wire_get_user(&in, &user));
	}
}

static void
peer_does_not_read(void **state)
{
	char octets[4096] = { 0 };
	int ends[2];
	int rc = 0;
	int n;

	(void)state;
	assert_int_equal(ipc_pair(ends), 0);
	for (n = 0; n < 10000 && rc == 0; n++)
		rc = wire_send(
		    ends[0], 1, slice_of(octets, sizeof octets), CLOCK_PAST);
	assert_int_equal(rc, -ETIMEDOUT);
	assert_int_equal(
	    wire_send(ends[0], 1, slice_of(octets, 1), clock_deadline(20)),
	    -ETIMEDOUT);
	(void)close(ends[1]);
	rc = wire_send(ends[0], 1, slice_of(octets, 1), CLOCK_PAST);
	assert_true(rc == -EPIPE || rc == -ECONNRESET);
	(void)close(ends[0]);
}

/* What a request begins with is taken off, and nothing else. */
static void
traces(void **state)
{
	static const struct {
		const char *trace;
		bool good;
	} rows[] = {
		{ "", true },
		{ "k3Z0a", true },
		{ "12345678901234567890123", true }, /* LOG_TRACE_MAX - 1 */
		{ "123456789012345678901234", false },
		{ "two words", false },
		{ "new\nline", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		STR_AUTO body = STR_INIT;
		char trace[LOG_TRACE_MAX] = "?";

		wire_put_trace(&body, rows[i].trace);
		ipc_put_text(&body, slice_from("demo@test.dev"));
		assert_int_equal(wire_take_trace(&body, trace), rows[i].good);
		assert_string_equal(trace, rows[i].good ? rows[i].trace : "?");
		if (rows[i].good)
			assert_int_equal(body.len, 4 + 13);
		str_truncate(&body, 3);
		assert_false(wire_take_trace(&body, trace));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(heads),
		cmocka_unit_test(bad_users),
		cmocka_unit_test(peer_does_not_read),
		cmocka_unit_test(traces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
