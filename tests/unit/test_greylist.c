/* Greylisting in the database. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/account/greylist.h"
#include "common/account/sql_link.h"
#include "common/base/clock.h"
#include "common/base/ipc.h"
#include "tests/unit/database_fixture.h"

#define NOW 1700000000
#define MINUTE 60
#define HOUR 3600
#define DAY (24 * HOUR)

struct fixture {
	struct database db;
	char network[GREYLIST_NETWORK_MAX]; /* a test's own, on any server */
	struct greylist_question question;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	database_open(&f->db, NULL, NULL);
	(void)snprintf(f->network, sizeof f->network, "%s/24", f->db.folder);
	f->question = (struct greylist_question){
		.network = slice_from(f->network),
		.sender = slice_from("sender@example.org"),
		.recipient = slice_from("demo@test.dev"),
		.delay = 5 * MINUTE,
		.window = 2 * DAY,
		.expire = 35 * DAY,
		.automatic = 3,
	};
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	database_remove(&f->db);
	free(f);
	return 0;
}

/* How long must it wait that comes at that time? */
static uint64_t
wait_at(struct fixture *f, int64_t now)
{
	struct err err = { 0, "" };
	uint64_t wait = UINT64_MAX;

	account_sql_begin_request(f->db.sql);
	if (account_sql_greylist(f->db.sql, &f->question, now, &wait, &err) !=
	    ACCOUNT_FOUND)
		fail_msg("%s", err.text);
	return wait;
}

static void
triplets(void **state)
{
	struct fixture *f = *state;
	struct greylist_question *q = &f->question;

	assert_int_equal(wait_at(f, NOW), 300);
	assert_int_equal(wait_at(f, NOW + 1), 299);
	assert_int_equal(wait_at(f, NOW + 299), 1);
	/* each of the three parts makes another one */
	q->sender = slice_from("other@example.org");
	assert_int_equal(wait_at(f, NOW + 299), 300);
	q->sender = slice_from("Sender@example.org");
	assert_int_equal(wait_at(f, NOW + 299), 300);
	q->sender = slice_from("sender@example.org");
	q->recipient = slice_from("other@test.dev");
	assert_int_equal(wait_at(f, NOW + 299), 300);
	q->recipient = slice_from("demo@test.dev");
	assert_int_equal(wait_at(f, NOW + 300), 0);
	assert_int_equal(wait_at(f, NOW + 301), 0);
	/* it lives on for as long as it is used */
	assert_int_equal(wait_at(f, NOW + 30 * DAY), 0);
	assert_int_equal(wait_at(f, NOW + 60 * DAY), 0);
	assert_int_equal(wait_at(f, NOW + 95 * DAY), 0);
	assert_int_equal(wait_at(f, NOW + 131 * DAY), 300);
	assert_int_equal(wait_at(f, NOW + 131 * DAY + 300), 0);
}

static void
too_late(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wait_at(f, NOW), 300);
	assert_int_equal(wait_at(f, NOW + 2 * DAY + 1), 300);
	assert_int_equal(wait_at(f, NOW + 4 * DAY + 1), 0);
	/* a clock that was set back asks for no more than the delay */
	f->question.recipient = slice_from("late@test.dev");
	assert_int_equal(wait_at(f, NOW + DAY), 300);
	assert_int_equal(wait_at(f, NOW), 300);
	assert_int_equal(wait_at(f, NOW + 299), 1);
	assert_int_equal(wait_at(f, NOW + 300), 0);
	assert_int_equal(wait_at(f, NOW), 0); /* it came twice */
}

static void
see_count(void *ctx, const struct db_row *row)
{
	*(long *)ctx = strtol(row->columns[0].ptr, NULL, 10);
}

static long
count_rows(struct fixture *f, struct sql_link *link)
{
	const struct db_value network = db_text(slice_from(f->network));
	long n = -1;
	struct sql_run run = { "SELECT CONCAT(COUNT(*), ' rows') FROM greylist "
			       "WHERE network = ?",
		&network, 1, see_count, &n, 0 };
	struct err err = { 0, "" };

	if (!f->db.config.db.hosts[0])
		run.sql = "SELECT COUNT(*) || ' rows' FROM greylist "
			  "WHERE network = ?";
	if (sql_link_run(link, &run, &err) != DB_OK)
		fail_msg("%s", err.text);
	return n;
}

