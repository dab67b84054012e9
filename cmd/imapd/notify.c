#include "cmd/imapd/notify_state.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/view.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/mailbox_watch.h"

#define NOTIFY_REST 2000 /* ms of silence until memory is given back */
#define NOTIFY_LOOKS 5   /* at the selected mailbox, with nothing heard */

static const char usage[] = "NOTIFY takes NONE, or SET and groups of events";

void
notify_free(struct notify *notify)
{
	if (notify == NULL)
		return;
	notify_rules_release(&notify->rules);
	fetch_plan_release(&notify->plan);
	str_release(&notify->scratch);
	str_release(&notify->armed);
	store_watch_close(&notify->watch);
	notify_folders_free(notify->folders, notify->count);
	notify_notes_release(&notify->notes);
	free(notify);
}

/* ---- all of it ---- */

static bool
wants(const struct notify *notify, unsigned event)
{
	size_t i;

	for (i = 0; i < notify->rules.count; i++)
		if (notify->rules.groups[i].events & event)
			return true;
	return false;
}

/* A new descriptor for what is to be heard; without one we look. */
static void
arm(struct imap *im)
{
	struct notify *notify = im->notify;
	size_t i;
	int rc;

	store_watch_close(&notify->watch);
	notify->moved = false;
	notify->unheard = true;
	str_set(&notify->armed,
	    im->mailbox ? str_slice(&im->mailbox_name) : slice_from(""));
	rc = store_watch_open(im->store, &notify->watch);
	for (i = 0; rc == 0 && i < notify->count; i++) {
		const struct notify_folder *folder = &notify->folders[i];
		struct slice name = slice_from(folder->name);
		bool metadata = folder->events & NOTIFY_METADATA;

		if (folder->exists &&
		    (metadata || (folder->events & NOTIFY_MESSAGES) ||
			imap_is_selected(im, name)))
			rc = store_watch_add(
			    im->store, &notify->watch, name, metadata);
		if (rc == -ENOENT)
			rc = 0; /* gone since it was listed */
	}
	if (rc < 0 || notify->watch.by_signal)
		imap_tell_scarce(im);
	if (rc < 0)
		store_watch_close(&notify->watch);
}

/* From now on it is as after NOTIFY NONE (section 5.8). */
static void
overflow(struct imap *im)
{
	str_append_cstr(&im->conn.out,
	    "* OK [NOTIFICATIONOVERFLOW] Too many mailboxes to watch\r\n");
	notify_free(im->notify);
	im->notify = mem_zalloc(1, sizeof *im->notify);
	im->notify->watch = (struct store_watch)STORE_WATCH_INIT;
}

/* Folders came, went, or were subscribed to.  False when there are too many.
 */
static bool
look_at_list(struct imap *im, bool again)
{
	struct notify *notify = im->notify;
	struct store_look was = notify->look;

	store_look(im->store, &notify->look);
	notify->again = look_is_fresh(&notify->look.root) ||
			look_is_fresh(&notify->look.subscriptions);
	if (wants(notify, NOTIFY_STORE_METADATA) &&
	    look_differs(&was.metadata, &notify->look.metadata))
		notify_take_notes(im, slice_from(""), &notify->notes, false);
	if (!again && !look_differs(&was.root, &notify->look.root) &&
	    !look_differs(&was.subscriptions, &notify->look.subscriptions))
		return true;
	if (!notify_list(im)) {
		overflow(im);
		return false;
	}
	if (notify->moved)
		arm(im);
	return true;
}

/* Looks at everything but the selected mailbox, and tells what changed. */
static void
look(struct imap *im)
{
	struct notify *notify = im->notify;
	size_t i;

	store_watch_drain(&notify->watch);
	if (!look_at_list(im, notify->again))
		return;
	for (i = 0; i < notify->count; i++) {
		struct notify_folder *folder = &notify->folders[i];

		if (folder->exists &&
		    (folder->events & (NOTIFY_MESSAGES | NOTIFY_METADATA)))
			notify_look_at(im, folder);
	}
	if (notify->moved)
		arm(im);
}

/* When to look at the selected mailbox once more. */
static int64_t
selected_due(const struct imap *im)
{
	const struct notify_group *group = notify_selected(&im->notify->rules);
	int64_t again;

	if (im->mailbox == NULL || group == NULL || group->events == 0 ||
	    im->notify->looks >= NOTIFY_LOOKS)
		return CLOCK_NEVER;
	again = mailbox_watch_again(im->mailbox);
	return again ? clock_deadline(again) : CLOCK_NEVER;
}

