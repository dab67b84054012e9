#include "cmd/imapd/commands.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/view.h"
#include "common/account/account_client_session.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/store/mailbox_watch.h"

#include <malloc.h>

#define IDLE_LINE_MAX 64 /* octets of the line that ends it */
#define IDLE_POLL 1000   /* ms between looks, when the kernel tells nothing */
#define IDLE_LOOKS 5     /* by ourselves, until something is heard again */

/* ms after what was heard was nothing: a lock that came and went, perhaps our
 * own. */
#define IDLE_DEAF 100

struct idling {
	int watch;      /* a descriptor, or -1: the kernel tells nothing */
	unsigned looks; /* since something was heard */
	int64_t look;   /* when to look though nothing is heard */
	int64_t deaf;   /* until when nothing is heard */
	int64_t alive;  /* when to say that we are */
};

/* After a look; one that could not be sure is followed by another. */
static void
plan_look(struct imap *im, struct idling *idling)
{
	int64_t again = im->mailbox ? mailbox_watch_again(im->mailbox) : 0;

	idling->look = CLOCK_NEVER;
	if (im->mailbox && idling->watch < 0)
		idling->look = clock_deadline(IDLE_POLL);
	else if (again && idling->looks++ < IDLE_LOOKS)
		idling->look = clock_deadline(again);
}

/* Sends what there is to say, and keeps nothing for the next time. */
static void
say(struct imap *im)
{
	conn_flush(&im->conn);
	imap_rest_compression(im);
	(void)malloc_trim(0); /* an optimisation */
}

static void
tell_changes(struct imap *im, struct idling *idling)
{
	if (idling->watch >= 0)
		mailbox_watch_drain(im->mailbox);
	view_sync(im, false);
	if (im->conn.out.len)
		say(im);
	else
		idling->deaf = clock_deadline(IDLE_DEAF);
	plan_look(im, idling);
}

/* Waits for the client, for what the kernel tells, and for what was planned. */
static int
wait_for_any(struct imap *im, const struct idling *idling)
{
	bool deaf = clock_left(idling->deaf) > 0;
	int64_t wake =
	    idling->look < idling->alive ? idling->look : idling->alive;

	if (deaf && idling->deaf < wake)
		wake = idling->deaf;
	return session_wait(im->service, deaf ? -1 : idling->watch, wake);
}

/* Tells what changes until the client says something. */
static void
wait_for_client(struct imap *im, int watch)
{
	const int64_t interval = im->service->settings->imap_idle_keepalive;
	struct idling idling = { .watch = watch,
		.alive = clock_deadline(interval) };

	plan_look(im, &idling);
	while (!im->conn.over && stream_error(im->conn.client) == 0) {
		int got = wait_for_any(im, &idling);

		if (got & STREAM_WAIT_WATCH)
			idling.looks = 0;
		if (im->mailbox &&
		    ((got & STREAM_WAIT_WATCH) || clock_left(idling.look) == 0))
			tell_changes(im, &idling);
		if (got & STREAM_WAIT_INPUT)
			return;
		if (clock_left(idling.alive) != 0)
			continue;
		str_append_cstr(&im->conn.out, "* OK Still here\r\n");
		say(im);
		idling.alive = clock_deadline(interval);
	}
}

void
imap_tell_scarce(struct imap *im)
{
	if (!im->scarcity_told && !account_tell_scarce(im->service->account))
		log_info(ACCOUNT_SCARCE_TEXT);
	im->scarcity_told = true;
}

static void
shrink(struct imap *im)
{
	imap_forget_body(im);
	store_rest(im->store);
	str_release(&im->conn.out);
	str_release(&im->conn.scratch);
	reader_shrink(&im->conn.reader);
	stream_shrink(im->conn.client);
	imap_rest_compression(im);
	(void)malloc_trim(0); /* an optimisation */
}

void
cmd_idle(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct reader *reader = &im->conn.reader;
	/* watched first: what comes after the sync must not be missed */
	int watch = im->mailbox ? mailbox_watch_fd(im->mailbox) : -1;

	(void)argument;
	if (im->mailbox && mailbox_watch_is_scarce(im->mailbox))
		imap_tell_scarce(im);
	str_append_cstr(&im->conn.out, "+ idling\r\n");
	view_sync(im, false);
	conn_flush(&im->conn);
	stream_set_deadline(im->conn.client, CLOCK_NEVER);
	if (stream_input(im->conn.client).len == 0) {
		shrink(im);
		if (im->notify)
			notify_wait(im, CLOCK_NEVER,
			    im->service->settings->imap_idle_keepalive);
		else
			wait_for_client(im, watch);
	}
	reader->deadline = clock_deadline(im->conn.timeout);
	if (stream_eof(im->conn.client) && !stream_input(im->conn.client).len)
		return; /* nobody is left to end it */
	if (reader_plain_line(reader, IDLE_LINE_MAX) != READER_COMMAND ||
	    !slice_is_nocase(str_slice(&reader->text), "DONE"))
		conn_bad(&im->conn, "Expected DONE");
}
