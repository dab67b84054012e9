/* BODY=BINARYMIME in the front: what the client says, what it is told, and what
 * is stored. */
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

#define BEGIN EHLO "MAIL FROM:<s@x.org> BODY=BINARYMIME\r\n" RCPT_A
#define BEGUN HI EHLO_MX "250 2.1.0 Sender ok\n" RCPT_OK
#define CTE "Content-Transfer-Encoding: "
#define CHUNK(n) "250 2.0.0 Ok: " #n " octets\n"
#define CANNOT                                                                 \
	"554 5.6.1 Binary octets outside of parts that say so: cannot be "     \
	"converted [t1]\n"
#define TOO_BIG "552 5.3.4 Message too big [t1]\n"
#define HEADER CTE "binary\r\n\r\n" /* 37 octets */

struct row {
	const char *bare_newline;
	struct slice in;
	const char *out;
	struct slice stored; /* the end of it; "" for nothing */
};

/* clang-format off */
static const struct row rows[] = {
	{ "reject", SLICE_LIT(BEGIN "BDAT 40 LAST\r\n" CTE
	    "binary\r\n\r\n\0\r\n" QUIT),
	    BEGUN QUEUED BYE, SLICE_LIT("\n" CTE "base64\n\nAA0K\n===\n") },
	/* cut within a line, and a line end; commands in it are octets */
	{ "reject", SLICE_LIT(BEGIN "BDAT 3\r\nConBDAT 33\r\n"
	    "tent-Transfer-Encoding: binary\r\n\rBDAT 7 LAST\r\n\nQUIT\r\n"
	    QUIT),
	    BEGUN CHUNK(3) CHUNK(33) QUEUED BYE,
	    SLICE_LIT("\n" CTE "8bit\n\nQUIT\n===\n") },
	/* text stays text, is mended as any other, and gets its end */
	{ "reject", SLICE_LIT(BEGIN "BDAT 25 LAST\r\n"
	    "X-Spam-Status: No\r\n\r\n.\r\nx" QUIT),
	    BEGUN QUEUED BYE, SLICE_LIT("\nX-Old-Spam-Status: No\n\n.\nx\n===\n") },
	{ "reject", SLICE_LIT(BEGIN "BDAT 0 LAST\r\n" QUIT),
	    BEGUN QUEUED BYE, SLICE_LIT("\n===\n") },
	/* not by DATA; the transaction goes on */
	{ "reject", SLICE_LIT(BEGIN "DATA\r\nBDAT 4 LAST\r\n\r\nx\n" QUIT),
	    BEGUN "503 5.5.1 Send BINARYMIME with BDAT [t1]\n" CANNOT BYE,
	    SLICE_LIT("") },
	{ "reject", SLICE_LIT(BEGIN "DATA\r\nBDAT 2 LAST\r\n\r\n" QUIT),
	    BEGUN "503 5.5.1 Send BINARYMIME with BDAT [t1]\n" QUEUED BYE,
	    SLICE_LIT("\n\n===\n") },
	/* ... which the next one, of another kind, does not know of */
	{ "reject", SLICE_LIT(BEGIN "RSET\r\nMAIL FROM:<s@x.org>\r\n" RCPT_A
	    "DATA\r\n\r\nx\r\n.\r\n" QUIT),
	    BEGUN "250 2.0.0 Ok, forgotten\n250 2.1.0 Sender ok\n" RCPT_OK GO
	    QUEUED BYE, SLICE_LIT("\n\nx\n===\n") },
	/* nothing says that it is binary */
	{ "reject", SLICE_LIT(BEGIN "BDAT 4 LAST\r\n\r\n\0x" QUIT),
	    BEGUN CANNOT BYE, SLICE_LIT("") },
	{ "reject", SLICE_LIT(BEGIN "BDAT 6 LAST\r\nA: b\r\r" QUIT),
	    BEGUN CANNOT BYE, SLICE_LIT("") },
	{ "reject", SLICE_LIT(BEGIN "BDAT 6 LAST\r\nA: b\n\n" QUIT),
	    BEGUN CANNOT BYE, SLICE_LIT("") },
	/* mended where it is text, and not where it is binary */
	{ "normalize", SLICE_LIT(BEGIN "BDAT 8 LAST\r\nA: b\n\nx\r" QUIT),
	    BEGUN QUEUED BYE, SLICE_LIT("\nA: b\n\nx\n===\n") },
	{ "normalize", SLICE_LIT(BEGIN "BDAT 40 LAST\r\n" HEADER "\r\n\n" QUIT),
	    BEGUN QUEUED BYE, SLICE_LIT("\n" CTE "base64\n\nDQoK\n===\n") },
	{ "normalize", SLICE_LIT(BEGIN "BDAT 43 LAST\r\nA: b\nContent-Transfer"
	    "-Encoding: binary\r\n\r\n\0" QUIT), BEGUN CANNOT BYE,
	    SLICE_LIT("") },
	{ "normalize", SLICE_LIT(BEGIN "BDAT 4 LAST\r\n\r\n\0x" QUIT),
	    BEGUN CANNOT BYE, SLICE_LIT("") },
	/* the header is over where the field would be */
	{ "reject", SLICE_LIT(BEGIN "BDAT 44 LAST\r\nnone\r\n" HEADER "\0"
	    QUIT), BEGUN CANNOT BYE, SLICE_LIT("") },
	/* two of them */
	{ "reject", SLICE_LIT(BEGIN "BDAT 38 LAST\r\n" HEADER "\0"
	    "MAIL FROM:<s@x.org> BODY=BINARYMIME\r\n" RCPT_A "BDAT 38\r\n"
	    HEADER "\1BDAT 1 LAST\r\n\2" QUIT),
	    BEGUN QUEUED "250 2.1.0 Sender ok\n" RCPT_OK CHUNK(38) QUEUED BYE,
	    SLICE_LIT(CTE "base64\n\nAQI=\n===\n") },
};
/* clang-format on */

