#include "cmd/imapd/notify_state.h"

#include "cmd/imapd/response.h"

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
	if (((folder->events & NOTIFY_FLAGS) ||
		(im->enabled & ENABLED_CONDSTORE)) &&
	    status->highest_modseq)
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
	if (!folder->known && (folder->fresh ? now.messages == 0 : !moved)) {
		folder->status = now; /* what the client knows or assumes */
	} else if (is_news(folder, &now, moved)) {
		folder->status = now;
		tell_status(im, folder);
	}
	folder->status = now;
	folder->known = true;
	folder->fresh = false;
}

/* Directories that were replaced are not those that are watched. */
static bool
is_replaced(const struct folder_look *was, const struct folder_look *now)
{
	return was->dir.ino != now->dir.ino ||
	       was->new_dir.ino != now->new_dir.ino ||
	       was->cur_dir.ino != now->cur_dir.ino;
}

void
notify_look_at(struct imap *im, struct notify_folder *folder)
{
	struct slice name = slice_from(folder->name);
	struct folder_look was = folder->look;
	bool again = folder->again, moved;

	folder_look(im->store, name, &folder->look);
	if (folder->look.dir.ino == 0)
		return; /* the list will say so */
	im->notify->moved |= is_replaced(&was, &folder->look);
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

void
notify_tell_status(struct imap *im, struct notify_folder *folder)
{
	count_messages(im, folder, true);
}
