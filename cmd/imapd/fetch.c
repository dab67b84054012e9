#include "cmd/imapd/fetch.h"

#include <errno.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/context.h"
#include "cmd/imapd/condstore.h"
#include "cmd/imapd/message_texts.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/resync.h"
#include "cmd/imapd/view.h"
#include "common/base/log.h"
#include "common/store/mailbox_message.h"

static const char usage[] = "A set of messages and items are needed";
static const char unknown_cte[] = "Some part's encoding is not known";
static const char expunged[] = "Some of the messages no longer exist";

/* Items that are texts made of the message. */
static const struct {
	unsigned item;
	enum cached kind;
	const char *name;
} made[] = {
	/* clang-format off */
	{ ITEM_ENVELOPE,      CACHED_ENVELOPE,      "ENVELOPE " },
	{ ITEM_BODY,          CACHED_BODY,          "BODY " },
	{ ITEM_BODYSTRUCTURE, CACHED_BODYSTRUCTURE, "BODYSTRUCTURE " },
	/* clang-format on */
};

#define MADE (sizeof made / sizeof made[0])

/* What the items of one message need, looked up before a word is said, so
 * that a response is whole or not at all. */
struct facts {
	uint64_t size;
	time_t date, save_date;
	bool tell_flags;
	struct str *made; /* items as they are told, each ends there: */
	size_t ends[MADE];
	struct str *preview;
	struct slice fields; /* the message's usual ones */
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
	if (rc == 0)
		context_touch(im, seq);
	if (rc == 0 || rc == -ENOENT || rc == -ESTALE)
		return rc;
	if (!im->seen_failed)
		log_error("%s: %s", im->conn.row->verb, err->text);
	im->seen_failed = true;
	return 0;
}

static bool
knows_encodings(struct imap *im, const struct fetch_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->nsections; i++)
		if (!fetch_binary_known(im, &plan->sections[i]))
			return false;
	return true;
}

/* The items that are made of the message, as they are told. */
static int
look_up_texts(struct imap *im, unsigned items, uint32_t seq,
    struct facts *facts, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < MADE; i++) {
		if (!(items & made[i].item))
			continue;
		rc = message_text(im, seq, made[i].kind, facts->made, err);
		facts->ends[i] = facts->made->len;
	}
	return rc;
}

/* What the sections need: what is open is not read again for items. */
static int
look_up_sections(struct imap *im, const struct fetch_plan *plan, uint32_t seq,
    struct err *err)
{
	int rc = plan->body ? imap_open_body(im, seq, err) : 0;

	if (rc == 0 && plan->parts)
		imap_find_parts(im);
	if (rc == 0 && !knows_encodings(im, plan))
		rc = -EILSEQ;
	return rc;
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
	if (rc == 0 && (plan->items & ITEM_SAVEDATE))
		rc = mailbox_message_save_date(
		    im->mailbox, seq, &facts->save_date, err);
	if (rc == 0 && plan->nsections)
		rc = look_up_sections(im, plan, seq, err);
	if (rc == 0)
		rc = look_up_texts(im, plan->items, seq, facts, err);
	if (rc == 0 && (plan->items & ITEM_PREVIEW))
		rc = fetch_preview(
		    im, seq, plan->items & ITEM_LAZY, facts->preview, err);
	if (rc == 0 && plan->fields)
		rc = message_text_fields(im, seq, &facts->fields, err);
	if (rc == 0 && plan->sees)
		rc = mark_seen(im, seq, facts, err);
	return rc;
}

static void
tell_texts(struct imap *im, unsigned items, const struct facts *facts)
{
	struct str *out = &im->conn.out;
	size_t i, start = 0;

	for (i = 0; i < MADE; i++) {
		if (!(items & made[i].item))
			continue;
		response_item(out, made[i].name);
		str_append_mem(
		    out, facts->made->ptr + start, facts->ends[i] - start);
		start = facts->ends[i];
	}
}

