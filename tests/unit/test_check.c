/* What is looked into about a stranger: scores, verdicts, and the checks that
 * need nobody's help, as the client sees them. */
#include "common/svc/check/verdict.h"
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

static void
test_scores(void **state)
{
	static const struct {
		const char *text;
		int score;
	} rows[] = {
		{ "0", 0 },
		{ "1", 100 },
		{ "-2", -200 },
		{ "7.5", 750 },
		{ "-0.25", -25 },
		{ "1.239", 123 },
		{ "9999", 999900 },
	};
	static const char *const bad[] = { "", "-", "x", "1.", ".5", "1.x",
		"10000", "1 ", "+1", "--1", "1.2x" };
	size_t i;
	int score = 7;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(
		    check_score_parse(slice_from(rows[i].text), &score));
		assert_int_equal(score, rows[i].score);
	}
	score = 7;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(check_score_parse(slice_from(bad[i]), &score));
	assert_int_equal(score, 7);
}

#define MAIL "MAIL FROM:<s@x.org>\r\n"
#define REFUSED(why) "550 5.7.1 Not accepted from you: " why " [t1]\n"
#define DEFERRED(why) "450 4.7.1 Not accepted for now: " why " [t1]\n"
#define OURS "your HELO is the name of this server"
#define BARE "your HELO is an address without brackets"
#define NOT_YOURS "your HELO is not your address"
#define NO_DOT "your HELO is not a name in full"

struct row {
	const char *identity, *syntax;
	const char *helo;
	const char *recipient;
	const char *told;
};

/* clang-format off */
static const struct row rows[] = {
	{ "off", "off", "mx.test.dev", "a@test.dev", RCPT_OK },
	{ "log", "off", "mx.test.dev", "a@test.dev", RCPT_OK },
	{ "junk", "off", "mx.test.dev", "a@test.dev", RCPT_OK },
	{ "2.99", "off", "mx.test.dev", "a@test.dev", RCPT_OK },
	{ "3", "off", "mx.test.dev", "a@test.dev", REFUSED(OURS) },
	{ "reject", "off", "MX.Test.Dev", "a@test.dev", REFUSED(OURS) },
	{ "defer", "off", "mx.test.dev", "a@test.dev", DEFERRED(OURS) },
	{ "reject", "off", "mail.test.dev", "a@test.dev", RCPT_OK },
	{ "reject", "off", "[192.0.2.1]", "a@test.dev", RCPT_OK },
	{ "reject", "off", "[192.0.2.2]", "a@test.dev", REFUSED(NOT_YOURS) },
	{ "reject", "off", "[IPv6:2001:db8::1]", "a@test.dev",
	    REFUSED(NOT_YOURS) },
	{ "reject", "off", "[nonsense]", "a@test.dev", REFUSED(NOT_YOURS) },
	{ "reject", "off", "[", "a@test.dev", RCPT_OK },
	{ "off", "reject", "192.0.2.1", "a@test.dev", REFUSED(BARE) },
	{ "off", "reject", "2001:db8::1", "a@test.dev", REFUSED(BARE) },
	{ "off", "reject", "localhost", "a@test.dev", REFUSED(NO_DOT) },
	{ "off", "reject", "localhost.", "a@test.dev", REFUSED(NO_DOT) },
	{ "off", "reject", "mail.example.org", "a@test.dev", RCPT_OK },
	{ "off", "reject", "[192.0.2.9]", "a@test.dev", RCPT_OK },
	/* who is refused may complain */
	{ "reject", "off", "mx.test.dev", "postmaster", RCPT_OK },
	{ "reject", "off", "mx.test.dev", "Postmaster@far.org",
	    "550 5.7.1 <Postmaster@far.org>: relaying denied [t1]\n" },
};
/* clang-format on */

static void
test_helo(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		STR_AUTO in = STR_INIT;
		STR_AUTO out = STR_INIT;
		struct fake f;

		fake_init(&f, "mx");
		f.settings.check_helo_identity = row->identity;
		f.settings.check_helo_syntax = row->syntax;
		str_appendf(&in, "EHLO %s\r\n" MAIL "RCPT TO:<%s>\r\n" QUIT,
		    row->helo, row->recipient);
		str_appendf(&out, STARTED "%s" BYE, row->told);
		fake_check(&f, str_cstr(&in), str_cstr(&out));
	}
}

/* Nobody of these is a stranger. */
static void
test_exempt(void **state)
{
	static const char in[] = "EHLO mx.test.dev\r\n" MAIL RCPT_A QUIT;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		struct fake f;

		fake_init(&f, "mx");
		f.settings.check_helo_identity = "reject";
		if (i == 1)
			f.settings.trusted_networks = "10.0.0.0/8 192.0.2.0/30";
		if (i == 2)
			f.peer = (struct peer){ .is_pipe = true };
		if (i >= 3)
			f.peer = (struct peer){ .address = "127.0.0.1" };
		f.settings.check_loopback = i == 4;
		fake_check(&f, in,
		    i % 4 ? STARTED RCPT_OK BYE : STARTED REFUSED(OURS) BYE);
	}
}

/* Behind a gateway that all clients share nobody has his own address. */
static void
test_gateway(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.settings.check_helo_identity = "reject";
	f.peer = (struct peer){ .address = "10.88.0.1" };
	fake_check(&f, "EHLO [198.51.100.1]\r\n" MAIL RCPT_A QUIT,
	    STARTED RCPT_OK BYE);
	fake_init(&f, "mx");
	f.settings.check_helo_identity = "reject";
	f.settings.check_reverse_dns = "reject";
	f.settings.dnsbl = "bl.test*9"; /* a question would end the fake */
	f.peer = (struct peer){ .address = "10.88.0.1" };
	fake_check(&f, "EHLO mx.test.dev\r\n" MAIL RCPT_A QUIT,
	    STARTED REFUSED(OURS) BYE);
}

