#include <stdio.h>
#include <sys/stat.h>

#include "common/svc/settings_fresh.h"
#include "tests/unit/settings_fixture.h"

#define NAME "fresh.tmp"
#define OTHER "fresh2.tmp"

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* What is done to a file, and whether a stamp of before still holds. */
static void
touch_nothing(void)
{
}

static void
write_same_size(void)
{
	write_file(NAME, "bbb");
}

static void
replace(void)
{
	struct timespec times[2];
	struct stat st;

	/* same octets, same times: another file all the same */
	assert_int_equal(stat(NAME, &st), 0);
	write_file(OTHER, "aaa");
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(utimensat(AT_FDCWD, OTHER, times, 0), 0);
	assert_int_equal(rename(OTHER, NAME), 0);
}

static void
set_back_the_clock(void)
{
	struct timespec times[2];
	struct stat st;

	assert_int_equal(stat(NAME, &st), 0);
	write_file(NAME, "ccc");
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(utimensat(AT_FDCWD, NAME, times, 0), 0);
}

static void
take_away(void)
{
	assert_int_equal(unlink(NAME), 0);
}

static const struct {
	void (*change)(void);
	bool holds;
} rows[] = {
	{ touch_nothing, true },
	{ write_same_size, false },
	{ replace, false },
	{ set_back_the_clock, false },
	{ take_away, false },
};

/* The clock of files is as coarse as a tick. */
static void
let_a_tick_pass(void)
{
	(void)usleep(20000); /* whole or not */
}

static void
stamps(void **state)
{
	struct settings_stamp stamp;
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		write_file(NAME, "aaa");
		settings_stamp_take(&stamp, NAME);
		let_a_tick_pass();
		rows[i].change();
		UNIT_CHECK(i, settings_stamp_holds(&stamp) == rows[i].holds);
	}
	settings_stamp_take(&stamp, NAME); /* taken away */
	assert_true(settings_stamp_holds(&stamp));
	write_file(NAME, "");
	assert_false(settings_stamp_holds(&stamp));
	assert_int_equal(unlink(NAME), 0);
}

/* Of the settings: the file itself, a secret's of its own, and neither of an
 * earlier load. */
static void
settings_files(void **state)
{
	struct settings settings;
	char conf[4200];
	char cwd[4096];

	(void)state;
	assert_non_null(getcwd(cwd, sizeof cwd));
	(void)snprintf(
	    conf, sizeof conf, "tls_key_password = file:%s/" OTHER "\n", cwd);
	write_file(NAME, conf);
	write_file(OTHER, "secret\n");
	assert_int_equal(
	    settings_load(NAME, SETTINGS_TLS_SECRET, &settings, NULL, NULL), 0);
	settings_release(&settings);
	assert_true(settings_fresh());
	let_a_tick_pass();
	write_file(OTHER, "another\n");
	assert_false(settings_fresh());
	assert_int_equal(
	    settings_load(NAME, SETTINGS_NO_SECRETS, &settings, NULL, NULL), 0);
	settings_release(&settings);
	assert_int_equal(unlink(OTHER), 0);
	assert_true(settings_fresh());
	assert_int_equal(unlink(NAME), 0);
	assert_false(settings_fresh());
	settings_fresh_begin();
	assert_true(settings_fresh());
}

/* More files than are watched are never fresh. */
static void
too_many(void **state)
{
	int i;

	(void)state;
	settings_fresh_begin();
	for (i = 0; i < 7; i++)
		settings_fresh_note("/nonexistent", -1);
	assert_true(settings_fresh());
	settings_fresh_note("/nonexistent", -1);
	assert_false(settings_fresh());
	settings_fresh_begin();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps),
		cmocka_unit_test(settings_files),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
