#include "cmd/imapd/commands.h"
#include "cmd/imapd/context.h"
#include "cmd/imapd/progress.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/search.h"

/* What matched, by sequence numbers. */
struct result {
	struct imap *im;
	const struct search_program *program;
	bool uids;            /* the client asked for uids */
	struct seqset found;  /* as far as it was looked for */
	struct seqset chosen; /* what is told of it, and saved for "$" */
};

#define ENDS (RETURN_MIN | RETURN_MAX)

/* Looks at all messages, backwards from the last when down, until enough of
 * them match. */
static void
look(struct result *r, bool down, uint32_t enough)
{
	uint32_t count = mailbox_count(r->im->mailbox), i, seq;
	struct progress progress;

	progress_begin(&progress, &r->im->conn, count);
	for (i = 0; i < count && enough; i++) {
		seq = down ? count - i : i + 1;
		progress_tell(&progress, i);
		if (!search_matches(r->program, r->im, seq))
			continue;
		seqset_add_range(&r->found, seq, seq);
		enough--;
	}
}

/* Finds what is asked for, and no more than that. */
static void
find(struct result *r)
{
	unsigned wanted = r->program->wanted & ~(unsigned)RETURN_SAVE;

	if (r->program->update) {
		look(r, false, UINT32_MAX);
	} else if (wanted && !(wanted & ~(unsigned)ENDS)) {
		if (wanted & RETURN_MIN)
			look(r, false, 1);
		if (wanted & RETURN_MAX)
			look(r, true, 1);
	} else if (wanted == RETURN_PARTIAL) {
		look(r, r->program->page.backwards, r->program->page.last);
	} else {
		look(r, false, UINT32_MAX);
	}
	seqset_resolve(&r->found, UINT32_MAX);
}

/* All of it, or with MIN, MAX or PARTIAL alone what these are (RFC 5182
 * section 2.4, RFC 9394 section 3.2). */
static void
choose(struct result *r)
{
	unsigned wanted = r->program->wanted;
	uint64_t count = seqset_size(&r->found), first, last;

	if ((wanted & (RETURN_ALL | RETURN_COUNT)) ||
	    !(wanted & (ENDS | RETURN_PARTIAL))) {
		seqset_cut(&r->found, 1, count, &r->chosen);
		return;
	}
	if (wanted & RETURN_MIN)
		seqset_cut(&r->found, 1, 1, &r->chosen);
	if ((wanted & RETURN_MAX) && count)
		seqset_cut(&r->found, count, count, &r->chosen);
	if ((wanted & RETURN_PARTIAL) &&
	    partial_places(&r->program->page, count, &first, &last))
		seqset_cut(&r->found, first, last, &r->chosen);
	seqset_resolve(&r->chosen, UINT32_MAX);
}

static uint32_t
uid_of(const struct result *r, uint32_t seq)
{
	return mailbox_message(r->im->mailbox, seq)->uid;
}

static void
add_uids(const struct result *r, const struct seqset *seqs, struct seqset *uids)
{
	size_t i;
	uint32_t seq;

	for (i = 0; i < seqs->count; i++)
		for (seq = seqs->ranges[i].first; seq <= seqs->ranges[i].last;
		     seq++)
			seqset_add(uids, uid_of(r, seq));
}

/* The highest modification sequence of what is told (RFC 7162 sections 3.1.5
 * and 3.1.10), 0 when nothing is, or nobody asked. */
static uint64_t
highest(const struct result *r)
{
	const struct seqset *set = &r->chosen;
	uint64_t modseq = 0, own;
	size_t i;
	uint32_t seq;

	for (i = 0; r->program->modseq && i < set->count; i++)
		for (seq = set->ranges[i].first; seq <= set->ranges[i].last;
		     seq++) {
			own = mailbox_message(r->im->mailbox, seq)->modseq;
			modseq = own > modseq ? own : modseq;
		}
	return modseq;
}

static void
put_number(struct result *r, const char *name, uint32_t seq)
{
	str_append_cstr(&r->im->conn.out, name);
	response_number(&r->im->conn.out, r->uids ? uid_of(r, seq) : seq);
}

/* "* SEARCH 1 2 3 (MODSEQ 9)" */
static void
tell_old(struct result *r)
{
	struct conn *conn = &r->im->conn;
	uint64_t modseq = highest(r);
	size_t i;
	uint32_t seq;

	str_append_cstr(&conn->out, "* SEARCH");
	for (i = 0; i < r->found.count; i++)
		for (seq = r->found.ranges[i].first;
		     seq <= r->found.ranges[i].last; seq++) {
			put_number(r, " ", seq);
			conn_drain(conn);
		}
	if (modseq) {
		str_append_cstr(&conn->out, " (MODSEQ ");
		response_number(&conn->out, modseq);
		str_append_char(&conn->out, ')');
	}
	str_append_cstr(&conn->out, "\r\n");
}

