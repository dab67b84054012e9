#include <errno.h>

#include "common/base/secret.h"
#include "tests/unit/settings_fixture.h"

#define FILE_LINE_MAX 198 /* inih's 200 without line end and NUL */

/* The table is sound: good defaults that print as they stand, no name twice,
 * every field of the struct covered. */
static void
table(void **state)
{
	struct settings settings;
	STR_AUTO problem = STR_INIT;
	size_t i, j, size = 0, bools = 0;

	(void)state;
	memset(&settings, 0, sizeof settings);
	for (i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];
		STR_AUTO text = STR_INIT;

		UNIT_CHECK(i, strlen(row->name) <= SETTING_NAME_MAX);
		UNIT_CHECK(i, row->help && row->help[0] && row->section);
		UNIT_CHECK(
		    i, settings_set(&settings, row, row->initial, &problem));
		settings_print(&settings, row, &text);
		assert_string_equal(str_cstr(&text), row->initial);
		UNIT_CHECK(i, settings_find(slice_from(row->name)) == row);
		for (j = 0; j < i; j++)
			UNIT_CHECK(i, settings_table[j].offset != row->offset);
		size += row->type == SETTING_BOOL ? sizeof(bool) : 8;
		bools += row->type == SETTING_BOOL;
	}
	assert_int_equal(problem.len, 0);
	/* bools leave gaps of less than a word each */
	assert_in_range(sizeof settings - size, 0, 8 * (bools + 1));
	settings_release(&settings);
}

/* Files and what is to be said about them. */
struct file_row {
	const char *text;
	const char *complaints;
	const char *name; /* a setting, and what it is to be */
	const char *value;
};

