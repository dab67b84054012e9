#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/store/mailbox_message.h"
#include "common/store/maildir.h"
#include "common/store/view_index.h"
#include "common/store/view_lock.h"
#include "common/store/view_removal.h"

#define LOOKUPS 4 /* of a file that others keep renaming */

static int
no_message(struct err *err)
{
	return err_set(err, ENOENT, "the message is gone");
}

int
view_with_file(struct mailbox *mb, uint32_t seq, view_work *work, void *ctx,
    struct err *err)
{
	struct record *record = view_record(mb, seq);
	int rc, tries;

	if (record == NULL)
		return no_message(err);
	for (tries = 0; tries < LOOKUPS; tries++) {
		if (record->state & RECORD_GONE)
			return no_message(err);
		rc = work(mb, record, ctx);
		if (rc >= 0)
			return rc;
		if (rc != -ENOENT)
			return tree_error(mb->store, err, -rc, mb->folder.path,
			    view_name(mb, record));
		rc = view_refresh(mb, tries > 0, err);
		if (rc < 0)
			return rc;
	}
	return no_message(err);
}

/* Nothing is to be done, if the file has the name that we know: another session
 * may have changed what we would leave as it is. */
static int
still_there(struct mailbox *mb, const struct record *record)
{
	struct stat st;

	return fstatat(view_dir(mb, record), view_name(mb, record), &st,
		   AT_SYMLINK_NOFOLLOW) < 0
		   ? -errno
		   : 0;
}

/* The flags and keywords that the change makes of the message's. */
static void
apply(const struct flags_change *change, struct message *message)
{
	const uint32_t known = (1U << MAILBOX_KEYWORDS_MAX) - 1;
	uint8_t flags = change->flags & (uint8_t)~FLAG_RECENT;
	uint32_t keywords = change->keywords & known;

	switch (change->op) {
	case FLAGS_ADD:
		message->flags |= flags;
		message->keywords |= keywords;
		break;
	case FLAGS_REMOVE:
		message->flags &= (uint8_t)~flags;
		message->keywords &= ~keywords;
		break;
	case FLAGS_REPLACE:
		message->flags = flags | (message->flags & FLAG_RECENT);
		message->keywords = keywords;
		break;
	}
}

/* What another session has just changed is newer than all that is told. */
static bool
is_newer(const struct record *record, uint64_t since)
{
	return record->message.modseq > since ||
	       (since != FLAGS_WHATEVER && (record->state & RECORD_CHANGED));
}

bool
mailbox_is_told(struct mailbox *mb, uint32_t seq)
{
	const struct record *record = view_record(mb, seq);

	return record && !(record->state & (RECORD_CHANGED | RECORD_GONE));
}

static int
change_flags(struct mailbox *mb, struct record *record, void *ctx)
{
	const struct flags_change *change = ctx;
	struct message *message = &record->message, wanted = *message;
	struct slice old = slice_from(view_name(mb, record));
	STR_AUTO name = STR_INIT;
	int rc;

	if (is_newer(record, change->unchanged_since))
		return -EBUSY;
	apply(change, &wanted);
	if (wanted.flags == message->flags &&
	    wanted.keywords == message->keywords)
		return still_there(mb, record);
	maildir_put_flags(
	    old, wanted.flags & (uint8_t)~FLAG_RECENT, wanted.keywords, &name);
	view_index_before(mb, CHANGE_WAIT_MS);
	rc = tree_rename(
	    view_dir(mb, record), old.ptr, mb->folder.cur_dir, name.ptr);
	if (rc < 0)
		return rc;
	view_rename(mb, record, str_slice(&name));
	*message = wanted;
	view_index_changed(mb, message->uid);
	return 0;
}

int
mailbox_set_flags(struct mailbox *mb, uint32_t seq,
    const struct flags_change *change, struct err *err)
{
	struct flags_change copy = *change; /* a view_work's is not const */
	int rc;

	if (!mb->writable)
		return err_set(err, EROFS, "the mailbox is open read-only");
	rc = view_with_file(mb, seq, change_flags, &copy, err);
	view_index_settle(mb);
	return rc;
}

