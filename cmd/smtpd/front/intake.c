#include <errno.h>
#include <unistd.h>

#include "cmd/smtpd/front/intake.h"
#include "common/base/fileio.h"

void
intake_init(struct intake *intake, intake_file *file, void *ctx)
{
	*intake = (struct intake){ .file = file, .ctx = ctx, .fd = -1 };
}

void
intake_release(struct intake *intake)
{
	fileio_close(&intake->fd);
	str_release(&intake->head);
	str_release(&intake->body);
}

static int
write_at(int fd, struct slice octets, uint64_t offset)
{
	while (octets.len) {
		ssize_t n = pwrite(fd, octets.ptr, octets.len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		octets = slice_skip(octets, (size_t)n);
		offset += (uint64_t)n;
	}
	return 0;
}

static int
read_at(int fd, char *octets, size_t len, uint64_t offset)
{
	while (len) {
		ssize_t n = pread(fd, octets, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		octets += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* Writes head and buffer in one go: the file's beginning. */
static int
write_beginning(struct intake *intake, struct slice head)
{
	STR_AUTO all = STR_INIT;

	str_reserve(&all, head.len + intake->body.len);
	str_append(&all, head);
	str_append(&all, str_slice(&intake->body));
	return write_at(intake->fd, str_slice(&all), intake->base);
}

/* Is there anything to be done about the message? */
static bool
is_wanted(const struct intake *intake)
{
	return intake->file && intake->error == 0 && !intake->dropped;
}

/* Has a file for it. */
static void
open_file(struct intake *intake)
{
	if (intake->fd < 0)
		intake->fd = intake->file(intake->ctx);
	if (intake->fd < 0) {
		intake->error = intake->fd;
		intake->fd = -1;
	}
}

/* Writes what is in the buffer, and the head when it is not there yet. */
static void
write_out(struct intake *intake)
{
	open_file(intake);
	if (intake->error)
		return;
	if (intake->flushed == 0)
		intake->error =
		    write_beginning(intake, str_slice(&intake->head));
	else
		intake->error = write_at(intake->fd, str_slice(&intake->body),
		    intake->base + intake->head.len + intake->flushed);
}

void
intake_drain(struct intake *intake)
{
	if (intake->body.len < INTAKE_BUFFER_MAX)
		return;
	if (is_wanted(intake))
		write_out(intake);
	intake->flushed += intake->body.len;
	str_clear(&intake->body);
}

void
intake_drop(struct intake *intake)
{
	intake->dropped = true;
	str_clear(&intake->head);
	str_clear(&intake->body);
}

int
intake_finish(struct intake *intake)
{
	if (is_wanted(intake) && intake->fd >= 0)
		write_out(intake);
	return intake->error;
}

int
intake_to_file(struct intake *intake)
{
	if (is_wanted(intake) && intake->fd < 0)
		write_out(intake);
	return intake->error;
}

int
intake_hand_over(struct intake *intake, size_t max, struct str *out)
{
	if (!is_wanted(intake) || intake->fd >= 0)
		return intake->error;
	if (intake_size(intake) > max)
		return intake_to_file(intake);
	str_reserve(out, (size_t)intake_size(intake));
	str_append(out, str_slice(&intake->head));
	str_append(out, str_slice(&intake->body));
	return 0;
}

uint64_t
intake_size(const struct intake *intake)
{
	return intake->head.len + intake->flushed + intake->body.len;
}

/* Moves len octets of the file up by some, the last ones first. */
static int
move_up(int fd, uint64_t from, uint64_t len, uint64_t by)
{
	STR_AUTO block = STR_INIT;
	int rc = 0;

	str_reserve(&block, INTAKE_BUFFER_MAX);
	while (rc == 0 && len) {
		size_t n = len < INTAKE_BUFFER_MAX ? len : INTAKE_BUFFER_MAX;

		len -= n;
		rc = read_at(fd, block.ptr, n, from + len);
		if (rc == 0)
			rc = write_at(
			    fd, slice_of(block.ptr, n), from + len + by);
	}
	return rc;
}

/* Moves len octets of the file down by some, the first ones first. */
static int
move_down(int fd, uint64_t from, uint64_t len, uint64_t by)
{
	STR_AUTO block = STR_INIT;
	int rc = 0;

	str_reserve(&block, INTAKE_BUFFER_MAX);
	while (rc == 0 && len) {
		size_t n = len < INTAKE_BUFFER_MAX ? len : INTAKE_BUFFER_MAX;

		rc = read_at(fd, block.ptr, n, from);
		if (rc == 0)
			rc = write_at(fd, slice_of(block.ptr, n), from - by);
		from += n;
		len -= n;
	}
	return rc;
}

int
intake_begin_again(struct intake *intake, struct slice head)
{
	if (intake->flushed && intake_finish(intake) == 0)
		intake->base = intake_size(intake);
	intake->flushed = 0;
	str_set(&intake->head, head);
	str_clear(&intake->body);
	return intake->error;
}

int
intake_settle(struct intake *intake)
{
	uint64_t len;

	if (intake->base == 0 || intake->error || intake->dropped)
		return intake->error;
	len = intake->flushed ? intake_size(intake) : 0;
	if (len && intake_finish(intake) == 0)
		intake->error =
		    move_down(intake->fd, intake->base, len, intake->base);
	if (intake->error == 0 && ftruncate(intake->fd, (off_t)len) < 0)
		intake->error = -errno;
	intake->base = 0;
	return intake->error;
}

static int
move_body(const struct intake *intake, struct slice head)
{
	uint64_t old = intake->head.len,
		 len = intake->flushed + intake->body.len;

	if (head.len > old)
		return move_up(intake->fd, old, len, head.len - old);
	if (head.len < old)
		return move_down(intake->fd, old, len, old - head.len);
	return 0;
}

/* Puts head and body where they belong; the file is what they are. */
static int
rewrite(struct intake *intake, struct slice head)
{
	uint64_t size = head.len + intake->flushed + intake->body.len;
	int rc;

	if (intake->flushed == 0) {
		rc = write_beginning(intake, head);
	} else {
		rc = move_body(intake, head);
		if (rc == 0)
			rc = write_at(intake->fd, head, 0);
	}
	if (rc == 0 && head.len < intake->head.len &&
	    ftruncate(intake->fd, (off_t)size) < 0)
		rc = -errno;
	return rc;
}

int
intake_rehead(struct intake *intake, struct slice head)
{
	int rc = intake->fd >= 0 ? rewrite(intake, head) : 0;

	if (rc == 0)
		str_set(&intake->head, head);
	return rc;
}

void
intake_body_begin(const struct intake *intake, struct intake_body *body)
{
	*body = (struct intake_body){ intake_size(intake), 0 };
}

int
intake_body_add(
    struct intake *intake, struct intake_body *body, struct slice octets)
{
	int rc = write_at(intake->fd, octets, body->at + body->len);

	body->len += octets.len;
	return rc;
}

int
intake_body_take(struct intake *intake, const struct intake_body *body)
{
	uint64_t start = intake->head.len;
	int rc = 0;

	if (body->at > start)
		rc = move_down(
		    intake->fd, body->at, body->len, body->at - start);
	if (rc == 0 && ftruncate(intake->fd, (off_t)(start + body->len)) < 0)
		rc = -errno;
	str_clear(&intake->body);
	intake->flushed = body->len;
	return rc;
}

void
intake_body_cancel(struct intake *intake, const struct intake_body *body)
{
	if (ftruncate(intake->fd, (off_t)body->at) < 0)
		intake->error = -errno;
}