/* What was found is written into the header, and HELO begins anew. */
static void
test_header(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.settings.check_helo_identity = "reject";
	fake_run(&f,
	    slice_from("EHLO mx.test.dev\r\n" MAIL RCPT_A
		       "EHLO mail.example.org\r\n" MAIL RCPT_A
		       "DATA\r\nSubject: x\r\n\r\n.\r\n"),
	    4096);
	assert_int_equal(f.commits, 1);
	assert_non_null(strstr(str_cstr(&f.stored),
	    "\nAuthentication-Results: mx.test.dev;\n\tx-helo=pass\n"
	    "Received: "));
	fake_release(&f);
}

/* The key of what is kept: FNV-1a of the settings that it was found by. */
static uint64_t
key_of(const char *const *texts)
{
	uint64_t value = 0xcbf29ce484222325ULL;

	for (; *texts; texts++) {
		const char *p = *texts;

		do
			value = (value ^ (unsigned char)*p) * 0x100000001b3ULL;
		while (*p++);
	}
	return value;
}

struct kept_row {
	uint32_t result, action;
	int score;
	const char *reason, *properties;
	bool believed;
};

#define PROPERTIES "policy.iprev=192.0.2.1"

/* What another front left about this client is taken as from a stranger: there
 * is no name server here, so that all else is "temperror". */
static void
test_kept(void **state)
{
	static const char *const settings[] = { "", "reject", "n", NULL };
	/* clang-format off */
	static const struct kept_row kept[] = {
		{ CHECK_PASS, 0, 0, "", PROPERTIES, true },
		{ CHECK_PASS, 0, 0, "", PROPERTIES ";\n\tdnswl=pass a=b", true },
		{ CHECK_TEMPERROR, 0, 0, "", PROPERTIES, false },
		{ 99, 0, 0, "", PROPERTIES, false },
		{ CHECK_PASS, CHECK_CLOSE, 0, "", PROPERTIES, false },
		{ CHECK_PASS, 99, 0, "", PROPERTIES, false },
		{ CHECK_PASS, 0, CHECK_SCORE_MAX + 1, "", PROPERTIES, false },
		{ CHECK_PASS, 0, INT32_MIN, "", PROPERTIES, false },
		{ CHECK_PASS, 0, 0, "", PROPERTIES "\nSubject: forged", false },
		{ CHECK_PASS, 0, 0, "", PROPERTIES "\n\tx", false },
		{ CHECK_PASS, 0, 0, "", PROPERTIES ";\n\n\tx", false },
		{ CHECK_PASS, 0, 0, "", PROPERTIES "\x7f", false },
		{ CHECK_PASS, 0, 0, "", PROPERTIES ";\n\tx-dnsbl=fail a=b",
		    true },
		{ CHECK_PASS, 0, 0, "", PROPERTIES ";\n\tdkim=pass a=b",
		    false },
		{ CHECK_PASS, 0, 0, "", PROPERTIES "; dkim=pass a=b", false },
		{ CHECK_PASS, 0, 0, "", PROPERTIES ";", false },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(kept); i++) {
		const struct kept_row *row = &kept[i];
		STR_AUTO body = STR_INIT;
		struct fake f;

		fake_init(&f, "mx");
		f.settings.check_reverse_dns = "reject";
		f.settings.dns_cache_time = 1000;
		ipc_put_u64(&body, key_of(settings));
		ipc_put_u32(&body, row->result);
		ipc_put_u32(&body, row->action);
		ipc_put_u32(&body, (uint32_t)row->score);
		ipc_put_text(&body, slice_from(row->reason));
		ipc_put_text(&body, slice_from(row->properties));
		f.kept = str_slice(&body);
		fake_run(&f,
		    slice_from(EHLO MAIL RCPT_A "DATA\r\nA: b\r\n\r\n.\r\n"),
		    4096);
		UNIT_CHECK(i, f.commits == 1);
		UNIT_CHECK(i, (strstr(str_cstr(&f.stored), "iprev=pass ") !=
				  NULL) == row->believed);
		UNIT_CHECK(i, !strstr(str_cstr(&f.stored), "Subject: forged"));
		fake_release(&f);
	}
}

/* The client has spoken when the greeting is due. */
static void
test_early_talker(void **state)
{
	static const char reason[] = HI EHLO_MX "250 2.1.0 Sender ok\n" REFUSED(
	    "you spoke before the greeting") BYE;
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.settings.check_early_talker = "reject";
	f.settings.smtp_greeting_delay = 1000;
	fake_check(&f, EHLO MAIL RCPT_A QUIT, reason);
	fake_init(&f, "mx");
	f.settings.check_early_talker = "reject";
	f.settings.smtp_greeting_delay = 1000;
	fake_check(&f, "", HI); /* who hangs up has not talked */
}

/* A setting that names no list: nobody is asked, and nobody refused. */
static void
test_no_list(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.settings.dnsbl = "no!list*2";
	fake_check(&f, EHLO MAIL RCPT_A QUIT, STARTED RCPT_OK BYE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scores),
		cmocka_unit_test(test_helo),
		cmocka_unit_test(test_exempt),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_early_talker),
		cmocka_unit_test(test_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
