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
	size_t header, header_file;
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
		UNIT_CHECK(i, body.header_file == rows[i].header_file);
		UNIT_CHECK(i, body_header(&body).len == rows[i].header_file);
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

static void
mapped(void **state)
{
	char name[] = "/tmp/test_body.XXXXXX";
	int fd = mkstemp(name);
	STR_AUTO out = STR_INIT;
	struct body body;
	struct err err;

	(void)state;
	assert_true(fd >= 0);
	(void)unlink(name);
	assert_int_equal(fileio_write(fd, slice_from("a\n\nb\n")), 0);
	assert_int_equal(body_open(fd, &body, &err), 0);
	body_write(&body, body.header, 10, put, &out);
	assert_string_equal(str_cstr(&out), "b\r\n");
	body_release(&body);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(body_open(fd, &body, &err), 0);
	assert_int_equal(body.total, 0);
	body_release(&body);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(parts),
		cmocka_unit_test(stopped),
		cmocka_unit_test(mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
