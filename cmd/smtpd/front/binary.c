#include <errno.h>
#include <sys/mman.h>

#include "cmd/smtpd/front/reception.h"
#include "common/msg/binarymime.h"

static void
put(void *ctx, struct slice text)
{
	reception_put(ctx, text);
}

/* Takes the octets again, now as the text that they become.  A part that is
 * encoded by a field that nobody will find, as the header is over where its
 * first line that is none stands, would be lost. */
static void
make_text(struct reception *r, struct slice octets)
{
	size_t encoded;
	bool good;

	r->converting = true;
	r->un.octets = 0;
	good = binarymime_convert(octets, put, r, &encoded);
	r->unconverted = !good || (encoded && r->scan.broken);
	if (r->unconverted)
		intake_drop(&r->intake);
}

/* All of it is still here. */
static void
convert_in_memory(struct reception *r, struct slice trace)
{
	struct str octets = r->intake.body;

	r->intake.body = (struct str)STR_INIT;
	if (intake_begin_again(&r->intake, trace) == 0)
		make_text(r, str_slice(&octets));
	str_release(&octets);
}

/* Read where it is: a page that cannot be ends this process, and so the
 * connection, before anything was promised. */
static void
convert_in_file(struct reception *r, struct slice trace)
{
	struct intake *intake = &r->intake;
	void *map;

	if (intake_begin_again(intake, trace) < 0)
		return;
	map = mmap(
	    NULL, (size_t)intake->base, PROT_READ, MAP_PRIVATE, intake->fd, 0);
	if (map == MAP_FAILED) {
		intake->error = -errno;
		return;
	}
	make_text(
	    r, slice_skip(slice_of(map, (size_t)intake->base), trace.len));
	(void)munmap(map, (size_t)intake->base); /* it is one of ours */
}

void
reception_convert(struct reception *r)
{
	STR_AUTO trace = STR_INIT;

	if (r->intake.dropped || r->intake.error)
		return;
	str_set(&trace, str_slice(&r->intake.head));
	if (r->intake.flushed == 0)
		convert_in_memory(r, str_slice(&trace));
	else if (r->intake.fd >= 0)
		convert_in_file(r, str_slice(&trace));
}
