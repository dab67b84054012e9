/* Extensions of SMTP, and LMTP, in the front: DSN, SMTPUTF8, CHUNKING, line
 * ends that are mended.  What the client says, what it is told, what the keeper
 * hears of it and what is stored. */
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

#define SENDER_OK "250 2.1.0 Sender ok\n"
#define RESET "250 2.0.0 Ok, forgotten\n"
#define BAD(name) "501 5.5.4 Parameter with a bad value: " name " [t1]\n"
#define BARE "550 5.5.2 Bare CR or LF in the message [t1]\n"
#define LOST "503 5.5.1 No message for this chunk [t1]\n"
#define CHUNK(n) "250 2.0.0 Ok: " #n " octets\n"
#define X100                                                                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct row {
	const char *in;
	const char *out;
	const char *said;   /* to the keeper; NULL: not looked at */
	const char *stored; /* the end of it; NULL: nothing */
};

static bool
ends_with(struct slice text, const char *end)
{
	size_t n = strlen(end);

	return text.len >= n && slice_is(slice_skip(text, text.len - n), end);
}

static void
check_row(size_t i, const struct row *row, struct fake *f, size_t chunk)
{
	STR_AUTO got = STR_INIT;

	fake_run(f, slice_from(row->in), chunk);
	fake_lines(f, &got);
	if (!slice_is(str_slice(&got), row->out))
		fail_msg("row %zu, chunks of %zu:\n%s---- got\n%s", i, chunk,
		    row->out, str_cstr(&got));
	if (row->said && !slice_is(str_slice(&f->said), row->said))
		fail_msg(
		    "row %zu: the keeper heard\n%s", i, str_cstr(&f->said));
	UNIT_CHECK(i, f->commits == (row->stored != NULL));
	if (row->stored && !ends_with(str_slice(&f->stored), row->stored))
		fail_msg("row %zu: stored\n%s", i, str_cstr(&f->stored));
	fake_release(f);
}

static void
check_rows(const struct row *rows, size_t n, const char *profile,
    const char *bare_newline)
{
	static const size_t chunks[] = { 1, 3, 4096 };
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < UNIT_COUNT(chunks); k++) {
			struct fake f;

			fake_init(&f, profile);
			f.settings.bare_newline = bare_newline;
			check_row(i, &rows[i], &f, chunks[k]);
		}
}

/* clang-format off */
#define SAID_START "MAIL s@x.org helo me bits 0 size 0 envid \n"