static bool
ends_with(struct slice text, struct slice end)
{
	return text.len >= end.len &&
	       slice_equal(slice_skip(text, text.len - end.len), end);
}

static void
check_row(size_t i, size_t chunk)
{
	const struct row *row = &rows[i];
	STR_AUTO got = STR_INIT;
	struct fake f;

	fake_init(&f, "mx");
	f.settings.bare_newline = row->bare_newline;
	fake_run(&f, row->in, chunk);
	fake_lines(&f, &got);
	if (!slice_is(str_slice(&got), row->out))
		fail_msg("row %zu, chunks of %zu:\n%s---- got\n%s", i, chunk,
		    row->out, str_cstr(&got));
	UNIT_CHECK(i, (f.commits > 0) == (row->stored.len > 0));
	if (!ends_with(str_slice(&f.stored), row->stored))
		fail_msg("row %zu: stored\n%s", i, str_cstr(&f.stored));
	fake_release(&f);
}

static void
conversations(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		check_row(i, 1);
		check_row(i, 4096);
	}
}

/* A message of size octets, of which all behind the header are binary, in two
 * chunks. */
static void
send_binary(struct fake *f, size_t size, const char *told)
{
	STR_AUTO in = STR_INIT;
	STR_AUTO want = STR_INIT;
	STR_AUTO got = STR_INIT;
	size_t k;

	fake_init(f, "mx");
	str_append_cstr(&in, BEGIN "BDAT 60000\r\n" HEADER);
	for (k = strlen(HEADER); k < size; k++) {
		if (k == 60000)
			str_appendf(&in, "BDAT %zu LAST\r\n", size - k);
		str_append_char(&in, (char)(k % 251));
	}
	str_append_cstr(&in, QUIT);
	str_appendf(&want, BEGUN CHUNK(60000) "%s" BYE, told);
	fake_run(f, str_slice(&in), 4096);
	fake_lines(f, &got);
	assert_string_equal(str_cstr(&got), str_cstr(&want));
}

/* The limit is that of what is sent: what is stored is larger, and went through
 * the file twice. */
static void
size_limit(void **state)
{
	struct slice rest, line;
	size_t octets = 0, lines = 0;
	struct fake f;

	(void)state;
	send_binary(&f, 65536, QUEUED);
	rest = str_slice(&f.stored);
	while (slice_next(&rest, '\n', &line) && line.len)
		continue; /* our own fields, and the header */
	while (slice_next(&rest, '\n', &line) && !slice_is(line, "===")) {
		octets += line.len;
		lines++;
	}
	assert_int_equal(octets, (65536 - strlen(HEADER) + 2) / 3 * 4);
	assert_int_equal(lines, (65536 - strlen(HEADER) + 56) / 57);
	assert_int_equal(rest.len, 0);
	fake_release(&f);
	send_binary(&f, 65537, TOO_BIG);
	assert_int_equal(f.commits, 0);
	fake_release(&f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(size_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