/* What the view knows. */
static void
tell_known(
    struct imap *im, unsigned items, const struct message *m, uint32_t seq)
{
	struct str *out = &im->conn.out;

	if (items & ITEM_UID) {
		response_item(out, "UID ");
		response_number(out, m->uid);
	}
	if (items & ITEM_FLAGS) {
		response_item(out, "FLAGS ");
		response_flags(
		    out, im->mailbox, view_flags(im, m->flags), m->keywords);
	}
	if (items & ITEM_MODSEQ) {
		response_item(out, "");
		condstore_put(m->modseq, out);
	}
	if (items & ITEM_EMAILID) {
		response_item(out, "EMAILID (");
		mailbox_message_id(im->mailbox, seq, out);
		str_append_char(out, ')');
	}
	if (items & ITEM_THREADID)
		response_item(out, "THREADID NIL");
}

/* What was looked up. */
static void
tell_facts(struct imap *im, unsigned items, const struct facts *facts)
{
	struct str *out = &im->conn.out;

	if (items & ITEM_DATE) {
		response_item(out, "INTERNALDATE ");
		response_date(out, facts->date);
	}
	if (items & ITEM_SAVEDATE) {
		response_item(out, "SAVEDATE ");
		response_date(out, facts->save_date);
	}
	if (items & ITEM_SIZE) {
		response_item(out, "RFC822.SIZE ");
		response_number(out, facts->size);
	}
	tell_texts(im, items, facts);
	if (items & ITEM_PREVIEW) {
		response_item(out, "PREVIEW ");
		str_append(out, str_slice(facts->preview));
	}
}

/* The items that are told of a message: those asked for, and what the client
 * has to hear with them. */
static unsigned
items_of(const struct imap *im, const struct fetch_plan *plan,
    const struct message *m, const struct facts *facts)
{
	bool uids = plan->uids;
	unsigned items = plan->items;

	if (facts->tell_flags)
		items |= ITEM_FLAGS;
	if (condstore_is_due(im, items & ITEM_FLAGS, uids))
		items |= ITEM_MODSEQ;
	if (m->modseq == 0)
		items &= ~(unsigned)ITEM_MODSEQ;
	if ((items & ITEM_MODSEQ) && (im->enabled & ENABLED_QRESYNC))
		uids = true;
	if (uids && !(im->enabled & ENABLED_UIDONLY))
		items |= ITEM_UID;
	return items;
}

static void
tell_section(
    struct imap *im, const struct section *section, struct slice fields)
{
	if (section->usual)
		fetch_fields(im, section, fields);
	else if (section->form == FORM_BODY)
		fetch_section(im, section);
	else
		fetch_binary(im, section);
}

int
fetch_message(struct imap *im, const struct fetch_plan *plan, uint32_t seq,
    struct err *err)
{
	STR_AUTO preview = STR_INIT;
	STR_AUTO texts = STR_INIT;
	struct facts facts = { .made = &texts, .preview = &preview };
	const struct message *m;
	unsigned items;
	size_t i;
	int rc = look_up(im, plan, seq, &facts, err);

	if (rc < 0)
		return rc;
	m = mailbox_message(im->mailbox, seq);
	items = items_of(im, plan, m, &facts);
	view_begin_message(im, seq);
	tell_known(im, items, m, seq);
	tell_facts(im, items, &facts);
	for (i = 0; i < plan->nsections; i++) {
		/* behind a literal there is nothing in out to look at */
		if (i > 0 || items)
			str_append_char(&im->conn.out, ' ');
		tell_section(im, &plan->sections[i], facts.fields);
	}
	str_append_cstr(&im->conn.out, ")\r\n");
	conn_drain(&im->conn);
	return 0;
}

/* A message that is gone is left out, and the reply says so (RFC 2180 section
 * 4.1.2); so is one with a part that nobody can decode (RFC 3516 section 4.3).
 * Other failures stay. */
