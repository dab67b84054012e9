/* The parameters of SELECT, pages of results, and what a long command tells. */
#include "cmd/imapd/partial.h"
#include "cmd/imapd/progress.h"
#include "cmd/imapd/select.h"
#include "common/base/clock.h"
#include "tests/unit/unit.h"

/* As an own notation: what was understood. */
static void
print(const struct select_wanted *wanted, struct str *out)
{
	if (wanted->condstore)
		str_append_char(out, 'c');
	if (!wanted->qresync)
		return;
	str_appendf(out, "q%u/%llu", wanted->point.uidvalidity,
	    (unsigned long long)wanted->point.modseq);
	if (wanted->point.known_given) {
		str_append_cstr(out, " known ");
		seqset_print(&wanted->point.known, out);
	}
	if (wanted->point.pairs_given) {
		str_append_cstr(out, " pairs ");
		seqset_print(&wanted->point.seqs, out);
		str_append_char(out, '=');
		seqset_print(&wanted->point.uids, out);
	}
}

static const struct {
	const char *text;
	const char *understood; /* NULL: refused */
} select_rows[] = {
	{ "", "" },
	{ " (CONDSTORE)", "c" },
	{ " (condstore qresync (1 2))", "cq1/2" },
	{ " (QRESYNC (4294967295 9223372036854775807))",
	    "q4294967295/9223372036854775807" },
	{ " (QRESYNC (67890007 20050715194045000 41,43:211,214:541))",
	    "q67890007/20050715194045000 known 41,43:211,214:541" },
	{ " (QRESYNC (1 2 5:3,9))", "q1/2 known 3:5,9" },
	{ " (QRESYNC (1 2 (1:3,5 7:9,12)))", "q1/2 pairs 1:3,5=7:9,12" },
	{ " (QRESYNC (1 2 1:541 (1,3,6 1,3,6)) CONDSTORE)",
	    "cq1/2 known 1:541 pairs 1,3,6=1,3,6" },
	{ " ", NULL },
	{ " ()", NULL },
	{ "(CONDSTORE)", NULL },
	{ " CONDSTORE", NULL },
	{ " (CONDSTORE CONDSTORE)", NULL },
	{ " (CONDSTORE", NULL },
	{ " (CONDSTORE) ", NULL },
	{ " (FOO)", NULL },
	{ " (QRESYNC)", NULL },
	{ " (QRESYNC ())", NULL },
	{ " (QRESYNC (1))", NULL },
	{ " (QRESYNC (0 1))", NULL },
	{ " (QRESYNC (4294967296 1))", NULL },
	{ " (QRESYNC (1 9223372036854775808))", NULL },
	{ " (QRESYNC (1 2 ))", NULL },
	{ " (QRESYNC (1 2 1:*))", NULL },
	{ " (QRESYNC (1 2 $))", NULL },
	{ " (QRESYNC (1 2 0))", NULL },
	{ " (QRESYNC (1 2 (1:2 5)))", NULL },
	{ " (QRESYNC (1 2 (1:* 1:*)))", NULL },
	{ " (QRESYNC (1 2 (1)))", NULL },
	{ " (QRESYNC (1 2 (1 1 1)))", NULL },
	{ " (QRESYNC (1 2 (1 1) 3))", NULL },
	{ " (QRESYNC (1 2 3 4))", NULL },
	{ " (QRESYNC (1 2 3 (1 1)", NULL },
	{ " (QRESYNC (1 2) QRESYNC (1 2))", NULL },
};

static void
parameters(void **state)
{
	struct str scratch = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(select_rows); i++) {
		struct select_wanted wanted = { .condstore = false };
		STR_AUTO printed = STR_INIT;
		struct args args;
		bool good;

		args_init(&args, slice_from(select_rows[i].text), &scratch);
		good = select_parse(&args, &wanted);
		UNIT_CHECK(i, good == (select_rows[i].understood != NULL));
		if (good) {
			print(&wanted, &printed);
			UNIT_CHECK(i, slice_is(str_slice(&printed),
					  select_rows[i].understood));
		}
		select_release(&wanted);
	}
	str_release(&scratch);
}

