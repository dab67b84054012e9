#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <zlib.h>

#include "common/base/mem.h"
#include "common/net/deflate.h"
#include "common/net/stream_private.h"

#define READ_OCTETS 8192    /* compressed octets read at once */
#define LEVEL 6             /* zlib's default */
#define WINDOW (-MAX_WBITS) /* raw: RFC 4978 section 3 */
#define MEMORY 8            /* with the window 256 KB while something is said */

struct deflate {
	struct stream *s;
	const struct stream_io *below; /* TLS, say; NULL: the descriptors */
	void *below_ctx;
	struct stream_io io;
	z_stream in;
	struct str input; /* compressed */
	size_t input_at;
	char ahead;      /* what comes next, where it had to be seen */
	bool is_ahead;   /* that there is more */
	bool ended;      /* the peer has closed its stream */
	z_stream out;    /* while it is written to */
	bool writing;    /* out is initialized */
	struct str held; /* compressed output that is not yet gone */
	size_t held_at;
	size_t taken; /* octets of the caller's that held stands for */
};

/* ---- what is below ---- */

static ssize_t
below_read(struct deflate *d, void *octets, size_t len)
{
	ssize_t n;

	d->s->io = d->below;
	d->s->io_ctx = d->below_ctx;
	n = stream_try_read(d->s, octets, len);
	stream_set_io(d->s, &d->io, d);
	return n;
}

static ssize_t
below_write(struct deflate *d, const void *octets, size_t len)
{
	ssize_t n;

	d->s->io = d->below;
	d->s->io_ctx = d->below_ctx;
	n = stream_try_write(d->s, octets, len);
	stream_set_io(d->s, &d->io, d);
	return n;
}

/* ---- reading ---- */

/* Reads more compressed octets: as stream_io's read. */
static ssize_t
fill(struct deflate *d)
{
	ssize_t n;

	str_clear(&d->input);
	d->input_at = 0;
	str_reserve(&d->input, READ_OCTETS);
	n = below_read(d, d->input.ptr, READ_OCTETS);
	if (n > 0)
		d->input.len = (size_t)n;
	return n;
}

/* Decompresses what there is into at most len octets: their number; -EPROTO
 * for what is not compressed. */
static ssize_t
decompress(struct deflate *d, char *octets, size_t len)
{
	z_stream *z = &d->in;
	int rc;

	if (len == 0 || d->ended)
		return 0;
	z->next_in = (Bytef *)(d->input.ptr + d->input_at);
	z->avail_in = (uInt)(d->input.len - d->input_at);
	z->next_out = (Bytef *)octets;
	z->avail_out = (uInt)len;
	rc = inflate(z, Z_SYNC_FLUSH);
	d->input_at = d->input.len - z->avail_in;
	if (rc == Z_MEM_ERROR)
		mem_exhausted();
	if (rc == Z_STREAM_END)
		d->ended = true;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return -EPROTO;
	return (ssize_t)(len - z->avail_out);
}

/* The same.  What zlib holds back for want of room poll cannot see, so one
 * octet more is looked for: without it nothing is held. */
static ssize_t
take(struct deflate *d, char *octets, size_t len)
{
	size_t have = 0;
	ssize_t n;

	if (d->is_ahead)
		octets[have++] = d->ahead;
	d->is_ahead = false;
	n = decompress(d, octets + have, len - have);
	if (n < 0)
		return have ? (ssize_t)have : n; /* it fails again */
	have += (size_t)n;
	if (have == len) {
		n = decompress(d, &d->ahead, 1);
		d->is_ahead = n == 1;
	}
	return (ssize_t)have;
}

static ssize_t
deflate_read(void *ctx, void *octets, size_t len)
{
	struct deflate *d = ctx;

	for (;;) {
		ssize_t n = 0;

		if (d->is_ahead || d->input_at < d->input.len)
			n = take(d, octets, len);
		if (n != 0 || d->ended)
			return n;
		n = fill(d);
		if (n <= 0)
			return n;
	}
}

static bool
deflate_pending(void *ctx)
{
	const struct deflate *d = ctx;

	if (d->is_ahead || d->ended || d->input_at < d->input.len)
		return true;
	return d->below && d->below->pending && d->below->pending(d->below_ctx);
}

/* ---- writing ---- */

/* Compresses octets so that the peer can decompress all of them: into held. */
static void
compress_octets(struct deflate *d, const void *octets, size_t len)
{
	z_stream *z = &d->out;

	if (!d->writing) {
		*z = (z_stream){ .zalloc = Z_NULL };
		if (deflateInit2(z, LEVEL, Z_DEFLATED, WINDOW, MEMORY,
			Z_DEFAULT_STRATEGY) != Z_OK)
			mem_exhausted();
		d->writing = true;
	}
	str_clear(&d->held);
	d->held_at = 0;
	z->next_in = (Bytef *)(uintptr_t)octets;
	z->avail_in = (uInt)len;
	do {
		str_reserve(&d->held, STREAM_WRITE_MAX);
		z->next_out = (Bytef *)(d->held.ptr + d->held.len);
		z->avail_out = STREAM_WRITE_MAX;
		(void)deflate(z, Z_SYNC_FLUSH); /* a state of ours: no error */
		d->held.len += STREAM_WRITE_MAX - z->avail_out;
	} while (z->avail_out == 0);
	d->taken = len;
}

/* Octets count as written when all that they became is gone.  Until then the
 * stream asks for the same ones again. */
static ssize_t
deflate_write(void *ctx, const void *octets, size_t len)
{
	struct deflate *d = ctx;

	if (d->taken == 0)
		compress_octets(
		    d, octets, len < STREAM_WRITE_MAX ? len : STREAM_WRITE_MAX);
	while (d->held_at < d->held.len) {
		ssize_t n = below_write(
		    d, d->held.ptr + d->held_at, d->held.len - d->held_at);

		if (n < 0)
			return n;
		d->held_at += (size_t)n;
	}
	len = d->taken;
	d->taken = 0;
	return (ssize_t)len;
}

static short
deflate_wants(void *ctx)
{
	const struct deflate *d = ctx;

	if (d->below && d->below->wants)
		return d->below->wants(d->below_ctx);
	return d->taken ? POLLOUT : POLLIN;
}

/* ---- its life ---- */

static void
end_output(struct deflate *d)
{
	if (d->writing)
		(void)deflateEnd(&d->out); /* says that there was more: no */
	d->writing = false;
}

static void
deflate_close(void *ctx)
{
	struct deflate *d = ctx;

	end_output(d);
	(void)inflateEnd(&d->in); /* a state of ours: no error */
	if (d->below && d->below->close)
		d->below->close(d->below_ctx);
	str_release(&d->input);
	str_release(&d->held);
	free(d);
}

void
deflate_shrink(struct deflate *d)
{
	/* what is written next refers to nothing from before */
	if (d->taken == 0) {
		end_output(d);
		str_release(&d->held);
	}
	if (d->input_at == d->input.len) {
		str_release(&d->input);
		d->input_at = 0;
	}
}

struct deflate *
stream_deflate(struct stream *s)
{
	struct deflate *d = mem_zalloc(1, sizeof *d);

	d->s = s;
	d->below = s->io;
	d->below_ctx = s->io_ctx;
	d->io = (struct stream_io){ deflate_read, deflate_write, deflate_wants,
		deflate_pending, deflate_close };
	if (inflateInit2(&d->in, WINDOW) != Z_OK)
		mem_exhausted();
	str_append(&d->input, stream_input(s));
	stream_eat(s, d->input.len);
	stream_set_io(s, &d->io, d);
	return d;
}
