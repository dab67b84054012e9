#include "cmd/imapd/commands.h"
#include "cmd/imapd/feedback.h"
#include "cmd/imapd/progress.h"
#include "cmd/imapd/view.h"
#include "common/base/mem.h"
#include "common/store/mailbox_copy.h"

#include <errno.h>
#include <stdlib.h>

static const char usage[] = "A set of messages and a mailbox are needed";
static const char bad_set[] = "Invalid message set";
static const char no_such[] = "No such mailbox; it may be created";
static const char expunged[] = "Some of the messages no longer exist";

/* The messages of a COPY: what they are and what they become. */
struct copy {
	struct imap *im;
	uint32_t *seqs, *uids; /* of the selected mailbox */
	size_t count;
	bool *moved; /* MOVE: of each message */
	struct mailbox_copies made;
};

static void
collect(struct copy *copy, const struct seqset *set, bool uids)
{
	const struct mailbox *mb = copy->im->mailbox;
	size_t max = mailbox_count(mb);
	struct view_walk walk;
	uint32_t seq;

	copy->seqs = mem_alloc(mem_mul(max + 1, sizeof *copy->seqs));
	copy->uids = mem_alloc(mem_mul(max + 1, sizeof *copy->uids));
	view_walk(copy->im, set, uids, &walk);
	while (copy->count < max && view_next(&walk, &seq)) {
		copy->seqs[copy->count] = seq;
		copy->uids[copy->count++] = mailbox_message(mb, seq)->uid;
	}
}

static struct mailbox_seqs
messages_of(const struct copy *copy)
{
	return (struct mailbox_seqs){ copy->seqs, copy->count };
}

/* Will the copies fit into the quota?  What is moved is counted already, unless
 * it lies where nothing is. */
static bool
has_room(struct copy *copy, bool move)
{
	struct imap *im = copy->im;
	const char *ignored = im->service->settings->quota_ignore;

	if (!imap_has_quota(im) ||
	    (move && !slice_is(str_slice(&im->mailbox_name), ignored)))
		return true;
	return imap_has_room(im, str_slice(&im->name),
	    mailbox_octets(im->mailbox, messages_of(copy)), copy->count);
}

/* COPYUID (RFC 4315), into code_made; NULL when nothing was copied. */
static const char *
copyuid(struct copy *copy)
{
	struct str *code = &copy->im->conn.code_made;
	struct seqset from = { 0 }, to = { 0 };
	size_t i;

	if (copy->count == 0)
		return NULL;
	for (i = 0; i < copy->count; i++) {
		if (copy->moved && !copy->moved[i])
			continue;
		seqset_add(&from, copy->uids[i]);
		seqset_add(&to, copy->made.first_uid + (uint32_t)i);
	}
	str_appendf(code, "COPYUID %u ", copy->made.uidvalidity);
	seqset_print(&from, code);
	str_append_char(code, ' ');
	seqset_print(&to, code);
	seqset_release(&from);
	seqset_release(&to);
	return str_cstr(code);
}

static void
fail(struct imap *im, int rc, const struct err *err)
{
	if (rc == -ENOTDIR) /* mailbox_copy: there is no such folder */
		conn_no(&im->conn, "TRYCREATE", no_such);
	else if (rc == -ENOENT)
		conn_no(&im->conn, "EXPUNGEISSUED", expunged);
	else
		imap_fail(im, rc, err);
}

static void
copy(struct copy *copy)
{
	struct imap *im = copy->im;
	struct feedback feedback;
	struct err err = { 0, "" };
	int rc;

	feedback_begin(&feedback, im, str_slice(&im->name), messages_of(copy));
	rc = mailbox_copy(im->mailbox, messages_of(copy), str_slice(&im->name),
	    &copy->made, &err);
	feedback_end(&feedback, NULL, rc == 0);
	if (rc < 0)
		fail(im, rc, &err);
	else
		conn_ok(&im->conn, copyuid(copy), NULL);
}

/* What another session has taken before is told by EXPUNGE.  Who names uids
 * need not know of those that are gone, unless all of them are (RFC 3501
 * section 6.4.8). */
static void
reply_moved(struct copy *copy, const struct mailbox_moves *moves)
{
	bool all = moves->count == copy->count;
	bool uids = copy->im->conn.row->flags & IMAP_UID;

	if (!all && (moves->count == 0 || !uids))
		conn_no(&copy->im->conn, "EXPUNGEISSUED", expunged);
}

/* COPYUID comes before the EXPUNGEs, which the sync after the command tells;
 * what was moved is told so though others were not (RFC 6851 section 3.3). */
static void
move(struct copy *copy)
{
	struct imap *im = copy->im;
	struct mailbox_moves moves = { .count = 0 };
	struct feedback feedback;
	struct err err = { 0, "" };
	int rc;

	copy->moved = mem_zalloc(copy->count + 1, sizeof *copy->moved);
	moves.moved = copy->moved;
	feedback_begin(&feedback, im, str_slice(&im->name), messages_of(copy));
	rc = mailbox_move(
	    im->mailbox, messages_of(copy), str_slice(&im->name), &moves, &err);
	feedback_end(&feedback, copy->moved, moves.count > 0);
	copy->made = moves.copies;
	if (moves.count)
		str_appendf(
		    &im->conn.out, "* OK [%s] Moved\r\n", copyuid(copy));
	str_clear(&im->conn.code_made);
	if (rc < 0)
		fail(im, rc, &err);
	else
		reply_moved(copy, &moves);
}

static void
copy_or_move(struct copy *job, bool moving)
{
	struct progress progress;

	if (!has_room(job, moving))
		return;
	progress_follow(&progress, job->im, (uint32_t)job->count);
	if (moving)
		move(job);
	else
		copy(job);
	progress_unfollow(job->im);
}

static void
run(struct imap *im, struct slice argument, bool move)
{
	bool uids = im->conn.row->flags & IMAP_UID;
	struct copy copy = { .im = im };
	struct seqset set = { 0 };
	struct slice text;
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!args_sequence(&args, &text) || !args_space(&args))
		conn_bad(&im->conn, usage);
	else if (!imap_mailbox_argument(im, &args, &im->name, usage))
		(void)0; /* the reply is set */
	else if (!args_end(&args))
		conn_bad(&im->conn, usage);
	else if (!view_set(im, text, uids, &set))
		conn_bad(&im->conn, bad_set);
	else {
		collect(&copy, &set, uids);
		copy_or_move(&copy, move);
	}
	free(copy.seqs);
	free(copy.uids);
	free(copy.moved);
	seqset_release(&set);
}

void
cmd_copy(void *ctx, struct slice argument)
{
	run(ctx, argument, false);
}

void
cmd_move(void *ctx, struct slice argument)
{
	run(ctx, argument, true);
}
