#include "cmd/imapd/commands.h"
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

/* Removes what is \Deleted, of the set when there is one.  The sync after the
 * command tells of it. */
static int
expunge(struct imap *im, const struct seqset *set, struct err *err)
{
	struct uids uids = { NULL, 0, 0 };
	struct view_walk walk;
	uint32_t seq, count = mailbox_count(im->mailbox);
	int rc = 0;

	if (set) {
		view_walk(im, set, true, &walk);
		while (view_next(&walk, &seq))
			add_deleted(im->mailbox, seq, &uids);
	} else {
		for (seq = 1; seq <= count; seq++)
			add_deleted(im->mailbox, seq, &uids);
	}
	if (uids.count)
		rc = mailbox_expunge(
		    im->mailbox, EXPUNGE_DELETED, uids.list, uids.count, err);
	free(uids.list);
	return rc;
}

static void
expunge_and_reply(struct imap *im, const struct seqset *set)
{
	struct err err = { 0, "" };
	int rc = expunge(im, set, &err);

	if (rc < 0)
		imap_fail(im, rc, &err);
}

void
cmd_expunge(void *ctx, struct slice argument)
{
	(void)argument;
	expunge_and_reply(ctx, NULL);
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
		expunge_and_reply(im, &set);
	seqset_release(&set);
}

void
cmd_close(void *ctx, struct slice argument)
{
	struct imap *im = ctx;

	(void)argument;
	if (mailbox_writable(im->mailbox))
		expunge_and_reply(im, NULL);
	imap_unselect(im);
}