/* Adds n rows that nobody came back for, a second after another. */
static void
add_rows(struct fixture *f, struct sql_link *link, int n, int64_t expires)
{
	STR_AUTO text = STR_INIT;
	struct err err = { 0, "" };
	int i;

	str_append_cstr(&text, "INSERT INTO greylist (network, sender, "
			       "recipient, first_seen, expires) VALUES ");
	for (i = 0; i < n; i++)
		str_appendf(&text, "%s('%s', 'r%d', '%ld', %d, %ld)",
		    i ? "," : "", f->network, i, (long)expires, NOW + i,
		    (long)expires + i);
	if (sql_link_exec(link, str_cstr(&text), &err) != DB_OK)
		fail_msg("%s", err.text);
}

/* The table does not grow without end, and what is taken away at once is
 * bounded. */
static void
crowds(void **state)
{
	struct fixture *f = *state;
	struct sql_link *link = sql_link_new(&f->db.config.db, DB_SERVE);
	struct greylist_question *q = &f->question;

	clock_fake((struct timespec){ NOW, 0 }); /* cleans each time */
	add_rows(f, link, 3000, NOW);
	assert_int_equal(wait_at(f, NOW + 5000), 300);
	assert_in_range(count_rows(f, link), 3001 - 1100, 3001 - 1024);
	(void)wait_at(f, NOW + 5000); /* nothing new, nothing cleaned */
	assert_in_range(count_rows(f, link), 3001 - 1100, 3001 - 1024);
	for (q->delay = 300; q->delay < 303; q->delay++) {
		q->sender = slice_of(&"abc"[q->delay - 300], 1);
		(void)wait_at(f, NOW + 5000);
	}
	assert_int_equal(count_rows(f, link), 4);
	q->delay = 300;
	/* those who wait; at the limit, and one past it */
	add_rows(f, link, GREYLIST_WAITING_MAX - 5, NOW + DAY);
	q->sender = slice_from("last");
	(void)wait_at(f, NOW + 20000);
	assert_int_equal(count_rows(f, link), GREYLIST_WAITING_MAX);
	q->sender = slice_from("more");
	(void)wait_at(f, NOW + 20001);
	assert_int_equal(count_rows(f, link), GREYLIST_WAITING_MAX);
	/* the oldest went, and the newest are there */
	assert_int_equal(wait_at(f, NOW + 20301), 0);
	q->sender = slice_from("r0");
	q->recipient = slice_from("1700086400");
	assert_int_equal(wait_at(f, NOW + 20301), 300);
	clock_fake((struct timespec){ -1, 0 });
	sql_link_free(link);
}

static void
null_sender(void **state)
{
	struct fixture *f = *state;

	f->question.sender = slice_from("");
	assert_int_equal(wait_at(f, NOW), 300);
	assert_int_equal(wait_at(f, NOW + 300), 0);
	f->question.recipient = slice_from("other@test.dev");
	assert_int_equal(wait_at(f, NOW + 300), 300);
}

/* The third of a network that comes twice frees it. */
static void
networks(void **state)
{
	static const char *const senders[] = { "a@x", "b@x", "c@x" };
	struct fixture *f = *state;
	struct greylist_question *q = &f->question;
	size_t i;

	for (i = 0; i < UNIT_COUNT(senders); i++) {
		q->sender = slice_from(senders[i]);
		assert_int_equal(wait_at(f, NOW), 300);
		assert_int_equal(wait_at(f, NOW + 300), 0);
		assert_int_equal(wait_at(f, NOW + 300), 0); /* counts once */
	}
	q->sender = slice_from("d@x");
	assert_int_equal(wait_at(f, NOW + 300), 0);
	q->automatic = 4;
	assert_int_equal(wait_at(f, NOW + 300), 300);
	q->automatic = 0;
	assert_int_equal(wait_at(f, NOW + 300), 300);
	q->automatic = 3;
	/* which lasts as long as it is used, and then begins anew */
	assert_int_equal(wait_at(f, NOW + 34 * DAY), 0);
	assert_int_equal(wait_at(f, NOW + 68 * DAY), 0);
	q->sender = slice_from("e@x");
	assert_int_equal(wait_at(f, NOW + 104 * DAY), 300);
	assert_int_equal(wait_at(f, NOW + 104 * DAY + 300), 0);
	q->sender = slice_from("f@x");
	assert_int_equal(wait_at(f, NOW + 104 * DAY + 300), 300);
	/* another network is another one */
	q->network = slice_from("2001:db8::/64");
	q->sender = slice_from(f->db.folder); /* nobody else's */
	assert_int_equal(wait_at(f, NOW), 300);
}