static const struct row dsn[] = {
	{ EHLO "MAIL FROM:<s@x.org> RET=HDRS ENVID=QQ+2B1 SIZE=9\r\n"
	    "RCPT TO:<a@test.dev> NOTIFY=SUCCESS,failure,DELAY "
	    "ORCPT=rfc822;Bob+40a.b\r\n"
	    "RCPT TO:<b@test.dev> NOTIFY=NEVER\r\n" RCPT_A QUIT,
	    HI EHLO_MX SENDER_OK RCPT_OK RCPT_OK RCPT_OK BYE,
	    "MAIL s@x.org helo me bits 16 size 9 envid QQ+2B1\n"
	    "RCPT a@test.dev notify 14 orcpt rfc822;Bob+40a.b\n"
	    "RCPT b@test.dev notify 1 orcpt \n"
	    "RCPT a@test.dev notify 0 orcpt \n", NULL },
	/* what one message asked for is not the next one's */
	{ EHLO "MAIL FROM:<s@x.org> RET=FULL ENVID=a\r\nRSET\r\n"
	    "MAIL FROM:<s@x.org>\r\n" QUIT,
	    HI EHLO_MX SENDER_OK RESET SENDER_OK BYE,
	    "MAIL s@x.org helo me bits 8 size 0 envid a\n" SAID_START, NULL },
	{ EHLO "MAIL FROM:<a@b.c> RET=NONE\r\nMAIL FROM:<a@b.c> RET\r\n"
	    "MAIL FROM:<a@b.c> ENVID\r\nMAIL FROM:<a@b.c> ENVID=+0A\r\n"
	    "MAIL FROM:<a@b.c> ENVID=" X100 "x\r\n"
	    "MAIL FROM:<a@b.c> RET=FULL RET=FULL\r\n"
	    "MAIL FROM:<a@b.c> NOTIFY=NEVER\r\n"
	    "MAIL FROM:<a@b.c> ENVID=" X100 "\r\n" QUIT,
	    HI EHLO_MX BAD("RET") BAD("RET") BAD("ENVID") BAD("ENVID")
	    BAD("ENVID")
	    "501 5.5.4 Parameter given twice: RET [t1]\n"
	    "555 5.5.4 Parameter not known: NOTIFY [t1]\n" SENDER_OK BYE,
	    NULL, NULL },
	{ START "RCPT TO:<a@test.dev> NOTIFY=NEVER,SUCCESS\r\n"
	    "RCPT TO:<a@test.dev> NOTIFY=SUCCESS,NEVER\r\n"
	    "RCPT TO:<a@test.dev> NOTIFY=SUCCESS,SUCCESS\r\n"
	    "RCPT TO:<a@test.dev> NOTIFY=\r\n"
	    "RCPT TO:<a@test.dev> NOTIFY=DELAY,\r\n"
	    "RCPT TO:<a@test.dev> NOTIFY=SOON\r\n" QUIT,
	    STARTED BAD("NOTIFY") BAD("NOTIFY") BAD("NOTIFY") BAD("NOTIFY")
	    BAD("NOTIFY") BAD("NOTIFY") BYE, SAID_START, NULL },
	{ START "RCPT TO:<a@test.dev> ORCPT=a@b.c\r\n"
	    "RCPT TO:<a@test.dev> ORCPT=;a@b.c\r\n"
	    "RCPT TO:<a@test.dev> ORCPT=rfc822;\r\n"
	    "RCPT TO:<a@test.dev> ORCPT=rfc822;+0D+0AX\r\n"
	    "RCPT TO:<a@test.dev> ORCPT\r\n" QUIT,
	    STARTED BAD("ORCPT") BAD("ORCPT") BAD("ORCPT") BAD("ORCPT")
	    BAD("ORCPT") BYE, SAID_START, NULL },
};

#define UML "\xc3\xbc"
#define NOT_ASCII "553 5.6.7 Only ASCII in addresses, or SMTPUTF8 [t1]\n"

static const struct row utf8[] = {
	{ EHLO "MAIL FROM:<j" UML "rg@" UML ".org> SMTPUTF8\r\n" RCPT_A
	    "DATA\r\nSubject: " UML "\r\n\r\n" UML "\r\n.\r\n" QUIT,
	    HI EHLO_MX SENDER_OK RCPT_OK GO QUEUED BYE,
	    "MAIL j" UML "rg@" UML ".org helo me bits 4 size 0 envid \n"
	    "RCPT a@test.dev notify 0 orcpt \n",
	    "Subject: " UML "\n\n" UML "\n===\n" },
	/* said of this message, not of the next */
	{ EHLO "MAIL FROM:<j" UML "rg@x.org>\r\n"
	    "MAIL FROM:<s@x.org> SMTPUTF8\r\nRSET\r\n"
	    "MAIL FROM:<s@x.org>\r\nRCPT TO:<" UML "@test.dev>\r\n" QUIT,
	    HI EHLO_MX NOT_ASCII SENDER_OK RESET SENDER_OK NOT_ASCII BYE,
	    NULL, NULL },
	{ EHLO "MAIL FROM:<s@x.org> SMTPUTF8\r\n"
	    "RCPT TO:<" UML "@test.dev>\r\n"
	    "RCPT TO:<\xc2\x85@test.dev>\r\n"
	    "RCPT TO:<\xc3@test.dev>\r\n"
	    "RCPT TO:<a@test.dev> ORCPT=utf-8;" UML "@x.org\r\n"
	    "RCPT TO:<a@test.dev> ORCPT=rfc822;" UML "@x.org\r\n" QUIT,
	    HI EHLO_MX SENDER_OK
	    "550 5.1.1 <\\xc3\\xbc@test.dev>: no such mailbox here [t1]\n"
	    "501 5.1.3 Bad recipient address syntax [t1]\n"
	    "501 5.5.2 Not valid UTF-8 [t1]\n" RCPT_OK BAD("ORCPT") BYE,
	    NULL, NULL },
	{ EHLO "MAIL FROM:<s@x.org> SMTPUTF8=yes\r\n"
	    "VRFY " UML "@test.dev SMTPUTF8\r\n" QUIT,
	    HI EHLO_MX BAD("SMTPUTF8")
	    "252 2.0.0 Will not say, but send it and see\n" BYE, NULL, NULL },
};

