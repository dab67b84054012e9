#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/store/body.h"
#include "tests/unit/unit.h"

static bool
put(void *ctx, struct slice piece)
{
	str_append(ctx, piece);
	return true;
}

static bool
put_once(void *ctx, struct slice piece)
{
	str_append(ctx, piece);
	return false;
}

static const struct {
	const char *text, *crlf;
	size_t header, header_text;
} rows[] = {
	{ "", "", 0, 0 },
	{ "a: b\n\nbody\n", "a: b\r\n\r\nbody\r\n", 8, 6 },
	{ "a: b\r\n\r\nbody\r\n", "a: b\r\n\r\nbody\r\n", 8, 8 },
	{ "a: b\r\n\nbody", "a: b\r\n\r\nbody", 8, 7 },
	{ "a: b\n", "a: b\r\n", 6, 5 },
	{ "a: b", "a: b", 4, 4 },
	{ "\nbody", "\r\nbody", 2, 1 },
	{ "\r\nbody", "\r\nbody", 2, 2 },
	{ "a\rb\n\n\n\nx", "a\rb\r\n\r\n\r\n\r\nx", 7, 5 },
	{ "a\n\n\r\r\n\r", "a\r\n\r\n\r\r\n\r", 5, 3 },
};

static void
whole(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;
		struct body body;

		body_set(&body, slice_from(rows[i].text));
		UNIT_CHECK(i, body.total == strlen(rows[i].crlf));
		UNIT_CHECK(i, body.header == rows[i].header);
		UNIT_CHECK(i, body.header_text == rows[i].header_text);
		UNIT_CHECK(i, body_header(&body).len == rows[i].header_text);
		body_write(&body, 0, UINT64_MAX, put, &out);
		UNIT_CHECK(i, slice_is(str_slice(&out), rows[i].crlf));
	}
}

/* Every part of every text, forwards and backwards. */
static void
parts(void **state)
{
	size_t i, from, n;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct slice all = slice_from(rows[i].crlf);
		struct body body;

		body_set(&body, slice_from(rows[i].text));
		for (n = 0; n <= all.len + 1; n++)
			for (from = all.len + 2; from-- > 0;) {
				STR_AUTO out = STR_INIT;
				struct slice want =
				    slice_head(slice_skip(all, from), n);

				body_write(&body, from, n, put, &out);
				UNIT_CHECK(
				    i, slice_equal(str_slice(&out), want));
			}
	}
}

static void
stopped(void **state)
{
	STR_AUTO out = STR_INIT;
	struct body body;

	(void)state;
	body_set(&body, slice_from("one\ntwo\n"));
	body_write(&body, 0, 100, put_once, &out);
	assert_string_equal(str_cstr(&out), "one");
}

/* A file without a name that holds octets. */
static int
file_of(struct slice octets)
{
	char name[] = "/tmp/test_body.XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	(void)unlink(name);
	assert_int_equal(fileio_write(fd, octets), 0);
	return fd;
}

static void
from_file(void **state)
{
	STR_AUTO out = STR_INIT;
	struct body body;
	struct err err;
	int fd;

	(void)state;
	fd = file_of(slice_from("a\n\nb\n"));
	assert_int_equal(body_open(fd, &body, &err), 0);
	assert_int_equal(body.file_size, 5);
	body_write(&body, body.header, 10, put, &out);
	assert_string_equal(str_cstr(&out), "b\r\n");
	body_release(&body);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(body_open(fd, &body, &err), 0);
	assert_int_equal(body.total, 0);
	body_release(&body);
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_int_equal(body_open(fd, &body, &err), -EIO);
	fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(body_open(fd, &body, &err), -EISDIR);
}

/* Whatever the name says, and whatever the body held before: what is in the
 * file comes out, as it does from memory. */
static void
said_sizes(void **state)
{
	static const uint64_t said[] = { 0, 1, 2, 7, 8, 9, 20, BODY_SMALL,
		BODY_SMALL + 1, UINT64_MAX };
	static const char *const texts[] = { "\n\n\n\n\n\n\n\n", "", "\n",
		"a: b\n\nc\n", "a\r\n\r\nb", "a: b\nc\n\n\r\n\r", "\r\n" };
	struct body body = { .text = NULL }, expected;
	struct err err;
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(texts) * UNIT_COUNT(said); i++) {
		const char *text = texts[i / UNIT_COUNT(said)];
		int fd = file_of(slice_from(text));
		STR_AUTO out = STR_INIT;
		STR_AUTO want = STR_INIT;

		j = i % UNIT_COUNT(said);
		body_set(&expected, slice_from(text));
		body_write(&expected, 0, UINT64_MAX, put, &want);
		assert_int_equal(body_open_next(fd, said[j], &body, &err), 0);
		body_write(&body, 0, UINT64_MAX, put, &out);
		assert_string_equal(str_cstr(&out), str_cstr(&want));
		assert_int_equal(body.total, expected.total);
		assert_int_equal(body.header, expected.header);
		assert_int_equal(body.file_size, strlen(text));
	}
	body_release(&body);
}

/* The largest file that is read and the smallest that is mapped; all of it
 * line ends, so that it doubles. */
static void
largest_small(void **state)
{
	struct body body = { .text = NULL };
	struct err err;
	size_t size;

	(void)state;
	for (size = BODY_SMALL - 1; size <= BODY_SMALL + 1; size++) {
		STR_AUTO text = STR_INIT;
		STR_AUTO out = STR_INIT;

		while (text.len < size)
			str_append_char(&text, '\n');
		assert_int_equal(body_open_next(file_of(str_slice(&text)), size,
				     &body, &err),
		    0);
		assert_int_equal(body.mapped, size > BODY_SMALL ? size : 0);
		assert_int_equal(body.total, 2 * size);
		body_write(&body, 1, 4, put, &out);
		assert_string_equal(str_cstr(&out), "\n\r\n\r");
	}
	body_release(&body);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(parts),
		cmocka_unit_test(stopped),
		cmocka_unit_test(from_file),
		cmocka_unit_test(said_sizes),
		cmocka_unit_test(largest_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