static void
longest(void **state)
{
	struct fixture *f = *state;
	char network[GREYLIST_NETWORK_MAX];
	char part[GREYLIST_PART_MAX];

	memset(network, 'n', sizeof network);
	memcpy(network, f->db.folder, strlen(f->db.folder));
	memset(part, '\xfc', sizeof part); /* octets, of whatever encoding */
	memset(part, 'p', sizeof part - 1);
	f->question.network = slice_of(network, sizeof network);
	f->question.sender = slice_of(part, sizeof part - 1);
	f->question.recipient = slice_of(part, sizeof part);
	assert_int_equal(wait_at(f, NOW), 300);
	assert_int_equal(wait_at(f, NOW + 300), 0);
}

static void
no_table(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0, "" };
	uint64_t wait = 7;

	if (getenv("NJIWA_TEST_MYSQL"))
		skip(); /* it is everybody's */
	account_admin_free(f->db.admin);
	f->db.admin = NULL;
	assert_int_equal(truncate(f->db.file, 0), 0);
	assert_int_equal(
	    account_sql_greylist(f->db.sql, &f->question, NOW, &wait, &err),
	    ACCOUNT_TEMPFAIL);
	assert_int_equal(wait, 7);
	assert_true(err.text[0]);
}

static void
senders(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "Joe.Doe@Example.ORG", "joe.doe@example.org" },
		{ "joe+shop@example.org", "joe@example.org" },
		{ "+shop@example.org", "+shop@example.org" },
		{ "list-bounces+user=example.com@lists.org",
		    "list-bounces@lists.org" },
		{ "bounce-123456-user=example.com@lists.org",
		    "bounce-#-user=example.com@lists.org" },
		{ "bounce-123457-user=example.com@lists.org",
		    "bounce-#-user=example.com@lists.org" },
		{ "prvs=4123ab45cd=joe@example.org", "prvs=#=joe@example.org" },
		{ "0102018f3c-000000@amazonses.com", "#-#@amazonses.com" },
		{ "user7@example.org", "user#@example.org" },
		{ "face@example.org", "face@example.org" },
		{ "SRS0=hJx+=5K=example.net=joe@fwd.org", "srs#@fwd.org" },
		{ "srs1=Tz7=fwd.org==hJx=5K=example.net=joe@two.org",
		    "srs#@two.org" },
		{ "\"a@b\"@example.org", "\"a@b\"@example.org" },
		{ "7@mx1.example.org", "#@mx1.example.org" },
		{ "postmaster", "postmaster" },
	};
	char octets[400];
	STR_AUTO text = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		str_clear(&text);
		greylist_sender(slice_from(rows[i][0]), &text);
		UNIT_CHECK(i, slice_is(str_slice(&text), rows[i][1]));
	}
	memset(octets, 'x', sizeof octets);
	str_clear(&text);
	greylist_sender(slice_of(octets, sizeof octets), &text);
	assert_int_equal(text.len, GREYLIST_PART_MAX);
}

/* The service takes what the client puts, and nothing else. */
static void
bodies(void **state)
{
	struct greylist_question q = { .network = SLICE_LIT("192.0.2.0/24"),
		.sender = SLICE_LIT(""),
		.recipient = SLICE_LIT("demo@test.dev"),
		.delay = 300,
		.window = 7,
		.expire = INT32_MAX,
		.automatic = 5 };
	struct greylist_question got;
	STR_AUTO body = STR_INIT;
	struct ipc_reader in;
	size_t n;

	(void)state;
	greylist_put(&q, &body);
	for (n = 0; n < body.len; n++) {
		in = (struct ipc_reader){ slice_of(body.ptr, n), false };
		assert_false(greylist_get(&in, &got));
	}
	in = (struct ipc_reader){ str_slice(&body), false };
	assert_true(greylist_get(&in, &got));
	assert_true(slice_equal(got.network, q.network));
	assert_true(slice_equal(got.recipient, q.recipient));
	assert_int_equal(got.delay, 300);
	assert_int_equal(got.window, 7);
	assert_int_equal(got.automatic, 5);
	str_append_char(&body, 'x');
	in = (struct ipc_reader){ str_slice(&body), false };
	assert_false(greylist_get(&in, &got));
	q.expire = (uint64_t)INT32_MAX + 1;
	str_clear(&body);
	greylist_put(&q, &body);
	in = (struct ipc_reader){ str_slice(&body), false };
	assert_false(greylist_get(&in, &got));
}

#define IN_DATABASE(test)                                                      \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_DATABASE(triplets),
		IN_DATABASE(too_late),
		IN_DATABASE(crowds),
		IN_DATABASE(null_sender),
		IN_DATABASE(networks),
		IN_DATABASE(longest),
		IN_DATABASE(no_table),
		cmocka_unit_test(senders),
		cmocka_unit_test(bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