static void
put_set(struct result *r, const struct seqset *seqs)
{
	struct seqset uids = { NULL, 0, 0, false };

	if (r->uids)
		add_uids(r, seqs, &uids);
	seqset_print(r->uids ? &uids : seqs, &r->im->conn.out);
	seqset_release(&uids);
}

/* " PARTIAL (1:10 3:7)", or NIL in place of numbers. */
static void
put_page(struct result *r)
{
	const struct partial *page = &r->program->page;
	struct str *out = &r->im->conn.out;
	struct seqset part = { NULL, 0, 0, false };
	uint64_t first, last;

	str_append_cstr(out, " PARTIAL (");
	partial_print(page, out);
	str_append_char(out, ' ');
	if (partial_places(page, seqset_size(&r->found), &first, &last)) {
		seqset_cut(&r->found, first, last, &part);
		put_set(r, &part);
	} else {
		str_append_cstr(out, "NIL");
	}
	str_append_char(out, ')');
	seqset_release(&part);
}

/* "* ESEARCH (TAG "a") UID MIN 1 ..." (RFC 4731 section 3.1). */
static void
tell_extended(struct result *r)
{
	struct str *out = &r->im->conn.out;
	unsigned wanted = r->program->wanted;
	uint64_t modseq = highest(r);
	bool any = r->found.count > 0;

	str_append_cstr(out, "* ESEARCH (TAG ");
	response_string(out, str_slice(&r->im->conn.tag));
	str_append_cstr(out, r->uids ? ") UID" : ")");
	if ((wanted & RETURN_MIN) && any)
		put_number(r, " MIN ", r->found.ranges[0].first);
	if ((wanted & RETURN_MAX) && any)
		put_number(r, " MAX ", seqset_last(&r->found));
	if ((wanted & RETURN_ALL) && any) {
		str_append_cstr(out, " ALL ");
		put_set(r, &r->found);
	}
	if (wanted & RETURN_PARTIAL)
		put_page(r);
	if (wanted & RETURN_COUNT) {
		str_append_cstr(out, " COUNT ");
		response_number(out, seqset_size(&r->found));
	}
	if (modseq) {
		str_append_cstr(out, " MODSEQ ");
		response_number(out, modseq);
	}
	str_append_cstr(out, "\r\n");
}

/* The result becomes "$". */
static void
save(struct result *r)
{
	seqset_release(&r->im->saved);
	add_uids(r, &r->chosen, &r->im->saved);
}

static void
search(struct imap *im, const struct search_program *program,
    struct slice argument)
{
	struct result r = { .im = im,
		.program = program,
		.uids = im->conn.row->flags & IMAP_UID };

	find(&r);
	choose(&r);
	if (program->wanted == 0)
		tell_old(&r);
	else if (program->wanted != RETURN_SAVE)
		tell_extended(&r);
	if (program->wanted & RETURN_SAVE)
		save(&r);
	if (program->update)
		context_add(im, argument, program, &r.found);
	seqset_release(&r.found);
	seqset_release(&r.chosen);
	if (im->body.mapped == 0)
		imap_forget_body(im);
}

void
cmd_search(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct search_program program;
	struct args args;
	const char *wrong;
	bool charset;

	conn_args(&im->conn, argument, &args);
	wrong = search_parse(&args, &program, &charset);
	if (wrong == NULL)
		wrong = context_check(&program);
	if (charset) {
		conn_no(&im->conn, "BADCHARSET (UTF-8 US-ASCII)", wrong);
		if (program.wanted & RETURN_SAVE)
			seqset_release(&im->saved);
	} else if (wrong) {
		conn_bad(&im->conn, wrong);
	} else if (program.charset_said && im->conn.utf8_accept) {
		conn_bad(&im->conn, "CHARSET is of no use after UTF8=ACCEPT");
	} else if (program.update &&
		   context_is_known(im, str_slice(&im->conn.tag))) {
		conn_bad(&im->conn, "A search with that tag is kept already");
	} else {
		if (im->conn.rev2 && program.wanted == 0)
			program.wanted = RETURN_ALL; /* RFC 9051 6.4.4 */
		if (search_bind(&program, im))
			search(im, &program, argument);
	}
	search_release(&program);
}
