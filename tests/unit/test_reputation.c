/* The file of what was found about addresses: kept, replaced, too old, torn. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/smtpd/keeper/reputation.h"
#include "common/base/fileio.h"
#include "tests/unit/unit.h"

static int
open_empty(void)
{
	char folder[] = "/tmp/njiwa-reputation-XXXXXX";
	STR_AUTO path = STR_INIT;
	struct err err;
	int fd;

	assert_non_null(mkdtemp(folder));
	fd = reputation_open(folder, &err);
	assert_true(fd >= 0);
	str_appendf(&path, "%s/%s", folder, REPUTATION_FILE);
	assert_int_equal(unlink(str_cstr(&path)), 0);
	assert_int_equal(rmdir(folder), 0);
	return fd;
}

static void
keep(int fd, const char *address, uint64_t expires, const char *body)
{
	const struct reputation what = { address, expires, slice_from(body) };

	reputation_remember(fd, &what, 1000);
}

/* What is known, "(none)" when that is nothing. */
static void
check(int fd, const char *address, uint64_t now, const char *known)
{
	STR_AUTO out = STR_INIT;

	if (!reputation_recall(fd, address, now, &out))
		str_append_cstr(&out, "(none)");
	assert_string_equal(str_cstr(&out), known);
}

static void
kept(void **state)
{
	FD_AUTO fd = open_empty();

	(void)state;
	check(fd, "192.0.2.1", 1000, "(none)");
	keep(fd, "192.0.2.1", 2000, "one");
	keep(fd, "2001:db8::1", 2000, "two");
	check(fd, "192.0.2.1", 1000, "one");
	check(fd, "192.0.2.1", 1999, "one");
	check(fd, "192.0.2.1", 2000, "(none)");
	check(fd, "::ffff:192.0.2.1", 1000, "one");
	check(fd, "192.0.2.2", 1000, "(none)");
	check(fd, "2001:db8::1", 1000, "two");
	check(fd, "2001:db8::2", 1000, "(none)");
	keep(fd, "192.0.2.1", 1500, "three");
	check(fd, "192.0.2.1", 1000, "three");
	check(fd, "192.0.2.1", 1600, "(none)");
	check(fd, "nobody", 1000, "(none)");
	keep(fd, "nobody", 2000, "x");
	check(fd, "nobody", 1000, "(none)");
}

static void
limits(void **state)
{
	FD_AUTO fd = open_empty();
	STR_AUTO body = STR_INIT;

	(void)state;
	while (body.len < REPUTATION_MAX)
		str_append_char(&body, 'x');
	keep(fd, "192.0.2.1", 2000, str_cstr(&body));
	check(fd, "192.0.2.1", 1000, str_cstr(&body));
	str_append_char(&body, 'x');
	keep(fd, "192.0.2.1", 2000, str_cstr(&body));
	str_truncate(&body, REPUTATION_MAX);
	check(fd, "192.0.2.1", 1000, str_cstr(&body));
	check(-1, "192.0.2.1", 1000, "(none)");
	keep(-1, "192.0.2.1", 2000, "x");
}

/* Any octet that changes makes it nothing. */
static void
torn(void **state)
{
	FD_AUTO fd = open_empty();
	struct stat st;
	off_t at;

	(void)state;
	keep(fd, "192.0.2.1", 2000, "one");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size % REPUTATION_RECORD, 0);
	for (at = st.st_size - REPUTATION_RECORD; at < st.st_size; at += 7) {
		char octet, other;

		assert_int_equal(pread(fd, &octet, 1, at), 1);
		other = (char)(octet ^ 0x41);
		assert_int_equal(pwrite(fd, &other, 1, at), 1);
		check(fd, "192.0.2.1", 1000, "(none)");
		assert_int_equal(pwrite(fd, &octet, 1, at), 1);
	}
	check(fd, "192.0.2.1", 1000, "one");
	assert_int_equal(ftruncate(fd, st.st_size - 1000), 0);
	check(fd, "192.0.2.1", 1000, "(none)");
}

/* The file does not grow, whoever comes; the last ones are there. */
static void
crowd(void **state)
{
	FD_AUTO fd = open_empty();
	char address[48];
	struct stat st;
	unsigned i, known = 0;

	(void)state;
	for (i = 0; i < 40000; i++) {
		(void)snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16,
		    i >> 8 & 255, i & 255);
		keep(fd, address, 2000 + i, address);
	}
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size <=
		    REPUTATION_RECORD * REPUTATION_WAYS * REPUTATION_SETS);
	for (i = 39000; i < 40000; i++) {
		STR_AUTO out = STR_INIT;

		(void)snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16,
		    i >> 8 & 255, i & 255);
		if (reputation_recall(fd, address, 1000, &out)) {
			assert_string_equal(str_cstr(&out), address);
			known++;
		}
	}
	assert_true(known > 950);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(limits),
		cmocka_unit_test(torn),
		cmocka_unit_test(crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
