#include "cmd/imapd/store.h"

#include <errno.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/context.h"
#include "cmd/imapd/condstore.h"
#include "cmd/imapd/progress.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/view.h"

#define STORE_TOGETHER 500 /* messages changed in one go */

static const char usage[] =
    "A set of messages, FLAGS, +FLAGS or -FLAGS, and flags are needed";
static const char bad_set[] = "Invalid message set";
static const char expunged[] = "Some of the messages no longer exist";
static const char too_many[] = "Too many keywords in this mailbox";

static bool
add_keyword(struct flag_list *list, struct slice name)
{
	if (list->nkeywords == FLAG_KEYWORDS_MAX ||
	    name.len > FLAG_KEYWORD_LENGTH)
		return false;
	list->keywords[list->nkeywords++] = name;
	return true;
}

static bool
add_flag(struct flag_list *list, struct slice name)
{
	uint8_t flag = response_flag_of(name);

	if (flag == 0 && name.ptr[0] != '\\')
		return add_keyword(list, name);
	list->flags |= flag;
	return flag != 0 && flag != FLAG_RECENT;
}

bool
flag_list_parse(struct args *args, bool bare, struct flag_list *ret_list)
{
	struct slice name;
	bool first = true, list = args_peek(args) == '(';

	*ret_list = (struct flag_list){ 0 };
	if (!list && !bare)
		return args_fail(args);
	if (list)
		(void)args_open(args); /* sticks */
	while (list ? args_more(args, first)
		    : args->rest.len > 0 && (first || args_space(args))) {
		first = false;
		if (!args_flag(args, &name) || !add_flag(ret_list, name))
			return args_fail(args);
	}
	return !args->bad && (list || !first);
}

int
flag_list_keywords(struct mailbox *mb, const struct flag_list *list, bool make,
    uint32_t *ret_bits, struct err *err)
{
	size_t i;
	int index, rc = 0;

	*ret_bits = 0;
	for (i = 0; i < list->nkeywords; i++) {
		if (make)
			index =
			    mailbox_keyword_make(mb, list->keywords[i], err);
		else
			index = mailbox_keyword_find(mb, list->keywords[i]);
		if (index >= 0)
			*ret_bits |= 1u << index;
		else if (make && index != -ENOSPC)
			return index;
		else if (make)
			rc = index;
	}
	return rc;
}

struct change {
	struct flags_change flags;
	bool silent;
	bool conditional; /* UNCHANGEDSINCE was given */
	struct flag_list list;
	struct seqset modified; /* whom the condition has spared */
	bool some_gone;
};

static const struct {
	const char *name;
	enum flags_op op;
	bool silent;
} operations[] = {
	/* clang-format off */
	{ "FLAGS",         FLAGS_REPLACE, false },
	{ "FLAGS.SILENT",  FLAGS_REPLACE, true },
	{ "+FLAGS",        FLAGS_ADD,     false },
	{ "+FLAGS.SILENT", FLAGS_ADD,     true },
	{ "-FLAGS",        FLAGS_REMOVE,  false },
	{ "-FLAGS.SILENT", FLAGS_REMOVE,  true },
	/* clang-format on */
};

/* "(UNCHANGEDSINCE" SP modseq ")" SP, which may come first (RFC 7162 section
 * 3.1.3). */
static bool
parse_condition(struct args *args, struct change *change)
{
	struct slice name;

	if (args_peek(args) != '(')
		return true;
	change->conditional = true;
	return args_open(args) && args_atom(args, &name) &&
	       slice_is_nocase(name, "UNCHANGEDSINCE") && args_space(args) &&
	       condstore_parse(args, &change->flags.unchanged_since) &&
	       !args_more(args, false) && args_space(args);
}

static bool
parse_change(struct args *args, struct change *change)
{
	size_t i, n = sizeof operations / sizeof operations[0];
	struct slice name;

	if (!args_atom(args, &name))
		return false;
	for (i = 0; i < n; i++)
		if (slice_is_nocase(name, operations[i].name))
			break;
	if (i == n)
		return args_fail(args);
	change->flags.op = operations[i].op;
	change->silent = operations[i].silent;
	return args_space(args) && flag_list_parse(args, true, &change->list) &&
	       args_end(args);
}

/* What is to be told of a message that was looked at. */
enum outcome {
	OUTCOME_NOTHING,
	OUTCOME_CHANGED,
	OUTCOME_SPARED /* its state, once more */
};

/* One message; 0 or -errno, when all is over. */
static int
store_one(struct imap *im, struct change *change, uint32_t seq,
    enum outcome *ret_outcome, struct err *err)
{
	bool uids = im->conn.row->flags & IMAP_UID;
	uint32_t uid = mailbox_message(im->mailbox, seq)->uid;
	int rc = mailbox_set_flags(im->mailbox, seq, &change->flags, err);