static const struct file_row file_rows[] = {
	{ "", "", "smtp_max_hops", "100" },
	{ "smtp_max_hops = 50\n", "", "smtp_max_hops", "50" },
	{ "SMTP_Max_Hops=50", "", "smtp_max_hops", "50" },
	{ "\xef\xbb\xbfsmtp_max_hops=50\r\n", "", "smtp_max_hops", "50" },
	{ "# x\n; y\n\n[smtp]\nsmtp_max_hops = 50\n", "", "smtp_max_hops",
	    "50" },
	{ "smtp_banner = a ; b # c", "", "smtp_banner", "a ; b # c" },
	{ "smtp_banner = a=b:c", "", "smtp_banner", "a=b:c" },
	{ "smtp_banner =", "", "smtp_banner", "" },
	{ "user_query = SELECT a\n  FROM b\n\t# no\n  WHERE c = %u\n", "",
	    "user_query", "SELECT a FROM b WHERE c = %u" },
	{ "user_query = %x",
	    "text:1: user_query: %x is not known here; there are "
	    "%u %n %d and %% for the sign itself\n",
	    NULL, NULL },
	{ "user_query = a %",
	    "text:1: user_query: % is not known here; there are "
	    "%u %n %d and %% for the sign itself\n",
	    NULL, NULL },
	{ "user_query =", "text:1: user_query: must not be empty\n", NULL,
	    NULL },
	{ "alias_query =", "", "alias_query", "" },
	{ "quota_update = %u %b %m %%", "", "quota_update", "%u %b %m %%" },
	{ "smtp_max_message_size = 10 MB", "", "smtp_max_message_size", "10M" },
	{ "smtp_max_message_size = 64k", "", "smtp_max_message_size", "64k" },
	{ "smtp_max_message_size = 65535",
	    "text:1: smtp_max_message_size: 65535 is not in the range from 64k "
	    "to "
	    "2G\n",
	    "smtp_max_message_size", "25M" },
	{ "smtp_max_message_size = 2G", "", "smtp_max_message_size", "2G" },
	{ "smtp_max_message_size = 2147483649",
	    "text:1: smtp_max_message_size: 2147483649 is not in the range "
	    "from "
	    "64k to 2G\n",
	    "smtp_max_message_size", "25M" },
	{ "login_delay = 250ms", "", "login_delay", "250ms" },
	{ "login_delay = 45", "", "login_delay", "45s" },
	{ "login_delay = 0", "", "login_delay", "0" },
	{ "login_delay = soon",
	    "text:1: login_delay: \"soon\" is not a time such as 30s, 5m or "
	    "1h\n",
	    "login_delay", "2s" },
	{ "mail_uid = -1", "", "mail_uid", "-1" },
	{ "mail_uid = -2",
	    "text:1: mail_uid: -2 is not in the range from -1 to 4294967294\n",
	    "mail_uid", "8" },
	{ "mail_uid = --1", "text:1: mail_uid: \"--1\" is not a number\n", NULL,
	    NULL },
	{ "fsync = OFF", "", "fsync", "no" },
	{ "fsync = perhaps",
	    "text:1: fsync: \"perhaps\" is neither yes nor no\n", "fsync",
	    "yes" },
	{ "hostname = mx-1.test.dev", "", "hostname", "mx-1.test.dev" },
	{ "hostname = mx 1",
	    "text:1: hostname: \"mx 1\" is no name of a host\n", NULL, NULL },
	{ "hostname = -mx", "text:1: hostname: \"-mx\" is no name of a host\n",
	    NULL, NULL },
	{ "sandbox = requires",
	    "text:1: sandbox: \"requires\" is none of: on require off; did you "
	    "mean require?\n",
	    "sandbox", "on" },
	{ "sandbox = elephant",
	    "text:1: sandbox: \"elephant\" is none of: on require off\n",
	    "sandbox", "on" },
	{ "spam_tag_score = -1.5", "", "spam_tag_score", "-1.5" },
	{ "spam_tag_score = 5.",
	    "text:1: spam_tag_score: \"5.\" is not a score such as 5 or 7.5\n",
	    "spam_tag_score", "5" },
	{ "spam_tag_score = 5x",
	    "text:1: spam_tag_score: \"5x\" is not a score such as 5 or 7.5\n",
	    NULL, NULL },
	{ "mail_root = data",
	    "text:1: mail_root: \"data\" does not begin with /\n", "mail_root",
	    "/data" },
	{ "mail_location = %h/Maildir",
	    "mail_root: must say where the folders of mail_location are\n",
	    "mail_location", "%h/Maildir" },
	{ "mail_location = %h/Maildir\nmail_root = /home", "", "mail_root",
	    "/home" },
	{ "mail_location = /srv/mail/%d/%n", "", "mail_root", "/srv/mail" },
	{ "mail_location = /srv/mail/u-%u/x", "", "mail_root", "/srv/mail" },
	{ "mail_location = /%u",
	    "mail_root: must say where the folders of mail_location are\n",
	    NULL, NULL },
	{ "mail_location = /srv/mail/%u\nmail_root = /srv", "", "mail_root",
	    "/srv" },
	{ "mail_location = /srv/mail/%u\nmail_root = /srv/mai",
	    "mail_root: mail_location is not below it\n", NULL, NULL },
	{ "mail_location = /x/%q",
	    "text:1: mail_location: %q is not known here; there are %u %n %d "
	    "%h "
	    "and %% for the sign itself\n",
	    NULL, NULL },
	/* names, all mistakes at once, the lines they are in */
	{ "smtp_max_hop = 1\n\nmysql_hots = a\nelephant = 1\nlog = non\n",
	    "text:1: smtp_max_hop: there is no such setting; did you mean "
	    "smtp_max_hops?\n"
	    "text:3: mysql_hots: there is no such setting; did you mean "
	    "mysql_host?\n"
	    "text:4: elephant: there is no such setting\n"
	    "text:5: log: \"non\" is none of: auto journal syslog stderr none; "
	    "did "
	    "you mean none?\n",
	    NULL, NULL },
	{ "fsync = no\nfsync = yes\n", "text:2: fsync: already set in line 1\n",
	    "fsync", "no" },
	{ "fsync\n", "text:1: there is no = in the line\n", NULL, NULL },
	{ "[smtp\nfsync = no\n", "text:1: the heading has no ] at its end\n",
	    "fsync", "no" },
	{ "[a]\n  fsync = no\n  mail_uid = 7\n",
	    "text:3: the line is indented and would continue the one before "
	    "it; "
	    "remove the blanks before it\n",
	    "mail_uid", "8" },
	{ "smtp_banner = a\001b\n",
	    "text:1: smtp_banner: a control character is in the value\n", NULL,
	    NULL },
	{ "mysql_password = a\n  b\n",
	    "text:2: mysql_password: a secret cannot be continued; use file:\n",
	    NULL, NULL },
	{ "mysql_password = ab ; # c\n", "", "mysql_password", "(set)" },
	{ "mysql_password =\n", "", "mysql_password", "" },
	{ "mysql_password = file:x\n",
	    "text:1: mysql_password: the path behind file: does not begin with "
	    "/\n",
	    "mysql_password", "" },
	{ "mysql_password = file:/nowhere/at/all\n",
	    "text:1: mysql_password: /nowhere/at/all: No such file or "
	    "directory\n",
	    NULL, NULL },
	{ "mysql_password = credential:../x\n",
	    "text:1: mysql_password: \"../x\" is no name of a credential\n",
	    NULL, NULL },
};

static void
files(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(file_rows); i++) {
		const struct file_row *row = &file_rows[i];
		struct settings settings;
		STR_AUTO said = STR_INIT;
		STR_AUTO value = STR_INIT;
		int n, lines = 0;
		const char *p;

		n = settings_load_text(slice_from(row->text),
		    SETTINGS_CHECK_SECRETS, &settings, collect, &said);
		assert_string_equal(str_cstr(&said), row->complaints);
		for (p = row->complaints; (p = strchr(p, '\n')) != NULL; p++)
			lines++;
		UNIT_CHECK(i, n == lines);
		if (row->name) {
			value_of(&settings, row->name, &value);
			assert_string_equal(str_cstr(&value), row->value);
		}
		settings_release(&settings);
		secret_wipe();
	}
}

