/* The front's conversation: what the client says, what it is told.  Every row
 * is run with reads of one octet, of a few and of all at once. */
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

struct row {
	const char *in;
	const char *out;
	size_t commits;
};

/* clang-format off */
static const struct row mx[] = {
	/* greeting and the simple verbs */
	{ QUIT, HI "221 Bye\n", 0 },
	{ "", HI, 0 },
	{ "HELO me\r\n" QUIT, HI "250 mx.test.dev\n221 Bye\n", 0 },
	{ "helo me\r\nquit\r\n", HI "250 mx.test.dev\n221 Bye\n", 0 },
	{ EHLO QUIT, HI EHLO_MX BYE, 0 },
	{ "HELO my_host\r\nHELO 192.0.2.1\r\nHELO [192.0.2.1]\r\n" QUIT,
	    HI "250 mx.test.dev\n250 mx.test.dev\n250 mx.test.dev\n"
	       "221 Bye\n", 0 },
	{ "HELO\r\n" QUIT, HI "501 Argument needed [t1]\n221 Bye\n", 0 },
	{ "EHLO a b\r\n" QUIT, HI "501 Not a host name [t1]\n221 Bye\n", 0 },
	{ "EHLO \xc3\xbc\r\n" QUIT,
	    HI "501 Only ASCII in commands [t1]\n221 Bye\n", 0 },
	{ EHLO "NOOP\r\nNOOP x\r\nRSET\r\n" QUIT,
	    HI EHLO_MX "250 2.0.0 Ok\n250 2.0.0 Ok\n"
		       "250 2.0.0 Ok, forgotten\n" BYE, 0 },
	{ EHLO "RSET x\r\n" QUIT,
	    HI EHLO_MX "501 5.5.4 No argument allowed [t1]\n" BYE, 0 },
	{ EHLO "VRFY a@test.dev\r\nVRFY\r\n" QUIT,
	    HI EHLO_MX "252 2.0.0 Will not say, but send it and see\n"
		       "501 5.5.4 Argument needed [t1]\n" BYE, 0 },
	{ EHLO "HELP\r\n" QUIT,
	    HI EHLO_MX "214 2.0.0 Verbs here: HELO EHLO MAIL RCPT DATA BDAT "
		       "RSET NOOP VRFY HELP QUIT\n" BYE, 0 },
	{ EHLO "EXPN list\r\nAUTH PLAIN\r\nSTARTTLS\r\n" QUIT,
	    HI EHLO_MX "502 5.5.1 Not offered here [t1]\n"
		       "502 5.5.1 Not offered here [t1]\n"
		       "502 5.5.1 Not offered here [t1]\n" BYE, 0 },
	{ EHLO "NOISE\r\nMAILFROM:<a@b.c>\r\n" QUIT,
	    HI EHLO_MX UNKNOWN UNKNOWN BYE, 0 },

	/* lines that are none */
	{ "\r\nQUIT\r\n", HI EMPTY, 0 },
	{ "  \r\nQUIT\r\n", HI EMPTY, 0 },
	{ "GET / HTTP/1.1\r\nHost: x\r\n", HI HTTP, 0 },
	{ "POST / HTTP/1.1\r\nHost: x\r\n", HI HTTP, 0 },
	{ EHLO "NOOP\nNOOP\r\n" QUIT,
	    HI EHLO_MX CRLF_ONLY "250 2.0.0 Ok\n" BYE, 0 },
	{ EHLO "NO\rOP\r\n" QUIT, HI EHLO_MX CRLF_ONLY BYE, 0 },
	{ EHLO "NOOP\r\r\n" QUIT, HI EHLO_MX CRLF_ONLY BYE, 0 },
	{ EHLO "NOOP \xc3\xbc\r\n" QUIT,
	    HI EHLO_MX "501 5.5.2 Only ASCII in commands [t1]\n" BYE, 0 },
	{ EHLO "MAIL FROM:<\xc3\xbc@x.org>\r\n" QUIT,
	    HI EHLO_MX "553 5.6.7 Only ASCII in addresses, or SMTPUTF8 [t1]\n" BYE, 0 },

	/* too many errors: ten are allowed */
	{ EHLO TEN_NOISES QUIT, HI EHLO_MX TEN_UNKNOWN BYE, 0 },
	{ EHLO TEN_NOISES "NOISE\r\n" QUIT,
	    HI EHLO_MX TEN_UNKNOWN
	    "421 4.7.0 Too many errors, closing [t1]\n", 0 },

	/* order */
	{ "MAIL FROM:<>\r\n" QUIT,
	    HI "503 Bad sequence of commands [t1]\n221 Bye\n", 0 },
	{ EHLO RCPT_A "DATA\r\n" QUIT, HI EHLO_MX ORDER ORDER BYE, 0 },
	{ START "MAIL FROM:<>\r\n" QUIT, STARTED ORDER BYE, 0 },
	{ START "DATA\r\n" QUIT,
	    STARTED "554 5.5.1 No valid recipients [t1]\n" BYE, 0 },
	{ START "RSET\r\n" RCPT_A QUIT,
	    STARTED "250 2.0.0 Ok, forgotten\n" ORDER BYE, 0 },
	{ START EHLO RCPT_A QUIT, STARTED EHLO_MX ORDER BYE, 0 },

	/* MAIL and its parameters */
	{ EHLO "MAIL FROM:<>\r\n" QUIT,
	    HI EHLO_MX "250 2.1.0 Sender ok\n" BYE, 0 },
	{ EHLO "mail from: <a@b.c> size=65536 body=8bitmime\r\n" QUIT,
	    HI EHLO_MX "250 2.1.0 Sender ok\n" BYE, 0 },
	{ EHLO "MAIL FROM:<a@my_host.b.c>\r\nRCPT TO:<a@my_host.c>\r\n" QUIT,
	    HI EHLO_MX "250 2.1.0 Sender ok\n"
	    "550 5.7.1 <a@my_host.c>: relaying denied [t1]\n" BYE, 0 },
	{ EHLO "MAIL FROM:<a@b.c> SIZE=65537\r\n" QUIT,
	    HI EHLO_MX "552 5.3.4 Message too big [t1]\n" BYE, 0 },
	{ EHLO "MAIL FROM:<a@b.c> SIZE=18446744073709551616\r\n" QUIT,
	    HI EHLO_MX "501 5.5.4 Parameter with a bad value: SIZE [t1]\n" BYE,
	    0 },
	{ EHLO "MAIL FROM:<a@b.c> SIZE\r\n" QUIT,
	    HI EHLO_MX "501 5.5.4 Parameter with a bad value: SIZE [t1]\n" BYE,
	    0 },
	{ EHLO "MAIL FROM:<a@b.c> SIZE=-1\r\n" QUIT,
	    HI EHLO_MX "501 5.5.4 Parameter with a bad value: SIZE [t1]\n" BYE,
	    0 },
	{ EHLO "MAIL FROM:<a@b.c> BODY=BINARY\r\n" QUIT,
	    HI EHLO_MX "501 5.5.4 Parameter with a bad value: BODY [t1]\n" BYE,
	    0 },
	{ EHLO "MAIL FROM:<a@b.c> BODY=7BIT BODY=7BIT\r\n" QUIT,
	    HI EHLO_MX "501 5.5.4 Parameter given twice: BODY [t1]\n" BYE, 0 },
	{ EHLO "MAIL FROM:<a@b.c> AUTH=<>\r\n" QUIT,
	    HI EHLO_MX "555 5.5.4 Parameter not known: AUTH [t1]\n" BYE, 0 },
	{ EHLO "MAIL FROM:<a@b.c>SIZE=1\r\n" QUIT,
	    HI EHLO_MX "501 5.1.7 Bad sender address syntax [t1]\n" BYE, 0 },
	{ EHLO "MAIL <a@b.c>\r\nMAIL\r\nMAIL TO:<a@b.c>\r\n" QUIT,
	    HI EHLO_MX "501 5.5.4 Syntax: MAIL FROM:<address> [t1]\n"
		       "501 5.5.4 Argument needed [t1]\n"
		       "501 5.5.4 Syntax: MAIL FROM:<address> [t1]\n" BYE, 0 },
	{ EHLO "MAIL FROM:a@b.c\r\nMAIL FROM:<a b@c>\r\n" QUIT,
	    HI EHLO_MX "501 5.1.7 Bad sender address syntax [t1]\n"
		       "501 5.1.7 Bad sender address syntax [t1]\n" BYE, 0 },

	/* RCPT: every outcome */
	{ START RCPT_A QUIT, STARTED RCPT_OK BYE, 0 },
	{ START "RCPT TO:<Postmaster>\r\n" QUIT, STARTED RCPT_OK BYE, 0 },
	{ START "RCPT TO:<x@test.dev>\r\n" QUIT,
	    STARTED "550 5.1.1 <x@test.dev>: no such mailbox here [t1]\n" BYE,
	    0 },
	{ START "RCPT TO:<x@far.org>\r\n" QUIT,
	    STARTED "550 5.7.1 <x@far.org>: relaying denied [t1]\n" BYE, 0 },
	{ START "RCPT TO:<drop@test.dev>\r\n" QUIT,
	    STARTED "550 5.1.1 <drop@test.dev>: takes no mail [t1]\n" BYE, 0 },
	{ START "RCPT TO:<full@test.dev>\r\n" QUIT,
	    STARTED "552 5.2.2 Sorry, the mailbox of full@test.dev is full: "
		    "100%. [t1]\n" BYE, 0 },
	{ START "RCPT TO:<temp@test.dev>\r\n" QUIT,
	    STARTED "451 4.3.0 Cannot look it up for now [t1]\n" BYE, 0 },
	{ START "RCPT TO:<many@test.dev>\r\n" QUIT,
	    STARTED "452 4.5.3 Too many recipients [t1]\n" BYE, 0 },
	{ START "RCPT TO:<>\r\nRCPT FROM:<a@test.dev>\r\n" QUIT,
	    STARTED "501 5.1.3 Bad recipient address syntax [t1]\n"
		    "501 5.5.4 Syntax: RCPT TO:<address> [t1]\n" BYE, 0 },
	{ START RCPT_A RCPT_A RCPT_A RCPT_A QUIT,
	    STARTED RCPT_OK RCPT_OK RCPT_OK
	    "452 4.5.3 Too many recipients [t1]\n" BYE, 0 },

	/* DATA */
	{ MESSAGE("Subject: x\r\n\r\nbody"), MESSAGE_TOLD(QUEUED), 1 },
	{ MESSAGE("no header"), MESSAGE_TOLD(QUEUED), 1 },
	{ START RCPT_A "DATA\r\n.\r\n" QUIT, MESSAGE_TOLD(QUEUED), 1 },
	{ START RCPT_A "DATA x\r\n" QUIT,
	    STARTED RCPT_OK "501 5.5.4 No argument allowed [t1]\n" BYE, 0 },
	{ START "RCPT TO:<gone@test.dev>\r\nDATA\r\nx\r\n.\r\n" QUIT,
	    STARTED RCPT_OK GO QUEUED BYE, 0 },
	{ START "RCPT TO:<disk@test.dev>\r\nDATA\r\n" QUIT,
	    STARTED RCPT_OK "452 4.3.1 No room on the disk for now [t1]\n" BYE,
	    0 },
	{ START "RCPT TO:<broken@test.dev>\r\nDATA\r\nx\r\n.\r\n" QUIT,
	    STARTED RCPT_OK GO
	    "451 4.3.0 Local error, try again later [t1]\n" BYE, 0 },
	/* the connection ends before the message: nothing is delivered */
	{ START RCPT_A "DATA\r\nx\r\n", STARTED RCPT_OK GO, 0 },
	{ START RCPT_A "DATA\r\nx\r\n.\r", STARTED RCPT_OK GO, 0 },
	/* smuggling: refused as a whole, and nothing of it is a command */
	{ MESSAGE("x\n.\nMAIL FROM:<evil@x.org>\r\nRCPT TO:<b@test.dev>"),
	    MESSAGE_TOLD("550 5.5.2 Bare CR or LF in the message [t1]\n"), 0 },
	{ MESSAGE("x\n.\r\nMAIL FROM:<evil@x.org>"),
	    MESSAGE_TOLD("550 5.5.2 Bare CR or LF in the message [t1]\n"), 0 },
	{ MESSAGE("x\r\n.\nMAIL FROM:<evil@x.org>"),
	    MESSAGE_TOLD("550 5.5.2 Bare CR or LF in the message [t1]\n"), 0 },
	{ MESSAGE("x\r.\rMAIL FROM:<evil@x.org>"),
	    MESSAGE_TOLD("550 5.5.2 Bare CR or LF in the message [t1]\n"), 0 },
	{ MESSAGE("x\r.\r\nMAIL FROM:<evil@x.org>"),
	    MESSAGE_TOLD("550 5.5.2 Bare CR or LF in the message [t1]\n"), 0 },
	{ MESSAGE("x\r\n.\rMAIL FROM:<evil@x.org>"),
	    MESSAGE_TOLD("550 5.5.2 Bare CR or LF in the message [t1]\n"), 0 },
	/* hops: five are allowed */
	{ MESSAGE("Received: 1\r\nReceived: 2\r\nReceived: 3\r\n"
		  "Received: 4\r\nReceived: 5\r\n"),
	    MESSAGE_TOLD(QUEUED), 1 },
	{ MESSAGE("Received: 1\r\nReceived: 2\r\nReceived: 3\r\n"
		  "Received: 4\r\nreceived: 5\r\nRECEIVED: 6\r\n"),
	    MESSAGE_TOLD("554 5.4.6 Too many hops: a mail loop [t1]\n"), 0 },
	/* a field that is not ours: others add it on the way to us */
	{ MESSAGE("Delivered-To: a@test.dev\r\n"), MESSAGE_TOLD(QUEUED), 1 },
	/* several in a connection: three are allowed */
	{ START RCPT_A "DATA\r\nx\r\n.\r\n"
		       "MAIL FROM:<>\r\n" RCPT_A "DATA\r\ny\r\n.\r\n"
		       "MAIL FROM:<>\r\n" RCPT_A "DATA\r\nz\r\n.\r\n"
		       "MAIL FROM:<>\r\n" QUIT,
	    STARTED RCPT_OK GO QUEUED
	    "250 2.1.0 Sender ok\n" RCPT_OK GO QUEUED
	    "250 2.1.0 Sender ok\n" RCPT_OK GO QUEUED
	    "421 4.7.0 Too many messages in one connection, come back with "
	    "another [t1]\n", 3 },
};