/* When to look again though nobody says so: soon, if something could have
 * changed in the tick of its last change, or while nothing was to be heard. */
static void
set_due(struct imap *im)
{
	struct notify *notify = im->notify;
	bool soon = notify->again || notify->unheard;
	size_t i;

	for (i = 0; i < notify->count; i++)
		soon |= notify->folders[i].again &&
			(notify->folders[i].events & NOTIFY_MESSAGES);
	if (notify->rules.count == 0) /* nothing is to be looked at */
		notify->due = CLOCK_NEVER;
	else if (soon)
		notify->due = clock_deadline(NOTIFY_PAUSE);
	else if (notify->watch.fd < 0)
		notify->due = clock_deadline(NOTIFY_POLL);
	else
		notify->due = selected_due(im);
}

/* ---- the selected mailbox ---- */

bool
notify_may_sync(const struct imap *im)
{
	const struct notify_group *group;

	if (im->notify == NULL)
		return true;
	group = notify_selected(&im->notify->rules);
	return group && group->events;
}

bool
notify_mutes_flags(const struct imap *im)
{
	const struct notify_group *group;

	if (im->notify == NULL)
		return false;
	group = notify_selected(&im->notify->rules);
	return group && !(group->events & NOTIFY_FLAGS);
}

void
notify_tell_new(struct imap *im, uint32_t n)
{
	uint32_t seq, count = mailbox_count(im->mailbox);
	struct err err;

	if (im->notify == NULL || !im->notify->fetches || n > count)
		return;
	/* one that is gone again, or cannot be read, can be asked for */
	for (seq = count - n + 1; seq <= count; seq++)
		(void)fetch_message(im, &im->notify->plan, seq, &err);
	if (im->body.mapped == 0)
		imap_forget_body(im);
}

/* Between commands EXPUNGE is told to who did not ask for a delay: he names
 * messages by uid (section 3.1). */
static void
sync_selected(struct imap *im, bool idle)
{
	const struct notify_group *group = notify_selected(&im->notify->rules);

	if (im->mailbox == NULL || group == NULL || group->events == 0)
		return;
	view_sync(im, !idle && group->filter == NOTIFY_SELECTED_DELAYED);
}

/* ---- waiting ---- */

static void
tell_all(struct imap *im, bool idle)
{
	if (im->notify->rules.count == 0)
		return;
	im->notify->unheard = false;
	im->notify->looks++;
	sync_selected(im, idle);
	look(im);
	set_due(im);
	if (im->conn.out.len) {
		conn_flush(&im->conn);
		imap_rest_compression(im);
	}
}

/* Was another mailbox selected since the descriptor was made? */
static bool
is_armed(const struct imap *im)
{
	return slice_equal(str_slice(&im->notify->armed),
	    im->mailbox ? str_slice(&im->mailbox_name) : slice_from(""));
}

static int64_t
earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void
notify_wait(struct imap *im, int64_t deadline, int64_t keep_alive)
{
	int64_t alive = keep_alive ? clock_deadline(keep_alive) : CLOCK_NEVER;
	int64_t rested = CLOCK_PAST, shrink = clock_deadline(NOTIFY_REST);
	int got = 0;

	if (im->notify == NULL ||
	    (im->notify->rules.count == 0 && keep_alive == 0))
		return;
	if (im->notify->rules.count && !is_armed(im))
		arm(im);
	set_due(im);
	stream_set_deadline(im->conn.client, CLOCK_NEVER);
	while (!im->conn.over && stream_error(im->conn.client) == 0 &&
	       clock_left(deadline) != 0 && !(got & STREAM_WAIT_INPUT)) {
		bool paused = clock_left(rested) != 0;
		int64_t wake = paused ? rested : im->notify->due;

		got = session_wait(im->service,
		    paused ? -1 : im->notify->watch.fd,
		    earliest(
			earliest(deadline, shrink), earliest(alive, wake)));
		if (clock_left(shrink) == 0) {
			conn_shrink(&im->conn);
			shrink = CLOCK_NEVER;
		}
		if (!paused && clock_left(im->notify->due) == 0) {
			tell_all(im, keep_alive != 0);
			rested = clock_deadline(NOTIFY_PAUSE);
			shrink = clock_deadline(NOTIFY_REST);
		} else if (got & STREAM_WAIT_WATCH) { /* more follows, likely */
			rested = clock_deadline(NOTIFY_SETTLE);
			im->notify->due = rested;
			im->notify->looks = 0;
		}
		if (clock_left(alive) == 0) {
			str_append_cstr(&im->conn.out, "* OK Still here\r\n");
			conn_flush(&im->conn);
			imap_rest_compression(im);
			alive = clock_deadline(keep_alive);
		}
	}
}

