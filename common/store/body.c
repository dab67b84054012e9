#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/store/body.h"

static const char crlf[] = "\r\n";

uint64_t
body_crlf_size(struct slice text)
{
	const char *at = text.ptr, *end = text.ptr + text.len;
	uint64_t extra = 0;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));

		if (lf == NULL)
			break;
		extra += lf == text.ptr || lf[-1] != '\r';
		at = lf + 1;
	}
	return text.len + extra;
}

/* The octets up to and with the first empty line; all when there is none. */
static size_t
header_end(struct slice text)
{
	size_t at = 0;

	while (at < text.len) {
		struct slice rest = slice_skip(text, at);
		size_t len = slice_find(rest, '\n');

		if (len == rest.len)
			return text.len;
		at += len + 1;
		if (len == 0 || (len == 1 && rest.ptr[0] == '\r'))
			return at;
	}
	return text.len;
}

struct slice
body_text(const struct body *body)
{
	return slice_of(body->text ? body->text : "", body->size);
}

/*
 * Reads the file, which has size octets as far as is known, into the upper
 * half of the memory: there is room below for a CR before each of its LFs.
 * The octets that there are, of which more than size are not told; -errno.
 */
static ssize_t
read_small(int fd, size_t size, struct str *memory)
{
	size_t got = 0;

	str_clear(memory);
	str_reserve(memory, 2 * size + 1);
	while (got <= size) {
		ssize_t n = pread(
		    fd, memory->ptr + size + got, size + 1 - got, (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		got += (size_t)n;
		if (n == 0 || got == size) /* one more was asked for */
			break;
	}
	return (ssize_t)got;
}

/* Writes text with CRLF line ends from the start of the memory on, in which it
 * lies as far behind the start as it is long or further, and finds the end of
 * the header. */
static void
convert(struct slice text, struct body *body)
{
	const char *at = text.ptr, *end = text.ptr + text.len;
	char *start = body->memory.ptr, *out = start;

	body->header = 0;
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((lf ? lf : end) - at);
		bool cr = len && at[len - 1] == '\r';

		memmove(out, at, len);
		out += len;
		if (lf == NULL)
			break;
		if (!cr)
			*out++ = '\r';
		*out++ = '\n';
		if (len == cr && body->header == 0)
			body->header = (uint64_t)(out - start);
		at = lf + 1;
	}
	body->memory.len = (size_t)(out - start);
}

/* Takes what read_small has read. */
static void
take_small(struct body *body, size_t room, size_t size)
{
	convert(slice_of(body->memory.ptr + room, size), body);
	body->text = body->memory.ptr;
	body->size = body->memory.len;
	body->total = body->size;
	if (body->header == 0)
		body->header = body->total;
	body->header_text = (size_t)body->header;
	body->file_size = size;
}

static int
map_file(int fd, size_t size, struct body *body)
{
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	struct str memory = body->memory;

	if (map == MAP_FAILED)
		return -errno;
	body_set(body, slice_of(map, size));
	body->memory = memory;
	body->mapped = size;
	return 0;
}

/* Opens a file of a size that fstat tells. */
static int
open_measured(int fd, struct body *body)
{
	struct stat st;
	ssize_t size;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > BODY_SMALL)
		return map_file(fd, (size_t)st.st_size, body);
	size = read_small(fd, (size_t)st.st_size, &body->memory);
	if (size > st.st_size)
		return -EIO; /* it grows, or is no file */
	if (size >= 0)
		take_small(body, (size_t)st.st_size, (size_t)size);
	return size < 0 ? (int)size : 0;
}

static void
unmap(struct body *body)
{
	if (body->mapped)
		(void)munmap((void *)(uintptr_t)body->text,
		    body->mapped); /* of a map of ours: cannot fail */
	*body = (struct body){ .memory = body->memory };
}