static const struct row submission[] = {
	{ EHLO QUIT, HI EHLO_SUBMISSION BYE, 0 },
	{ EHLO "MAIL FROM:<>\r\n" RCPT_A "DATA\r\n" QUIT,
	    HI EHLO_SUBMISSION "530 5.7.0 Log in first [t1]\n"
			       "530 5.7.0 Log in first [t1]\n"
			       "530 5.7.0 Log in first [t1]\n" BYE, 0 },
	{ EHLO AUTH_SECRET "MAIL FROM:<a@test.dev> AUTH=a+40b.c\r\n"
	    "RCPT TO:<x@far.org>\r\n" RCPT_A QUIT,
	    HI EHLO_SUBMISSION WELCOME "250 2.1.0 Sender ok\n"
	    "451 4.3.0 <x@far.org>: cannot send to other hosts yet [t1]\n"
	    RCPT_OK BYE, 0 },
	{ EHLO AUTH_SECRET "MAIL FROM:<a@b.c> AUTH=a+4\r\n"
	    "MAIL FROM:<a@b.c> AUTH=a=b\r\nMAIL FROM:<a@b.c> AUTH=\r\n" QUIT,
	    HI EHLO_SUBMISSION WELCOME
	    "501 5.5.4 Parameter with a bad value: AUTH [t1]\n"
	    "501 5.5.4 Parameter with a bad value: AUTH [t1]\n"
	    "501 5.5.4 Parameter with a bad value: AUTH [t1]\n" BYE, 0 },
	{ EHLO "AUTH PLAIN\r\nAGFAdGVzdC5kZXYAc2VjcmV0\r\n" EHLO QUIT,
	    HI EHLO_SUBMISSION "334 \n" WELCOME EHLO_LOGGED_IN BYE, 0 },
	{ EHLO "AUTH LOGIN\r\nYUB0ZXN0LmRldg==\r\nc2VjcmV0\r\n" QUIT,
	    HI EHLO_SUBMISSION "334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n" WELCOME
	    BYE, 0 },
	{ "HELO me\r\n" AUTH_SECRET "MAIL FROM:<a@test.dev>\r\n" QUIT,
	    HI "250 mx.test.dev\n235 Welcome\n250 Sender ok\n221 Bye\n", 0 },
	{ EHLO AUTH_SECRET AUTH_SECRET QUIT,
	    HI EHLO_SUBMISSION WELCOME
	    "503 5.5.1 Already logged in [t1]\n" BYE, 0 },
	{ EHLO AUTH_WRONG AUTH_WRONG AUTH_WRONG QUIT,
	    HI EHLO_SUBMISSION DENIED DENIED
	    "421 4.7.0 Too many failed logins, closing [t1]\n", 0 },
	{ EHLO "AUTH PLAIN AG5vYm9keUB0ZXN0LmRldgBzZWNyZXQ=\r\n" QUIT,
	    HI EHLO_SUBMISSION
	    "454 4.7.0 Cannot check passwords for now [t1]\n" BYE, 0 },
	{ EHLO "AUTH LOGIN\r\n*\r\n" QUIT,
	    HI EHLO_SUBMISSION "334 VXNlcm5hbWU6\n"
	    "501 5.7.0 Authentication cancelled [t1]\n" BYE, 0 },
	{ EHLO "AUTH PLAIN\r\n%%%\r\nAUTH\r\nAUTH CRAM-MD5\r\n" QUIT,
	    HI EHLO_SUBMISSION "334 \n"
	    "501 5.5.2 Cannot make sense of this response [t1]\n"
	    "501 5.5.4 Argument needed [t1]\n"
	    "504 5.5.4 Authentication mechanism not supported [t1]\n" BYE, 0 },
	{ EHLO AUTH_SECRET "MAIL FROM:<a@test.dev>\r\n" AUTH_SECRET QUIT,
	    HI EHLO_SUBMISSION WELCOME "250 2.1.0 Sender ok\n" ORDER BYE, 0 },
	{ EHLO AUTH_SECRET "MAIL FROM:<a@test.dev>\r\n" RCPT_A
	    "DATA\r\nSubject: x\r\n\r\ny\r\n.\r\n" QUIT,
	    HI EHLO_SUBMISSION WELCOME "250 2.1.0 Sender ok\n" RCPT_OK GO QUEUED
	    BYE, 1 },
};
/* clang-format on */

