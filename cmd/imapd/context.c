#include "cmd/imapd/context.h"

#include <stdlib.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/response.h"
#include "common/base/mem.h"

static void
release(struct context *context)
{
	str_release(&context->tag);
	str_release(&context->text);
	str_release(&context->scratch);
	search_release(&context->program);
	fetch_plan_release(&context->plan);
	str_release(&context->fetch_scratch);
	seqset_release(&context->members);
}

void
context_forget(struct imap *im)
{
	struct contexts *all = im->contexts;

	if (all == NULL)
		return;
	while (all->count > 0)
		release(&all->list[--all->count]);
	seqset_release(&all->touched);
	free(all);
	im->contexts = NULL;
}

static struct context *
find(const struct imap *im, struct slice tag)
{
	size_t i;

	for (i = 0; im->contexts && i < im->contexts->count; i++)
		if (slice_equal(str_slice(&im->contexts->list[i].tag), tag))
			return &im->contexts->list[i];
	return NULL;
}

bool
context_is_known(const struct imap *im, struct slice tag)
{
	return find(im, tag) != NULL;
}

/* ---- keeping ---- */

/* Can it be told what matches from the messages that change alone?  Not by
 * numbers that shift, another search's result, or the time that passes; nor by
 * modification sequences, which each change changes. */
static bool
is_lasting(const struct search_program *program)
{
	size_t i;

	for (i = 0; i < program->count; i++)
		switch (program->nodes[i].op) {
		case OP_SEQ:
		case OP_SAVED:
		case OP_MODSEQ:
		case OP_YOUNGER:
		case OP_OLDER:
			return false;
		default: /* all that a message says of itself */
			break;
		}
	return true;
}

/* RFC 5267 section 4.3.1: the command is done all the same. */
static void
refuse(struct imap *im, const char *why)
{
	struct str *out = &im->conn.out;

	str_append_cstr(out, "* NO [NOUPDATE ");
	response_string(out, str_slice(&im->conn.tag));
	str_appendf(out, "] %s\r\n", why);
}

static void
take_members(
    struct imap *im, const struct seqset *found, struct seqset *members)
{
	uint32_t seq;
	size_t i;

	for (i = 0; i < found->count; i++)
		for (seq = found->ranges[i].first; seq <= found->ranges[i].last;
		     seq++)
			seqset_add(
			    members, mailbox_message(im->mailbox, seq)->uid);
}

const char *
context_check(const struct search_program *program)
{
	struct fetch_plan plan = { .items = 0 };
	STR_AUTO scratch = STR_INIT;
	const char *wrong = NULL;
	struct args args;

	if (program->items.len) {
		args_init(&args, program->items, &scratch);
		wrong = fetch_parse(&args, &plan);
	}
	fetch_plan_release(&plan);
	return wrong;
}

/* The items behind UPDATE, which were checked. */
static void
take_items(struct context *context)
{
	struct args args;

	context->fetches = context->program.items.len > 0;
	if (!context->fetches)
		return;
	args_init(&args, context->program.items, &context->fetch_scratch);
	(void)fetch_parse(&args, &context->plan);
	context->plan.uids = context->uids;
}

void
context_add(struct imap *im, struct slice text,
    const struct search_program *program, const struct seqset *found)
{
	struct contexts *all = im->contexts;
	struct context *context;
	struct args args;
	bool charset;

	if (all == NULL)
		all = im->contexts = mem_zalloc(1, sizeof *all);
	if (all->count == CONTEXTS_MAX || !is_lasting(program)) {
		refuse(im, all->count == CONTEXTS_MAX
			       ? "Too many searches are kept"
			       : "Such a search cannot be kept");
		return;
	}
	context = &all->list[all->count++];
	*context = (struct context){ .uids = im->conn.row->flags & IMAP_UID };
	str_set(&context->tag, str_slice(&im->conn.tag));
	str_set(&context->text, text);
	args_init(&args, str_slice(&context->text), &context->scratch);
	/* the same text as a moment ago: it is as good as it was */
	(void)search_parse(&args, &context->program, &charset);
	(void)search_bind(&context->program, im);
	take_items(context);
	take_members(im, found, &context->members);
}

/* ---- telling ---- */

/* "* ESEARCH (TAG "a") UID ADDTO (0 3:5)": in a SEARCH's result nothing has a
 * place (section 4.3.2). */
static void
tell(struct imap *im, const struct context *context, const char *what,
    const struct seqset *numbers)
{
	struct str *out = &im->conn.out;

	if (numbers->count == 0)
		return;
	str_append_cstr(out, "* ESEARCH (TAG ");
	response_string(out, str_slice(&context->tag));
	str_appendf(out, ")%s %s (0 ", context->uids ? " UID" : "", what);
	seqset_print(numbers, out);
	str_append_cstr(out, ")\r\n");
	conn_drain(&im->conn);
}

