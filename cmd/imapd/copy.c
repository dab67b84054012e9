#include "cmd/imapd/commands.h"
#include "cmd/imapd/view.h"
#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define COPY_CHUNK (1u << 30) /* octets that one call is asked to copy */

static const char usage[] = "A set of messages and a mailbox are needed";
static const char bad_set[] = "Invalid message set";
static const char no_such[] = "No such mailbox; it may be created";
static const char expunged[] = "Some of the messages no longer exist";

/* A copy as it goes on: the uids of both sides, in order. */
struct copy {
	struct imap *im;
	struct mailbox *target; /* for its keywords */
	bool target_own;        /* ours to free */
	uint32_t *from, *to;
	size_t count, from_cap, to_cap;
	uint32_t uidvalidity;
};

static void
note(struct copy *copy, uint32_t from, uint32_t to)
{
	size_t need = copy->count + 1;

	copy->from =
	    mem_grow(copy->from, &copy->from_cap, need, sizeof *copy->from);
	copy->to = mem_grow(copy->to, &copy->to_cap, need, sizeof *copy->to);
	copy->from[copy->count] = from;
	copy->to[copy->count++] = to;
}

static int
copy_octets(int from, int to, struct err *err)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, COPY_CHUNK);
	while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? err_sys(err, errno, "copying a message") : 0;
}

/* The target's bits for the keywords of a message of the selected mailbox. */
static int
map_keywords(
    struct copy *copy, uint32_t keywords, uint32_t *ret_bits, struct err *err)
{
	const char *name;
	unsigned i;
	int index;

	*ret_bits = 0;
	for (i = 0; i < MAILBOX_KEYWORDS_MAX && keywords >> i; i++) {
		if (!(keywords >> i & 1))
			continue;
		name = mailbox_keyword(copy->im->mailbox, i);
		if (name == NULL)
			continue;
		index =
		    mailbox_keyword_make(copy->target, slice_from(name), err);
		if (index == -ENOSPC)
			continue; /* a copy without it is better than none */
		if (index < 0)
			return index;
		*ret_bits |= 1u << index;
	}
	return 0;
}

static int
deliver(struct copy *copy, uint32_t seq, struct incoming *in, struct err *err)
{
	struct imap *im = copy->im;
	const struct message *m = mailbox_message(im->mailbox, seq);
	struct incoming_target target = {
		.store = im->store,
		.folder = str_slice(&im->name),
		.flags = m->flags & (uint8_t)~FLAG_RECENT,
		.want_uid = true,
	};
	uint32_t uid = 0;
	time_t date;
	int rc = mailbox_message_date(im->mailbox, seq, &date, err);

	if (rc == 0)
		rc = map_keywords(copy, m->keywords, &target.keywords, err);
	if (rc < 0)
		return rc;
	target.date = date;
	rc = incoming_deliver(in, &target, &uid, &copy->uidvalidity, err);
	if (rc == 0)
		note(copy, m->uid, uid);
	return rc;
}

static int
copy_message(struct copy *copy, uint32_t seq, struct err *err)
{
	struct incoming *in = NULL;
	FD_AUTO fd = mailbox_message_open(copy->im->mailbox, seq, err);
	int rc = fd;

	if (rc >= 0)
		rc = incoming_open(copy->im->store, &in, err);
	if (rc >= 0)
		rc = copy_octets(fd, incoming_fd(in), err);
	if (rc >= 0)
		rc = deliver(copy, seq, in, err);
	if (in)
		incoming_free(in);
	return rc;
}

/* The target, for its keywords; the selected mailbox may be it. */
static int
open_target(struct copy *copy, struct err *err)
{
	struct imap *im = copy->im;

	if (imap_is_selected(im, str_slice(&im->name)) &&
	    mailbox_writable(im->mailbox)) {
		copy->target = im->mailbox;
		return 0;
	}
	copy->target_own = true;
	return mailbox_open(im->store, str_slice(&im->name), MAILBOX_READ_WRITE,
	    &copy->target, err);
}

