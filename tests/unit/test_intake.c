#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/smtpd/front/intake.h"
#include "common/base/fileio.h"
#include "tests/unit/unit.h"

static const char head[] = "A: 1\n\n";

/* Octets of body that tell their place. */
static void
put_body(struct str *out, size_t from, size_t n)
{
	while (n--)
		str_append_char(out, (char)('a' + from++ % 23));
}

static void
check_file(int fd, const char *want_head, size_t n)
{
	STR_AUTO want = STR_INIT;
	STR_AUTO got = STR_INIT;

	str_append_cstr(&want, want_head);
	put_body(&want, 0, n);
	assert_int_equal(fileio_read_fd(fd, 1 << 24, &got, NULL), 0);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.ptr, want.ptr, want.len);
}

/* Spools n octets of body in pieces, checks the file, gives it another head
 * and checks again. */
static void
intake_body(size_t n, const char *other)
{
	int fd = memfd_create("intake", 0);
	struct intake intake;
	size_t at;

	intake_init(&intake, dup(fd));
	str_append_cstr(&intake.head, head);
	for (at = 0; at < n; at += 4096) {
		put_body(&intake.body, at, n - at < 4096 ? n - at : 4096);
		intake_drain(&intake);
	}
	assert_int_equal(intake_finish(&intake), 0);
	assert_int_equal(intake_size(&intake), strlen(head) + n);
	check_file(fd, head, n);
	assert_int_equal(intake_rehead(&intake, slice_from(other)), 0);
	assert_int_equal(intake_size(&intake), strlen(other) + n);
	check_file(fd, other, n);
	intake_release(&intake);
	close(fd);
}

static void
bodies(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, INTAKE_BUFFER_MAX - 1,
		INTAKE_BUFFER_MAX, INTAKE_BUFFER_MAX + 1, 2 * INTAKE_BUFFER_MAX,
		300001 };
	static const char *const others[] = { "", "\n", "A: \n\n", "B: 2\n\n",
		"A: 1\nX: something that was not there\n\n" };
	size_t i, k;

	(void)state;
	for (i = 0; i < UNIT_COUNT(sizes); i++)
		for (k = 0; k < UNIT_COUNT(others); k++)
			intake_body(sizes[i], others[k]);
}

/* Memory must not grow with a message that nobody wants. */
static void
dropped(void **state)
{
	struct intake intake;
	size_t i;

	(void)state;
	intake_init(&intake, -1);
	intake_drop(&intake);
	for (i = 0; i < 1000; i++) {
		put_body(&intake.body, 0, 4096);
		intake_drain(&intake);
		assert_true(intake.body.len < INTAKE_BUFFER_MAX);
	}
	assert_true(intake.body.cap < 4 * INTAKE_BUFFER_MAX);
	assert_int_equal(intake_finish(&intake), 0);
	intake_release(&intake);
}

static void
failed_write(void **state)
{
	struct intake intake;

	(void)state;
	intake_init(&intake, open("/dev/full", O_RDWR));
	str_append_cstr(&intake.head, head);
	put_body(&intake.body, 0, 10);
	/* a device cannot be written at an offset everywhere: any error */
	assert_true(intake_finish(&intake) < 0);
	assert_true(intake.error < 0);
	intake_release(&intake);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(dropped),
		cmocka_unit_test(failed_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
