/* What a filter's change costs when it cannot be made. */
#include "tests/unit/smtpd_fake.h"
#include "tests/unit/smtpd_text.h"
#include "tests/unit/unit.h"

/* It agrees, wants nothing but the end, and answers that. */
#define AGREES                                                                 \
	"\0\0\0\15O\0\0\0\6\0\0\1\xff\0\0\3\x7f"                               \
	"\0\0\0\20"                                                            \
	"elong@x.example\0"
#define ACCEPTS "\0\0\0\1a"

static const char said[] = AGREES ACCEPTS;

static void
check_change(bool cramped, const char *told, size_t commits)
{
	struct fake f;
	STR_AUTO lines = STR_INIT;

	fake_init(&f, "mx");
	f.settings.milters = "inet:127.0.0.1:1";
	f.milter = slice_of(said, sizeof said - 1);
	f.cramped = cramped;
	fake_run(&f, slice_from(MESSAGE("A: b\r\n\r\nwhole body")), 4096);
	fake_lines(&f, &lines);
	assert_string_equal(str_cstr(&lines), told);
	assert_int_equal(f.commits, commits);
	fake_release(&f);
}

/* A new sender is in the header too: half a header is no message. */
static void
new_sender(void **state)
{
	(void)state;
	check_change(false, MESSAGE_TOLD(QUEUED), 1);
	check_change(true,
	    MESSAGE_TOLD("451 4.3.0 Local error, try again later [t1]\n"), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
