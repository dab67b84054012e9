/* What a client tries so that its octets are taken for commands, its time does
 * not end, or what was found about it is forgotten. */
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

#define SENDER_OK "250 2.1.0 Sender ok\n"
#define LONG "500 5.5.2 Line too long [t1]\n"
#define NOT_OFFERED "502 5.5.1 Not offered here [t1]\n"
#define EARLY                                                                  \
	"550 5.7.1 Not accepted from you: you spoke before the greeting "      \
	"[t1]\n"

/* ---- where the next command is ---- */

struct refused_chunk {
	const char *before;
	size_t blanks; /* that stand here */
	const char *after;
	const char *told;
};

/* A line that wanted to be BDAT, refused before its octets are counted: they
 * must not be taken for commands. */
static void
chunk_of_a_refused_line(void **state)
{
	static const struct refused_chunk rows[] = {
		{ "BDAT 6", 600, "LAST\r\nNOOP\r\n", LONG },
		{ "bdat 6", SMTP_LINE_AUTH, "LAST\r\nNOOP\r\n", LONG },
		{ "BDAT 6", 1, "L\xc3\x84ST\r\nNOOP\r\n",
		    "501 5.5.2 Only ASCII in commands [t1]\n" },
		{ "BDAT 6", 1, "LAST\nNOOP\r\n", CRLF_ONLY },
		{ "BDAT 6", 1, "LAST\r\r\nNOOP\r\n", CRLF_ONLY },
		{ "BDAT:6", 1, "LAST\r\nNOOP\r\n", UNKNOWN },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO in = STR_INIT;
		STR_AUTO out = STR_INIT;
		struct fake f;

		str_appendf(&in, START RCPT_A "%s", rows[i].before);
		for (k = 0; k < rows[i].blanks; k++)
			str_append_char(&in, ' ');
		str_appendf(&in, "%s" QUIT, rows[i].after);
		str_appendf(&out, STARTED RCPT_OK "%s", rows[i].told);
		fake_init(&f, "mx");
		fake_check(&f, str_cstr(&in), str_cstr(&out));
	}
}

/* The first chunk cannot be taken and is the last one too: everybody who was
 * accepted hears it (RFC 2033 section 4.2). */
static void
last_chunk_of_lmtp(void **state)
{
	static const char full[] =
	    "452 4.3.1 No room on the disk for now [t1]\n";
	STR_AUTO out = STR_INIT;
	struct fake f;

	(void)state;
	fake_init(&f, "lmtp");
	f.peer = (struct peer){ .is_pipe = true };
	str_appendf(&out,
	    "220 mx.test.dev LMTP ready\n" EHLO_MX SENDER_OK RCPT_OK RCPT_OK
	    "%s%s" BYE,
	    full, full);
	fake_check(&f,
	    "LHLO me\r\nMAIL FROM:<s@x.org>\r\n" RCPT_A
	    "RCPT TO:<disk@test.dev>\r\nBDAT 4 LAST\r\nNOOP" QUIT,
	    str_cstr(&out));
}

/* ---- time ---- */

/* What is here already is not waited for, and yet the message's time ends. */
static void
chunks_have_an_end(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.settings.smtp_data_timeout = 0;
	f.settings.smtp_data_min_rate = 0;
	fake_check(&f, START RCPT_A "BDAT 1\r\nxBDAT 1\r\nx" QUIT,
	    STARTED RCPT_OK
	    "421 4.4.2 Timed out, closing the connection [t1]\n");
}

/* ---- what was found is not forgotten ---- */

static void
init_early(struct fake *f)
{
	fake_init(f, "mx");
	f->settings.check_early_talker = "reject";
	f->settings.smtp_greeting_delay = 1000;
	f->front.tls_offered = true;
}

static void
early_talker_and_starttls(void **state)
{
	struct fake before, after;

	(void)state;
	init_early(&before);
	fake_run(&before, slice_from(EHLO "STARTTLS\r\n"), 4096);
	init_early(&after);
	after.front.resumed = after.front.tls = true;
	after.front.carried = str_slice(&before.carry);
	fake_check(&after, START RCPT_A QUIT, EHLO_MX SENDER_OK EARLY BYE);
	fake_release(&before);
}

/* Who waited is not taken for one who has not, behind STARTTLS. */
static void
late_talker_and_starttls(void **state)
{
	struct fake before, after;

	(void)state;
	fake_init(&before, "mx");
	before.front.tls_offered = true;
	fake_run(&before, slice_from(EHLO "STARTTLS\r\n"), 4096);
	init_early(&after);
	after.front.resumed = after.front.tls = true;
	after.front.carried = str_slice(&before.carry);
	fake_check(&after, START RCPT_A QUIT, EHLO_MX SENDER_OK RCPT_OK BYE);
	fake_release(&before);
}

/* The dot of the root does not make another name of ours. */
static void
helo_with_a_dot(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.settings.check_helo_identity = "reject";
	fake_check(&f,
	    "EHLO mx.test.dev.\r\nMAIL FROM:<s@x.org>\r\n" RCPT_A QUIT,
	    STARTED "550 5.7.1 Not accepted from you: your HELO is the name of "
		    "this server [t1]\n" BYE);
}

/* ---- XCLIENT is the proxy's, not its client's ---- */

static void
xclient_handed_on(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.front.xclient = true;
	f.settings.xclient_networks = "192.0.2.1 10.0.0.0/8";
	fake_check(&f,
	    "XCLIENT NAME=a.example\r\nXCLIENT ADDR=10.1.2.3\r\n"
	    "XCLIENT ADDR=198.51.100.1\r\n" EHLO
	    "XCLIENT ADDR=127.0.0.1\r\n" QUIT,
	    HI HI HI HI EHLO_MX NOT_OFFERED BYE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunk_of_a_refused_line),
		cmocka_unit_test(last_chunk_of_lmtp),
		cmocka_unit_test(chunks_have_an_end),
		cmocka_unit_test(early_talker_and_starttls),
		cmocka_unit_test(late_talker_and_starttls),
		cmocka_unit_test(helo_with_a_dot),
		cmocka_unit_test(xclient_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