/* Something to be heard, or is it time? */
static bool
is_time(const struct notify *notify)
{
	struct pollfd p = { .fd = notify->watch.fd, .events = POLLIN };

	if (clock_left(notify->due) == 0)
		return true;
	return notify->watch.fd >= 0 && poll(&p, 1, 0) > 0;
}

void
notify_tell(struct imap *im)
{
	if (im->notify == NULL || im->notify->rules.count == 0 ||
	    !is_time(im->notify))
		return;
	look(im);
	set_due(im);
}

/* ---- the command ---- */

/* NULL, or what is wrong with the items of MessageNew. */
static const char *
plan_fetch(struct notify *notify)
{
	const char *wrong;
	struct args args;

	if (notify->rules.fetch.len == 0)
		return NULL;
	args_init(&args, str_slice(&notify->rules.fetch), &notify->scratch);
	wrong = fetch_parse(&args, &notify->plan);
	notify->fetches = wrong == NULL;
	notify->plan.uids = true;
	return wrong;
}

static void
tell_every_status(struct imap *im)
{
	struct notify *notify = im->notify;
	size_t i;

	for (i = 0; i < notify->count; i++) {
		struct notify_folder *folder = &notify->folders[i];

		if (folder->exists && (folder->events & NOTIFY_MESSAGES) &&
		    !imap_is_selected(im, slice_from(folder->name)))
			notify_tell_status(im, folder);
	}
}

/* From now on the rules hold. */
static void
start(struct imap *im, struct notify *notify)
{
	struct notify *old = im->notify;

	im->notify = NULL;
	if (notify->rules.count)
		view_sync(im, false); /* as NOOP would (section 3.1) */
	im->notify = notify;
	store_look(im->store, &notify->look);
	if (notify->rules.count && !notify_list(im)) {
		im->notify = old; /* which goes on */
		notify_free(notify);
		conn_no(&im->conn, "NOTIFICATIONOVERFLOW",
		    "Too many mailboxes to watch");
		return;
	}
	notify_free(old);
	if (notify->rules.count == 0)
		return;
	if (wants(notify, NOTIFY_STORE_METADATA))
		notify_take_notes(im, slice_from(""), &notify->notes, true);
	arm(im);
	if (notify->rules.status)
		tell_every_status(im);
	set_due(im);
}

static void
refuse(struct imap *im, enum notify_mistake wrong)
{
	struct str *code = &im->conn.code_made;

	if (wrong == NOTIFY_BADNAME) {
		conn_no(&im->conn, "CANNOT", "Not a name for a mailbox");
	} else if (wrong == NOTIFY_BADEVENT) {
		str_append_cstr(code, "BADEVENT (");
		notify_put_events(code);
		str_append_char(code, ')');
		conn_no(&im->conn, str_cstr(code), "No such event here");
	} else {
		conn_bad(&im->conn, usage);
	}
}

void
cmd_notify(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct notify *notify = mem_zalloc(1, sizeof *notify);
	enum notify_mistake wrong = NOTIFY_BAD;
	struct slice word;
	struct args args;

	notify->watch = (struct store_watch)STORE_WATCH_INIT;
	conn_args(&im->conn, argument, &args);
	if (args_atom(&args, &word)) {
		if (slice_is_nocase(word, "SET"))
			wrong = notify_parse(&args, &notify->rules);
		else if (slice_is_nocase(word, "NONE") && args_end(&args))
			wrong = NOTIFY_GOOD;
	}
	if (wrong == NOTIFY_GOOD && plan_fetch(notify))
		wrong = NOTIFY_BAD;
	if (wrong == NOTIFY_GOOD) {
		start(im, notify);
		return;
	}
	notify_free(notify);
	refuse(im, wrong);
}
