#include "cmd/imapd/commands.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/search.h"

/* What matched, in the numbers that the client asked for. */
struct result {
	struct imap *im;
	const struct search_program *program;
	bool uids;
	struct seqset all;   /* told by ALL */
	struct seqset saved; /* uids, for "$" */
	uint32_t count, min, max;
	uint32_t min_uid, max_uid;
};

/* With MIN or MAX alone, "$" is these (RFC 5182 section 2.4). */
static bool
saves_all(const struct search_program *program)
{
	return (program->wanted & (RETURN_ALL | RETURN_COUNT)) ||
	       !(program->wanted & (RETURN_MIN | RETURN_MAX));
}

/* "* SEARCH 1 2 3" is told as it is found. */
static void
found(struct result *r, uint32_t seq)
{
	uint32_t uid = mailbox_message(r->im->mailbox, seq)->uid;
	uint32_t number = r->uids ? uid : seq;

	if (r->program->wanted == 0) {
		str_append_char(&r->im->conn.out, ' ');
		response_number(&r->im->conn.out, number);
		conn_drain(&r->im->conn);
		return;
	}
	if (r->count++ == 0) {
		r->min = number;
		r->min_uid = uid;
	}
	r->max = number;
	r->max_uid = uid;
	if (r->program->wanted & RETURN_ALL)
		seqset_add(&r->all, number);
	if (saves_all(r->program))
		seqset_add(&r->saved, uid);
}

static void
look_at_all(struct result *r)
{
	uint32_t seq, count = mailbox_count(r->im->mailbox);
	unsigned wanted = r->program->wanted & ~(unsigned)RETURN_SAVE;

	for (seq = 1; seq <= count; seq++) {
		if (!search_matches(r->program, r->im, seq))
			continue;
		found(r, seq);
		if (wanted == RETURN_MIN)
			return;
	}
}

static void
put_number(struct str *out, const char *name, uint32_t number)
{
	str_append_cstr(out, name);
	response_number(out, number);
}

/* "* ESEARCH (TAG "a") UID MIN 1 ..." (RFC 4731 section 3.1). */
static void
tell_extended(struct result *r)
{
	struct str *out = &r->im->conn.out;
	unsigned wanted = r->program->wanted;

	str_append_cstr(out, "* ESEARCH (TAG ");
	response_string(out, str_slice(&r->im->conn.tag));
	str_append_cstr(out, r->uids ? ") UID" : ")");
	if ((wanted & RETURN_MIN) && r->count)
		put_number(out, " MIN ", r->min);
	if ((wanted & RETURN_MAX) && r->count)
		put_number(out, " MAX ", r->max);
	if ((wanted & RETURN_ALL) && r->count) {
		str_append_cstr(out, " ALL ");
		seqset_print(&r->all, out);
	}
	if (wanted & RETURN_COUNT)
		put_number(out, " COUNT ", r->count);
	str_append_cstr(out, "\r\n");
}

/* The result becomes "$". */
static void
save(struct result *r)
{
	unsigned wanted = r->program->wanted;

	if (!saves_all(r->program) && r->count) {
		if (wanted & RETURN_MIN)
			seqset_add(&r->saved, r->min_uid);
		if ((wanted & RETURN_MAX) &&
		    !((wanted & RETURN_MIN) && r->max_uid == r->min_uid))
			seqset_add(&r->saved, r->max_uid);
	}
	seqset_release(&r->im->saved);
	r->im->saved = r->saved;
	r->saved = (struct seqset){ NULL, 0, 0, false };
}

static void
search(struct imap *im, const struct search_program *program)
{
	struct result r = { .im = im,
		.program = program,
		.uids = im->conn.row->flags & IMAP_UID };

	if (program->wanted == 0)
		str_append_cstr(&im->conn.out, "* SEARCH");
	look_at_all(&r);
	if (program->wanted == 0)
		str_append_cstr(&im->conn.out, "\r\n");
	else if (program->wanted != RETURN_SAVE)
		tell_extended(&r);
	if (program->wanted & RETURN_SAVE)
		save(&r);
	seqset_release(&r.all);
	seqset_release(&r.saved);
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
	if (charset) {
		conn_no(&im->conn, "BADCHARSET (UTF-8 US-ASCII)", wrong);
		if (program.wanted & RETURN_SAVE)
			seqset_release(&im->saved);
	} else if (wrong) {
		conn_bad(&im->conn, wrong);
	} else {
		if (im->conn.rev2 && program.wanted == 0)
			program.wanted = RETURN_ALL; /* RFC 9051 6.4.4 */
		search_bind(&program, im);
		search(im, &program);
	}
	search_release(&program);
}
