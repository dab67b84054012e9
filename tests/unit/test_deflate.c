/* Compression on a stream in memory: both ways, whatever the pieces. */
#include "common/net/deflate.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "tests/unit/unit.h"

#define STEPS (sizeof steps / sizeof steps[0])
static const size_t steps[] = { 1, 7, 4096, 1 << 20 };

/* What is below: gives octets step by step, and takes them likewise. */
struct wire {
	struct slice in;
	size_t step;
	struct str out;
};

static ssize_t
wire_read(void *ctx, void *octets, size_t len)
{
	struct wire *w = ctx;
	size_t n = w->step < len ? w->step : len;

	n = n < w->in.len ? n : w->in.len;
	memcpy(octets, w->in.ptr, n);
	w->in = slice_skip(w->in, n);
	return (ssize_t)n;
}

static ssize_t
wire_write(void *ctx, const void *octets, size_t len)
{
	struct wire *w = ctx;
	size_t n = w->step < len ? w->step : len;

	str_append_mem(&w->out, octets, n);
	return (ssize_t)n;
}

static bool
wire_pending(void *ctx)
{
	(void)ctx;
	return true;
}

static const struct stream_io wire_io = {
	.read = wire_read,
	.write = wire_write,
	.pending = wire_pending,
};

/* Octets that compress in part. */
static void
make_text(struct str *out)
{
	uint32_t x = 1;
	int i;

	for (i = 0; i < 60000; i++) {
		x = x * 1103515245 + 12345;
		str_append_char(
		    out, i / 5000 % 2 ? (char)(x >> 16) : (char)('a' + i % 3));
	}
}

static void
pack(struct slice text, int flush, struct str *out)
{
	z_stream z = { .zalloc = Z_NULL };

	assert_int_equal(
	    deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	str_reserve(out, text.len + 1024);
	z.next_in = (Bytef *)(uintptr_t)text.ptr;
	z.avail_in = (uInt)text.len;
	z.next_out = (Bytef *)out->ptr;
	z.avail_out = (uInt)out->cap - 1;
	(void)deflate(&z, flush);
	out->len = out->cap - 1 - z.avail_out;
	(void)deflateEnd(&z);
}

static void
unpack(struct slice packed, struct str *out)
{
	z_stream z = { .zalloc = Z_NULL };

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	str_reserve(out, 1 << 20);
	z.next_in = (Bytef *)(uintptr_t)packed.ptr;
	z.avail_in = (uInt)packed.len;
	z.next_out = (Bytef *)out->ptr;
	z.avail_out = 1 << 20;
	assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
	assert_int_equal(z.avail_in, 0);
	out->len = (1 << 20) - z.avail_out;
	(void)inflateEnd(&z);
}

/* Reads to the end of file; the first error, or 0. */
static int
read_all(struct stream *s, struct str *out)
{
	int rc;

	do {
		rc = stream_fill(s);
		str_append(out, stream_input(s));
		stream_eat(s, stream_input(s).len);
	} while (rc > 0);
	return rc;
}

static void
reads(void **state)
{
	STR_AUTO text = STR_INIT;
	STR_AUTO packed = STR_INIT;
	size_t i;
	int ends;

	(void)state;
	make_text(&text);
	for (i = 0; i < 2 * STEPS; i++) {
		struct wire wire = { .step = steps[i / 2] };
		struct stream *s = stream_new(-1, -1);
		STR_AUTO got = STR_INIT;

		ends = i % 2;
		str_clear(&packed);
		pack(str_slice(&text), ends ? Z_FINISH : Z_SYNC_FLUSH, &packed);
		wire.in = str_slice(&packed);
		stream_set_io(s, &wire_io, &wire);
		(void)stream_deflate(s);
		assert_int_equal(read_all(s, &got), 0);
		assert_true(slice_equal(str_slice(&got), str_slice(&text)));
		stream_free(s);
	}
}

/* What was read already, and not eaten, is compressed too. */
static void
reads_on(void **state)
{
	STR_AUTO packed = STR_INIT;
	STR_AUTO got = STR_INIT;
	struct stream *s = stream_new(-1, -1);
	struct wire wire = { .step = 1 };

	(void)state;
	pack(slice_from("hello"), Z_SYNC_FLUSH, &packed);
	wire.in = slice_skip(str_slice(&packed), 3);
	stream_set_io(s, &wire_io, &wire);
	stream_unread(s, slice_head(str_slice(&packed), 3));
	(void)stream_deflate(s);
	assert_int_equal(read_all(s, &got), 0);
	assert_string_equal(str_cstr(&got), "hello");
	stream_free(s);
}

static void
rubbish(void **state)
{
	struct stream *s = stream_new(-1, -1);
	struct wire wire = { .in = SLICE_LIT("a NOOP\r\n\xff\xff"),
		.step = 99 };
	STR_AUTO got = STR_INIT;

	(void)state;
	stream_set_io(s, &wire_io, &wire);
	(void)stream_deflate(s);
	assert_int_equal(read_all(s, &got), -EPROTO);
	assert_int_equal(stream_error(s), -EPROTO);
	stream_free(s);
}

/* Each flush can be read by the peer, also after memory was given back. */
static void
writes(void **state)
{
	STR_AUTO text = STR_INIT;
	size_t i;

	(void)state;
	make_text(&text);
	for (i = 0; i < STEPS; i++) {
		struct wire wire = { .step = steps[i] };
		struct stream *s = stream_new(-1, -1);
		struct deflate *d;
		STR_AUTO want = STR_INIT;
		size_t at;

		stream_set_io(s, &wire_io, &wire);
		d = stream_deflate(s);
		for (at = 0; at < text.len; at += 25000) {
			STR_AUTO got = STR_INIT;
			struct slice piece =
			    slice_head(slice_skip(str_slice(&text), at), 25000);

			stream_write(s, piece);
			str_append(&want, piece);
			assert_int_equal(stream_flush(s), 0);
			unpack(str_slice(&wire.out), &got);
			assert_true(
			    slice_equal(str_slice(&got), str_slice(&want)));
			deflate_shrink(d);
		}
		assert_true(wire.out.len < text.len * 3 / 4);
		stream_free(s);
		str_release(&wire.out);
	}
}

/* A thousandfold comes in pieces no larger than others. */
static void
bomb(void **state)
{
	STR_AUTO zeros = STR_INIT;
	STR_AUTO packed = STR_INIT;
	struct stream *s = stream_new(-1, -1);
	struct wire wire = { .step = 1 << 20 };
	size_t total = 0;

	(void)state;
	str_reserve(&zeros, 8 << 20);
	memset(zeros.ptr, 'x', 8 << 20);
	zeros.len = 8 << 20;
	pack(str_slice(&zeros), Z_SYNC_FLUSH, &packed);
	assert_true(packed.len < 10000);
	wire.in = str_slice(&packed);
	stream_set_io(s, &wire_io, &wire);
	(void)stream_deflate(s);
	while (stream_fill(s) > 0) {
		assert_true(stream_input(s).len <= STREAM_READ_MAX);
		total += stream_input(s).len;
		stream_eat(s, stream_input(s).len);
	}
	assert_int_equal(total, 8 << 20);
	stream_free(s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(reads_on),
		cmocka_unit_test(rubbish),
		cmocka_unit_test(writes),
		cmocka_unit_test(bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
