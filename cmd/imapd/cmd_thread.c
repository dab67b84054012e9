#include <errno.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/message_header.h"
#include "cmd/imapd/message_texts.h"
#include "cmd/imapd/progress.h"
#include "cmd/imapd/search.h"
#include "cmd/imapd/thread.h"

static const char usage[] = "Unknown or malformed thread";

/* The algorithms' names, and the fields that each looks at. */
static const struct {
	const char *name;
	unsigned fields;
} algorithms[THREAD_ALGORITHMS] = {
#define IDS                                                                    \
	(1 << FIELD_MESSAGE_ID | 1 << FIELD_REFERENCES | 1 << FIELD_IN_REPLY_TO)
	/* clang-format off */
	[THREAD_ORDEREDSUBJECT] = { "ORDEREDSUBJECT", 1 << FIELD_DATE | 1 << FIELD_SUBJECT },
	[THREAD_REFERENCES]     = { "REFERENCES", 1 << FIELD_DATE | 1 << FIELD_SUBJECT | IDS },
	[THREAD_REFS]           = { "REFS", 1 << FIELD_DATE | IDS },
	/* clang-format on */
};

/* THREAD and UID THREAD (RFC 5256 section 3). */
struct threading {
	struct imap *im;
	struct search_program program;
	struct thread thread;
	bool uids;
};

/* Adds a message, unless it is gone; one that cannot be read has no fields. */
static void
add(struct threading *t, uint32_t seq)
{
	struct message_fields fields = { .bodies = { { NULL, 0 } } };
	struct thread_facts facts;
	struct slice header;
	struct err err;
	int rc = message_text_fields(t->im, seq, &header, &err);

	if (rc == -ENOENT)
		return;
	if (rc == 0)
		message_fields_find(
		    header, algorithms[t->thread.algorithm].fields, &fields);
	facts.sent = message_sent(t->im, seq, &fields);
	facts.subject = fields.bodies[FIELD_SUBJECT];
	facts.message_id = fields.bodies[FIELD_MESSAGE_ID];
	facts.references = fields.bodies[FIELD_REFERENCES];
	facts.in_reply_to = fields.bodies[FIELD_IN_REPLY_TO];
	if (t->uids)
		seq = mailbox_message(t->im->mailbox, seq)->uid;
	thread_add(&t->thread, seq, &facts);
}

static void
drain(void *ctx)
{
	conn_drain(ctx);
}

static void
run(struct threading *t)
{
	struct conn *conn = &t->im->conn;
	uint32_t seq, count = mailbox_count(t->im->mailbox);
	struct progress progress;

	progress_begin(&progress, conn, count);
	for (seq = 1; seq <= count; seq++) {
		progress_tell(&progress, seq - 1);
		if (search_matches(&t->program, t->im, seq))
			add(t, seq);
	}
	thread_finish(&t->thread);
	str_append_cstr(&conn->out, "* THREAD");
	if (t->thread.roots_count)
		str_append_char(&conn->out, ' ');
	thread_print(&t->thread, &conn->out, drain, conn);
	str_append_cstr(&conn->out, "\r\n");
	if (t->im->body.mapped == 0)
		imap_forget_body(t->im);
}

/* What is wrong, or NULL. */
static const char *
parse(struct threading *t, struct slice argument, bool *ret_charset)
{
	struct args args;
	struct slice name;
	unsigned i;

	*ret_charset = false;
	conn_args(&t->im->conn, argument, &args);
	if (!args_name(&args, false, &name) || !args_space(&args))
		return usage;
	for (i = 0; i < THREAD_ALGORITHMS; i++)
		if (slice_is_nocase(name, algorithms[i].name))
			break;
	if (i == THREAD_ALGORITHMS)
		return usage;
	t->thread.algorithm = (enum thread_algorithm)i;
	return search_parse_keys(&args, &t->program, ret_charset);
}

void
cmd_thread(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct threading t = { .im = im,
		.uids = im->conn.row->flags & IMAP_UID };
	bool charset;
	const char *wrong = parse(&t, argument, &charset);

	if (charset)
		conn_no(&im->conn, "BADCHARSET (UTF-8 US-ASCII)", wrong);
	else if (wrong)
		conn_bad(&im->conn, wrong);
	else if (search_bind(&t.program, im))
		run(&t);
	search_release(&t.program);
	thread_release(&t.thread);
}
