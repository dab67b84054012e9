#include "cmd/imapd/fetch.h"

#include <errno.h>

#include "cmd/imapd/bodystructure.h"
#include "cmd/imapd/commands.h"
#include "cmd/imapd/envelope.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/view.h"
#include "common/base/log.h"
#include "common/store/mailbox_message.h"

static const char usage[] = "A set of messages and items are needed";
static const char expunged[] = "Some of the messages no longer exist";

/* What is read from the message itself. */
#define ITEMS_OF_FILE (ITEM_ENVELOPE | ITEM_BODY | ITEM_BODYSTRUCTURE)

/* What the items of one message need, looked up before a word is said, so
 * that a response is whole or not at all. */
struct facts {
	const struct body *body;
	uint64_t size;
	time_t date;
	bool tell_flags;
	struct str *preview; /* as it is told */
};

/* BODY[] sets \Seen, and the client is told (6.4.5).  Where that cannot be
 * done, a full disk for one, the message can be read all the same. */
static int
mark_seen(struct imap *im, uint32_t seq, struct facts *facts, struct err *err)
{
	const struct flags_change change = { FLAGS_ADD, FLAG_SEEN, 0,
		FLAGS_WHATEVER };
	const struct message *m = mailbox_message(im->mailbox, seq);
	int rc;

	if ((m->flags & FLAG_SEEN) || !mailbox_writable(im->mailbox))
		return 0;
	rc = mailbox_set_flags(im->mailbox, seq, &change, err);
	facts->tell_flags = rc == 0;
	if (rc == 0 || rc == -ENOENT || rc == -ESTALE)
		return rc;
	if (!im->seen_failed)
		log_error("%s: %s", im->conn.row->verb, err->text);
	im->seen_failed = true;
	return 0;
}

static int
look_up(struct imap *im, const struct fetch_plan *plan, uint32_t seq,
    struct facts *facts, struct err *err)
{
	int rc = 0;

	if (plan->items & ITEM_SIZE)
		rc = mailbox_message_size(im->mailbox, seq, &facts->size, err);
	if (rc == 0 && (plan->items & ITEM_DATE))
		rc = mailbox_message_date(im->mailbox, seq, &facts->date, err);
	if (rc == 0 && (plan->nsections || (plan->items & ITEMS_OF_FILE)))
		rc = imap_open_body(im, seq, err);
	if (rc == 0 && plan->parts)
		imap_find_parts(im);
	if (rc == 0 && (plan->items & ITEM_PREVIEW))
		rc = fetch_preview(
		    im, seq, plan->items & ITEM_LAZY, facts->preview, err);
	if (rc == 0 && plan->sees)
		rc = mark_seen(im, seq, facts, err);
	return rc;
}

/* A blank between items, none before the first. */
static void
begin_item(struct str *out, const char *name)
{
	if (out->ptr[out->len - 1] != '(')
		str_append_char(out, ' ');
	str_append_cstr(out, name);
}

static void
tell_structure(struct imap *im, const char *name, bool extended)
{
	begin_item(&im->conn.out, name);
	bodystructure_append(
	    &im->mime, body_text(&im->body), extended, &im->conn.out);
}

static void
tell_items(
    struct imap *im, unsigned items, uint32_t seq, const struct facts *facts)
{
	const struct message *m = mailbox_message(im->mailbox, seq);
	struct str *out = &im->conn.out;

	str_append_cstr(out, "* ");
	response_number(out, seq);
	str_append_cstr(out, " FETCH (");
	if (items & ITEM_UID) {
		begin_item(out, "UID ");
		response_number(out, m->uid);
	}
	if ((items & ITEM_FLAGS) || facts->tell_flags) {
		begin_item(out, "FLAGS ");
		response_flags(
		    out, im->mailbox, view_flags(im, m->flags), m->keywords);
	}
	if (items & ITEM_DATE) {
		begin_item(out, "INTERNALDATE ");
		response_date(out, facts->date);
	}
	if (items & ITEM_SIZE) {
		begin_item(out, "RFC822.SIZE ");
		response_number(out, facts->size);
	}
	if (items & ITEM_ENVELOPE) {
		begin_item(out, "ENVELOPE ");
		envelope_append(body_header(facts->body), out);
	}
	if (items & ITEM_BODY)
		tell_structure(im, "BODY ", false);
	if (items & ITEM_BODYSTRUCTURE)
		tell_structure(im, "BODYSTRUCTURE ", true);
	if (items & ITEM_PREVIEW) {
		begin_item(out, "PREVIEW ");
		str_append(out, str_slice(facts->preview));
	}
}

int
fetch_message(struct imap *im, const struct fetch_plan *plan, uint32_t seq,
    struct err *err)
{
	STR_AUTO preview = STR_INIT;
	struct facts facts = { .body = &im->body, .preview = &preview };
	size_t i;
	int rc = look_up(im, plan, seq, &facts, err);

	if (rc < 0)
		return rc;
	tell_items(im, plan->items, seq, &facts);
	for (i = 0; i < plan->nsections; i++) {
		/* behind a literal there is nothing in out to look at */
		if (i > 0 || plan->items || facts.tell_flags)
			str_append_char(&im->conn.out, ' ');
		fetch_section(im, &plan->sections[i]);
	}
	str_append_cstr(&im->conn.out, ")\r\n");
	conn_drain(&im->conn);
	return 0;
}

/* All messages of the set.  One that is gone is left out, and the reply says
 * so (RFC 2180 section 4.1.2); after another failure it ends. */
static void
fetch_set(struct imap *im, const struct fetch_plan *plan,
    const struct seqset *set, bool uids)
{
	struct err err = { 0, "" };
	struct view_walk walk;
	uint32_t seq;
	int rc = 0;

	view_walk(im, set, uids, &walk);
	while (rc == 0 && view_next(&walk, &seq) &&
	       stream_error(im->conn.client) == 0) {
		rc = fetch_message(im, plan, seq, &err);
		if (rc == -ENOENT) {
			conn_no(&im->conn, "EXPUNGEISSUED", expunged);
			rc = 0;
		}
	}
	if (rc < 0)
		imap_fail(im, rc, &err);
	if (im->body.mapped == 0)
		imap_forget_body(im);
}

void
cmd_fetch(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	bool uids = im->conn.row->flags & IMAP_UID;
	struct fetch_plan plan = { 0 };
	struct seqset set = { 0 };
	const char *wrong = usage;
	struct slice text;
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (args_sequence(&args, &text) && args_space(&args))
		wrong = fetch_parse(&args, &plan);
	if (!wrong && !view_set(im, text, uids, &set))
		wrong = "Invalid message set";
	if (wrong) {
		conn_bad(&im->conn, wrong);
	} else {
		if (uids)
			plan.items |= ITEM_UID;
		fetch_set(im, &plan, &set, uids);
	}
	fetch_plan_release(&plan);
	seqset_release(&set);
}
