#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/smtpd/spool.h"
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
spool_body(size_t n, const char *other)
{
	int fd = memfd_create("spool", 0);
	struct spool spool;
	size_t at;

	spool_init(&spool, dup(fd));
	str_append_cstr(&spool.head, head);
	for (at = 0; at < n; at += 4096) {
		put_body(&spool.body, at, n - at < 4096 ? n - at : 4096);
		spool_drain(&spool);
	}
	assert_int_equal(spool_finish(&spool), 0);
	assert_int_equal(spool_size(&spool), strlen(head) + n);
	check_file(fd, head, n);
	assert_int_equal(spool_rehead(&spool, slice_from(other)), 0);
	assert_int_equal(spool_size(&spool), strlen(other) + n);
	check_file(fd, other, n);
	spool_release(&spool);
	close(fd);
}

static void
bodies(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, SPOOL_BUFFER_MAX - 1,
		SPOOL_BUFFER_MAX, SPOOL_BUFFER_MAX + 1, 2 * SPOOL_BUFFER_MAX,
		300001 };
	static const char *const others[] = { "", "\n", "A: \n\n", "B: 2\n\n",
		"A: 1\nX: something that was not there\n\n" };
	size_t i, k;

	(void)state;
	for (i = 0; i < UNIT_COUNT(sizes); i++)
		for (k = 0; k < UNIT_COUNT(others); k++)
			spool_body(sizes[i], others[k]);
}

/* Memory must not grow with a message that nobody wants. */
static void
dropped(void **state)
{
	struct spool spool;
	size_t i;

	(void)state;
	spool_init(&spool, -1);
	spool_drop(&spool);
	for (i = 0; i < 1000; i++) {
		put_body(&spool.body, 0, 4096);
		spool_drain(&spool);
		assert_true(spool.body.len < SPOOL_BUFFER_MAX);
	}
	assert_true(spool.body.cap < 4 * SPOOL_BUFFER_MAX);
	assert_int_equal(spool_finish(&spool), 0);
	spool_release(&spool);
}

static void
failed_write(void **state)
{
	struct spool spool;

	(void)state;
	spool_init(&spool, open("/dev/full", O_RDWR));
	str_append_cstr(&spool.head, head);
	put_body(&spool.body, 0, 10);
	/* a device cannot be written at an offset everywhere: any error */
	assert_true(spool_finish(&spool) < 0);
	assert_true(spool.error < 0);
	spool_release(&spool);
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
