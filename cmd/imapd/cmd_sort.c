#include <errno.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/message_header.h"
#include "cmd/imapd/message_texts.h"
#include "cmd/imapd/progress.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/search.h"
#include "cmd/imapd/sort.h"
#include "common/store/mailbox_message.h"

/* A quarter of a session's memory may be texts: what holds them grows by
 * doubling, and the mailbox's view is there too. */
#define TEXTS_SHARE 4

static const char usage[] = "Unknown or malformed sort";

/* SORT and UID SORT (RFC 5256 section 3), with RETURN (RFC 5267 section 3). */
struct sorting {
	struct imap *im;
	struct search_program program;
	struct search_return wanted;
	struct sort_criteria criteria;
	struct sort sort;
	bool uids;
};

/* ---- the keys of a message ---- */

static bool
has_key(const struct sorting *s, enum sort_key key)
{
	size_t i;

	for (i = 0; i < s->criteria.count; i++)
		if (s->criteria.list[i].key == key)
			return true;
	return false;
}

static int
learn_fields(struct sorting *s, uint32_t seq, struct sort_facts *facts)
{
	struct slice header;
	struct err err;
	int rc;

	if (s->criteria.fields == 0)
		return 0;
	rc = message_text_fields(s->im, seq, &header, &err);
	if (rc == 0)
		message_fields_find(header, s->criteria.fields, &facts->fields);
	return rc;
}

/* What the message is sorted by.  False when it is gone; what cannot be read of
 * one that is there is empty, for who lists a mailbox by SORT must not miss
 * it. */
static bool
learn(struct sorting *s, uint32_t seq, struct sort_facts *facts)
{
	struct mailbox *mb = s->im->mailbox;
	struct err err;
	time_t arrival;
	int rc;

	*facts = (struct sort_facts){ .arrival = 0 };
	rc = learn_fields(s, seq, facts);
	if (rc != -ENOENT && has_key(s, SORT_ARRIVAL)) {
		rc = mailbox_message_date(mb, seq, &arrival, &err);
		facts->arrival = rc == 0 ? arrival : 0;
	}
	if (rc != -ENOENT && has_key(s, SORT_SIZE))
		rc = mailbox_message_size(mb, seq, &facts->size, &err);
	if (rc != -ENOENT && has_key(s, SORT_DATE))
		facts->sent = message_sent(s->im, seq, &facts->fields);
	return rc != -ENOENT;
}

/* False when there is no room for all. */
static bool
collect(struct sorting *s)
{
	uint32_t seq, count = mailbox_count(s->im->mailbox);
	struct sort_facts facts;
	struct progress progress;

	progress_begin(&progress, &s->im->conn, count);
	for (seq = 1; seq <= count; seq++) {
		progress_tell(&progress, seq - 1);
		if (!search_matches(&s->program, s->im, seq) ||
		    !learn(s, seq, &facts))
			continue;
		if (!sort_add(&s->sort, seq, &facts))
			return false;
	}
	return true;
}

/* ---- the response ---- */

static uint32_t
uid_at(const struct sorting *s, size_t place)
{
	return mailbox_message(s->im->mailbox, sort_seq(&s->sort, place))->uid;
}

static uint32_t
number_at(const struct sorting *s, size_t place)
{
	return s->uids ? uid_at(s, place) : sort_seq(&s->sort, place);
}

/* The numbers at places from first to before end, in their order; those that
 * ascend by one as a range. */
static void
put_set(struct sorting *s, size_t first, size_t end)
{
	struct conn *conn = &s->im->conn;
	size_t i = first, j;

	while (i < end) {
		uint32_t number = number_at(s, i);

		for (j = i + 1; j < end; j++)
			if (number_at(s, j) != number + (j - i))
				break;
		if (i > first)
			str_append_char(&conn->out, ',');
		response_number(&conn->out, number);
		if (j - i > 1) {
			str_append_char(&conn->out, ':');
			response_number(&conn->out, number_at(s, j - 1));
		}
		conn_drain(conn);
		i = j;
	}
}

/* " PARTIAL (1:10 7,3,5)", or NIL in place of numbers (RFC 9394). */
static void
put_partial(struct sorting *s)
{
	struct str *out = &s->im->conn.out;
	uint64_t first, last;

	str_append_cstr(out, " PARTIAL (");
	partial_print(&s->wanted.page, out);
	str_append_char(out, ' ');
	if (partial_places(&s->wanted.page, s->sort.count, &first, &last))
		put_set(s, (size_t)first - 1, (size_t)last);
	else
		str_append_cstr(out, "NIL");
	str_append_char(out, ')');
}

/* Is all of it told, and saved for "$", not only MIN, MAX or PARTIAL (RFC 5182
 * section 2.4, RFC 9394 section 3.2)? */
static bool
chooses_all(const struct sorting *s)
{
	unsigned wanted = s->wanted.wanted;

	return (wanted & (RETURN_ALL | RETURN_COUNT)) ||
	       !(wanted & (RETURN_MIN | RETURN_MAX | RETURN_PARTIAL));
}

