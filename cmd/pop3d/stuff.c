#include "cmd/pop3d/stuff.h"

/* The octets up to where a dot must go in, or writing stops: behind the last
 * line end that counts. */
static struct slice
next_run(struct stuff *stuff, struct slice octets)
{
	size_t n = 0;

	while (n < octets.len && stuff->lines) {
		struct slice rest = slice_skip(octets, n);
		size_t lf = slice_find(rest, '\n');

		stuff->in_line = lf == rest.len;
		if (stuff->in_line)
			return octets;
		n += lf + 1;
		if (stuff->lines != STUFF_ALL)
			stuff->lines--;
		if (n < octets.len && octets.ptr[n] == '.')
			break;
	}
	return slice_head(octets, n);
}

bool
stuff_put(void *stuff, struct slice octets)
{
	struct stuff *s = stuff;

	while (octets.len && s->lines) {
		struct slice run;

		if (!s->in_line && octets.ptr[0] == '.')
			stream_puts(s->out, ".");
		run = next_run(s, octets);
		stream_write(s->out, run);
		octets = slice_skip(octets, run.len);
	}
	return s->lines > 0 && stream_error(s->out) == 0;
}

void
stuff_end(struct stuff *stuff)
{
	stream_puts(stuff->out, stuff->in_line ? "\r\n.\r\n" : ".\r\n");
}
