/* The rules of expire_folders. */
#include "common/svc/expire.h"
#include "tests/unit/unit.h"

#define RULES                                                                  \
	"Trash=30, Lists/*=90,Deleted Items = 7,bad=x,=3,none,Inbox=14,"       \
	"a=b=5,far=36500,too=36501,Trash=1,every=0"

static void
rules(void **state)
{
	static const struct {
		const char *folder;
		unsigned days;
	} rows[] = {
		{ "Trash", 30 },
		{ "trash", 0 },
		{ "Trash/x", 0 },
		{ "Lists/a", 90 },
		{ "Lists/a/b", 90 },
		{ "Lists", 0 },
		{ "Deleted Items", 7 },
		{ "bad", 0 },
		{ "", 0 },
		{ "none", 0 },
		{ "INBOX", 14 },
		{ "a=b", 5 },
		{ "far", EXPIRE_DAYS_MAX },
		{ "too", 0 },
		{ "every", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(expire_days(RULES, slice_from(rows[i].folder)),
		    rows[i].days);
		assert_int_equal(
		    expire_days("", slice_from(rows[i].folder)), 0);
	}
	assert_int_equal(expire_days("*=2", slice_from("any/thing")), 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