/* Octets of the set, when the copy will count for the quota. */
static bool
has_room(struct imap *im, const struct seqset *set, bool uids)
{
	uint64_t size, total = 0;
	struct view_walk walk;
	struct err err;
	uint32_t seq;

	if (im->service->user->quota_limit == 0)
		return true;
	view_walk(im, set, uids, &walk);
	while (view_next(&walk, &seq))
		if (mailbox_message_file_size(im->mailbox, seq, &size, &err) ==
		    0)
			total += size;
	return imap_has_room(im, str_slice(&im->name), total);
}

/* Removes what was copied before a failure.  By a view of its own: the
 * target's was taken before the copies were there. */
static void
undo(struct copy *copy)
{
	struct mailbox *mb;
	struct err err = { 0, "" };
	int rc = mailbox_open(copy->im->store, str_slice(&copy->im->name),
	    MAILBOX_READ_WRITE, &mb, &err);

	if (rc == 0) {
		rc = mailbox_expunge(mb, copy->to, copy->count, &err);
		mailbox_free(mb);
	}
	if (rc < 0)
		log_error("half a copy stays in %s: %s",
		    str_cstr(&copy->im->name), err.text);
}

/* Copies them all, or none: what was copied before a failure is removed. */
static int
copy_set(
    struct copy *copy, const struct seqset *set, bool uids, struct err *err)
{
	struct view_walk walk;
	uint32_t seq;
	int rc = open_target(copy, err);

	if (rc < 0)
		return rc == -ENOENT ? -ENOTDIR : rc;
	view_walk(copy->im, set, uids, &walk);
	while (rc == 0 && view_next(&walk, &seq))
		rc = copy_message(copy, seq, err);
	if (rc < 0 && copy->count)
		undo(copy);
	return rc;
}

static void
print_uids(const uint32_t *uids, size_t n, struct str *out)
{
	struct seqset set = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		seqset_add(&set, uids[i]);
	seqset_print(&set, out);
	seqset_release(&set);
}

/* COPYUID (RFC 4315), into code_made. */
static const char *
copyuid(struct copy *copy)
{
	struct str *code = &copy->im->conn.code_made;

	if (copy->count == 0)
		return NULL;
	str_appendf(code, "COPYUID %u ", copy->uidvalidity);
	print_uids(copy->from, copy->count, code);
	str_append_char(code, ' ');
	print_uids(copy->to, copy->count, code);
	return str_cstr(code);
}

static void
fail(struct imap *im, int rc, const struct err *err)
{
	if (rc == -ENOTDIR) /* open_target: there is no such mailbox */
		conn_no(&im->conn, "TRYCREATE", no_such);
	else if (rc == -ENOENT)
		conn_no(&im->conn, "EXPUNGEISSUED", expunged);
	else
		imap_fail(im, rc, err);
}

/* The second half of MOVE: COPYUID comes before the EXPUNGEs (RFC 6851). */
static void
remove_moved(struct copy *copy)
{
	struct imap *im = copy->im;
	const char *code = copyuid(copy);
	struct err err = { 0, "" };
	int rc;

	if (code == NULL)
		return;
	str_appendf(&im->conn.out, "* OK [%s] Moved\r\n", code);
	rc = mailbox_expunge(im->mailbox, copy->from, copy->count, &err);
	if (rc < 0)
		imap_fail(im, rc, &err);
}

static void
copy_or_move(struct imap *im, const struct seqset *set, bool uids, bool move)
{
	struct copy copy = { .im = im };
	struct err err = { 0, "" };
	int rc;

	if (!has_room(im, set, uids))
		return;
	rc = copy_set(&copy, set, uids, &err);
	if (rc < 0)
		fail(im, rc, &err);
	else if (move)
		remove_moved(&copy);
	else
		conn_ok(&im->conn, copyuid(&copy), NULL);
	if (copy.target_own)
		mailbox_free(copy.target);
	free(copy.from);
	free(copy.to);
}

static void
run(struct imap *im, struct slice argument, bool move)
{
	bool uids = im->conn.row->flags & IMAP_UID;
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
	else
		copy_or_move(im, &set, uids, move);
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