#define BDAT_START EHLO "MAIL FROM:<s@x.org>\r\n" RCPT_A
#define BDAT_STARTED HI EHLO_MX SENDER_OK RCPT_OK

static const struct row bdat[] = {
	{ BDAT_START "BDAT 6 LAST\r\nA: b\r\nQUIT\r\n",
	    BDAT_STARTED QUEUED BYE, NULL, "A: b\n===\n" },
	/* in pieces, cut within a line and within a line's end */
	{ BDAT_START "BDAT 3\r\nA: BDAT 2\r\nb\rBDAT 5\r\n\n\r\n\r\n"
	    "BDAT 4 last\r\n.\r\nx" QUIT,
	    BDAT_STARTED CHUNK(3) CHUNK(2) CHUNK(5) QUEUED BYE, NULL,
	    "A: b\n\n\n.\nx\n===\n" },
	/* nothing, at the start, in the middle and at the end */
	{ BDAT_START "BDAT 0\r\nBDAT 6\r\nA: b\r\nBDAT 0\r\n"
	    "BDAT 0 LAST\r\n" QUIT,
	    BDAT_STARTED CHUNK(0) CHUNK(6) CHUNK(0) QUEUED BYE, NULL,
	    "A: b\n===\n" },
	{ BDAT_START "BDAT 0 LAST\r\n" QUIT, BDAT_STARTED QUEUED BYE, NULL,
	    "\n===\n" },
	/* dots are text */
	{ BDAT_START "BDAT 10 LAST\r\n\r\n..\r\n.\r\n\r" QUIT,
	    BDAT_STARTED BARE BYE, NULL, NULL },
	{ BDAT_START "BDAT 9 LAST\r\n\r\n..\r\n.\r\n" QUIT,
	    BDAT_STARTED QUEUED BYE, NULL, "\n..\n.\n===\n" },
	/* smuggling */
	{ BDAT_START "BDAT 7 LAST\r\n\r\nx\n.\r\nQUIT\r\n",
	    BDAT_STARTED BARE BYE, NULL, NULL },
	{ BDAT_START "BDAT 3\r\nx\nyBDAT 2 LAST\r\n\r\n" QUIT,
	    BDAT_STARTED BARE LOST BYE, NULL, NULL },
	{ BDAT_START "BDAT 2\r\nx\rBDAT 2 LAST\r\ny\n" QUIT,
	    BDAT_STARTED CHUNK(2) BARE BYE, NULL, NULL },
	/* order */
	{ "BDAT 4\r\nQUITQUIT\r\n",
	    HI "503 Bad sequence of commands [t1]\n221 Bye\n", NULL, NULL },
	{ EHLO "BDAT 4\r\nQUIT" QUIT, HI EHLO_MX LOST BYE, NULL, NULL },
	{ START "BDAT 4 LAST\r\nQUIT" RCPT_A QUIT,
	    STARTED "554 5.5.1 No valid recipients [t1]\n" RCPT_OK BYE, NULL,
	    NULL },
	{ BDAT_START "BDAT 4\r\nx\r\nyDATA\r\n" RCPT_A
	    "MAIL FROM:<>\r\nNOOP\r\nBDAT 2 LAST\r\n\r\n" QUIT,
	    BDAT_STARTED CHUNK(4) ORDER ORDER ORDER "250 2.0.0 Ok\n" QUEUED
	    BYE, NULL, "x\ny\n===\n" },
	{ BDAT_START "BDAT 4\r\nx\r\nyRSET\r\nBDAT 1 LAST\r\nx" QUIT,
	    BDAT_STARTED CHUNK(4) RESET LOST BYE, NULL, NULL },
	{ BDAT_START "BDAT 4\r\nx\r\ny" EHLO "MAIL FROM:<>\r\n" QUIT,
	    BDAT_STARTED CHUNK(4) EHLO_MX SENDER_OK BYE, NULL, NULL },
	/* the connection ends before the message does */
	{ BDAT_START "BDAT 4\r\nx\r\ny", BDAT_STARTED CHUNK(4), NULL, NULL },
	{ BDAT_START "BDAT 4 LAST\r\nx\r\n", BDAT_STARTED, NULL, NULL },
	{ BDAT_START "BDAT 4\r\nx\r\nyQUIT\r\n", BDAT_STARTED CHUNK(4) BYE,
	    NULL, NULL },
	/* what cannot be read leaves the place of the next command unknown */
	{ BDAT_START "BDAT\r\n" QUIT, BDAT_STARTED
	    "501 5.5.4 Syntax: BDAT octets [LAST]; closing [t1]\n", NULL,
	    NULL },
	{ BDAT_START "BDAT -1\r\n" QUIT, BDAT_STARTED
	    "501 5.5.4 Syntax: BDAT octets [LAST]; closing [t1]\n", NULL,
	    NULL },
	{ BDAT_START "BDAT 1 FIRST\r\n" QUIT, BDAT_STARTED
	    "501 5.5.4 Syntax: BDAT octets [LAST]; closing [t1]\n", NULL,
	    NULL },
	{ BDAT_START "BDAT 9223372036854775808\r\n" QUIT, BDAT_STARTED
	    "501 5.5.4 Syntax: BDAT octets [LAST]; closing [t1]\n", NULL,
	    NULL },
	/* more than is ever read, in a transaction or out of one */
	{ BDAT_START "BDAT 9223372036854775807\r\nx", BDAT_STARTED, NULL,
	    NULL },
	{ EHLO "BDAT 9223372036854775807\r\n" QUIT,
	    HI EHLO_MX "421 4.3.4 Message far too big, closing [t1]\n", NULL,
	    NULL },
	/* no room: the chunk is read all the same */
	{ START "RCPT TO:<disk@test.dev>\r\nBDAT 4\r\nNOOPBDAT 4 LAST\r\nQUIT"
	    QUIT,
	    STARTED RCPT_OK "452 4.3.1 No room on the disk for now [t1]\n" LOST
	    BYE, NULL, NULL },
};

