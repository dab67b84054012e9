#include "cmd/imapd/commands.h"
#include "cmd/imapd/condstore.h"
#include "cmd/imapd/progress.h"
#include "cmd/imapd/view.h"
#include "common/base/mem.h"

#include <stdlib.h>

static const char usage[] = "A set of UIDs is needed";

struct uids {
	uint32_t *list;
	size_t count, cap;
};

static void
add_deleted(const struct mailbox *mb, uint32_t seq, struct uids *uids)
{
	const struct message *m = mailbox_message(mb, seq);

	if (!(m->flags & FLAG_DELETED))
		return;
	uids->list = mem_grow(
	    uids->list, &uids->cap, uids->count + 1, sizeof *uids->list);
	uids->list[uids->count++] = m->uid;
}

/* What is \Deleted, of the set when there is one. */
static void
find_deleted(struct imap *im, const struct seqset *set, struct uids *uids)
{
	struct view_walk walk;
	uint32_t seq, count = mailbox_count(im->mailbox);

	if (set) {
		view_walk(im, set, true, &walk);
		while (view_next(&walk, &seq))
			add_deleted(im->mailbox, seq, uids);
	} else {
		for (seq = 1; seq <= count; seq++)
			add_deleted(im->mailbox, seq, uids);
	}
}

/* Removes them; the sync after the command tells of it.  False, and the reply
 * is set, when that failed. */
static bool
expunge(struct imap *im, const struct uids *uids)
{
	struct err err = { 0, "" };
	struct progress progress;
	int rc = 0;

	progress_follow(&progress, im, (uint32_t)uids->count);
	if (uids->count)
		rc = mailbox_expunge(im->mailbox, EXPUNGE_DELETED, uids->list,
		    uids->count, &err);
	progress_unfollow(im);
	if (rc < 0)
		imap_fail(im, rc, &err);
	return rc == 0;
}

static void
expunge_set(struct imap *im, const struct seqset *set)
{
	struct uids uids = { NULL, 0, 0 };

	find_deleted(im, set, &uids);
	(void)expunge(im, &uids); /* the reply is set */
	free(uids.list);
}

void
cmd_expunge(void *ctx, struct slice argument)
{
	(void)argument;
	expunge_set(ctx, NULL);
}

void
cmd_uid_expunge(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct seqset set = { 0 };
	struct slice text;
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!args_sequence(&args, &text) || !args_end(&args) ||
	    !view_set(im, text, true, &set))
		conn_bad(&im->conn, usage);
	else
		expunge_set(im, &set);
	seqset_release(&set);
}

/* Was nothing changed but that these are gone?  CLOSE tells nobody of what has
 * gone (RFC 3501 section 6.4.2), and HIGHESTMODSEQ says that all was told. */
static bool
is_all_known(struct imap *im, const struct uids *uids)
{
	struct mailbox_changes changes = { 0 };
	struct err err;
	bool known;

	if (mailbox_sync(im->mailbox, false, &changes, &err) < 0)
		return false;
	known = changes.nexpunged == uids->count && changes.nchanged == 0 &&
		changes.appeared == 0 && !changes.keywords;
	mailbox_changes_release(&changes);
	return known;
}

/* For who follows modification sequences what others have changed is told
 * first, as later there is no mailbox to tell it of. */
static void
close_expunging(struct imap *im)
{
	bool follows = im->enabled & ENABLED_QRESYNC;
	struct uids uids = { NULL, 0, 0 };

	if (follows)
		view_sync(im, true);
	find_deleted(im, NULL, &uids);
	if (expunge(im, &uids) && follows && uids.count &&
	    is_all_known(im, &uids))
		conn_ok(&im->conn, condstore_code(im), NULL);
	free(uids.list);
}

void
cmd_close(void *ctx, struct slice argument)
{
	struct imap *im = ctx;

	(void)argument;
	if (mailbox_writable(im->mailbox))
		close_expunging(im);
	imap_unselect(im);
}
