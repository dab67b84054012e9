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

static struct slice
text_of(const struct body *body)
{
	return slice_of(body->map ? body->map : "", body->size);
}

/* Maps the file; its size into the body. */
static int
map_file(int fd, struct body *body)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size == 0)
		return 0;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	body->map = map;
	body->size = (size_t)st.st_size;
	return 0;
}

int
body_open(int fd, struct body *ret_body, struct err *err)
{
	struct body body = { .map = NULL };
	int rc = map_file(fd, &body);

	(void)close(fd); /* was only read */
	if (rc < 0)
		return err_sys(err, -rc, "map a message");
	body_set(&body, text_of(&body));
	*ret_body = body;
	return 0;
}

void
body_set(struct body *body, struct slice text)
{
	body->map = text.ptr;
	body->size = text.len;
	body->header_file = header_end(text);
	body->header = body_crlf_size(slice_head(text, body->header_file));
	body->total =
	    body->header + body_crlf_size(slice_skip(text, body->header_file));
	body->seek_file = 0;
	body->seek_crlf = 0;
}

void
body_release(struct body *body)
{
	if (body->size)
		(void)munmap((void *)(uintptr_t)body->map,
		    body->size); /* of a map of ours: cannot fail */
	*body = (struct body){ .map = NULL };
}

struct slice
body_header(const struct body *body)
{
	return slice_head(text_of(body), body->header_file);
}

/* The line at offset at of the file, without its line end when that is a bare
 * LF. */
static struct slice
line_at(const struct body *body, size_t at, bool *ret_bare)
{
	struct slice rest = slice_skip(text_of(body), at);
	size_t len = slice_find(rest, '\n');

	*ret_bare = false;
	if (len == rest.len)
		return rest;
	*ret_bare = len ? rest.ptr[len - 1] != '\r'
			: at == 0 || body->map[at - 1] != '\r';
	return slice_head(rest, *ret_bare ? len : len + 1);
}

/* Goes on to the line in which the offset lies. */
static void
seek(struct body *body, uint64_t offset)
{
	if (offset < body->seek_crlf) {
		body->seek_file = 0;
		body->seek_crlf = 0;
	}
	if (body->seek_crlf < body->header && offset >= body->header) {
		body->seek_file = body->header_file;
		body->seek_crlf = body->header;
	}
	while (body->seek_file < body->size) {
		bool bare;
		struct slice line = line_at(body, body->seek_file, &bare);
		uint64_t len = line.len + (bare ? 2 : 0);

		if (body->seek_crlf + len > offset)
			return;
		body->seek_crlf += len;
		body->seek_file += line.len + (bare ? 1 : 0);
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
		(void)put_part(text_of(body), &skip, &count, put,
		    ctx); /* the end either way */
		return;
	}
	seek(body, offset);
	skip = offset > body->seek_crlf ? offset - body->seek_crlf : 0;
	while (count && body->seek_file < body->size) {
		bool bare;
		struct slice line = line_at(body, body->seek_file, &bare);

		if (!put_part(line, &skip, &count, put, ctx))
			return;
		if (bare &&
		    !put_part(slice_from(crlf), &skip, &count, put, ctx))
			return;
		if (count == 0)
			return;
		body->seek_file += line.len + (bare ? 1 : 0);
		body->seek_crlf += line.len + (bare ? 2 : 0);
	}
}
