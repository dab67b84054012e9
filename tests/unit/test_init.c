#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/init/children.h"
#include "cmd/init/environment.h"
#include "cmd/init/listen.h"
#include "cmd/init/timers.h"
#include "tests/unit/unit.h"

static void
listen_words(void **state)
{
	static const struct {
		const char *text;
		int result;
		size_t count;
		const char *printed; /* the last one */
	} rows[] = {
		{ "", 0, 0, NULL },
		{ " \t\n", 0, 0, NULL },
		{ "imap=*:143", 0, 1, "imap=*:143" },
		{ " mx=*:25  imaps=[::1]:993 ", 0, 2, "imaps=[::1]:993" },
		{ "pop3=127.0.0.1:65535", 0, 1, "pop3=127.0.0.1:65535" },
		{ "pop3=127.0.0.1:65536", -EINVAL, 0, NULL },
		{ "pop3=127.0.0.1:0", -EINVAL, 0, NULL },
		{ "pop3=127.0.0.1:", -EINVAL, 0, NULL },
		{ "pop3=127.0.0.1", -EINVAL, 0, NULL },
		{ "pop3=127.0.0.1:1x", -EINVAL, 0, NULL },
		{ "pop3=:110", -EINVAL, 0, NULL },
		{ "pop3=[]:110", -EINVAL, 0, NULL },
		{ "pop3=[::1:110", -EINVAL, 0, NULL },
		{ "pop3=[127.0.0.1]:110", -EINVAL, 0, NULL },
		{ "pop3=::1:110", -EINVAL, 0, NULL },
		{ "pop3=localhost:110", -EINVAL, 0, NULL },
		{ "pop3=", -EINVAL, 0, NULL },
		{ "pop3", -EINVAL, 0, NULL },
		{ "=*:110", -EINVAL, 0, NULL },
		{ "account=*:110", -EINVAL, 0, NULL },
		{ "POP3=*:110", -EINVAL, 0, NULL },
		{ "imap=*:143 imap=*:143", -EINVAL, 0, NULL },
		{ "imap=*:143 pop3=*:143", -EINVAL, 0, NULL },
		{ "lmtp=/run/njiwa/lmtp", 0, 1, "lmtp=/run/njiwa/lmtp" },
		{ "lmtp=127.0.0.1:24 mx=/m", 0, 2, "mx=/m" },
		{ "lmtp=/a lmtp=/a", -EINVAL, 0, NULL },
		{ "lmtp=/a mx=/a", -EINVAL, 0, NULL },
		{ "lmtp=a", -EINVAL, 0, NULL },
		{ "imap=*:143 imap=[::]:144", 0, 2, "imap=[::]:144" },
	};
	char printed[LISTEN_TEXT_MAX];
	struct listen_list list;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		int r = listen_parse(slice_from(rows[i].text), &list, NULL);

		UNIT_CHECK(i, r == rows[i].result);
		if (r < 0)
			continue;
		UNIT_CHECK(i, list.count == rows[i].count);
		if (rows[i].printed == NULL)
			continue;
		listen_print(&list.entry[list.count - 1], printed);
		UNIT_CHECK(i, strcmp(printed, rows[i].printed) == 0);
	}
}

/* A path of as many octets as there may be, and one more. */
static void
listen_paths(void **state)
{
	int more;

	(void)state;
	for (more = 0; more < 2; more++) {
		STR_AUTO text = STR_INIT;
		struct listen_list list;
		int i;

		str_append_cstr(&text, "lmtp=/");
		for (i = 1; i < LISTEN_PATH_MAX - 1 + more; i++)
			str_append_char(&text, 'x');
		assert_int_equal(listen_parse(str_slice(&text), &list, NULL),
		    more ? -EINVAL : 0);
	}
}

/* As many words as there may be, and one more. */
static void
listen_most(void **state)
{
	STR_AUTO text = STR_INIT;
	struct listen_list list;
	struct err err;
	int i;

	(void)state;
	for (i = 1; i <= LISTEN_MAX; i++)
		str_appendf(&text, "mx=*:%d ", i);
	assert_int_equal(listen_parse(str_slice(&text), &list, &err), 0);
	assert_int_equal(list.count, LISTEN_MAX);
	str_append_cstr(&text, "mx=*:9999");
	assert_int_equal(listen_parse(str_slice(&text), &list, &err), -EINVAL);
	assert_non_null(strstr(err.text, "one word too many"));
}

