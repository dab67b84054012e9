#include <errno.h>
#include <unistd.h>

#include "cmd/smtpd/spool.h"
#include "common/base/fileio.h"

void
spool_init(struct spool *spool, int fd)
{
	*spool = (struct spool){ .fd = fd };
}

void
spool_release(struct spool *spool)
{
	fileio_close(&spool->fd);
	str_release(&spool->head);
	str_release(&spool->body);
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
write_beginning(struct spool *spool, struct slice head)
{
	STR_AUTO all = STR_INIT;

	str_reserve(&all, head.len + spool->body.len);
	str_append(&all, head);
	str_append(&all, str_slice(&spool->body));
	return write_at(spool->fd, str_slice(&all), 0);
}

/* Writes what is in the buffer, and the head when it is not there yet. */
static void
write_out(struct spool *spool)
{
	if (spool->flushed == 0)
		spool->error = write_beginning(spool, str_slice(&spool->head));
	else
		spool->error = write_at(spool->fd, str_slice(&spool->body),
		    spool->head.len + spool->flushed);
}

void
spool_drain(struct spool *spool)
{
	if (spool->body.len < SPOOL_BUFFER_MAX)
		return;
	if (spool->fd >= 0 && spool->error == 0 && !spool->dropped)
		write_out(spool);
	spool->flushed += spool->body.len;
	str_clear(&spool->body);
}

void
spool_drop(struct spool *spool)
{
	spool->dropped = true;
	str_clear(&spool->head);
	str_clear(&spool->body);
}

int
spool_finish(struct spool *spool)
{
	if (spool->fd >= 0 && spool->error == 0 && !spool->dropped)
		write_out(spool);
	return spool->error;
}

uint64_t
spool_size(const struct spool *spool)
{
	return spool->head.len + spool->flushed + spool->body.len;
}

/* Moves len octets of the file up by some, the last ones first. */
static int
move_up(int fd, uint64_t from, uint64_t len, uint64_t by)
{
	STR_AUTO block = STR_INIT;
	int rc = 0;

	str_reserve(&block, SPOOL_BUFFER_MAX);
	while (rc == 0 && len) {
		size_t n = len < SPOOL_BUFFER_MAX ? len : SPOOL_BUFFER_MAX;

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

	str_reserve(&block, SPOOL_BUFFER_MAX);
	while (rc == 0 && len) {
		size_t n = len < SPOOL_BUFFER_MAX ? len : SPOOL_BUFFER_MAX;

		rc = read_at(fd, block.ptr, n, from);
		if (rc == 0)
			rc = write_at(fd, slice_of(block.ptr, n), from - by);
		from += n;
		len -= n;
	}
	return rc;
}

static int
move_body(const struct spool *spool, struct slice head)
{
	uint64_t old = spool->head.len, len = spool->flushed + spool->body.len;

	if (head.len > old)
		return move_up(spool->fd, old, len, head.len - old);
	if (head.len < old)
		return move_down(spool->fd, old, len, old - head.len);
	return 0;
}

/* Puts head and body where they belong; the file is what they are. */
static int
rewrite(struct spool *spool, struct slice head)
{
	uint64_t size = head.len + spool->flushed + spool->body.len;
	int rc;

	if (spool->flushed == 0) {
		rc = write_beginning(spool, head);
	} else {
		rc = move_body(spool, head);
		if (rc == 0)
			rc = write_at(spool->fd, head, 0);
	}
	if (rc == 0 && head.len < spool->head.len &&
	    ftruncate(spool->fd, (off_t)size) < 0)
		rc = -errno;
	return rc;
}

int
spool_rehead(struct spool *spool, struct slice head)
{
	int rc = spool->fd >= 0 ? rewrite(spool, head) : 0;

	if (rc == 0)
		str_set(&spool->head, head);
	return rc;
}