	*ret_outcome = rc == 0 ? OUTCOME_CHANGED : OUTCOME_NOTHING;
	if (rc == -ENOENT)
		change->some_gone = true;
	if (rc == -EBUSY || (rc == -ENOENT && change->conditional)) {
		seqset_add(&change->modified, uids ? uid : seq);
		if (rc == -EBUSY && mailbox_is_told(im->mailbox, seq))
			*ret_outcome = OUTCOME_SPARED;
		return 0;
	}
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	context_touch(im, seq);
	return 0;
}

/* Messages that are changed before any of them is told: their modification
 * sequence comes when all have been noted, and others who want to change the
 * mailbox wait for that, which may not mean for the client. */
struct together {
	struct {
		uint32_t seq;
		bool whole; /* flags too, and not its modseq alone */
	} list[STORE_TOGETHER];
	size_t n;
};

static void
tell(struct imap *im, const struct together *told)
{
	bool uids = im->conn.row->flags & IMAP_UID;
	size_t i;

	for (i = 0; i < told->n; i++)
		if (told->list[i].whole)
			view_tell_message(im, told->list[i].seq, uids);
		else
			view_tell_modseq(im, told->list[i].seq, uids);
}

/* The next ones; *ret_more: there may be others.  0 or -errno. */
static int
store_some(struct imap *im, struct change *change, struct view_walk *walk,
    bool *ret_more, struct err *err)
{
	struct together told = { .n = 0 };
	enum outcome outcome;
	uint32_t seq;
	int rc = 0;

	mailbox_batch(im->mailbox, true);
	while (rc == 0 && told.n < STORE_TOGETHER &&
	       (*ret_more = view_next(walk, &seq))) {
		rc = store_one(im, change, seq, &outcome, err);
		if (outcome == OUTCOME_NOTHING)
			continue;
		told.list[told.n].seq = seq;
		told.list[told.n++].whole =
		    outcome == OUTCOME_SPARED || !change->silent;
	}
	mailbox_batch(im->mailbox, false);
	tell(im, &told);
	return rc;
}

/* Whom the condition has spared, and who is gone; what else was to be done has
 * been done. */
static void
reply(struct imap *im, const struct change *change)
{
	struct str *code = &im->conn.code_made;

	if (change->modified.count) {
		str_set(code, slice_from("MODIFIED "));
		seqset_print(&change->modified, code);
	}
	if (change->some_gone)
		conn_no(&im->conn, code->len ? str_cstr(code) : "EXPUNGEISSUED",
		    expunged);
	else if (code->len)
		conn_ok(&im->conn, str_cstr(code), "Some were changed before");
}

static void
store_set(struct imap *im, struct change *change, const struct seqset *set)
{
	struct err err = { 0, "" };
	struct progress progress;
	struct view_walk walk;
	bool more = true;
	int rc = 0;

	progress_begin(&progress, &im->conn, mailbox_count(im->mailbox));
	view_walk(im, set, im->conn.row->flags & IMAP_UID, &walk);
	while (rc == 0 && more) {
		rc = store_some(im, change, &walk, &more, &err);
		if (walk.seq)
			progress_tell(&progress, walk.seq - 1);
	}
	if (rc < 0)
		imap_fail(im, rc, &err);
	else
		reply(im, change);
	seqset_release(&change->modified);
}

static void
store_flags(struct imap *im, struct change *change, const struct seqset *set)
{
	struct err err = { 0, "" };
	bool make = change->flags.op != FLAGS_REMOVE;
	int rc = flag_list_keywords(
	    im->mailbox, &change->list, make, &change->flags.keywords, &err);

	change->flags.flags = change->list.flags;
	if (rc == -ENOSPC) {
		conn_no(&im->conn, "LIMIT", too_many);
		return;
	}
	if (rc < 0) {
		imap_fail(im, rc, &err);
		return;
	}
	if (make && change->list.nkeywords)
		view_tell_new_keywords(im);
	store_set(im, change, set);
}

void
cmd_store(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct change change = { .flags.unchanged_since = FLAGS_WHATEVER };
	struct seqset set = { 0 };
	struct slice text;
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!args_sequence(&args, &text) || !args_space(&args) ||
	    !parse_condition(&args, &change) || !parse_change(&args, &change))
		conn_bad(&im->conn, usage);
	else if (!view_set(im, text, im->conn.row->flags & IMAP_UID, &set))
		conn_bad(&im->conn, bad_set);
	else if (!change.conditional || condstore_need(im))
		store_flags(im, &change, &set);
	seqset_release(&set);
}
