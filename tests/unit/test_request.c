#include <errno.h>

#include "common/base/request.h"
#include "tests/unit/unit.h"

enum { EARLY = 1, LATE = 2 };

static int
count_call(void *ctx, struct ipc_reader *args, struct ipc_msg *msg)
{
	(void)msg;
	*(int *)ctx += 1;
	return ipc_get_u32(args) == 99 ? -EPERM : 0;
}

static const struct request table[] = {
	{ 10, "once", EARLY, 4, 1, count_call },
	{ 11, "often", EARLY | LATE, 4, REQUEST_UNLIMITED, count_call },
	{ 12, "bare", LATE, 0, 2, count_call },
};

/* A conversation in order: what each request gets. */
static void
conversation(void **state)
{
	static const struct {
		uint16_t type;
		uint32_t state;
		size_t len;
		int result;
		bool called, known;
	} rows[] = {
		{ 9, EARLY, 0, -EPROTO, false, false },
		{ 10, LATE, 0, -EPROTO, false, true },
		{ 10, EARLY, 5, -EPROTO, false, true },
		{ 10, EARLY, 4, 0, true, true },
		{ 10, EARLY, 4, -EPROTO, false, true },
		{ 11, EARLY, 4, 0, true, true },
		{ 11, LATE, 0, 0, true, true },
		{ 11, LATE, 4, 0, true, true },
		{ 11, 0, 4, -EPROTO, false, true },
		{ 12, LATE, 1, -EPROTO, false, true },
		{ 12, LATE, 0, 0, true, true },
		{ 12, LATE, 0, 0, true, true },
		{ 12, LATE, 0, -EPROTO, false, true },
		{ 13, LATE, 0, -EPROTO, false, false },
	};
	struct request_counts counts = { { 0 } };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct ipc_msg msg = IPC_MSG_INIT;
		const struct request *row = NULL;
		int calls = 0, rc;

		msg.type = rows[i].type;
		str_append_mem(&msg.body, "\0\0\0\0\0", rows[i].len);
		rc = request_dispatch(table, UNIT_COUNT(table), &counts,
		    rows[i].state, &msg, &calls, &row);
		UNIT_CHECK(i, rc == rows[i].result);
		UNIT_CHECK(i, calls == (rows[i].called ? 1 : 0));
		UNIT_CHECK(i, (row != NULL) == rows[i].known);
		UNIT_CHECK(i, row == NULL || row->type == rows[i].type);
		ipc_msg_release(&msg);
	}
}

static void
handler_refuses(void **state)
{
	struct request_counts counts = { { 0 } };
	struct ipc_msg msg = IPC_MSG_INIT;
	int calls = 0;

	(void)state;
	msg.type = 11;
	ipc_put_u32(&msg.body, 99);
	assert_int_equal(request_dispatch(table, UNIT_COUNT(table), &counts,
			     LATE, &msg, &calls, NULL),
	    -EPERM);
	assert_int_equal(calls, 1);
	ipc_msg_release(&msg);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversation),
		cmocka_unit_test(handler_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