static const struct row normalized[] = {
	{ MESSAGE("A: b\nC: d\n\nx"), MESSAGE_TOLD(QUEUED), NULL,
	    "A: b\nC: d\n\nx\n===\n" },
	{ MESSAGE("A: b\r\r\n\r\r\nx\r\r\r\ny\rz\r\rz"),
	    MESSAGE_TOLD(QUEUED), NULL, "A: b\n\nx\ny z z\n===\n" },
	/* smuggling: it is all text */
	{ MESSAGE("\r\nx\n.\nMAIL FROM:<>\r\nRCPT TO:<b@test.dev>"),
	    MESSAGE_TOLD(QUEUED), NULL,
	    "\nx\n.\nMAIL FROM:<>\nRCPT TO:<b@test.dev>\n===\n" },
	{ MESSAGE("\r\nx\n.\r\nMAIL FROM:<>"), MESSAGE_TOLD(QUEUED), NULL,
	    "\nx\n.\nMAIL FROM:<>\n===\n" },
	{ MESSAGE("\r\nx\r\n.\nMAIL FROM:<>"), MESSAGE_TOLD(QUEUED), NULL,
	    "\nx\n.\nMAIL FROM:<>\n===\n" },
	{ MESSAGE("\r\nx\r.\rMAIL FROM:<>"), MESSAGE_TOLD(QUEUED), NULL,
	    "\nx . MAIL FROM:<>\n===\n" },
	{ MESSAGE("\r\nx\r.\r\nMAIL FROM:<>"), MESSAGE_TOLD(QUEUED), NULL,
	    "\nx .\nMAIL FROM:<>\n===\n" },
	{ MESSAGE("\r\nx\r\n.\rMAIL FROM:<>"), MESSAGE_TOLD(QUEUED), NULL,
	    "\nx\n. MAIL FROM:<>\n===\n" },
	{ MESSAGE("\r\nx\r\n.\r\rMAIL FROM:<>"), MESSAGE_TOLD(QUEUED), NULL,
	    "\nx\n. MAIL FROM:<>\n===\n" },
	{ MESSAGE("\r\nx\r\n.\r\r\nMAIL FROM:<>"), MESSAGE_TOLD(QUEUED),
	    NULL, "\nx\n.\nMAIL FROM:<>\n===\n" },
	{ MESSAGE("\r\nx\r\r\n.\r\r\nMAIL FROM:<>"), MESSAGE_TOLD(QUEUED),
	    NULL, "\nx\n.\nMAIL FROM:<>\n===\n" },
	/* stuffed dots go, whatever ended the line before */
	{ MESSAGE("\r\n..\n..a\n...\r\n.b"), MESSAGE_TOLD(QUEUED), NULL,
	    "\n.\n.a\n..\nb\n===\n" },
	/* commands */
	{ "EHLO me\nMAIL FROM:<s@x.org>\n" RCPT_A "DATA\n\nx\r\n.\r\nQUIT\n",
	    STARTED RCPT_OK GO QUEUED BYE, NULL, "\nx\n===\n" },
	{ EHLO "NO\rOP\r\n" QUIT, HI EHLO_MX CRLF_ONLY BYE, NULL, NULL },
	/* chunks */
	{ BDAT_START "BDAT 4\r\n\r\nx\rBDAT 6 LAST\r\ny\n.\nz\r" QUIT,
	    BDAT_STARTED CHUNK(4) QUEUED BYE, NULL, "\nx y\n.\nz\n===\n" },
};

