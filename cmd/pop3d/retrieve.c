#include <errno.h>

#include "cmd/pop3d/session.h"
#include "cmd/pop3d/stuff.h"
#include "common/base/clock.h"
#include "common/base/num.h"
#include "common/store/body.h"
#include "common/store/mailbox_message.h"

#define CHUNK (1 << 18) /* octets that the client gets the idle time for */

#define ERR_GONE "-ERR [SYS/PERM] The message is gone\r\n"
#define ERR_NO_LINES "-ERR No number of lines\r\n"
#define FETCH_FAILED "The message cannot be read"

/* Opens the message, or tells the client why not. */
static bool
open_body(struct pop3_session *pop3, uint32_t number, struct body *body)
{
	struct err err = { .code = 0 };
	int fd, r;

	fd = mailbox_message_open(pop3->drop.inbox, number, &err);
	r = fd < 0 ? fd : body_open(fd, body, &err);
	if (r == -ENOENT)
		stream_puts(pop3->session->client, ERR_GONE);
	else if (r < 0)
		pop3_failed(pop3, FETCH_FAILED, &err);
	return r >= 0;
}

/* Sends the octets from one CRLF offset to another, chunk by chunk: a slow
 * client needs not take a large message within the idle time. */
static void
send_range(struct pop3_session *pop3, struct body *body, struct stuff *stuff,
    uint64_t from, uint64_t to)
{
	while (from < to && stuff->lines && !stream_error(stuff->out)) {
		uint64_t count = to - from < CHUNK ? to - from : CHUNK;

		stream_set_deadline(stuff->out,
		    clock_deadline(pop3->session->settings->pop3_idle_timeout));
		body_write(body, from, count, stuff_put, stuff);
		from += count;
	}
}

void
pop3_retr(void *ctx, struct slice argument)
{
	struct pop3_session *pop3 = ctx;
	struct stuff stuff = { pop3->session->client, STUFF_ALL, false };
	uint32_t number = pop3_message(pop3, argument);
	struct body body;

	if (number == 0 || !open_body(pop3, number, &body))
		return;
	stream_printf(
	    stuff.out, "+OK %llu octets\r\n", (unsigned long long)body.total);
	send_range(pop3, &body, &stuff, 0, body.total);
	stuff_end(&stuff);
	if (stream_error(stuff.out) == 0) { /* else the client did not get it */
		pop3->retrieved++;
		pop3->octets += body.total;
		maildrop_mark(&pop3->drop, number, MAILDROP_RETRIEVED);
	}
	body_release(&body);
}

/* The header and some lines of the body; it does not count as read. */
void
pop3_top(void *ctx, struct slice argument)
{
	struct pop3_session *pop3 = ctx;
	struct stuff stuff = { pop3->session->client, STUFF_ALL, false };
	size_t blank = slice_find(argument, ' ');
	uint32_t number = pop3_message(pop3, slice_head(argument, blank));
	struct slice rest = slice_trim(slice_skip(argument, blank));
	uint64_t lines;
	struct body body;

	if (number == 0)
		return;
	if (!num_parse(rest, STUFF_ALL - 1, &lines)) {
		stream_puts(stuff.out, ERR_NO_LINES);
		return;
	}
	if (!open_body(pop3, number, &body))
		return;
	stream_puts(stuff.out, "+OK\r\n");
	send_range(pop3, &body, &stuff, 0, body.header);
	stuff.lines = lines;
	send_range(pop3, &body, &stuff, body.header, body.total);
	stuff_end(&stuff);
	body_release(&body);
}
