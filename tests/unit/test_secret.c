#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "tests/unit/unit.h"

/* The exit status of a child that runs test(arg). */
static int
in_child(int (*test)(const void *arg), const void *arg)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(test(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
is_zero(const void *arg)
{
	return memcmp(arg, "\0\0\0\0\0\0\0", 7) != 0;
}

static int
is_hunter2(const void *arg)
{
	return strcmp(arg, "hunter2") != 0;
}

static void
children(void **state)
{
	const char *kept = secret_store(slice_from("hunter2"));

	(void)state;
	assert_string_equal(kept, "hunter2");
	assert_int_equal(in_child(is_zero, kept), 0);
	secret_inherit(true);
	assert_int_equal(in_child(is_hunter2, kept), 0);
	secret_inherit(false);
	assert_int_equal(in_child(is_zero, kept), 0);
	assert_string_equal(kept, "hunter2");
	secret_wipe();
	assert_int_equal(is_zero(kept), 0);
}

static void
environment(void **state)
{
	char *value;
	const char *kept;

	(void)state;
	assert_null(secret_take_env("NJIWA_TEST_SECRET"));
	assert_int_equal(setenv("NJIWA_TEST_SECRET", "hunter2", 1), 0);
	value = getenv("NJIWA_TEST_SECRET");
	kept = secret_take_env("NJIWA_TEST_SECRET");
	assert_string_equal(kept, "hunter2");
	assert_null(getenv("NJIWA_TEST_SECRET"));
	assert_int_equal(is_zero(value), 0);
	secret_wipe();
}

/* All of the arena and not an octet more. */
static void
full(void **state)
{
	char *room;

	(void)state;
	assert_null(secret_room(SECRET_ARENA_SIZE + 1));
	assert_null(secret_room(SIZE_MAX));
	room = secret_room(SECRET_ARENA_SIZE);
	assert_non_null(room);
	room[SECRET_ARENA_SIZE - 1] = 'x';
	assert_null(secret_room(1));
	assert_null(secret_store(slice_from("")));
	secret_wipe();
	assert_string_equal(secret_store(slice_from("again")), "again");
	secret_wipe();
	secret_wipe_stack();
}

static int
overflow(const void *arg)
{
	switch (*(const int *)arg) {
	case 0:
		return mem_add(SIZE_MAX, 1) == 0;
	case 1:
		return mem_mul(SIZE_MAX / 2 + 1, 2) == 0;
	case 2:
		return mem_zalloc(SIZE_MAX / 8, 16) == NULL;
	default:
		mem_exhausted();
	}
}

static void
memory_ends(void **state)
{
	int row;

	(void)state;
	for (row = 0; row < 4; row++)
		UNIT_CHECK(row, in_child(overflow, &row) == EX_TEMPFAIL);
}

static void
memory_grows(void **state)
{
	size_t cap = 0, i;
	int *list = NULL;

	(void)state;
	for (i = 0; i < 1000; i++) {
		list = mem_grow(list, &cap, i + 1, sizeof *list);
		assert_true(cap > i);
		list[i] = (int)i;
	}
	for (i = 0; i < 1000; i++)
		assert_int_equal(list[i], (int)i);
	free(list);
	assert_int_equal(mem_mul(3, 4), 12);
	assert_int_equal(mem_mul(0, SIZE_MAX), 0);
	assert_true(mem_add(SIZE_MAX - 1, 1) == SIZE_MAX);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(children),
		cmocka_unit_test(environment),
		cmocka_unit_test(full),
		cmocka_unit_test(memory_ends),
		cmocka_unit_test(memory_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
