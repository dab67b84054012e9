#include "cmd/imapd/search.h"

#include "cmd/imapd/condstore.h"
#include "cmd/imapd/message_texts.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/search_text.h"
#include "common/base/clock.h"
#include "common/msg/date.h"
#include "common/msg/header.h"
#include "common/store/mailbox_message.h"

#define DAY 86400

static void
bind_node(struct search_node *node, struct imap *im)
{
	uint32_t count = mailbox_count(im->mailbox);
	const struct message *last = mailbox_message(im->mailbox, count);
	int index;

	switch (node->op) {
	case OP_SEQ:
		seqset_resolve(&node->set, count);
		return;
	case OP_UID:
		seqset_resolve(&node->set, last ? last->uid : 0);
		return;
	case OP_KEYWORD:
		if (response_flag_of(node->name) == FLAG_PASSED) {
			node->op = OP_FLAG;
			node->mask = FLAG_PASSED;
			node->value = node->value ? FLAG_PASSED : 0;
			return;
		}
		index = mailbox_keyword_find(im->mailbox, node->name);
		node->mask = index >= 0 ? 1u << index : 0;
		return;
	default: /* the others mean the same everywhere */
		return;
	}
}

bool
search_bind(struct search_program *program, struct imap *im)
{
	size_t i;

	if (program->numbers && (im->enabled & ENABLED_UIDONLY)) {
		imap_need_uids(im);
		return false;
	}
	if (program->modseq && !condstore_need(im))
		return false;
	for (i = 0; i < program->count; i++)
		bind_node(&program->nodes[i], im);
	return true;
}

/* The message that is looked at; what the disk says is asked for once. */
struct candidate {
	struct imap *im;
	uint32_t seq;
	const struct message *message;
	uint64_t size;
	time_t date, save_date;
	int size_known, date_known; /* 1; -1: it could not be had */
	int save_date_known;
	int open;         /* likewise: the message */
	int fields_known; /* and its usual fields */
	struct slice fields;
};

static bool
size_of(struct candidate *m)
{
	struct err err;

	if (m->size_known == 0)
		m->size_known = mailbox_message_size(
				    m->im->mailbox, m->seq, &m->size, &err) == 0
				    ? 1
				    : -1;
	return m->size_known > 0;
}

static bool
date_of(struct candidate *m)
{
	struct err err;

	if (m->date_known == 0)
		m->date_known = mailbox_message_date(
				    m->im->mailbox, m->seq, &m->date, &err) == 0
				    ? 1
				    : -1;
	return m->date_known > 0;
}

static bool
save_date_of(struct candidate *m)
{
	struct err err;

	if (m->save_date_known == 0)
		m->save_date_known = mailbox_message_save_date(m->im->mailbox,
					 m->seq, &m->save_date, &err) == 0
					 ? 1
					 : -1;
	return m->save_date_known > 0;
}

/* Did it come within so many seconds? */
static bool
is_younger(const struct candidate *m, uint64_t seconds)
{
	int64_t age = (int64_t)clock_now().tv_sec - (int64_t)m->date;

	return age <= (int64_t)seconds;
}

/* The day of a date, in this machine's zone. */
static uint64_t
day_of(time_t date)
{
	int64_t local = (int64_t)date + date_local_offset(date) * (int64_t)60;

	return local > 0 ? (uint64_t)local / DAY : 0;
}

/* Opens the message; what cannot be read matches nothing. */
static bool
open_message(struct candidate *m)
{
	struct err err;

	if (m->open == 0)
		m->open = imap_open_body(m->im, m->seq, &err) == 0 ? 1 : -1;
	return m->open > 0;
}

static bool
fields_of(struct candidate *m)
{
	struct err err;

	if (m->fields_known == 0)
		m->fields_known =
		    message_text_fields(m->im, m->seq, &m->fields, &err) == 0
			? 1
			: -1;
	return m->fields_known > 0;
}

/* Is it in one of those fields of the message? */
static bool
matches_field(struct candidate *m, const struct search_node *node)
{
	struct slice needle = str_slice(&node->needle);

	if (message_text_is_usual(node->name))
		return fields_of(m) &&
		       search_field(m->fields, node->name, needle);
	return open_message(m) &&
	       search_field(body_header(&m->im->body), node->name, needle);
}

