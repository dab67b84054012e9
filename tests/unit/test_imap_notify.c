/* What NOTIFY SET says, and which mailboxes its groups mean. */
#include "cmd/imapd/notify_parse.h"
#include "tests/unit/unit.h"

#define ALL "(MessageNew MessageExpunge FlagChange)"

static const struct {
	const char *text;
	enum notify_mistake mistake;
	size_t groups;
	const char *fetch;
} rows[] = {
	{ " (selected " ALL ")", NOTIFY_GOOD, 1, "" },
	{ " STATUS (selected NONE) (inboxes NONE)", NOTIFY_GOOD, 2, "" },
	{ " (subtree (a \"b c\") (MailboxName))", NOTIFY_GOOD, 1, "" },
	{ " (selected (MessageNew (A \"()\" [x (y)]) MessageExpunge))",
	    NOTIFY_GOOD, 1, "(A \"()\" [x (y)])" },
	{ " (mailboxes (a inbox) (SubscriptionChange MailboxMetadataChange))",
	    NOTIFY_GOOD, 1, "" },
	{ " (selected (AnnotationChange))", NOTIFY_BADEVENT, 1, "" },
	{ " (selected (Foo)) (foo NONE)", NOTIFY_BAD, 0, "" },
	{ " (mailboxes &A NONE)", NOTIFY_BADNAME, 1, "" },
	{ " (selected (MessageNew (A MessageExpunge))", NOTIFY_BAD, 0, "" },
	{ " (selected (MessageNew ({3} ) MessageExpunge))", NOTIFY_BAD, 0, "" },
	{ " (selected (MessageNew))", NOTIFY_BAD, 0, "" },
	{ " (personal (FlagChange))", NOTIFY_BAD, 0, "" },
	{ " (selected (MailboxName))", NOTIFY_BAD, 0, "" },
	{ " (selected NONE) (selected-delayed NONE)", NOTIFY_BAD, 0, "" },
	{ " (mailboxes () NONE)", NOTIFY_BAD, 0, "" },
	{ " (mailboxes NONE)", NOTIFY_BAD, 0, "" },
	{ " (selected ())", NOTIFY_BAD, 0, "" },
	{ " (selected NONE) ", NOTIFY_BAD, 0, "" },
	{ " FOO (selected NONE)", NOTIFY_BAD, 0, "" },
	{ " ()", NOTIFY_BAD, 0, "" },
	{ "", NOTIFY_BAD, 0, "" },
};

static void
parsed(const char *text, struct notify_rules *rules,
    enum notify_mistake *ret_mistake)
{
	struct str scratch = STR_INIT;
	struct args args;

	*rules = (struct notify_rules){ .count = 0 };
	args_init(&args, slice_from(text), &scratch);
	*ret_mistake = notify_parse(&args, rules);
	str_release(&scratch);
}

static void
texts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		enum notify_mistake mistake;
		struct notify_rules rules;

		parsed(rows[i].text, &rules, &mistake);
		UNIT_CHECK(i, mistake == rows[i].mistake);
		if (mistake == NOTIFY_GOOD) {
			UNIT_CHECK(i, rules.count == rows[i].groups);
			UNIT_CHECK(i,
			    slice_is(str_slice(&rules.fetch), rows[i].fetch));
		}
		notify_rules_release(&rules);
	}
}

/* All groups that name a mailbox apply. */
static void
groups(void **state)
{
	static const struct {
		const char *name;
		bool subscribed;
		unsigned events;
	} names[] = {
		{ "INBOX", false, NOTIFY_METADATA | NOTIFY_STORE_METADATA },
		{ "a", false, NOTIFY_METADATA | NOTIFY_NAME },
		{ "a/b", true,
		    NOTIFY_METADATA | NOTIFY_NAME | NOTIFY_SUBSCRIPTION },
		{ "ab", false, NOTIFY_METADATA },
		{ "ab", true, NOTIFY_METADATA | NOTIFY_SUBSCRIPTION },
		{ "c", false, NOTIFY_METADATA | NOTIFY_STORE_METADATA },
		{ "c/d", false, NOTIFY_METADATA },
	};
	enum notify_mistake mistake;
	struct notify_rules rules;
	size_t i;

	(void)state;
	parsed(" (selected (MessageNew MessageExpunge))"
	       " (inboxes (MailboxMetadataChange)) (subtree a (MailboxName))"
	       " (subscribed (SubscriptionChange)) (mailboxes a NONE)"
	       " (mailboxes (c inbox) (ServerMetadataChange))",
	    &rules, &mistake);
	assert_int_equal(mistake, NOTIFY_GOOD);
	assert_ptr_equal(notify_selected(&rules), &rules.groups[0]);
	for (i = 0; i < UNIT_COUNT(names); i++) {
		unsigned events = notify_events_of(
		    &rules, slice_from(names[i].name), names[i].subscribed);

		UNIT_CHECK(i, events == names[i].events);
	}
	notify_rules_release(&rules);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