static int
leave_out(struct imap *im, int rc)
{
	if (rc == -ENOENT)
		conn_no(&im->conn, "EXPUNGEISSUED", expunged);
	else if (rc == -EILSEQ)
		conn_no(&im->conn, "UNKNOWN-CTE", unknown_cte);
	else
		return rc;
	return 0;
}

/* A FETCH under way: what is asked for, and of which messages. */
struct fetching {
	struct imap *im;
	struct fetch_plan plan;
	struct slice text; /* of the set */
	struct seqset set;
	bool uids;
};

/* The next message of the set, of those that have changed. */
static bool
next(const struct fetching *f, struct view_walk *walk, uint32_t *ret_seq)
{
	while (view_next(walk, ret_seq))
		if (!f->plan.changed ||
		    mailbox_message(f->im->mailbox, *ret_seq)->modseq >
			f->plan.changed_since)
			return true;
	return false;
}

/* The places of the page among them; false when it is empty. */
static bool
find_page(const struct fetching *f, uint64_t *ret_first, uint64_t *ret_last)
{
	struct view_walk walk;
	uint64_t count = 0;
	uint32_t seq;

	*ret_first = 1;
	*ret_last = UINT64_MAX;
	if (!f->plan.paged)
		return true;
	view_walk(f->im, &f->set, f->uids, &walk);
	while (next(f, &walk, &seq))
		count++;
	return partial_places(&f->plan.page, count, ret_first, ret_last);
}

/* All messages that are asked for, as far as there is no failure. */
static int
fetch_set(struct fetching *f, struct err *err)
{
	struct imap *im = f->im;
	struct view_walk walk;
	uint64_t first, last, place = 0;
	uint32_t seq;
	int rc = 0;

	if (!find_page(f, &first, &last))
		return 0;
	view_walk(im, &f->set, f->uids, &walk);
	while (rc == 0 && place < last && next(f, &walk, &seq) &&
	       stream_error(im->conn.client) == 0) {
		if (++place < first)
			continue;
		rc = leave_out(im, fetch_message(im, &f->plan, seq, err));
	}
	return rc;
}

static void
fetch(struct fetching *f)
{
	struct imap *im = f->im;
	struct err err = { 0, "" };
	int rc = 0;

	if ((f->plan.items & ITEM_MODSEQ) && !condstore_need(im))
		return;
	if (f->plan.vanished)
		rc =
		    resync_tell_since(im, f->plan.changed_since, f->text, &err);
	if (rc == 0)
		rc = fetch_set(f, &err);
	if (rc < 0)
		imap_fail(im, rc, &err);
	if (im->body.mapped == 0)
		imap_forget_body(im);
}

/* What is wrong, or NULL. */
static const char *
parse(struct fetching *f, struct slice argument)
{
	const struct imap *im = f->im;
	const char *wrong = usage;
	struct args args;

	conn_args(&f->im->conn, argument, &args);
	if (args_sequence(&args, &f->text) && args_space(&args))
		wrong = fetch_parse(&args, &f->plan);
	f->plan.uids = f->uids;
	if (wrong)
		return wrong;
	if (f->plan.paged && !f->uids)
		return "PARTIAL is for UID FETCH";
	if (f->plan.vanished && !(f->uids && (im->enabled & ENABLED_QRESYNC)))
		return "VANISHED is for UID FETCH, when QRESYNC is enabled";
	if (!view_set(im, f->text, f->uids, &f->set))
		return "Invalid message set";
	return NULL;
}

void
cmd_fetch(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct fetching f = { .im = im,
		.uids = im->conn.row->flags & IMAP_UID };
	const char *wrong = parse(&f, argument);

	if (wrong)
		conn_bad(&im->conn, wrong);
	else
		fetch(&f);
	fetch_plan_release(&f.plan);
	seqset_release(&f.set);
}