static void
check_row(size_t i, const struct row *row, const char *profile, size_t chunk)
{
	struct fake f;
	STR_AUTO got = STR_INIT;

	fake_init(&f, profile);
	fake_run(&f, slice_from(row->in), chunk);
	fake_lines(&f, &got);
	if (!slice_is(str_slice(&got), row->out))
		fail_msg("%s row %zu, chunks of %zu:\n%s---- got\n%s", profile,
		    i, chunk, row->out, str_cstr(&got));
	UNIT_CHECK(i, f.commits == row->commits);
	fake_release(&f);
}

static void
check_rows(const struct row *rows, size_t n, const char *profile)
{
	static const size_t chunks[] = { 1, 3, 4096 };
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < UNIT_COUNT(chunks); k++)
			check_row(i, &rows[i], profile, chunks[k]);
}

static void
conversations_mx(void **state)
{
	(void)state;
	check_rows(mx, UNIT_COUNT(mx), "mx");
}

static void
conversations_submission(void **state)
{
	(void)state;
	check_rows(submission, UNIT_COUNT(submission), "submission");
}

/* ---- what is done wrong or in vain ---- */

/* Says line n times; the last reply of all to QUIT, or instead of it. */
static void
repeat(const char *line, size_t n, const char *last)
{
	struct fake f;
	STR_AUTO in = STR_INIT;
	STR_AUTO got = STR_INIT;
	size_t at;

	fake_init(&f, "mx");
	str_append_cstr(&in, START);
	while (n--)
		str_append_cstr(&in, line);
	str_append_cstr(&in, QUIT);
	fake_run(&f, str_slice(&in), 4096);
	fake_lines(&f, &got);
	assert_true(got.len > strlen(last));
	at = got.len - strlen(last);
	if (strcmp(str_cstr(&got) + at, last) != 0)
		fail_msg("%s: %s", line, str_cstr(&got) + at);
	fake_release(&f);
}