static void
listen_octets(void **state)
{
	static const char nul[] = "mx=1.2.3.4\0:25";
	struct listen_list list;

	(void)state;
	assert_int_equal(
	    listen_parse(slice_of(nul, sizeof nul - 1), &list, NULL), -EINVAL);
}

static void
timer_words(void **state)
{
	static const struct {
		const char *text;
		int result;
		size_t count;
		int64_t period; /* of the last one */
		const char *last_word;
	} rows[] = {
		{ "", 0, 0, 0, NULL },
		{ " ; ;", 0, 0, 0, NULL },
		{ "a=1h:/bin/true", 0, 1, 3600000, "/bin/true" },
		{ "a=1s:/bin/a -x  y; b=5m:/bin/b z", 0, 2, 300000, "z" },
		{ "a=1s:/bin/a:b=c", 0, 1, 1000, "/bin/a:b=c" },
		{ "a=999ms:/bin/true", -EINVAL, 0, 0, NULL },
		{ "a=366d:/x", 0, 1, TIMER_PERIOD_MAX, "/x" },
		{ "a=367d:/x", -EINVAL, 0, 0, NULL },
		{ "a=1h:true", -EINVAL, 0, 0, NULL },
		{ "a=1h:", -EINVAL, 0, 0, NULL },
		{ "a=1h", -EINVAL, 0, 0, NULL },
		{ "a=", -EINVAL, 0, 0, NULL },
		{ "a", -EINVAL, 0, 0, NULL },
		{ "=1h:/bin/true", -EINVAL, 0, 0, NULL },
		{ "a=x:/bin/true", -EINVAL, 0, 0, NULL },
		{ "a=1s:/x 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", 0, 1, 1000,
		    "16" },
		{ "a=1s:/x 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", -EINVAL, 0,
		    0, NULL },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct timers timers;
		int r = timers_parse(slice_from(rows[i].text), &timers, NULL);
		const struct timer *last = timers.timer + timers.count - 1;

		UNIT_CHECK(i, r == rows[i].result);
		if (r == 0)
			UNIT_CHECK(i, timers.count == rows[i].count);
		if (rows[i].last_word) {
			UNIT_CHECK(i, last->period == rows[i].period);
			for (n = 0; last->argv[n + 1]; n++)
				;
			UNIT_CHECK(
			    i, strcmp(last->argv[n], rows[i].last_word) == 0);
		}
		timers_release(&timers);
	}
}

static void
timer_most(void **state)
{
	STR_AUTO text = STR_INIT;
	struct timers timers;
	int i;

	(void)state;
	for (i = 0; i < TIMERS_MAX; i++)
		str_append_cstr(&text, "t=1h:/x;");
	assert_int_equal(timers_parse(str_slice(&text), &timers, NULL), 0);
	timers_release(&timers);
	str_append_cstr(&text, "t=1h:/x");
	assert_int_equal(
	    timers_parse(str_slice(&text), &timers, NULL), -EINVAL);
	timers_release(&timers);
}

static struct child_network
network_of(const char *text)
{
	char word[80], *colon;
	struct listen_list list;

	(void)snprintf(word, sizeof word, "mx=%s", text);
	colon = strrchr(word, ':');
	assert_non_null(colon);
	assert_int_equal(listen_parse(slice_from(word), &list, NULL), 0);
	return child_network_of(&list.entry[0].address.any);
}

static void
networks(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "192.0.2.1:1", "192.0.2.1:2", true },
		{ "192.0.2.1:1", "192.0.2.2:1", false },
		{ "192.0.2.1:1", "[::ffff:192.0.2.1]:1", true },
		{ "[2001:db8::1]:1", "[2001:db8::ffff:1]:1", true },
		{ "[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false },
		{ "[::1]:1", "0.0.0.0:1", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct children children = { NULL, 0, 0 };
		struct child_network b = network_of(rows[i].b);
		struct child a = { .pid = 1,
			.kind = CHILD_CONNECTION,
			.network = network_of(rows[i].a) };

		children_add(&children, &a);
		UNIT_CHECK(
		    i, children_from(&children, &b) == (rows[i].same ? 1 : 0));
		children_release(&children);
	}
}

