/* Logins by SCRAM as SMTP speaks it, and the addresses of From. */
#include "cmd/smtpd/front/submission.h"
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

/* SCRAM's three steps; what is in them is the keeper's. */
static void
scram(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "AUTH SCRAM-SHA-256 Zg==\r\ncA==\r\n\r\nMAIL FROM:<>\r\n",
		    "334 cw==\n334 dg==\n" WELCOME "250 2.1.0 Sender ok\n" },
		{ "AUTH scram-sha-256\r\nZg==\r\ncA==\r\n\r\n",
		    "334 \n334 cw==\n334 dg==\n" WELCOME },
		{ "AUTH SCRAM-SHA-256 eA==\r\n", DENIED },
		{ "AUTH SCRAM-SHA-256 =\r\n",
		    "501 5.5.2 Cannot make sense of this response [t1]\n" },
		{ "AUTH SCRAM-SHA-256 Zg==\r\n*\r\nMAIL FROM:<>\r\n",
		    "334 cw==\n501 5.7.0 Authentication cancelled [t1]\n"
		    "530 5.7.0 Log in first [t1]\n" },
		{ "AUTH SCRAM-SHA-256 Zg==\r\ncA==\r\n*\r\n"
		  "MAIL FROM:<>\r\n",
		    "334 cw==\n334 dg==\n"
		    "501 5.7.0 Authentication cancelled [t1]\n"
		    "530 5.7.0 Log in first [t1]\n" },
		{ "AUTH SCRAM-SHA-256-PLUS Zg==\r\n",
		    "504 5.5.4 Authentication mechanism not supported [t1]\n" },
	};
	struct fake f;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO in = STR_INIT;
		STR_AUTO out = STR_INIT;

		fake_init(&f, "submission");
		f.settings.scram = true;
		f.settings.scram_query = "SELECT 1";
		str_appendf(&in, EHLO "%s" QUIT, rows[i].in);
		str_appendf(&out,
		    HI EHLO_TOLD(
			"250-LIMITS MAILMAX=3 RCPTMAX=3\n"
			"250 AUTH SCRAM-SHA-256 PLAIN LOGIN\n") "%s" BYE,
		    rows[i].out);
		fake_check(&f, str_cstr(&in), str_cstr(&out));
	}
	fake_init(&f, "submission");
	f.settings.scram = true;
	f.settings.scram_query = "SELECT 1";
	fake_check(&f, "HELO me\r\nAUTH SCRAM-SHA-256 Zg==\r\neA==\r\n",
	    HI "250 mx.test.dev\n334 cw==\n"
	       "421 Too many failed logins, closing [t1]\n");
}

/* Each address that is found is followed by LF, here by a blank. */
static void
addresses(void **state)
{
	static const struct {
		const char *body, *list; /* NULL: none can be read */
	} rows[] = {
		{ "a@b.c", "a@b.c " },
		{ " A B <a@B.C>\n", "a@b.c " },
		{ "\"a, b\" <a@b.c>, d@e.f", "a@b.c d@e.f " },
		{ "\"<x@y.z>\" <a@b.c>", "a@b.c " },
		{ "\"a\\\"b\"@c.d", "\"a\\\"b\"@c.d " },
		{ "(x@y.z) a@b.c (d (e\\) ) f)", "a@b.c " },
		{ "a (c) @ (d) b.c", "a@b.c " },
		{ "Us: a@b.c, X <d@e.f>;", "a@b.c d@e.f " },
		{ "<@r.s,@t.u:a@b.c>", "a@b.c " },
		{ ",a@b.c,,d@e.f,", "a@b.c d@e.f " },
		{ "", NULL },
		{ " ", NULL },
		{ "\"Us @ home\": a@b.c;", "a@b.c " },
		{ "Us:;", NULL },
		/* a group, or the one in front of the colon? */
		{ "x@y.z: a@b.c;", NULL },
		{ "x@y.z:a@b.c", NULL },
		{ "<x@y.z:a@b.c>", NULL },
		{ "<x:a@b.c>", NULL },
		{ "<\"x\"@y.z:a@b.c>", NULL },
		{ "\"x\\\"\"@y.z:a@b.c", NULL },
		{ "a", NULL },
		{ "<>", NULL },
		{ "<a@b.c", NULL },
		{ "a@b.c>", NULL },
		{ "<<a@b.c>>", NULL },
		{ "<a@b.c><d@e.f>", NULL },
		{ "<a@b.c> d@e.f", NULL },
		{ "a@b.c d@e.f", NULL },
		/* what others could take for another address */
		{ "x a@b.c", NULL },
		{ "<x a@b.c>", NULL },
		{ "x (c) a@b.c", NULL },
		{ "x\n a@b.c", NULL },
		{ "<x,a@b.c>", NULL },
		{ "<x;a@b.c>", NULL },
		{ "<a@b.c,>", NULL },
		{ "a@b.c d", NULL },
		{ "\"x\" a@b.c", NULL },
		{ "a . d @ b . c", "a.d@b.c " },
		{ "< a@b.c >", "a@b.c " },
		{ "(a@b.c", NULL },
		{ "\"a@b.c", NULL },
		{ "\"a\\", NULL },
		{ "(\\", NULL },
		{ "a@b.c (((((((((((((((((((((x)))))))))))))))))))))", NULL },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO list = STR_INIT;
		bool good =
		    submission_addresses(slice_from(rows[i].body), &list);

		UNIT_CHECK(i, good == (rows[i].list != NULL));
		for (k = 0; k < list.len; k++)
			if (list.ptr[k] == '\n')
				list.ptr[k] = ' ';
		if (good)
			UNIT_CHECK(i, slice_is(str_slice(&list), rows[i].list));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scram),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