/* The day in the Date field, in the zone that it has itself. */
static bool
sent_day_of(struct candidate *m, uint64_t *ret_day)
{
	STR_AUTO text = STR_INIT;
	struct header_field field;
	int64_t local;
	time_t when;
	int offset;

	if (!fields_of(m) || !header_find(m->fields, "Date", &field))
		return false;
	header_unfold(field.body, &text);
	if (!date_parse(str_slice(&text), &when, &offset))
		return false;
	local = (int64_t)when + offset * (int64_t)60;
	*ret_day = local > 0 ? (uint64_t)local / DAY : 0;
	return true;
}

static bool
matches_day(const struct search_node *node, uint64_t day)
{
	switch (node->op) {
	case OP_BEFORE:
	case OP_SAVED_BEFORE:
	case OP_SENT_BEFORE:
		return day < node->number;
	case OP_ON:
	case OP_SAVED_ON:
	case OP_SENT_ON:
		return day == node->number;
	default:
		return day >= node->number;
	}
}

/* What only the message itself tells. */
static bool
matches_message(struct candidate *m, const struct search_node *node)
{
	struct slice needle = str_slice(&node->needle);
	struct search_message message;
	uint64_t day;

	if (node->op == OP_FIELD)
		return matches_field(m, node);
	if (node->op < OP_FIELD)
		return sent_day_of(m, &day) && matches_day(node, day);
	if (!open_message(m))
		return false;
	imap_find_parts(m->im);
	message.text = body_text(&m->im->body);
	message.mime = &m->im->mime;
	return search_parts(&message, node->op == OP_TEXT, needle);
}

static bool
matches_disk(struct candidate *m, const struct search_node *node)
{
	if (node->op == OP_LARGER)
		return size_of(m) && m->size > node->number;
	if (node->op == OP_SMALLER)
		return size_of(m) && m->size < node->number;
	if (node->op == OP_YOUNGER || node->op == OP_OLDER)
		return date_of(m) &&
		       is_younger(m, node->number) == (node->op == OP_YOUNGER);
	if (node->op >= OP_SAVED_BEFORE && node->op <= OP_SAVED_SINCE)
		return save_date_of(m) &&
		       matches_day(node, day_of(m->save_date));
	return date_of(m) && matches_day(node, day_of(m->date));
}

static bool
matches_id(const struct candidate *m, const struct search_node *node)
{
	STR_AUTO id = STR_INIT;

	mailbox_message_id(m->im->mailbox, m->seq, &id);
	return slice_equal(str_slice(&id), node->name);
}

static bool matches(
    const struct search_node *nodes, size_t index, struct candidate *m);

/* AND stops at the first child that says no, OR at the first that says yes. */
static bool
matches_children(const struct search_node *nodes, size_t child,
    struct candidate *m, bool any)
{
	for (; child; child = nodes[child].next)
		if (matches(nodes, child, m) == any)
			return any;
	return !any;
}

/* Depth is bounded by SEARCH_DEPTH_MAX. */
static bool
matches(const struct search_node *nodes, size_t index, struct candidate *m)
{
	const struct search_node *node = &nodes[index];

	switch (node->op) {
	case OP_ALL:
		return true;
	case OP_NONE:
		return false;
	case OP_AND:
		return matches_children(nodes, node->child, m, false);
	case OP_OR:
		return matches_children(nodes, node->child, m, true);
	case OP_NOT:
		return !matches(nodes, node->child, m);
	case OP_FLAG:
		return (m->message->flags & node->mask) == node->value;
	case OP_KEYWORD:
		return ((m->message->keywords & node->mask) != 0) ==
		       (node->value != 0);
	case OP_SEQ:
		return seqset_has(&node->set, m->seq);
	case OP_UID:
		return seqset_has(&node->set, m->message->uid);
	case OP_SAVED:
		return seqset_has(&m->im->saved, m->message->uid);
	case OP_MODSEQ:
		return m->message->modseq >= node->number;
	case OP_EMAILID:
		return matches_id(m, node);
	case OP_LARGER:
	case OP_SMALLER:
	case OP_BEFORE:
	case OP_ON:
	case OP_SINCE:
	case OP_SAVED_BEFORE:
	case OP_SAVED_ON:
	case OP_SAVED_SINCE:
	case OP_YOUNGER:
	case OP_OLDER:
		return matches_disk(m, node);
	case OP_SENT_BEFORE:
	case OP_SENT_ON:
	case OP_SENT_SINCE:
	case OP_FIELD:
	case OP_BODY:
	case OP_TEXT:
		break;
	}
	return matches_message(m, node);
}

bool
search_matches(
    const struct search_program *program, struct imap *im, uint32_t seq)
{
	struct candidate m = { .im = im,
		.seq = seq,
		.message = mailbox_message(im->mailbox, seq) };

	return m.message && matches(program->nodes, 0, &m);
}