#define TOO_MANY "421 4.7.0 Too many errors, closing [t1]\n"
#define IDLING "421 4.7.0 Too many commands for nothing, closing [t1]\n"
#define IDLING_HELO "421 Too many commands for nothing, closing [t1]\n"
#define X_UNKNOWN "RCPT TO:<x@test.dev>\r\n"
#define X_TEMP "RCPT TO:<temp@test.dev>\r\n"

static void
tally(void **state)
{
	/* EHLO is one of them */
	static const char *const idle[] = { "NOOP\r\n", "VRFY x\r\n",
		"HELP\r\n", "RSET\r\n", EHLO, "HELO me\r\n" };
	const size_t last = UNIT_COUNT(idle) - 1; /* no codes after HELO */
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(idle); i++) {
		repeat(
		    idle[i], SMTP_IDLE_MAX - 1, i == last ? "221 Bye\n" : BYE);
		repeat(
		    idle[i], SMTP_IDLE_MAX, i == last ? IDLING_HELO : IDLING);
	}
	repeat(X_UNKNOWN, SMTP_REFUSED_MAX, BYE);
	repeat(X_UNKNOWN, SMTP_REFUSED_MAX + 1, TOO_MANY);
	repeat(X_TEMP, SMTP_DEFERRED_MAX, BYE);
	repeat(X_TEMP, SMTP_DEFERRED_MAX + 1, TOO_MANY);
	repeat("NOISE\r\n", 10, BYE);
	repeat("NOISE\r\n", 11, TOO_MANY);
}

