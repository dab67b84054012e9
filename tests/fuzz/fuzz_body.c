#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/str.h"
#include "common/store/body.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
put(void *ctx, struct slice piece)
{
	str_append(ctx, piece);
	return true;
}

/* The same text read from a file, whose name says some size, must be as it is
 * from memory, all being that. */
static void
read_file(struct slice text, uint64_t said, const struct body *expected,
    struct slice all)
{
	int fd = memfd_create("message", MFD_CLOEXEC);
	struct body body = { .text = NULL };
	struct err err;

	if (fd < 0 || fileio_write(fd, text) < 0 ||
	    body_open_next(fd, said, &body, &err) < 0)
		__builtin_trap();
	if (!slice_equal(slice_of(body.text, body.size), all) ||
	    body.header != expected->header || body.total != expected->total ||
	    body.file_size != text.len)
		__builtin_trap();
	body_release(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	STR_AUTO all = STR_INIT;
	STR_AUTO part = STR_INIT;
	struct slice text, want;
	struct body body;
	uint64_t from, n;

	if (size < 2)
		return 0;
	from = data[0];
	n = data[1];
	text = slice_of((const char *)data + 2, size - 2);
	body_set(&body, text);
	body_write(&body, 0, UINT64_MAX, put, &all);
	if (all.len != body.total || body.header > body.total)
		__builtin_trap();
	want = slice_head(slice_skip(str_slice(&all), from), n);
	body_write(&body, from, n, put, &part);
	if (!slice_equal(str_slice(&part), want))
		__builtin_trap();
	str_clear(&part);
	body_write(&body, body.header, UINT64_MAX, put, &part);
	if (!slice_equal(str_slice(&part),
		slice_skip(str_slice(&all), (size_t)body.header)))
		__builtin_trap();
	if (size - 2 <= BODY_SMALL)
		read_file(text, n, &body, str_slice(&all));
	return 0;
}
