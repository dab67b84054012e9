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

/* Where files come from, and how many were asked for. */
struct files {
	int fd; /* or -errno */
	size_t asked;
};

static int
give_file(void *ctx)
{
	struct files *files = ctx;

	files->asked++;
	return files->fd < 0 ? files->fd : dup(files->fd);
}

/* Takes a head and n octets of body in pieces, to its end. */
static void
receive(struct intake *intake, struct files *files, size_t n)
{
	size_t at;

	intake_init(intake, give_file, files);
	str_append_cstr(&intake->head, head);
	for (at = 0; at < n; at += 4096) {
		put_body(&intake->body, at, n - at < 4096 ? n - at : 4096);
		intake_drain(intake);
		assert_true(intake->body.len < INTAKE_BUFFER_MAX);
	}
	(void)intake_finish(intake); /* the callers look at intake->error */
}

/* Checks the file, gives the message another head and checks again. */
static void
intake_body(size_t n, const char *other)
{
	struct files files = { memfd_create("intake", 0), 0 };
	struct intake intake;

	receive(&intake, &files, n);
	assert_int_equal(intake.error, 0);
	assert_int_equal(files.asked, n >= INTAKE_BUFFER_MAX);
	assert_int_equal(intake_to_file(&intake), 0);
	assert_int_equal(files.asked, 1);
	assert_int_equal(intake_size(&intake), strlen(head) + n);
	check_file(files.fd, head, n);
	assert_int_equal(intake_rehead(&intake, slice_from(other)), 0);
	assert_int_equal(intake_size(&intake), strlen(other) + n);
	check_file(files.fd, other, n);
	intake_release(&intake);
	close(files.fd);
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

/* What is in no file is handed over; what is too large for that is not, nor
 * what is in a file already, for which nobody asks twice. */
static void
hand_over(size_t n, size_t max, bool in_file)
{
	struct files files = { memfd_create("intake", 0), 0 };
	struct intake intake;
	STR_AUTO out = STR_INIT;
	STR_AUTO want = STR_INIT;

	receive(&intake, &files, n);
	assert_int_equal(intake_rehead(&intake, slice_from("B: 22\n\n")), 0);
	assert_int_equal(intake_hand_over(&intake, max, &out), 0);
	assert_int_equal(files.asked, in_file);
	if (in_file) {
		assert_int_equal(out.len, 0);
		check_file(files.fd, "B: 22\n\n", n);
	} else {
		str_append_cstr(&want, "B: 22\n\n");
		put_body(&want, 0, n);
		assert_true(slice_equal(str_slice(&out), str_slice(&want)));
	}
	intake_release(&intake);
	close(files.fd);
}

static void
handed_over(void **state)
{
	(void)state;
	hand_over(0, 100, false);
	hand_over(93, 100, false);
	hand_over(94, 100, true);
	hand_over(INTAKE_BUFFER_MAX, 2 * INTAKE_BUFFER_MAX, true);
}

/* Nobody gives a file: that is told, once, and is not forgotten. */
static void
no_file(void **state)
{
	struct files files = { -ENOSPC, 0 };
	struct intake intake;
	STR_AUTO out = STR_INIT;

	(void)state;
	receive(&intake, &files, 3 * INTAKE_BUFFER_MAX);
	assert_int_equal(intake.error, -ENOSPC);
	assert_int_equal(files.asked, 1);
	assert_int_equal(intake_to_file(&intake), -ENOSPC);
	assert_int_equal(intake_hand_over(&intake, 1 << 20, &out), -ENOSPC);
	assert_int_equal(out.len, 0);
	intake_release(&intake);
	receive(&intake, &files, 10);
	assert_int_equal(intake.error, 0);
	assert_int_equal(intake_hand_over(&intake, 10, &out), -ENOSPC);
	intake_release(&intake);
}

/* Memory must not grow with a message that nobody wants. */
static void
dropped(void **state)
{
	struct intake intake;
	size_t i;

	(void)state;
	intake_init(&intake, NULL, NULL);
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
	struct files files = { open("/dev/full", O_RDWR), 0 };
	struct intake intake;

	(void)state;
	receive(&intake, &files, 10);
	/* a device cannot be written at an offset everywhere: any error */
	assert_true(intake_to_file(&intake) < 0);
	assert_true(intake.error < 0);
	intake_release(&intake);
	receive(&intake, &files, INTAKE_BUFFER_MAX);
	assert_true(intake.error < 0);
	intake_release(&intake);
	close(files.fd);
}

/* A message that another one is made of: that one, small or large, is all that
 * is left in the file; a file that cannot grow is an error that stays. */
static void
begun_again(size_t n, bool full)
{
	struct files files = {
		memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING), 0
	};
	struct intake intake;

	receive(&intake, &files, INTAKE_BUFFER_MAX);
	assert_int_equal(intake_begin_again(&intake, slice_from(head)), 0);
	assert_true(intake.base > INTAKE_BUFFER_MAX);
	if (full)
		assert_int_equal(fcntl(files.fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	put_body(&intake.body, 0, n);
	intake_drain(&intake);
	(void)intake_settle(&intake); /* looked at below */
	(void)intake_finish(&intake);
	assert_int_equal(intake.error < 0, full);
	if (!full)
		check_file(files.fd, head, n);
	intake_release(&intake);
	close(files.fd);
}

static void
begins_again(void **state)
{
	(void)state;
	begun_again(10, false);
	begun_again(INTAKE_BUFFER_MAX, false);
	begun_again(3 * INTAKE_BUFFER_MAX, false);
	begun_again(INTAKE_BUFFER_MAX, true);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(handed_over),
		cmocka_unit_test(no_file),
		cmocka_unit_test(dropped),
		cmocka_unit_test(failed_write),
		cmocka_unit_test(begins_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