/* A message that is accepted, or a login, makes up for it. */
static void
tally_begins_anew(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	fake_check(&f,
	    EHLO TEN_NOISES "MAIL FROM:<s@x.org>\r\n" RCPT_A
			    "DATA\r\n.\r\n" TEN_NOISES QUIT,
	    HI EHLO_MX TEN_UNKNOWN
	    "250 2.1.0 Sender ok\n" RCPT_OK GO QUEUED TEN_UNKNOWN BYE);
	fake_init(&f, "mx");
	fake_check(&f,
	    EHLO TEN_NOISES "MAIL FROM:<s@x.org>\r\n" RCPT_A
			    "DATA\r\na\nb\r\n.\r\n" QUIT,
	    HI EHLO_MX TEN_UNKNOWN "250 2.1.0 Sender ok\n" RCPT_OK GO TOO_MANY);
	fake_init(&f, "submission");
	fake_check(&f, EHLO TEN_NOISES AUTH_SECRET TEN_NOISES QUIT,
	    HI EHLO_SUBMISSION TEN_UNKNOWN WELCOME TEN_UNKNOWN BYE);
}

/* Where the field is ours it tells of a loop. */
static void
delivered_to(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.settings.smtp_add_delivered_to = true;
	fake_check(&f, MESSAGE("Delivered-To: A@test.dev\r\n"),
	    MESSAGE_TOLD("554 5.4.6 Too many hops: a mail loop [t1]\n"));
	fake_init(&f, "mx");
	f.settings.smtp_add_delivered_to = true;
	fake_check(
	    &f, MESSAGE("Delivered-To: b@test.dev\r\n"), MESSAGE_TOLD(QUEUED));
}

