/* URLs of messages and their parts. */
#include "cmd/imapd/imap_url.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

static const struct row {
	const char *text;
	const char *parts; /* host|user|mailbox|uidvalidity|uid|section|partial,
			    * NULL: none */
} rows[] = {
	{ "/INBOX/;UID=20", "||INBOX|0|20||" },
	{ "/INBOX;UIDVALIDITY=385759045/;UID=20", "||INBOX|385759045|20||" },
	{ "/INBOX/;uid=1/;section=1.2.MIME", "||INBOX|0|1|1.2.MIME|" },
	{ "/a/b/;UID=1", "||a/b|0|1||" },
	{ "/a.b/;UID=1/;PARTIAL=0.1024", "||a.b|0|1||0.1024" },
	{ "/a/;UID=1/;SECTION=TEXT/;PARTIAL=5", "||a|0|1|TEXT|5.0" },
	{ "/;UID=7", "|||0|7||" },
	{ ";UID=7/;SECTION=1", "|||0|7|1|" },
	{ "/;UIDVALIDITY=3/;UID=7", "|||3|7||" },
	{ "/m%C3%BC%3b%2F/;UID=1", "||m\xc3\xbc;/|0|1||" },
	{ "/a/;UID=1/;SECTION=HEADER.FIELDS%20(A)",
	    "||a|0|1|HEADER.FIELDS (A)|" },
	{ "imap://h/a/;UID=1", "h||a|0|1||" },
	{ "IMAP://u@h:143/a/;UID=1", "h|u|a|0|1||" },
	{ "imap://u%40d;AUTH=*@h/a/;UID=1", "h|u@d|a|0|1||" },
	{ "imap://;AUTH=*@h/a/;UID=1", "h||a|0|1||" },
	{ "imap://[::1]/a/;UID=1", "[::1]||a|0|1||" },
	{ "imap://[::1]:65535/a/;UID=1", "[::1]||a|0|1||" },
	{ "//h/a/;UID=1", "h||a|0|1||" },
	/* numbers at their ends */
	{ "/a;UIDVALIDITY=4294967295/;UID=4294967295/;PARTIAL=4294967295."
	  "4294967295",
	    "||a|4294967295|4294967295||4294967295.4294967295" },
	{ "/a;UIDVALIDITY=4294967296/;UID=1", NULL },
	{ "/a/;UID=4294967296", NULL },
	{ "/a/;UID=1/;PARTIAL=4294967296", NULL },
	{ "/a/;UID=1/;PARTIAL=0.4294967296", NULL },
	{ "/a/;UID=0", NULL },
	{ "/a;UIDVALIDITY=0/;UID=1", NULL },
	{ "/a/;UID=1/;PARTIAL=0.0", NULL },
	/* what is missing, or too much */
	{ "", NULL },
	{ "/", NULL },
	{ "a/;UID=1", NULL },
	{ "/a", NULL },
	{ "/a;UID=1", NULL },
	{ "/a/;UID=", NULL },
	{ "/a/;UID=1/", NULL },
	{ "/a/;UID=1/;SECTION=", NULL },
	{ "/a/;UID=1/;SECTION=/;PARTIAL=1", NULL },
	{ "/a/;UID=1/;SECTION=1;PARTIAL=1", NULL },
	{ "/a/;UID=1/;PARTIAL=", NULL },
	{ "/a/;UID=1/;PARTIAL=1/;SECTION=1", NULL },
	{ "/a/;UID=1;URLAUTH=anonymous", NULL },
	{ "/a/;UID=1?SEEN", NULL },
	{ "imap://", NULL },
	{ "imap:///a/;UID=1", NULL },
	{ "imap://h/;UID=1", NULL },
	{ "imap://h", NULL },
	{ "imap://h:x/a/;UID=1", NULL },
	{ "imap://h:65536/a/;UID=1", NULL },
	{ "http://h/a/;UID=1", NULL },
	/* octets */
	{ "/a%/;UID=1", NULL },
	{ "/a%4/;UID=1", NULL },
	{ "/a%zz/;UID=1", NULL },
	{ "/a%00/;UID=1", NULL },
	{ "/a%0A/;UID=1", NULL },
	{ "/a%7F/;UID=1", NULL },
	{ "/a%FF/;UID=1", NULL },
	{ "/a b/;UID=1", NULL },
	{ "/\xc3\xbc/;UID=1", NULL },
	{ "/a\"/;UID=1", NULL },
	{ "/a\\/;UID=1", NULL },
};

static void
print(const struct imap_url *url, struct str *out)
{
	str_appendf(out, "%s|%s|%s|%u|%u|%s|", str_cstr(&url->host),
	    str_cstr(&url->user), str_cstr(&url->mailbox), url->uidvalidity,
	    url->uid, str_cstr(&url->section));
	if (url->partial)
		str_appendf(out, "%u.%u", url->offset, url->length);
}

static void
urls(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct imap_url url = IMAP_URL_INIT;
		STR_AUTO parts = STR_INIT;
		bool good = imap_url_parse(slice_from(rows[i].text), &url);

		UNIT_CHECK(i, good == (rows[i].parts != NULL));
		if (good)
			print(&url, &parts);
		if (good && rows[i].parts)
			assert_string_equal(str_cstr(&parts), rows[i].parts);
		imap_url_release(&url);
	}
}

/* At the limit, and one past it. */
static void
lengths(void **state)
{
	size_t len;

	(void)state;
	for (len = IMAP_URL_MAX; len <= IMAP_URL_MAX + 1; len++) {
		struct imap_url url = IMAP_URL_INIT;
		STR_AUTO text = STR_INIT;

		str_append_char(&text, '/');
		while (text.len < len - 7)
			str_append_char(&text, 'a');
		str_append_cstr(&text, "/;UID=1");
		assert_int_equal(text.len, len);
		assert_int_equal(imap_url_parse(str_slice(&text), &url),
		    len == IMAP_URL_MAX);
		imap_url_release(&url);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
		cmocka_unit_test(lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
