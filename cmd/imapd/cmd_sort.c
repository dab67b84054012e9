#include <errno.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/message_header.h"
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
	struct seqset found; /* uids, for "$" */
	struct str header;   /* where it is read */
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
	rc = message_header(s->im, seq, &s->header, &header, &err);
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

	for (seq = 1; seq <= count; seq++) {
		if (!search_matches(&s->program, s->im, seq) ||
		    !learn(s, seq, &facts))
			continue;
		if (!sort_add(&s->sort, seq, &facts))
			return false;
		if (s->wanted.wanted & RETURN_SAVE)
			seqset_add(&s->found,
			    mailbox_message(s->im->mailbox, seq)->uid);
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
	str_append_cstr(&conn->out, "\r\n");
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

/* " PARTIAL (1:10 7,3,5)", or NIL in place of numbers (RFC 5267 4.4). */
static void
put_partial(struct sorting *s)
{
	struct str *out = &s->im->conn.out;
	size_t end = s->wanted.last;

	if (end > s->sort.count)
		end = s->sort.count;
	str_appendf(out, " PARTIAL (%u:%u ", s->wanted.first, s->wanted.last);
	if (s->wanted.first <= end)
		put_set(s, s->wanted.first - 1, end);
	else
		str_append_cstr(out, "NIL");
	str_append_char(out, ')');
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
	str_append_cstr(out, "\r\n");
}

/* The result becomes "$" (RFC 5182): all of it, or with MIN or MAX alone what
 * these are. */
static void
save(struct sorting *s)
{
	unsigned wanted = s->wanted.wanted;
	uint32_t first, last;

	seqset_release(&s->im->saved);
	if ((wanted & (RETURN_ALL | RETURN_COUNT)) ||
	    !(wanted & (RETURN_MIN | RETURN_MAX))) {
		s->im->saved = s->found;
		s->found = (struct seqset){ NULL, 0, 0, false };
	} else if (s->sort.count) {
		first = uid_at(s, 0);
		last = uid_at(s, s->sort.count - 1);
		if (!(wanted & RETURN_MIN))
			first = last;
		if (!(wanted & RETURN_MAX))
			last = first;
		seqset_add(&s->im->saved, first < last ? first : last);
		if (first != last)
			seqset_add(&s->im->saved, first < last ? last : first);
	}
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
	search_bind(&s->program, s->im);
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
	unsigned wanted;

	*ret_charset = false;
	conn_args(&s->im->conn, argument, &args);
	if (!search_parse_return(&args, all, &s->wanted) ||
	    !sort_parse_criteria(&args, &s->criteria) || !args_space(&args))
		return usage;
	wanted = s->wanted.wanted;
	if ((wanted & RETURN_PARTIAL) && (wanted & (RETURN_ALL | RETURN_SAVE)))
		return "PARTIAL goes with neither ALL nor SAVE";
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
	} else {
		run(&s);
	}
	search_release(&s.program);
	sort_release(&s.sort);
	seqset_release(&s.found);
	str_release(&s.header);
}
