#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/account/host_list.h"
#include "common/base/fileio.h"
#include "tests/unit/unit.h"

static void
put(const char *path, const char *text)
{
	struct err err;

	assert_int_equal(
	    fileio_replace(AT_FDCWD, path, slice_from(text), 0600, false, &err),
	    0);
}

static int
has(struct host_list *list, const char *path, const char *domain)
{
	struct err err;

	return host_list_has(list, path, slice_from(domain), &err);
}

static void
lines(void **state)
{
	static const struct {
		const char *domain;
		int found;
	} rows[] = {
		{ "test.dev", 1 },
		{ "second.dev", 1 },
		{ "crlf.dev", 1 },
		{ "last.dev", 1 },
		{ "comment.dev", 0 },
		{ "est.dev", 0 },
		{ "test.de", 0 },
		{ "", 0 },
	};
	struct host_list list = { 0 };
	char path[] = "/tmp/njiwa-hosts-XXXXXX";
	int fd = mkstemp(path);
	size_t i;

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	put(path, "\n# comment.dev\n  Test.Dev \nsecond.dev # here\n"
		  "crlf.dev\r\n\nlast.dev");
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(
		    i, has(&list, path, rows[i].domain) == rows[i].found);
	put(path, "other.dev\n"); /* another file of the name */
	assert_int_equal(has(&list, path, "other.dev"), 1);
	assert_int_equal(has(&list, path, "test.dev"), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(has(&list, path, "other.dev"), 0);
	assert_int_equal(has(&list, "", "other.dev"), 0);
	assert_int_equal(has(&list, "/", "other.dev") < 0, 1);
	host_list_release(&list);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
