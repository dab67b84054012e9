/* journal.so with a journal of the test's own. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "common/base/str.h"
#include "common/svc/journal.h"
#include "tests/unit/unit.h"

extern const struct journal_driver njiwa_journal_driver;

/* What was sent last, each field behind a line end. */
static struct str sent;

int
sd_journal_sendv(const struct iovec *parts, int n)
{
	int i;

	str_clear(&sent);
	for (i = 0; i < n; i++) {
		str_append(
		    &sent, slice_of(parts[i].iov_base, parts[i].iov_len));
		str_append_char(&sent, '\n');
	}
	return 0;
}

/* Nobody's name makes fields of its own in what `journalctl` shows. */
static void
hostile_name(void **state)
{
	static const struct log_field fields[] = {
		{ "user", "x\nMESSAGE=forged peer=\"::1\"" },
		{ "peer", "192.0.2.1" },
		{ "why", NULL },
	};
	static const struct log_event event = { LOG_LEVEL_INFO, "0trace",
		"login denied", fields, UNIT_COUNT(fields) };

	(void)state;
	njiwa_journal_driver.sink((void *)(uintptr_t) "njiwa-test", &event);
	assert_string_equal(str_cstr(&sent),
	    "MESSAGE=0trace login denied "
	    "user=\"x\\x0aMESSAGE=forged peer=\\x22::1\\x22\" peer=192.0.2.1\n"
	    "PRIORITY=6\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=njiwa-test\n"
	    "NJIWA_TRACE=0trace\n"
	    "NJIWA_USER=x\nMESSAGE=forged peer=\"::1\"\n"
	    "NJIWA_PEER=192.0.2.1\n");
}

/* As many fields as there may be, each of any length. */
static void
many_fields(void **state)
{
	struct log_field fields[LOG_FIELDS_MAX];
	struct log_event event = { LOG_LEVEL_ERROR, "", "text", fields,
		LOG_FIELDS_MAX };
	STR_AUTO value = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * LOG_LINE_MAX; i++)
		str_append_char(&value, 'v');
	for (i = 0; i < LOG_FIELDS_MAX; i++)
		fields[i] = (struct log_field){ "f", str_cstr(&value) };
	njiwa_journal_driver.sink((void *)(uintptr_t) "njiwa-test", &event);
	assert_true(slice_starts(str_slice(&sent), "MESSAGE=text f=vvv"));
	assert_true(slice_find(str_slice(&sent), '\n') < LOG_LINE_MAX + 8);
	assert_true(sent.len > LOG_FIELDS_MAX * value.len);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_name),
		cmocka_unit_test(many_fields),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	str_release(&sent);
	return failed;
}