static void
children_come_and_go(void **state)
{
	struct children children = { NULL, 0, 0 };
	struct child child = { .kind = CHILD_CONNECTION }, taken;
	pid_t pid;

	(void)state;
	for (pid = 1; pid <= 100; pid++) {
		child.pid = pid;
		child.kind =
		    pid % 10 ? CHILD_CONNECTION : (unsigned)CHILD_SERVICE;
		children_add(&children, &child);
	}
	assert_int_equal(children_count(&children, CHILD_CONNECTION), 90);
	assert_int_equal(children_count(&children, CHILD_SERVICE), 10);
	assert_false(children_take(&children, 101, &taken));
	for (pid = 100; pid > 0; pid--) {
		assert_true(children_take(&children, pid, &taken));
		assert_int_equal(taken.pid, pid);
		assert_false(children_take(&children, pid, &taken));
	}
	assert_int_equal(children_count(&children, ~0U), 0);
	children_release(&children);
}

static bool
has(const struct environments *environments, enum audience audience,
    const char *text)
{
	const char **var = environments->of[audience].vars;

	for (; *var; var++)
		if (strcmp(*var, text) == 0)
			return true;
	return false;
}

static void
secrets_go_where_needed(void **state)
{
	static const char *const taken[] = { "MYSQL_PASS=db",
		"SSL_KEY_PASSWORD=key", "MYSQL_PASSPORT=x", NULL };
	struct environments environments;

	(void)state;
	assert_int_equal(setenv("NOTIFY_SOCKET", "/x", 1), 0);
	assert_int_equal(setenv("TCPREMOTEIP", "192.0.2.1", 1), 0);
	assert_int_equal(setenv("HOSTNAME", "mail", 1), 0);
	environments_make(&environments, taken, true, "/c", NULL);
	assert_true(has(&environments, AUDIENCE_ACCOUNTS, "MYSQL_PASS=db"));
	assert_false(has(&environments, AUDIENCE_PROTOCOL, "MYSQL_PASS=db"));
	assert_false(has(&environments, AUDIENCE_COMMAND, "MYSQL_PASS=db"));
	assert_true(
	    has(&environments, AUDIENCE_PROTOCOL, "SSL_KEY_PASSWORD=key"));
	assert_false(
	    has(&environments, AUDIENCE_ACCOUNTS, "SSL_KEY_PASSWORD=key"));
	assert_false(
	    has(&environments, AUDIENCE_COMMAND, "SSL_KEY_PASSWORD=key"));
	assert_false(has(&environments, AUDIENCE_COMMAND, "NOTIFY_SOCKET=/x"));
	assert_false(
	    has(&environments, AUDIENCE_PROTOCOL, "TCPREMOTEIP=192.0.2.1"));
	assert_true(has(&environments, AUDIENCE_PROTOCOL, "HOSTNAME=mail"));
	assert_true(has(&environments, AUDIENCE_PROTOCOL, "NJIWA_CONFIG=/c"));
	assert_false(has(&environments, AUDIENCE_ACCOUNTS, "MYSQL_PASSPORT=x"));
	environments_release(&environments);
}

/* Without njiwa-accountd's socket the programs look accounts up themselves. */
static void
secrets_without_accountd(void **state)
{
	static const char *const taken[] = { "MYSQL_PASS=db", NULL };
	struct environments environments;

	(void)state;
	environments_make(&environments, taken, false, NULL, NULL);
	assert_true(has(&environments, AUDIENCE_PROTOCOL, "MYSQL_PASS=db"));
	assert_false(has(&environments, AUDIENCE_COMMAND, "MYSQL_PASS=db"));
	environments_release(&environments);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(listen_words),
		cmocka_unit_test(listen_paths),
		cmocka_unit_test(listen_most),
		cmocka_unit_test(listen_octets),
		cmocka_unit_test(timer_words),
		cmocka_unit_test(timer_most),
		cmocka_unit_test(networks),
		cmocka_unit_test(children_come_and_go),
		cmocka_unit_test(secrets_go_where_needed),
		cmocka_unit_test(secrets_without_accountd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
