#include "cmd/imapd/notify_state.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/view.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"

#define NOTIFY_REST 2000 /* ms of silence until memory is given back */

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
	fileio_close(&notify->fd);
	notify_folders_free(notify->folders, notify->count);
	notify_notes_release(&notify->notes);
	free(notify);
}

/* ---- what a folder looks like ---- */

/* "* STATUS name (...)" (sections 5.1 to 5.3). */
static void
tell_status(struct imap *im, const struct notify_folder *folder)
{
	const struct mailbox_status *status = &folder->status;
	struct str *out = &im->conn.out;

	str_append_cstr(out, "* STATUS ");
	response_mailbox(out, slice_from(folder->name), conn_names(&im->conn));
	str_appendf(out, " (MESSAGES %llu UIDNEXT %llu UIDVALIDITY %llu",
	    (unsigned long long)status->messages,
	    (unsigned long long)status->uidnext,
	    (unsigned long long)status->uidvalidity);
	if (folder->events & NOTIFY_FLAGS)
		str_appendf(
		    out, " UNSEEN %llu", (unsigned long long)status->unseen);
	if ((folder->events & NOTIFY_FLAGS) && status->highest_modseq)
		str_appendf(out, " HIGHESTMODSEQ %llu",
		    (unsigned long long)status->highest_modseq);
	str_append_cstr(out, ")\r\n");
	conn_drain(&im->conn);
}

/* Is there a difference that the client wants to hear of?  Flags may differ
 * where no number does. */
static bool
is_news(const struct notify_folder *folder, const struct mailbox_status *now,
    bool moved)
{
	const struct mailbox_status *old = &folder->status;

	if (!folder->known || now->messages != old->messages ||
	    now->uidnext != old->uidnext ||
	    now->uidvalidity != old->uidvalidity)
		return true;
	if (!(folder->events & NOTIFY_FLAGS))
		return false;
	if (now->highest_modseq || old->highest_modseq)
		return now->highest_modseq != old->highest_modseq;
	return moved || now->unseen != old->unseen;
}

/* Something happened in the folder, or could have. */
static void
count_messages(struct imap *im, struct notify_folder *folder, bool moved)
{
	struct mailbox_status now;
	struct err err;

	if (mailbox_status(
		im->store, slice_from(folder->name), false, &now, &err) < 0)
		return; /* at the next change, or it is gone */
	if (!folder->known && !moved) {
		folder->status = now;
		folder->known = true;
		return;
	}
	if (is_news(folder, &now, moved)) {
		folder->status = now;
		tell_status(im, folder);
	}
	folder->status = now;
	folder->known = true;
}

static void
look_at(struct imap *im, struct notify_folder *folder)
{
	struct slice name = slice_from(folder->name);
	struct folder_look was = folder->look;
	bool again = folder->again, moved;

	folder_look(im->store, name, &folder->look);
	if (folder->look.dir.ino == 0)
		return; /* the list will say so */
	moved = look_differs(&was.new_dir, &folder->look.new_dir) ||
		look_differs(&was.cur_dir, &folder->look.cur_dir);
	folder->again = look_is_fresh(&folder->look.new_dir) ||
			look_is_fresh(&folder->look.cur_dir);
	if (imap_is_selected(im, name))
		folder->known = false; /* the client knows more than we */
	else if ((folder->events & NOTIFY_MESSAGES) && (moved || again))
		count_messages(im, folder, moved);
	if ((folder->events & NOTIFY_METADATA) &&
	    look_differs(&was.metadata, &folder->look.metadata))
		notify_take_notes(im, name, &folder->notes, false);
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
	int rc = 0;

	fileio_close(&notify->fd);
	str_set(&notify->armed,
	    im->mailbox ? str_slice(&im->mailbox_name) : slice_from(""));
	notify->fd = store_watch_open(im->store);
	for (i = 0; notify->fd >= 0 && rc == 0 && i < notify->count; i++) {
		const struct notify_folder *folder = &notify->folders[i];
		struct slice name = slice_from(folder->name);
		bool metadata = folder->events & NOTIFY_METADATA;

		if (folder->exists &&
		    (metadata || (folder->events & NOTIFY_MESSAGES) ||
			imap_is_selected(im, name)))
			rc = store_watch_add(
			    im->store, notify->fd, name, metadata);
		if (rc == -ENOENT)
			rc = 0; /* gone since it was listed */
	}
	if (rc < 0)
		fileio_close(&notify->fd);
	if (notify->fd < 0)
		notify->fd = -1;
}