uint64_t
view_octets(const struct mailbox *mb, const struct record *record)
{
	const char *name = view_name(mb, record);
	uint64_t octets = 0;
	struct stat st;

	if (!maildir_get_size(slice_from(name), 'S', &octets) &&
	    fstatat(view_dir(mb, record), name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		octets = (uint64_t)st.st_size;
	return octets;
}

void
view_note_removed(
    struct mailbox *mb, struct record *record, struct removal *removal)
{
	removal->messages++;
	removal->from_new |= (record->state & RECORD_IN_NEW) != 0;
	removal->from_cur |= (record->state & RECORD_IN_NEW) == 0;
	record->state |= RECORD_GONE;
	record->name = 0; /* the next look keeps no name of it */
	view_index_changed(mb, record->message.uid);
}

struct expunge {
	enum expunge_mode mode;
	int64_t wait_ms; /* for the folder's lock */
	struct removal removal;
};

static int
remove_file(struct mailbox *mb, struct record *record, void *ctx)
{
	struct expunge *expunge = ctx;
	int64_t octets;

	/* looked at again each time that the file was found anew */
	if (expunge->mode == EXPUNGE_DELETED &&
	    !(record->message.flags & FLAG_DELETED))
		return 0;
	octets = (int64_t)view_octets(mb, record);
	view_index_before(mb, expunge->wait_ms);
	if (unlinkat(view_dir(mb, record), view_name(mb, record), 0) < 0)
		return -errno;
	expunge->removal.octets += octets;
	view_note_removed(mb, record, &expunge->removal);
	return 0;
}

static int
sync_removal(struct mailbox *mb, const struct removal *removal, struct err *err)
{
	int rc = 0;

	if (removal->from_cur)
		rc = tree_sync(mb->store, mb->folder.cur_dir);
	if (rc == 0 && removal->from_new)
		rc = tree_sync(mb->store, mb->folder.new_dir);
	return rc < 0 ? tree_error(mb->store, err, -rc, mb->folder.path, "")
		      : 0;
}

/* Tells when the message came that is the first now, when it was not before:
 * uids were to be removed. */
static void
tell_first(struct mailbox *mb, const uint32_t *uids, size_t n)
{
	uint32_t seq = 1;
	time_t saved = 0;
	size_t i;

	if (mb->store->config.first == NULL || n == 0 || mb->count == 0)
		return;
	for (i = 0; i < n && seq <= mb->count; i++)
		if (uids[i] == mailbox_message(mb, seq)->uid)
			seq++;
	if (seq == 1)
		return;
	while (seq <= mb->count &&
	       mailbox_message_save_date(mb, seq, &saved, NULL) < 0)
		seq++; /* gone as well */
	tree_tell_first(mb->store, &mb->folder,
	    seq <= mb->count ? (int64_t)saved : 0, false);
}

int
view_end_removal(struct mailbox *mb, const struct removal *removal,
    const uint32_t *uids, size_t n, struct err *err)
{
	if (removal->messages)
		tell_first(mb, uids, n);
	return sync_removal(mb, removal, err);
}

int
mailbox_expunge(struct mailbox *mb, enum expunge_mode mode,
    const uint32_t *uids, size_t n, struct err *err)
{
	const struct store_config *config = &mb->store->config;
	struct expunge expunge = { .mode = mode, .wait_ms = CHANGE_WAIT_MS };
	const struct removal *removal = &expunge.removal;
	struct err ignored;
	size_t i;
	int rc = 0, end;

	if (!mb->writable)
		return err_set(err, EROFS, "the mailbox is open read-only");
	if (mode == EXPUNGE_SOLE)
		expunge.wait_ms = REPLACE_WAIT_MS;
	mailbox_batch(mb, true);
	for (i = 0; rc == 0 && i < n; i++) {
		uint32_t seq = mailbox_seq_of(mb, uids[i], NULL);

		if (mb->changing == 0) /* nobody waits for the client then */
			view_progress(mb, i);
		rc = seq ? view_with_file(mb, seq, remove_file, &expunge, err)
			 : no_message(err);
		if (rc == -ENOENT && mode != EXPUNGE_SOLE)
			rc = 0;
		view_index_settle(mb);
	}
	if (removal->messages)
		view_unlist(mb, expunge.wait_ms);
	mailbox_batch(mb, false);
	if (removal->messages && config->quota && !mb->folder.ignored_by_quota)
		config->quota(
		    config->quota_ctx, -removal->octets, -removal->messages);
	end = view_end_removal(mb, removal, uids, n, rc < 0 ? &ignored : err);
	return rc < 0 ? rc : end;
}
