#include "cmd/imapd/commands.h"
#include "cmd/imapd/condstore.h"
#include "cmd/imapd/list.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/resync.h"
#include "cmd/imapd/view.h"
#include "common/store/mailbox_message.h"

#include <errno.h>

static const char usage[] =
    "A mailbox name, and perhaps parameters, are needed";

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

/* UNSEEN is a sequence number, which not all clients know. */
static void
tell_unseen(struct imap *im)
{
	uint32_t unseen;

	if (im->conn.rev2 || (im->enabled & ENABLED_UIDONLY))
		return;
	unseen = first_unseen(im->mailbox);
	if (unseen)
		str_appendf(&im->conn.out,
		    "* OK [UNSEEN %u] First unseen message\r\n", unseen);
}

static void
tell_selected(struct imap *im, struct slice old)
{
	struct str *out = &im->conn.out;

	view_tell_flags(im);
	view_tell_counts(im);
	tell_unseen(im);
	str_appendf(out, "* OK [UIDVALIDITY %u] UIDs valid\r\n",
	    mailbox_uidvalidity(im->mailbox));
	str_appendf(out, "* OK [UIDNEXT %u] Predicted next UID\r\n",
	    mailbox_uidnext(im->mailbox));
	condstore_tell_highest(im);
	str_append_cstr(out, "* OK [MAILBOXID (");
	mailbox_id(im->mailbox, out);
	str_append_cstr(out, ")] Its name for ever\r\n");
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

/* The name, into im->name, and the parameters; else false, and the reply is
 * set. */
static bool
parse(struct imap *im, struct slice argument, struct select_wanted *wanted)
{
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!imap_mailbox_argument(im, &args, &im->name, usage))
		return false;
	if (!select_parse(&args, wanted) ||
	    (wanted->qresync && !(im->enabled & ENABLED_QRESYNC))) {
		conn_bad(&im->conn, usage);
		return false;
	}
	if (wanted->point.pairs_given && (im->enabled & ENABLED_UIDONLY)) {
		imap_need_uids(im);
		return false;
	}
	return true;
}

/* A client that cannot be told what it has missed must not believe that this
 * was all. */
static void
resync(struct imap *im, const struct select_wanted *wanted)
{
	struct err err = { 0, "" };
	int rc;

	if (!wanted->qresync)
		return;
	rc = resync_tell(im, &wanted->point, &err);
	if (rc < 0) {
		imap_fail(im, rc, &err);
		imap_unselect(im);
	}
}

/* Whatever comes of it, the mailbox selected before is left (6.3.1). */
static void
open_mailbox(
    struct imap *im, const struct select_wanted *wanted, enum mailbox_mode mode)
{
	struct err err = { 0, "" };
	STR_AUTO old = STR_INIT;
	int rc;

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
	if (wanted->condstore)
		im->enabled |= ENABLED_CONDSTORE;
	tell_selected(im, str_slice(&old));
	conn_ok(&im->conn,
	    mailbox_writable(im->mailbox) ? "READ-WRITE" : "READ-ONLY", NULL);
	resync(im, wanted);
}

/* A command that is no command leaves nothing. */
static void
run(struct imap *im, struct slice argument, enum mailbox_mode mode)
{
	struct select_wanted wanted = { .condstore = false };

	if (parse(im, argument, &wanted))
		open_mailbox(im, &wanted, mode);
	else if (im->conn.status != REPLY_BAD)
		leave(im);
	select_release(&wanted);
}

void
cmd_select(void *ctx, struct slice argument)
{
	run(ctx, argument, MAILBOX_READ_WRITE);
}

void
cmd_examine(void *ctx, struct slice argument)
{
	run(ctx, argument, MAILBOX_READ_ONLY);
}

void
cmd_unselect(void *ctx, struct slice argument)
{
	(void)argument;
	imap_unselect(ctx);
}