void
context_touch(struct imap *im, uint32_t seq)
{
	uint32_t uid;

	if (im->contexts == NULL)
		return;
	uid = mailbox_message(im->mailbox, seq)->uid;
	seqset_add_range(&im->contexts->touched, uid, uid);
}

void
context_tell_expunged(struct imap *im, const struct mailbox_changes *changes)
{
	size_t c, i;

	if (im->contexts == NULL || changes->nexpunged == 0)
		return;
	for (c = 0; c < im->contexts->count; c++) {
		struct context *context = &im->contexts->list[c];
		struct seqset gone = { NULL, 0, 0, false };

		for (i = changes->nexpunged; i > 0; i--) {
			uint32_t uid = changes->expunged_uids[i - 1];

			if (seqset_has(&context->members, uid))
				seqset_add(&gone,
				    context->uids ? uid
						  : changes->expunged[i - 1]);
		}
		tell(im, context, "REMOVEFROM", &gone);
		seqset_release(&gone);
	}
}

/* The messages that may match otherwise than before. */
static void
collect(struct imap *im, const struct mailbox_changes *changes,
    struct seqset *dirty)
{
	struct seqset *touched = &im->contexts->touched;
	uint32_t seq, uid, count = mailbox_count(im->mailbox);
	size_t i;

	for (i = 0; i < touched->count; i++)
		seqset_add_range(
		    dirty, touched->ranges[i].first, touched->ranges[i].last);
	seqset_release(touched);
	for (i = 0; i < changes->nchanged; i++)
		seqset_add_range(
		    dirty, changes->changed[i], changes->changed[i]);
	for (seq = count - changes->appeared + 1; seq <= count; seq++) {
		uid = mailbox_message(im->mailbox, seq)->uid;
		seqset_add_range(dirty, uid, uid);
	}
	seqset_resolve(dirty, UINT32_MAX);
}

/* What UPDATE wants to know of those that came into the mailbox just now and
 * match (RFC 5465 section 7). */
static void
fetch_new(struct imap *im, const struct context *context,
    const struct seqset *now, uint32_t appeared)
{
	uint32_t count = mailbox_count(im->mailbox), seq;
	struct err err;

	if (!context->fetches)
		return;
	for (seq = count - appeared + 1; seq <= count; seq++)
		if (seqset_has(now, mailbox_message(im->mailbox, seq)->uid))
			/* one that is gone or unreadable can be asked for */
			(void)fetch_message(im, &context->plan, seq, &err);
}

static void
update(struct imap *im, struct context *context, const struct seqset *dirty,
    uint32_t appeared)
{
	struct seqset now = { NULL, 0, 0, false };
	struct seqset added = { NULL, 0, 0, false };
	struct seqset removed = { NULL, 0, 0, false };
	uint32_t seq, count = mailbox_count(im->mailbox);

	(void)search_bind(&context->program, im); /* keywords may be new */
	for (seq = 1; seq <= count; seq++) {
		uint32_t uid = mailbox_message(im->mailbox, seq)->uid;
		bool was = seqset_has(&context->members, uid), is = was;

		if (seqset_has(dirty, uid))
			is = search_matches(&context->program, im, seq);
		if (is)
			seqset_add(&now, uid);
		if (is != was)
			seqset_add(
			    is ? &added : &removed, context->uids ? uid : seq);
	}
	tell(im, context, "REMOVEFROM", &removed);
	fetch_new(im, context, &now, appeared);
	tell(im, context, "ADDTO", &added);
	seqset_release(&added);
	seqset_release(&removed);
	seqset_release(&context->members);
	context->members = now;
}

void
context_update(struct imap *im, const struct mailbox_changes *changes)
{
	struct seqset dirty = { NULL, 0, 0, false };
	size_t i;

	if (im->contexts == NULL)
		return;
	collect(im, changes, &dirty);
	if (dirty.count || changes->nexpunged)
		for (i = 0; i < im->contexts->count; i++)
			update(im, &im->contexts->list[i], &dirty,
			    changes->appeared);
	seqset_release(&dirty);
	if (im->body.mapped == 0)
		imap_forget_body(im);
}

/* ---- CANCELUPDATE (section 4.3.4) ---- */

static void
cancel(struct imap *im, struct slice tag)
{
	struct context *context = find(im, tag);

	if (context == NULL) {
		conn_no(&im->conn, "CLIENTBUG", "No such search is kept");
		return;
	}
	release(context);
	*context = im->contexts->list[--im->contexts->count];
}

void
cmd_cancelupdate(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct slice tags[CONTEXTS_MAX];
	size_t i, n = 0;
	struct args args;

	conn_args(&im->conn, argument, &args);
	do {
		if (n == CONTEXTS_MAX || !args_string(&args, &tags[n++]))
			(void)args_fail(&args); /* told below */
	} while (args_peek(&args) == ' ' && args_space(&args));
	if (!args_end(&args)) {
		conn_bad(&im->conn, "CANCELUPDATE takes tags in quotes");
		return;
	}
	for (i = 0; i < n; i++)
		cancel(im, tags[i]);
}