#define LHLO "LHLO me\r\n"
#define HI_LMTP "220 mx.test.dev LMTP ready\n"
#define LMTP_START LHLO "MAIL FROM:<s@x.org>\r\n"
#define LMTP_STARTED HI_LMTP EHLO_MX SENDER_OK
#define LOCAL "451 4.3.0 Local error, try again later [t1]\n"
#define FULL                                                                   \
	"552 5.2.2 Sorry, the mailbox of c@test.dev is full: 100%. [t1]\n"

static const struct row lmtp[] = {
	{ "HELO me\r\nEHLO me\r\n" LHLO QUIT,
	    HI_LMTP "500 Command not recognized [t1]\n"
	    "500 Command not recognized [t1]\n" EHLO_MX BYE, NULL, NULL },
	{ LHLO "AUTH PLAIN\r\nHELP\r\n" QUIT,
	    HI_LMTP EHLO_MX "502 5.5.1 Not offered here [t1]\n"
	    "214 2.0.0 Verbs here: LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY "
	    "HELP QUIT\n" BYE, NULL, NULL },
	/* a reply for each who was accepted, in their order */
	{ LMTP_START RCPT_A "RCPT TO:<x@test.dev>\r\n"
	    "RCPT TO:<broken@test.dev>\r\nRCPT TO:<b@test.dev>\r\n"
	    "DATA\r\n\r\nx\r\n.\r\n" QUIT,
	    LMTP_STARTED RCPT_OK
	    "550 5.1.1 <x@test.dev>: no such mailbox here [t1]\n" RCPT_OK
	    RCPT_OK GO QUEUED LOCAL QUEUED BYE, NULL, "\nx\n===\n" },
	{ LMTP_START RCPT_A "RCPT TO:<c@test.dev>\r\n"
	    "BDAT 4\r\n\r\nx\rBDAT 1 LAST\r\n\n" QUIT,
	    LMTP_STARTED RCPT_OK RCPT_OK CHUNK(4) QUEUED FULL BYE, NULL,
	    "\nx\n===\n" },
	/* refused as a whole: they all hear it */
	{ LMTP_START RCPT_A "RCPT TO:<b@test.dev>\r\n"
	    "DATA\r\n\r\nx\ny\r\n.\r\n" QUIT,
	    LMTP_STARTED RCPT_OK RCPT_OK GO BARE BARE BYE, NULL, NULL },
	{ LMTP_START "RCPT TO:<x@test.dev>\r\nDATA\r\n" QUIT,
	    LMTP_STARTED "550 5.1.1 <x@test.dev>: no such mailbox here [t1]\n"
	    ORDER BYE, NULL, NULL },
};
/* clang-format on */

static void
dsn_parameters(void **state)
{
	(void)state;
	check_rows(dsn, UNIT_COUNT(dsn), "mx", "reject");
}

static void
internationalized(void **state)
{
	(void)state;
	check_rows(utf8, UNIT_COUNT(utf8), "mx", "reject");
}

static void
chunks(void **state)
{
	(void)state;
	check_rows(bdat, UNIT_COUNT(bdat), "mx", "reject");
}

static void
bare_newline_normalized(void **state)
{
	(void)state;
	check_rows(normalized, UNIT_COUNT(normalized), "mx", "normalize");
}

static void
lmtp_replies(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(lmtp); i++) {
		struct fake f;

		fake_init(&f, "lmtp");
		f.peer = (struct peer){ .is_pipe = true };
		check_row(i, &lmtp[i], &f, 3);
	}
}