/* Lines of the greatest length, one octet more, and a NUL. */
static void
lines(void **state)
{
	size_t len;

	(void)state;
	for (len = FILE_LINE_MAX; len <= FILE_LINE_MAX + 1; len++) {
		struct settings settings;
		STR_AUTO text = STR_INIT;
		STR_AUTO said = STR_INIT;
		int n;

		str_append_cstr(&text, "smtp_banner=");
		while (text.len < len)
			str_append_char(&text, 'x');
		str_append_cstr(&text, "\nfsync=no\n");
		n = settings_load_text(str_slice(&text), SETTINGS_CHECK_SECRETS,
		    &settings, collect, &said);
		assert_int_equal(n, len > FILE_LINE_MAX);
		assert_int_equal(
		    strlen(settings.smtp_banner), n ? 0 : FILE_LINE_MAX - 12);
		assert_false(settings.fsync);
		if (n)
			assert_non_null(strstr(str_cstr(&said),
			    "text:1: the line is longer than 198 octets"));
		settings_release(&settings);
	}
}

static void
nul(void **state)
{
	static const char text[] = "smtp_banner = a\0b\nfsync = no\n";
	struct settings settings;
	STR_AUTO said = STR_INIT;

	(void)state;
	assert_int_equal(settings_load_text(slice_of(text, sizeof text - 1),
			     SETTINGS_CHECK_SECRETS, &settings, collect, &said),
	    1);
	assert_string_equal(str_cstr(&said), "text:1: a NUL is in the line\n");
	assert_false(settings.fsync);
	settings_release(&settings);
}

struct path_row {
	const char *template, *user, *home;
	const char *path; /* NULL: refused */
};

static const struct path_row path_rows[] = {
	{ "/data/%d/%n/Maildir", "a@b.c", "", "/data/b.c/a/Maildir" },
	{ "/m/%u", "a@b.c", "", "/m/a@b.c" },
	{ "/m/%u%%", "a", "", "/m/a%" },
	{ "/Data/%d/%n/Maildir", "Mixed@Test.DEV", "",
	    "/Data/test.dev/Mixed/Maildir" },
	{ "/m/%u", "Mixed@Test.DEV", "", "/m/Mixed@test.dev" },
	{ "/m/%u/%h", "AZ", "/H", "/m/AZ//H" },
	{ "/m/%d", "a@[AZ`{", "", "/m/[az`{" },
	{ "/m/%d/%n", "a", "", NULL },
	{ "/m/%d/%n", "a@", "", NULL },
	{ "/m/%d/%n", "@b", "", NULL },
	{ "/m/%n", "x@y@z", "", "/m/x@y" },
	{ "/m/%n", "a/b@c", "", NULL },
	{ "/m/%n", "..@c", "", NULL },
	{ "/m/%n", ".@c", "", NULL },
	{ "/m/%n", ".a@c", "", NULL },
	{ "/m/%d", "a@..", "", NULL },
	{ "/m/%d", "a@../b", "", NULL },
	{ "/m/%n", "a\nb@c", "", NULL },
	{ "%h/Maildir", "a@b", "/home/a", "/home/a/Maildir" },
	{ "%h/Maildir", "a@b", "/home/.a/", "/home/.a//Maildir" },
	{ "%h/Maildir", "a@b", "", NULL },
	{ "%h/Maildir", "a@b", "home", NULL },
	{ "%h/Maildir", "a@b", "/home/../x", NULL },
	{ "%h/Maildir", "a@b", "/home/..", NULL },
	{ "/m/%x", "a@b", "/h", NULL },
	{ "/m/%", "a@b", "/h", NULL },
};

static void
paths(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(path_rows); i++) {
		const struct path_row *row = &path_rows[i];
		STR_AUTO out = STR_INIT;
		bool good;

		str_append_cstr(&out, "=");
		good = settings_expand_path(
		    row->template, slice_from(row->user), row->home, &out);
		UNIT_CHECK(i, good == (row->path != NULL));
		assert_string_equal(
		    str_cstr(&out) + 1, row->path ? row->path : "");
	}
	{
		STR_AUTO out = STR_INIT;

		assert_false(settings_expand_path(
		    "/m/%n", slice_of("a\0b@c", 5), "", &out));
	}
}

/* Files that cannot be read: told, and the settings are whole all the same. */
static void
unreadable(void **state)
{
	struct settings settings;

	(void)state;
	assert_int_equal(settings_load("/nowhere/at/all", SETTINGS_NO_SECRETS,
			     &settings, NULL, NULL),
	    -ENOENT);
	assert_int_equal(settings.smtp_max_hops, 100);
	assert_true(settings.hostname[0] != '\0');
	settings_release(&settings);
	assert_int_equal(
	    settings_load("/tmp", SETTINGS_NO_SECRETS, &settings, NULL, NULL),
	    -EISDIR);
	settings_release(&settings);
	assert_int_equal(settings_load("/dev/zero", SETTINGS_NO_SECRETS,
			     &settings, NULL, NULL),
	    -EFBIG);
	settings_release(&settings);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(files),
		cmocka_unit_test(lines),
		cmocka_unit_test(nul),
		cmocka_unit_test(paths),
		cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