int
body_open_next(int fd, uint64_t said, struct body *body, struct err *err)
{
	ssize_t size = -1;
	int rc = 0;

	unmap(body);
	if (said && said <= BODY_SMALL)
		size = read_small(fd, (size_t)said, &body->memory);
	if (size >= 0 && (uint64_t)size <= said)
		take_small(body, (size_t)said, (size_t)size);
	else
		rc = open_measured(fd, body);
	(void)close(fd); /* was only read */
	return rc < 0 ? err_sys(err, -rc, "read a message") : 0;
}

int
body_open(int fd, struct body *ret_body, struct err *err)
{
	struct body body = { .text = NULL };
	int rc = body_open_next(fd, 0, &body, err);

	if (rc == 0)
		*ret_body = body;
	else
		body_release(&body);
	return rc;
}

void
body_set(struct body *body, struct slice text)
{
	size_t header = header_end(text);

	*body = (struct body){ .text = text.ptr,
		.size = text.len,
		.file_size = text.len,
		.header_text = header,
		.header = body_crlf_size(slice_head(text, header)) };
	body->total = body->header + body_crlf_size(slice_skip(text, header));
}

void
body_release(struct body *body)
{
	unmap(body);
	str_release(&body->memory);
}

struct slice
body_header(const struct body *body)
{
	return slice_head(body_text(body), body->header_text);
}

/* The line at offset at of the file, without its line end when that is a bare
 * LF. */
static struct slice
line_at(const struct body *body, size_t at, bool *ret_bare)
{
	struct slice rest = slice_skip(body_text(body), at);
	size_t len = slice_find(rest, '\n');

	*ret_bare = false;
	if (len == rest.len)
		return rest;
	*ret_bare = len ? rest.ptr[len - 1] != '\r'
			: at == 0 || body->text[at - 1] != '\r';
	return slice_head(rest, *ret_bare ? len : len + 1);
}

/* Goes on to the line in which the offset lies. */
static void
seek(struct body *body, uint64_t offset)
{
	if (offset < body->seek_crlf) {
		body->seek_text = 0;
		body->seek_crlf = 0;
	}
	if (body->seek_crlf < body->header && offset >= body->header) {
		body->seek_text = body->header_text;
		body->seek_crlf = body->header;
	}
	while (body->seek_text < body->size) {
		bool bare;
		struct slice line = line_at(body, body->seek_text, &bare);
		uint64_t len = line.len + (bare ? 2 : 0);

		if (body->seek_crlf + len > offset)
			return;
		body->seek_crlf += len;
		body->seek_text += line.len + (bare ? 1 : 0);
	}
}

/* Puts what of the text lies between *skip and *count octets further on. */
static bool
put_part(struct slice text, uint64_t *skip, uint64_t *count, body_put *put,
    void *ctx)
{
	uint64_t cut = *skip < text.len ? *skip : text.len;

	*skip -= cut;
	text = slice_skip(text, (size_t)cut);
	if (text.len > *count)
		text.len = (size_t)*count;
	*count -= text.len;
	return text.len == 0 || put(ctx, text);
}

void
body_write(struct body *body, uint64_t offset, uint64_t count, body_put *put,
    void *ctx)
{
	uint64_t skip = offset;

	if (body->total == body->size) {
		(void)put_part(body_text(body), &skip, &count, put,
		    ctx); /* the end either way */
		return;
	}
	seek(body, offset);
	skip = offset > body->seek_crlf ? offset - body->seek_crlf : 0;
	while (count && body->seek_text < body->size) {
		bool bare;
		struct slice line = line_at(body, body->seek_text, &bare);

		if (!put_part(line, &skip, &count, put, ctx))
			return;
		if (bare &&
		    !put_part(slice_from(crlf), &skip, &count, put, ctx))
			return;
		if (count == 0)
			return;
		body->seek_text += line.len + (bare ? 1 : 0);
		body->seek_crlf += line.len + (bare ? 2 : 0);
	}
}
