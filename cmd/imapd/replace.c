#include "cmd/imapd/append.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/view.h"
#include "common/base/log.h"
#include "common/store/mailbox_copy.h"
#include "common/store/mailbox_message.h"
#include "common/store/replacing.h"

#include <errno.h>

static const char usage[] =
    "A message, a mailbox and another message are needed";
static const char no_message[] = "No such message";

/* The number, or "*", at the start; its sequence number, or 0 with the reply
 * set. */
static uint32_t
find_message(struct imap *im, struct slice *argument, bool uids)
{
	size_t len = slice_find(*argument, ' ');
	struct slice text = slice_head(*argument, len);
	struct seqset set = { 0 };
	struct view_walk walk;
	uint32_t seq = 0;
	bool good;

	*argument = slice_skip(*argument, len + 1);
	good = slice_find(text, ':') == len && slice_find(text, ',') == len &&
	       !slice_is(text, "$") && view_set(im, text, uids, &set);
	if (good) {
		view_walk(im, &set, uids, &walk);
		if (!view_next(&walk, &seq))
			conn_no(&im->conn, "NONEXISTENT", no_message);
	} else {
		conn_bad(&im->conn, usage);
	}
	seqset_release(&set);
	return seq;
}

/* What the quota has back when the message goes. */
static uint64_t
octets_of(struct imap *im, uint32_t seq)
{
	const char *ignored = im->service->settings->quota_ignore;
	struct mailbox_seqs one = { &seq, 1 };

	if (slice_is(str_slice(&im->mailbox_name), ignored))
		return 0;
	return mailbox_octets(im->mailbox, one);
}

/* Is the old message where it was? */
static bool
is_there(struct imap *im, uint32_t uid)
{
	struct err ignored;
	uint32_t seq = mailbox_seq_of(im->mailbox, uid, NULL);
	time_t date;

	return mailbox_message_save_date(im->mailbox, seq, &date, &ignored) !=
	       -ENOENT;
}

/* Removes the old message, when the new one is there.  False: it was removed by
 * another session, or is there yet, and the reply is set. */
static bool
remove_old(struct imap *im, uint32_t old)
{
	struct err err = { 0, "" };
	int rc = mailbox_expunge(im->mailbox, EXPUNGE_SOLE, &old, 1, &err);

	if (rc == -ENOENT) {
		conn_no(&im->conn, "EXPUNGEISSUED", no_message);
		return false;
	}
	if (rc < 0 && is_there(im, old)) {
		imap_fail(im, rc, &err);
		return false;
	}
	if (rc < 0) /* a crash may bring it back */
		log_error("%s: %s", im->conn.row->verb, err.text);
	return true;
}

/* The new message is there before the old one goes, and goes again only when
 * that one does not. */
static void
exchange(struct append *append, uint32_t old)
{
	struct imap *im = append->im;
	struct incoming_uids uids;
	struct err ignored;

	if (append_deliver(append, &uids) < 0)
		return;
	if (!remove_old(im, old)) {
		(void)incoming_withdraw(append->list[0].in, &ignored);
		return;
	}
	str_appendf(&im->conn.out,
	    "* OK [APPENDUID %u %u] Replacement is ready\r\n", uids.uidvalidity,
	    uids.first);
}

/* Whatever happens, one of both messages is there, and who looks next sees only
 * one of them (RFC 8508 section 3.3). */
static void
replace(struct append *append, uint32_t old)
{
	struct imap *im = append->im;
	struct replacing replacing;
	struct err err = { 0, "" };
	int rc;

	if (append->count != 1) {
		conn_bad(&im->conn, usage);
		return;
	}
	rc = replacing_begin(&replacing, im->mailbox,
	    mailbox_seq_of(im->mailbox, old, NULL), str_slice(&im->name), &err);
	if (rc == -ENOENT) {
		conn_no(&im->conn, "EXPUNGEISSUED", no_message);
		return;
	}
	if (rc < 0) {
		imap_fail(im, rc, &err);
		return;
	}
	append->name = str_slice(&replacing.name);
	exchange(append, old);
	replacing_end(&replacing);
}

void
cmd_replace(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct append append = { .im = im };
	bool uids = im->conn.row->flags & IMAP_UID;
	uint32_t seq = find_message(im, &argument, uids), uid;

	if (seq == 0)
		return;
	uid = mailbox_message(im->mailbox, seq)->uid;
	if (append_open(&append, argument)) {
		append.freed = octets_of(im, seq);
		if (append_take(&append))
			replace(&append, uid);
	}
	append_release(&append);
}
