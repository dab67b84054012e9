#include "cmd/smtpd/front/unstuff.h"
#include "tests/unit/unit.h"

struct row {
	const char *in;
	const char *out;
	const char *rest; /* NULL: the end was not found */
	unsigned faults;
};

/* A text with NULs: the length is that of the array. */
static const char with_nul[] = "a\0b\r\n.\r\n";

static const struct row rows[] = {
	{ ".\r\n", "", "", 0 },
	{ "\r\n.\r\n", "\n", "", 0 },
	{ "a\r\n.\r\nQUIT\r\n", "a\n", "QUIT\r\n", 0 },
	{ "a\r\n..\r\n.b\r\n...\r\n.\r\n", "a\n.\nb\n..\n", "", 0 },
	{ "a\r\n", "a\n", NULL, 0 },
	{ "a\r\n.\r", "a\n", NULL, 0 },
	{ "a\r\n.", "a\n", NULL, 0 },
	{ "a.\r\n.\r\n", "a.\n", "", 0 },
	/* none of these is an end: SMTP smuggling */
	{ "a\n.\nMAIL FROM:<>\r\n.\r\n", NULL, "", FAULT_BARE_LF },
	{ "a\n.\r\nMAIL FROM:<>\r\n.\r\n", NULL, "", FAULT_BARE_LF },
	{ "a\r\n.\nMAIL FROM:<>\r\n.\r\n", NULL, "", FAULT_BARE_LF },
	{ "a\r.\rMAIL FROM:<>\r\n.\r\n", NULL, "", FAULT_BARE_CR },
	{ "a\r.\r\nMAIL FROM:<>\r\n.\r\n", NULL, "", FAULT_BARE_CR },
	{ "a\r\n.\rMAIL FROM:<>\r\n.\r\n", NULL, "", FAULT_BARE_CR },
	{ "a\r\n.\r\rMAIL FROM:<>\r\n.\r\n", NULL, "", FAULT_BARE_CR },
	{ "a\r\r\n.\r\nMAIL", NULL, "MAIL", FAULT_BARE_CR },
	{ "a\n\r\n.\r\nMAIL", NULL, "MAIL", FAULT_BARE_LF },
	{ "a\r\n\n.\n\r\n.\r\n", NULL, "", FAULT_BARE_LF },
	{ "\n.\r\n", NULL, NULL, FAULT_BARE_LF },
	{ ".\n\r\n.\r\n", NULL, "", FAULT_BARE_LF },
};

static void
check(size_t i, const struct row *row, struct slice in, size_t chunk)
{
	struct unstuff un = { 0 };
	STR_AUTO out = STR_INIT;
	bool end = false;

	while (in.len && !end) {
		struct slice part = slice_head(in, chunk);
		size_t had = part.len;

		end = unstuff_feed(&un, &part, &out);
		in = slice_skip(in, had - part.len);
		if (!end)
			UNIT_CHECK(i, part.len == 0);
	}
	UNIT_CHECK(i, end == (row->rest != NULL));
	UNIT_CHECK(i, un.faults == row->faults);
	if (row->rest)
		UNIT_CHECK(i, slice_is(in, row->rest));
	if (row->out)
		UNIT_CHECK(i, slice_is(str_slice(&out), row->out));
}

static void
ends(void **state)
{
	static const size_t chunks[] = { 1, 2, 3, 5, 4096 };
	size_t i, k;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		for (k = 0; k < UNIT_COUNT(chunks); k++)
			check(i, &rows[i], slice_from(rows[i].in), chunks[k]);
}

static void
nul(void **state)
{
	static const struct row row = { NULL, NULL, "", FAULT_NUL };
	struct slice in = slice_of(with_nul, sizeof with_nul - 1);

	(void)state;
	check(0, &row, in, 1);
	check(0, &row, in, 4096);
}

/* A line of len octets, CRLF included. */
static unsigned
faults_of_line(size_t len)
{
	struct unstuff un = { 0 };
	STR_AUTO text = STR_INIT;
	STR_AUTO out = STR_INIT;
	struct slice in;
	size_t i;

	for (i = 0; i < len - 2; i++)
		str_append_char(&text, 'x');
	str_append_cstr(&text, "\r\n.\r\n");
	in = str_slice(&text);
	assert_true(unstuff_feed(&un, &in, &out));
	assert_int_equal(un.octets, len);
	return un.faults;
}

static void
line_limit(void **state)
{
	(void)state;
	assert_int_equal(faults_of_line(1001), 0);
	assert_int_equal(faults_of_line(UNSTUFF_LINE_MAX), 0);
	assert_int_equal(faults_of_line(UNSTUFF_LINE_MAX + 1), FAULT_LONG_LINE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(nul),
		cmocka_unit_test(line_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