static void
lmtp_is_for_this_machine(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "lmtp");
	fake_check(
	    &f, LHLO, "421 LMTP is for this machine alone; closing [t1]\n");
	fake_init(&f, "lmtp");
	f.peer = (struct peer){ .address = "127.0.0.1" };
	fake_check(&f, QUIT, HI_LMTP "221 Bye\n");
}

/* A message of chunks has the limit that one of DATA has, to the octet. */
static void
chunked_size(void **state)
{
	static const struct {
		size_t more;
		const char *told;
	} rows[] = {
		{ 0, BDAT_STARTED "250 2.0.0 Ok: 65000 octets\n" QUEUED BYE },
		{ 1, BDAT_STARTED "250 2.0.0 Ok: 65000 octets\n"
				  "552 5.3.4 Message too big [t1]\n" BYE },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct fake f;
		STR_AUTO in = STR_INIT;
		size_t rest = 536 + rows[i].more;

		fake_init(&f, "mx");
		str_append_cstr(&in, BDAT_START "BDAT 65000\r\n\r\n");
		for (k = 0; k < 64998; k++)
			str_append_char(&in, 'x');
		str_appendf(&in, "BDAT %zu LAST\r\n", rest);
		for (k = 0; k < rest - 2; k++)
			str_append_char(&in, 'y');
		str_append_cstr(&in, "\r\n" QUIT);
		fake_check(&f, str_cstr(&in), rows[i].told);
	}
}

static void
empty_chunks_are_idling(void **state)
{
	struct fake f;
	STR_AUTO in = STR_INIT;
	STR_AUTO want = STR_INIT;
	size_t i;

	(void)state;
	str_append_cstr(&in, BDAT_START);
	str_append_cstr(&want, BDAT_STARTED);
	for (i = 1; i <= SMTP_IDLE_MAX; i++) { /* EHLO is one of them */
		str_append_cstr(&in, "BDAT 0\r\n");
		if (i < SMTP_IDLE_MAX)
			str_append_cstr(&want, CHUNK(0));
	}
	str_append_cstr(
	    &want, "421 4.7.0 Too many commands for nothing, closing [t1]\n");
	fake_init(&f, "mx");
	fake_check(&f, str_cstr(&in), str_cstr(&want));
}

/* What was done wrong before STARTTLS still counts behind it. */
static void
tally_survives_starttls(void **state)
{
	struct fake before, after;

	(void)state;
	fake_init(&before, "mx");
	before.front.tls_offered = true;
	fake_run(&before, slice_from(EHLO TEN_NOISES "STARTTLS\r\n"), 4096);
	assert_true(
	    before.carry.len > 0 && before.carry.len <= FRONT_CARRY_MAX);
	fake_init(&after, "mx");
	after.front.resumed = after.front.tls = true;
	after.front.carried = str_slice(&before.carry);
	fake_check(&after, EHLO "NOISE\r\n" QUIT,
	    EHLO_MX "421 4.7.0 Too many errors, closing [t1]\n");
	fake_release(&before);
}

/* A login's first line that is too long is told so by its own code. */
static void
long_auth(void **state)
{
	size_t more;

	(void)state;
	for (more = 1; more <= SMTP_LINE_AUTH; more *= 10) {
		struct fake f;
		STR_AUTO in = STR_INIT;
		size_t i;

		str_append_cstr(&in, EHLO "AUTH PLAIN ");
		for (i = strlen("AUTH PLAIN \r\n"); i < SMTP_LINE_AUTH + more;
		     i++)
			str_append_char(&in, 'x');
		str_append_cstr(&in, "\r\n" QUIT);
		fake_init(&f, "submission");
		fake_check(&f, str_cstr(&in),
		    HI EHLO_SUBMISSION "500 5.5.6 Line too long [t1]\n" BYE);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dsn_parameters),
		cmocka_unit_test(internationalized),
		cmocka_unit_test(chunks),
		cmocka_unit_test(bare_newline_normalized),
		cmocka_unit_test(lmtp_replies),
		cmocka_unit_test(lmtp_is_for_this_machine),
		cmocka_unit_test(chunked_size),
		cmocka_unit_test(empty_chunks_are_idling),
		cmocka_unit_test(tally_survives_starttls),
		cmocka_unit_test(long_auth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