static const struct {
	const char *text;
	const char *printed;         /* NULL: refused */
	uint64_t count, first, last; /* 0: nothing of so many */
} page_rows[] = {
	{ "1:10", "1:10", 20, 1, 10 },
	{ "10:1", "1:10", 20, 1, 10 },
	{ "5:10", "5:10", 7, 5, 7 },
	{ "5:10", "5:10", 5, 5, 5 },
	{ "5:10", "5:10", 4, 0, 0 },
	{ "1:1", "1:1", 0, 0, 0 },
	{ "-1:-10", "-1:-10", 20, 11, 20 },
	{ "-10:-1", "-1:-10", 20, 11, 20 },
	{ "-5:-10", "-5:-10", 7, 1, 3 },
	{ "-5:-10", "-5:-10", 5, 1, 1 },
	{ "-5:-10", "-5:-10", 4, 0, 0 },
	{ "-4294967295:-1", "-1:-4294967295", 3, 1, 3 },
	{ "1:-1", NULL, 0, 0, 0 },
	{ "-1:1", NULL, 0, 0, 0 },
	{ "0:1", NULL, 0, 0, 0 },
	{ "1:0", NULL, 0, 0, 0 },
	{ "-0:-1", NULL, 0, 0, 0 },
	{ "1:4294967296", NULL, 0, 0, 0 },
	{ "1:*", NULL, 0, 0, 0 },
	{ "1", NULL, 0, 0, 0 },
	{ "1-2", NULL, 0, 0, 0 },
	{ "--1:--2", NULL, 0, 0, 0 },
	{ "", NULL, 0, 0, 0 },
};

static void
pages(void **state)
{
	struct str scratch = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(page_rows); i++) {
		uint64_t first = 0, last = 0;
		STR_AUTO printed = STR_INIT;
		struct partial page;
		struct args args;
		bool good;

		args_init(&args, slice_from(page_rows[i].text), &scratch);
		good = partial_parse(&args, &page) && args_end(&args);
		UNIT_CHECK(i, good == (page_rows[i].printed != NULL));
		if (!good)
			continue;
		partial_print(&page, &printed);
		UNIT_CHECK(
		    i, slice_is(str_slice(&printed), page_rows[i].printed));
		UNIT_CHECK(i, partial_places(&page, page_rows[i].count, &first,
				  &last) == (page_rows[i].first != 0));
		UNIT_CHECK(i, first == page_rows[i].first);
		UNIT_CHECK(i, last == page_rows[i].last);
	}
	str_release(&scratch);
}

/* ---- what a long command tells ---- */

static ssize_t
take(void *ctx, const void *octets, size_t len)
{
	str_append_mem(ctx, octets, len);
	return (ssize_t)len;
}

/* What is told when so much of 10 is done, in a command of that tag, whose time
 * has come or not. */
static void
tell(const char *tag, uint32_t done, bool due, struct str *told)
{
	static const struct stream_io io = { .write = take };
	static const struct reader_limits limits = { .line = 100 };
	static const struct conn_class class = { .rows = 0 };
	struct progress progress;
	struct conn conn;
	int64_t begun;

	conn_init(&conn, &class, stream_new(-1, -1), &limits);
	stream_set_io(conn.client, &io, told);
	str_append_cstr(&conn.tag, tag);
	begun = clock_ms();
	progress_begin(&progress, &conn, 10);
	assert_true(progress.next >= begun + PROGRESS_INTERVAL);
	if (due)
		progress.next = CLOCK_PAST;
	progress_tell(&progress, done);
	progress_tell(&progress, done); /* not again at once */
	stream_free(conn.client);
	conn_release(&conn);
}

static const struct {
	const char *tag;
	uint32_t done;
	bool due;
	const char *told;
} progress_rows[] = {
	{ "a1", 3, true, "* OK [INPROGRESS (\"a1\" 3 10)] Still at it\r\n" },
	{ "a]", 0, true, "* OK [INPROGRESS (NIL 0 10)] Still at it\r\n" },
	{ "a1", 3, false, "" },
	{ "a1", 10, true, "" },
};

static void
progress(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(progress_rows); i++) {
		STR_AUTO told = STR_INIT;

		tell(progress_rows[i].tag, progress_rows[i].done,
		    progress_rows[i].due, &told);
		UNIT_CHECK(
		    i, slice_is(str_slice(&told), progress_rows[i].told));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters),
		cmocka_unit_test(pages),
		cmocka_unit_test(progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
