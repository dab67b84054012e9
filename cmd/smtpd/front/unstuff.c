#include "cmd/smtpd/front/unstuff.h"

static void
put(struct unstuff *un, struct slice text, struct str *out)
{
	if (un->faults == 0)
		str_append(out, text);
	un->octets += text.len;
	un->line += text.len;
	if (un->line > UNSTUFF_LINE_MAX - 2)
		un->faults |= FAULT_LONG_LINE;
}

static void
put_line_end(struct unstuff *un, struct str *out)
{
	if (un->faults == 0)
		str_append_char(out, '\n');
	un->octets += 2;
	un->line = 0;
	un->soft = false;
	un->state = UNSTUFF_LINE_START;
}

/* The octets up to the next CR, LF or the end.  With a fault the message is
 * lost anyway, and octet by octet its many CRs cost no more than its others. */
static struct slice
next_run(const struct unstuff *un, struct slice in)
{
	struct slice run = in;

	if (un->faults == 0) {
		run = slice_head(in, slice_find(in, '\n'));
		return slice_head(run, slice_find(run, '\r'));
	}
	for (run.len = 0; run.len < in.len; run.len++)
		if (in.ptr[run.len] == '\r' || in.ptr[run.len] == '\n')
			break;
	return run;
}

static void
take_run(struct unstuff *un, struct slice *in, struct str *out)
{
	struct slice run = next_run(un, *in);

	if (slice_find(run, '\0') < run.len)
		un->faults |= FAULT_NUL;
	put(un, run, out);
	*in = slice_skip(*in, run.len);
}

/* A bare LF. */
static void
take_bare_lf(struct unstuff *un, struct str *out)
{
	if (!un->normalize)
		un->faults |= FAULT_BARE_LF;
	put_line_end(un, out);
	un->soft = true;
}

/* A bare CR, with which others that followed it at once are gone. */
static void
take_bare_cr(struct unstuff *un, struct str *out)
{
	if (!un->normalize)
		un->faults |= FAULT_BARE_CR;
	put(un, slice_of(" ", 1), out);
}

/* One octet that is no run: a CR or an LF inside a line. */
static void
take_special(struct unstuff *un, struct slice *in, struct str *out)
{
	if (in->ptr[0] == '\r')
		un->state = UNSTUFF_CR;
	else
		take_bare_lf(un, out);
	*in = slice_skip(*in, 1);
}

/* What comes after a CR: LF makes a line end of it, another CR waits for one
 * in its place, all else leaves it bare. */
static void
after_cr(struct unstuff *un, struct slice *in, struct str *out)
{
	if (in->ptr[0] == '\n') {
		*in = slice_skip(*in, 1);
		put_line_end(un, out);
	} else if (in->ptr[0] == '\r') {
		*in = slice_skip(*in, 1);
		if (!un->normalize)
			un->faults |= FAULT_BARE_CR;
		un->octets++;
		un->state = UNSTUFF_CR;
	} else {
		take_bare_cr(un, out);
		un->state = UNSTUFF_LINE;
	}
}

static void
at_line_start(struct unstuff *un, struct slice *in)
{
	un->state = UNSTUFF_LINE;
	if (un->chunked || in->ptr[0] != '.')
		return;
	*in = slice_skip(*in, 1);
	un->state = UNSTUFF_DOT;
}

/* What comes after a dot at the start of a line.  It is text where it stands
 * alone and yet cannot be the end. */
static void
after_dot(struct unstuff *un, struct slice *in, struct str *out)
{
	bool alone = in->ptr[0] == '\r' || in->ptr[0] == '\n';
	bool soft = un->soft;

	un->soft = false;
	un->state = UNSTUFF_LINE;
	if (alone && in->ptr[0] == '\r' && !soft) {
		*in = slice_skip(*in, 1);
		un->state = UNSTUFF_DOT_CR;
	} else if (alone) {
		put(un, slice_of(".", 1), out);
	}
}

/* What comes after CRLF "." CR: LF is the end. */
static bool
is_end(struct unstuff *un, struct slice *in, struct str *out)
{
	if (in->ptr[0] != '\n') {
		put(un, slice_of(".", 1), out);
		after_cr(un, in, out);
		return false;
	}
	*in = slice_skip(*in, 1);
	return true;
}

bool
unstuff_feed(struct unstuff *un, struct slice *in, struct str *out)
{
	while (in->len) {
		switch (un->state) {
		case UNSTUFF_LINE_START:
			at_line_start(un, in);
			break;
		case UNSTUFF_DOT:
			after_dot(un, in, out);
			break;
		case UNSTUFF_DOT_CR:
			if (is_end(un, in, out))
				return true;
			break;
		case UNSTUFF_CR:
			after_cr(un, in, out);
			break;
		case UNSTUFF_LINE:
			take_run(un, in, out);
			if (in->len)
				take_special(un, in, out);
			break;
		}
	}
	return false;
}

void
unstuff_finish(struct unstuff *un, struct str *out)
{
	if (un->state == UNSTUFF_CR && !un->normalize)
		un->faults |= FAULT_BARE_CR;
	if (un->state == UNSTUFF_CR || un->line > 0)
		put_line_end(un, out);
}
