/* XCLIENT in the front, and the end of the service. */
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

#define SENDER_OK "250 2.1.0 Sender ok\n"

/* ---- XCLIENT ---- */

/* clang-format off */
#define EHLO_XCLIENT                                                           \
	EHLO_TOLD("250-LIMITS MAILMAX=3 RCPTMAX=3\n250 XCLIENT NAME ADDR "     \
		  "PORT PROTO HELO LOGIN DESTADDR DESTPORT\n")
#define BAD_ATTRIBUTE                                                          \
	"501 5.5.4 Bad attribute; known are NAME ADDR PORT PROTO HELO LOGIN "  \
	"DESTADDR DESTPORT [t1]\n"

static const struct {
	const char *in, *out;
} xclient[] = {
	/* the connection is at its beginning again */
	{ EHLO "XCLIENT NAME=far.example ADDR=192.0.2.77 PORT=4711 "
	    "PROTO=ESMTP HELO=far DESTADDR=IPV6:2001:DB8::1 DESTPORT=25\r\n"
	    "MAIL FROM:<>\r\n" EHLO "MAIL FROM:<s@x.org>\r\n" QUIT,
	    HI EHLO_XCLIENT HI "503 Bad sequence of commands [t1]\n"
	    EHLO_MX SENDER_OK BYE },
	{ EHLO "xclient addr=ipv6:2001:db8::7 name=[unavailable] "
	    "login=[TEMPUNAVAIL]\r\n" QUIT,
	    HI EHLO_XCLIENT HI "221 Bye\n" },
	{ EHLO "XCLIENT ADDR=192.0.2.256\r\nXCLIENT ADDR\r\n"
	    "XCLIENT PORT=65536\r\nXCLIENT PROTO=HTTP\r\n"
	    "XCLIENT HELO=a+20b\r\nXCLIENT NAME=a+0Ab\r\n"
	    "XCLIENT COLOUR=blue\r\nXCLIENT\r\n" QUIT,
	    HI EHLO_XCLIENT BAD_ATTRIBUTE BAD_ATTRIBUTE BAD_ATTRIBUTE
	    BAD_ATTRIBUTE BAD_ATTRIBUTE BAD_ATTRIBUTE BAD_ATTRIBUTE
	    "501 5.5.4 Argument needed [t1]\n" BYE },
	{ START "XCLIENT ADDR=192.0.2.7\r\n" QUIT,
	    HI EHLO_XCLIENT SENDER_OK ORDER BYE },
	/* where nobody logs in a login is nothing */
	{ "XCLIENT LOGIN=a@test.dev\r\n" QUIT, HI HI "221 Bye\n" },
};
/* clang-format on */

static void
xclient_of_a_proxy(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(xclient); i++) {
		struct fake f;

		fake_init(&f, "mx");
		f.front.xclient = true;
		fake_check(&f, xclient[i].in, xclient[i].out);
	}
}

/* The name that the client has called itself stands for the proxy's. */
static void
helo_of_a_proxy(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.front.xclient = true;
	fake_run(&f,
	    slice_from("XCLIENT HELO=far\r\n" EHLO "MAIL FROM:<s@x.org>\r\n"),
	    4096);
	assert_string_equal(
	    str_cstr(&f.said), "MAIL s@x.org helo far bits 0 size 0 envid \n");
	fake_release(&f);
}

static void
xclient_of_others(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	fake_check(&f, EHLO "XCLIENT ADDR=192.0.2.7\r\n" QUIT,
	    HI EHLO_MX "502 5.5.1 Not offered here [t1]\n" BYE);
}

static void
xclient_login(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "submission");
	f.front.xclient = true;
	fake_check(&f,
	    "XCLIENT LOGIN=b@test.dev\r\nXCLIENT LOGIN=a+40test.dev\r\n" EHLO
	    "MAIL FROM:<a@test.dev>\r\nXCLIENT ADDR=192.0.2.7\r\n" QUIT,
	    HI "454 Cannot check passwords for now [t1]\n" HI EHLO_LOGGED_IN
		SENDER_OK "502 5.5.1 Not offered here [t1]\n" BYE);
}

/* ---- told to end ---- */

static void
ending(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, "mx");
	f.front.ending = true;
	fake_check(&f, EHLO, HI "421 Shutting down, try again later [t1]\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(xclient_of_a_proxy),
		cmocka_unit_test(helo_of_a_proxy),
		cmocka_unit_test(xclient_of_others),
		cmocka_unit_test(xclient_login),
		cmocka_unit_test(ending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
