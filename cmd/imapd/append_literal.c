#include "cmd/imapd/append.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/msg/binarymime.h"

static const char usage[] = "Literals, and what stands between, are malformed";
static const char too_large[] = "Message is too large";
static const char no_binary[] = "This cannot be kept as lines of text";

void
append_filter(
    struct append_filter *filter, struct slice octets, struct str *out)
{
	size_t at;

	if (slice_find(octets, '\0') < octets.len)
		filter->nul = true;
	while (octets.len > 0) {
		if (filter->cr && octets.ptr[0] != '\n')
			str_append_char(out, '\r');
		at = slice_find(octets, '\r');
		str_append(out, slice_head(octets, at));
		filter->cr = at < octets.len;
		octets = slice_skip(octets, at + 1);
	}
}

void
append_filter_end(struct append_filter *filter, struct str *out)
{
	if (filter->cr)
		str_append_char(out, '\r');
	filter->cr = false;
}

bool
append_at_literal(const struct append *append, struct literal *ret)
{
	const struct args *args = &append->args;
	struct slice inside = slice_skip(args->rest, 1);

	if (!append->im->conn.literal)
		return false;
	if (args_peek(args) == '~')
		inside = slice_skip(inside, 1);
	else if (args_peek(args) != '{')
		return false;
	return slice_find(inside, '{') == inside.len &&
	       literal_at_end(args->rest, ret);
}

bool
append_has_room(struct append *append, uint64_t octets)
{
	struct imap *im = append->im;
	uint64_t max = (uint64_t)im->service->settings->imap_append_max;
	uint64_t all = append->octets + append->message + octets;

	if (append->message > max || octets > max - append->message) {
		conn_no(&im->conn, "TOOBIG", too_large);
		return false;
	}
	if (append->freed && all <= append->freed)
		return true;
	all -= append->freed;
	return imap_has_room(
	    im, str_slice(&im->name), all, append->freed ? 0 : append->count);
}

static int
fd_of(const struct append *append)
{
	return incoming_fd(append->list[append->count - 1].in);
}

static void
write_lines(struct append *append, struct slice octets)
{
	str_clear(&append->lines);
	append_filter(&append->filter, octets, &append->lines);
	if (append->failed == 0)
		append->failed =
		    fileio_write(fd_of(append), str_slice(&append->lines));
}

bool
append_put(void *ctx, struct slice octets)
{
	struct append *append = ctx;
	int64_t max = append->im->service->settings->imap_append_max;

	append->message += octets.len;
	if (append->message > (uint64_t)max && append->failed == 0)
		append->failed = -EFBIG;
	write_lines(append, octets);
	return append->failed == 0;
}

void
append_put_end(struct append *append)
{
	str_clear(&append->lines);
	append_filter_end(&append->filter, &append->lines);
	if (append->failed == 0 && append->lines.len)
		append->failed =
		    fileio_write(fd_of(append), str_slice(&append->lines));
}

static bool
put_raw(void *ctx, struct slice octets)
{
	struct append *append = ctx;

	append->message += octets.len;
	if (append->failed == 0)
		append->failed = fileio_write(fd_of(append), octets);
	return append->failed == 0;
}

/* The text behind a literal, up to the next one or to the end. */
static bool
next_text(struct append *append)
{
	struct conn *conn = &append->im->conn;
	unsigned depth = append->args.depth, count = append->args.count;
	enum reader_event event;

	conn->reader.deadline = clock_deadline(APPEND_STALL);
	event = reader_rest(&conn->reader);
	conn->literal = event == READER_LITERAL;
	switch (event) {
	case READER_COMMAND:
	case READER_LITERAL:
		conn_args(conn, str_slice(&conn->reader.text), &append->args);
		append->args.depth = depth;
		append->args.count = count;
		return true;
	case READER_REFUSED:
		conn_bad(conn, usage);
		return false;
	case READER_HOPELESS:
	case READER_TIMEOUT:
	case READER_END:
		break;
	}
	conn->over = true;
	return false;
}

/* Reads the literal to its end, whatever becomes of it. */
static bool
take_literal(struct append *append, body_put *put, void *ctx)
{
	struct conn *conn = &append->im->conn;
	uint64_t left = conn->reader.literal.size;
	struct slice piece;

	reader_invite(&conn->reader);
	conn->literal = false;
	while (left > 0) {
		if (!reader_piece(&conn->reader, APPEND_STALL, &left, &piece)) {
			conn->over = true;
			return false;
		}
		(void)put(ctx, piece); /* what fails is remembered */
	}
	return next_text(append);
}

bool
append_literal(struct append *append)
{
	return take_literal(append, append_put, append);
}

bool
append_literal_raw(struct append *append)
{
	return take_literal(append, put_raw, append);
}

static bool
put_text(void *ctx, struct slice octets)
{
	str_append(ctx, octets);
	return true;
}

bool
append_literal_text(struct append *append, size_t max, struct str *out)
{
	struct conn *conn = &append->im->conn;

	if (conn->reader.literal.size > max) {
		conn_no(conn, "TOOBIG", "Literal too large");
		return false;
	}
	return take_literal(append, put_text, out);
}

/* ---- literal8 ---- */

static void
put_converted(void *ctx, struct slice text)
{
	write_lines(ctx, text); /* however much larger it gets */
}

/* Converts what the file raw holds into the message's own. */
static int
convert(struct append *append, int raw)
{
	struct stat st;
	size_t encoded;
	void *map;
	bool good;

	if (fstat(raw, &st) < 0)
		return -errno;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, raw, 0);
	if (map == MAP_FAILED)
		return -errno;
	good = binarymime_convert(
	    slice_of(map, (size_t)st.st_size), put_converted, append, &encoded);
	(void)munmap(map, (size_t)st.st_size); /* a map of ours: cannot fail */
	append_put_end(append);
	return good && !append->filter.nul ? 0 : -EILSEQ;
}

bool
append_binary(struct append *append)
{
	struct imap *im = append->im;
	struct incoming_one *one = &append->list[append->count - 1];
	struct incoming *raw = one->in;
	struct err err = { 0, "" };
	int rc;

	if (append->failed)
		return true; /* told with all other failures */
	rc = incoming_open(im->store, &one->in, &err);
	if (rc < 0) {
		one->in = raw;
		append_fail(im, rc, &err);
		return false;
	}
	rc = convert(append, incoming_fd(raw));
	incoming_free(raw);
	if (rc == -EILSEQ)
		conn_no(&im->conn, "UNKNOWN-CTE", no_binary);
	else if (rc < 0)
		append->failed = rc;
	return rc != -EILSEQ;
}