/* ---- TLS and its absence ---- */

static void
starttls(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.front.tls_offered = true;
	fake_check(&f, EHLO "STARTTLS\r\n",
	    HI EHLO_TLS "220 2.0.0 Ready to start TLS\n");
	fake_init(&f, "mx");
	f.front.tls_offered = true;
	fake_check(&f, EHLO "STARTTLS\r\nMAIL FROM:<>\r\n" QUIT,
	    HI EHLO_TLS "503 5.5.1 Must be the last command of a group [t1]\n"
			"250 2.1.0 Sender ok\n" BYE);
	fake_init(&f, "mx");
	f.front.tls_offered = true;
	fake_check(&f, EHLO "STARTTLS x\r\nMAIL FROM:<>\r\nSTARTTLS\r\n" QUIT,
	    HI EHLO_TLS "501 5.5.4 No argument allowed [t1]\n"
			"250 2.1.0 Sender ok\n" ORDER BYE);
	fake_init(&f, "mx");
	f.front.tls_offered = true;
	fake_check(&f, "HELO me\r\nSTARTTLS\r\n",
	    HI "250 mx.test.dev\n220 Ready to start TLS\n");
	/* after it: no greeting, and it is not offered again */
	fake_init(&f, "mx");
	f.front.resumed = f.front.tls = true;
	fake_check(&f, EHLO "STARTTLS\r\n" QUIT,
	    EHLO_MX "503 5.5.1 TLS is active already [t1]\n" BYE);
}

