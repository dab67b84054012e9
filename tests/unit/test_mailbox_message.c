#include <errno.h>
#include <time.h>
#include <utime.h>

#include "common/store/mailbox_message.h"
#include "tests/unit/store_fixture.h"

#define TEXT "Subject: a\n\nbody\n"

static void
message_id(struct mailbox *mb, uint32_t seq, char ret_id[64])
{
	STR_AUTO id = STR_INIT;

	mailbox_message_id(mb, seq, &id);
	(void)snprintf(ret_id, 64, "%s", str_cstr(&id));
}

static void
ids(void **state)
{
	struct fixture *f = *state;
	struct mailbox *mb, *again;
	char one[64], two[64], then[64];
	STR_AUTO id = STR_INIT;
	STR_AUTO other = STR_INIT;

	fixture_write(f, "dovecot-uidlist",
	    "3 V7 N1 G0123456789abcdef0123456789abcdef\n");
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	mailbox_id(mb, &id);
	assert_string_equal(str_cstr(&id), "M0123456789abcdef0123456789abcdef");
	message_id(mb, 1, one);
	message_id(mb, 2, two);
	assert_int_equal(strlen(one), 33);
	assert_string_not_equal(one, two);
	assert_int_equal(fixture_flags(f, mb, 1, FLAGS_ADD, FLAG_SEEN), 0);
	message_id(mb, 1, then);
	assert_string_equal(one, then);
	message_id(mb, 3, then); /* is none */
	assert_string_equal(then, "");
	again = fixture_open(f, "INBOX", MAILBOX_READ_ONLY);
	mailbox_id(again, &other);
	assert_string_equal(str_cstr(&id), str_cstr(&other));
	mailbox_free(again);
	mailbox_free(mb);
}

/* A list without a guid gets one, and the view knows it at once. */
static void
ids_of_old_lists(void **state)
{
	struct fixture *f = *state;
	STR_AUTO id = STR_INIT;
	STR_AUTO then = STR_INIT;
	struct mailbox *mb;

	fixture_write(f, "dovecot-uidlist", "1 7 2\n1 gone\n");
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_uidvalidity(mb), 7);
	mailbox_id(mb, &id);
	mailbox_free(mb);
	assert_int_equal(id.len, 33);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	mailbox_id(mb, &then);
	mailbox_free(mb);
	assert_string_equal(str_cstr(&id), str_cstr(&then));
}

static void
save_date(void **state)
{
	const struct utimbuf old = { 1000000000, 1000000000 };
	struct fixture *f = *state;
	char name[256], path[512];
	time_t date = 0, now = time(NULL);
	struct mailbox *mb;

	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	assert_int_equal(fixture_names(f, "cur", name, sizeof name), 1);
	(void)snprintf(path, sizeof path, "%s/cur/%s", f->maildir, name);
	assert_int_equal(utime(path, &old), 0);
	fixture_write(f, "cur/999999999.came:2,", TEXT);
	fixture_write(f, "cur/word.came:2,", TEXT);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_count(mb), 3);
	assert_int_equal(mailbox_message_save_date(mb, 1, &date, &f->err), 0);
	assert_in_range(date, now - 2, now + 60); /* word: its ctime */
	assert_int_equal(mailbox_message_save_date(mb, 2, &date, &f->err), 0);
	assert_int_equal(date, 999999999);
	assert_int_equal(mailbox_message_save_date(mb, 3, &date, &f->err), 0);
	assert_in_range(date, now - 2, now + 60); /* not its mtime */
	assert_int_equal(
	    mailbox_message_save_date(mb, 4, &date, &f->err), -ENOENT);
	mailbox_free(mb);
}

static void
vanished(void **state)
{
	struct fixture *f = *state;
	struct uid_range *ranges = NULL;
	uint32_t uids[] = { 1, 3, 4, 6 };
	struct mailbox_changes changes;
	struct mailbox *mb;
	size_t n = 0, i;

	for (i = 0; i < 6; i++)
		(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	mb = fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
	assert_int_equal(mailbox_vanished(mb, 0, &ranges, &n, &f->err), 0);
	assert_int_equal(n, 0);
	free(ranges);
	assert_int_equal(mailbox_expunge(mb, EXPUNGE_ANY, uids, 4, &f->err), 0);
	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	assert_int_equal(changes.nexpunged, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(changes.expunged_uids[i], uids[3 - i]);
	mailbox_changes_release(&changes);
	assert_int_equal(mailbox_vanished(mb, 0, &ranges, &n, &f->err), 0);
	assert_int_equal(n, 3);
	assert_int_equal(ranges[0].first, 1);
	assert_int_equal(ranges[0].last, 1);
	assert_int_equal(ranges[1].first, 3);
	assert_int_equal(ranges[1].last, 4);
	assert_int_equal(ranges[2].first, 6);
	assert_int_equal(ranges[2].last, 6);
	free(ranges);
	mailbox_free(mb);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
	    name, fixture_setup, fixture_teardown),                            \
	    cmocka_unit_test_setup_teardown(                                   \
		name, fixture_setup_indexed, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(ids),
		CASE(ids_of_old_lists),
		CASE(save_date),
		CASE(vanished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