/* Is the result at that place one of those? */
static bool
is_chosen(const struct sorting *s, size_t place)
{
	unsigned wanted = s->wanted.wanted;
	uint64_t first, last;

	if (chooses_all(s) || ((wanted & RETURN_MIN) && place == 0) ||
	    ((wanted & RETURN_MAX) && place + 1 == s->sort.count))
		return true;
	return (wanted & RETURN_PARTIAL) &&
	       partial_places(&s->wanted.page, s->sort.count, &first, &last) &&
	       place + 1 >= first && place + 1 <= last;
}

/* The highest modification sequence of what is told (RFC 7162 section 3.1.6),
 * before and after; nothing when nobody asked. */
static void
put_modseq(struct sorting *s, const char *before, const char *after)
{
	struct str *out = &s->im->conn.out;
	uint64_t highest = 0, own;
	size_t i;

	for (i = 0; s->program.modseq && i < s->sort.count; i++) {
		if (!is_chosen(s, i))
			continue;
		own = mailbox_message(s->im->mailbox, sort_seq(&s->sort, i))
			  ->modseq;
		highest = own > highest ? own : highest;
	}
	if (highest == 0)
		return;
	str_append_cstr(out, before);
	response_number(out, highest);
	str_append_cstr(out, after);
}

static void
tell_all(struct sorting *s)
{
	struct conn *conn = &s->im->conn;
	size_t i;

	str_append_cstr(&conn->out, "* SORT");
	for (i = 0; i < s->sort.count; i++) {
		str_append_char(&conn->out, ' ');
		response_number(&conn->out, number_at(s, i));
		conn_drain(conn);
	}
	put_modseq(s, " (MODSEQ ", ")");
	str_append_cstr(&conn->out, "\r\n");
}

static void
tell_extended(struct sorting *s)
{
	struct str *out = &s->im->conn.out;
	unsigned wanted = s->wanted.wanted;
	size_t count = s->sort.count;

	str_append_cstr(out, "* ESEARCH (TAG ");
	response_string(out, str_slice(&s->im->conn.tag));
	str_append_cstr(out, s->uids ? ") UID" : ")");
	if ((wanted & RETURN_MIN) && count)
		str_appendf(out, " MIN %u", number_at(s, 0));
	if ((wanted & RETURN_MAX) && count)
		str_appendf(out, " MAX %u", number_at(s, count - 1));
	if ((wanted & RETURN_ALL) && count) {
		str_append_cstr(out, " ALL ");
		put_set(s, 0, count);
	}
	if (wanted & RETURN_PARTIAL)
		put_partial(s);
	if (wanted & RETURN_COUNT)
		str_appendf(out, " COUNT %zu", count);
	put_modseq(s, " MODSEQ ", "");
	str_append_cstr(out, "\r\n");
}

/* The result becomes "$" (RFC 5182). */
static void
save(struct sorting *s)
{
	struct seqset *saved = &s->im->saved;
	size_t i;

	seqset_release(saved);
	for (i = 0; i < s->sort.count; i++)
		if (is_chosen(s, i))
			seqset_add_range(saved, uid_at(s, i), uid_at(s, i));
	seqset_resolve(saved, UINT32_MAX);
}

/* ---- the command ---- */

static void
tell(struct sorting *s)
{
	unsigned wanted = s->wanted.wanted;

	if (wanted == 0)
		tell_all(s);
	else if (wanted != RETURN_SAVE)
		tell_extended(s);
	if (wanted & RETURN_SAVE)
		save(s);
}

static void
run(struct sorting *s)
{
	size_t room = (size_t)s->im->service->settings->session_memory;

	s->sort.criteria = &s->criteria;
	s->sort.texts.max = room / TEXTS_SHARE;
	if (s->sort.texts.max > UINT32_MAX)
		s->sort.texts.max = UINT32_MAX;
	if (collect(s)) {
		sort_finish(&s->sort);
		tell(s);
	} else {
		conn_no(&s->im->conn, "LIMIT", "Too much to sort");
	}
	if (s->im->body.mapped == 0)
		imap_forget_body(s->im);
}

/* What is wrong, or NULL. */
static const char *
parse(struct sorting *s, struct slice argument, bool *ret_charset)
{
	const unsigned all = 2 * RETURN_PARTIAL - 1u;
	struct args args;

	*ret_charset = false;
	conn_args(&s->im->conn, argument, &args);
	if (!search_parse_return(&args, all, &s->wanted) ||
	    !sort_parse_criteria(&args, &s->criteria) || !args_space(&args))
		return usage;
	return search_parse_keys(&args, &s->program, ret_charset);
}

void
cmd_sort(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct sorting s = { .im = im, .uids = im->conn.row->flags & IMAP_UID };
	bool charset;
	const char *wrong = parse(&s, argument, &charset);

	if (charset) {
		conn_no(&im->conn, "BADCHARSET (UTF-8 US-ASCII)", wrong);
		if (s.wanted.wanted & RETURN_SAVE)
			seqset_release(&im->saved);
	} else if (wrong) {
		conn_bad(&im->conn, wrong);
	} else if (search_bind(&s.program, im)) {
		run(&s);
	}
	search_release(&s.program);
	sort_release(&s.sort);
}