static void
auth_before_tls(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "submission");
	f.front.tls_offered = true;
	f.remote_front = true;
	fake_check(&f, EHLO AUTH_SECRET "MAIL FROM:<>\r\n" QUIT,
	    HI EHLO_TLS "538 5.7.11 Start TLS first [t1]\n"
			"530 5.7.0 Log in first [t1]\n" BYE);
}

/* ---- time ---- */

static void
silence(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.timeout = 1;
	f.settings.smtp_command_timeout = 20;
	fake_check(&f, EHLO "NOO",
	    HI EHLO_MX "421 4.4.2 Timed out, closing the connection [t1]\n");
	fake_init(&f, "mx");
	f.timeout = 1;
	f.settings.smtp_data_timeout = 20;
	fake_check(&f, START RCPT_A "DATA\r\nSubject: x\r\n",
	    STARTED RCPT_OK GO
	    "421 4.4.2 Timed out, closing the connection [t1]\n");
	fake_init(&f, "submission");
	f.timeout = 1;
	f.front.login_ends = 0;
	fake_check(&f, EHLO,
	    HI EHLO_SUBMISSION
	    "421 4.4.2 Timed out, closing the connection [t1]\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_mx),
		cmocka_unit_test(conversations_submission),
		cmocka_unit_test(tally),
		cmocka_unit_test(tally_begins_anew),
		cmocka_unit_test(delivered_to),
		cmocka_unit_test(starttls),
		cmocka_unit_test(auth_before_tls),
		cmocka_unit_test(silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
