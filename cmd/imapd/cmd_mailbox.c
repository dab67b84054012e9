#include "cmd/imapd/commands.h"
#include "cmd/imapd/list.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/view.h"

#include <errno.h>

/* The sequence number of the first unseen message, 0 when there is none. */
static uint32_t
first_unseen(const struct mailbox *mb)
{
	uint32_t seq, count = mailbox_count(mb);

	for (seq = 1; seq <= count; seq++)
		if (!(mailbox_message(mb, seq)->flags & FLAG_SEEN))
			return seq;
	return 0;
}

static void
tell_selected(struct imap *im, struct slice old)
{
	struct str *out = &im->conn.out;
	uint32_t unseen = im->conn.rev2 ? 0 : first_unseen(im->mailbox);

	view_tell_flags(im);
	view_tell_counts(im);
	if (unseen)
		str_appendf(
		    out, "* OK [UNSEEN %u] First unseen message\r\n", unseen);
	str_appendf(out, "* OK [UIDVALIDITY %u] UIDs valid\r\n",
	    mailbox_uidvalidity(im->mailbox));
	str_appendf(out, "* OK [UIDNEXT %u] Predicted next UID\r\n",
	    mailbox_uidnext(im->mailbox));
	if (im->conn.rev2)
		list_tell_one(im, str_slice(&im->name), old);
}

/* What comes before this was of the mailbox that is left (RFC 9051 section
 * 7.1). */
static void
leave(struct imap *im)
{
	if (im->mailbox)
		str_append_cstr(&im->conn.out,
		    "* OK [CLOSED] Previous mailbox is closed\r\n");
	imap_unselect(im);
}

/* Whatever comes of it, the mailbox selected before is left (6.3.1); but not
 * for a command that is no command. */
static void
open_mailbox(struct imap *im, struct slice argument, enum mailbox_mode mode)
{
	struct err err = { 0, "" };
	STR_AUTO old = STR_INIT;
	int rc;

	if (!imap_sole_mailbox(im, argument)) {
		if (im->conn.status != REPLY_BAD)
			leave(im);
		return;
	}
	leave(im);
	rc = mailbox_open(
	    im->store, str_slice(&im->name), mode, &im->mailbox, &err);
	if (rc == -ENOENT && imap_compose_name(im, &im->name, &old))
		rc = mailbox_open(
		    im->store, str_slice(&im->name), mode, &im->mailbox, &err);
	if (rc < 0) {
		imap_fail(im, rc, &err);
		return;
	}
	str_set(&im->mailbox_name, str_slice(&im->name));
	im->conn.state = ST_SELECTED;
	tell_selected(im, str_slice(&old));
	conn_ok(&im->conn,
	    mailbox_writable(im->mailbox) ? "READ-WRITE" : "READ-ONLY", NULL);
}

void
cmd_select(void *ctx, struct slice argument)
{
	open_mailbox(ctx, argument, MAILBOX_READ_WRITE);
}

void
cmd_examine(void *ctx, struct slice argument)
{
	open_mailbox(ctx, argument, MAILBOX_READ_ONLY);
}

void
cmd_unselect(void *ctx, struct slice argument)
{
	(void)argument;
	imap_unselect(ctx);
}