/* From now on it is as after NOTIFY NONE (section 5.8). */
static void
overflow(struct imap *im)
{
	str_append_cstr(&im->conn.out,
	    "* OK [NOTIFICATIONOVERFLOW] Too many mailboxes to watch\r\n");
	notify_free(im->notify);
	im->notify = mem_zalloc(1, sizeof *im->notify);
	im->notify->fd = -1;
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
	arm(im);
	return true;
}

/* Looks at everything but the selected mailbox, and tells what changed. */
static void
look(struct imap *im)
{
	struct notify *notify = im->notify;
	size_t i;

	store_watch_drain(notify->fd);
	if (!look_at_list(im, notify->again))
		return;
	for (i = 0; i < notify->count; i++) {
		struct notify_folder *folder = &notify->folders[i];

		if (folder->exists &&
		    (folder->events & (NOTIFY_MESSAGES | NOTIFY_METADATA)))
			look_at(im, folder);
	}
}

/* When to look again though nobody says so: soon, if something could have
 * changed in the tick of its last change. */
static void
set_due(struct notify *notify)
{
	bool soon = notify->again;
	size_t i;

	for (i = 0; i < notify->count; i++)
		soon |= notify->folders[i].again;
	notify->due = notify->fd >= 0 && !soon ? CLOCK_NEVER
		      : soon                   ? clock_deadline(NOTIFY_PAUSE)
					       : clock_deadline(NOTIFY_POLL);
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
	sync_selected(im, idle);
	look(im);
	set_due(im->notify);
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

	if (im->notify == NULL || im->notify->rules.count == 0)
		return;
	if (!is_armed(im))
		arm(im);
	set_due(im->notify);
	stream_set_deadline(im->conn.client, CLOCK_NEVER);
	while (!im->conn.over && stream_error(im->conn.client) == 0 &&
	       clock_left(deadline) != 0 && !(got & STREAM_WAIT_INPUT)) {
		bool paused = clock_left(rested) != 0;
		int64_t wake = paused ? rested : im->notify->due;

		got = session_wait(im->service, paused ? -1 : im->notify->fd,
		    earliest(
			earliest(deadline, shrink), earliest(alive, wake)));
		if (clock_left(shrink) == 0) {
			conn_shrink(&im->conn);
			shrink = CLOCK_NEVER;
		}
		if ((got & STREAM_WAIT_WATCH) ||
		    (!paused && clock_left(im->notify->due) == 0)) {
			tell_all(im, keep_alive != 0);
			rested = clock_deadline(NOTIFY_PAUSE);
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
	struct pollfd p = { .fd = notify->fd, .events = POLLIN };

	if (clock_left(notify->due) == 0)
		return true;
	return notify->fd >= 0 && poll(&p, 1, 0) > 0;
}

void
notify_tell(struct imap *im)
{
	if (im->notify == NULL || im->notify->rules.count == 0 ||
	    !is_time(im->notify))
		return;
	look(im);
	set_due(im->notify);
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
			count_messages(im, folder, true);
	}
}

/* From now on the rules hold. */
static void
start(struct imap *im, struct notify *notify)
{
	notify_free(im->notify);
	im->notify = notify;
	if (notify->rules.count == 0)
		return;
	store_look(im->store, &notify->look);
	if (!notify_list(im)) {
		notify_rules_release(&notify->rules);
		conn_no(&im->conn, "LIMIT", "Too many mailboxes to watch");
		return;
	}
	if (wants(notify, NOTIFY_STORE_METADATA))
		notify_take_notes(im, slice_from(""), &notify->notes, true);
	arm(im);
	if (notify->rules.status)
		tell_every_status(im);
	set_due(notify);
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

	notify->fd = -1;
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
