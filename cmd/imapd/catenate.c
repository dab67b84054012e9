#include "cmd/imapd/append.h"
#include "cmd/imapd/fetch.h"
#include "cmd/imapd/imap_url.h"

#define CATENATE_PARTS_MAX 1000 /* of one message */

static const char usage[] = "CATENATE takes a list of URL and TEXT parts";
static const char too_many[] = "Too many parts";
static const char not_there[] = "There is no such message, or part of it";

/* The message that a URL names, kept for the next one of it. */
struct source {
	struct mailbox *opened; /* ours to free, or NULL */
	struct str name;        /* of opened */
	struct body body;
	struct mime mime;
	const struct mailbox *of; /* whose message is open, */
	uint32_t uid;             /* and its uid; 0 for none */
};

static void
source_release(struct source *source)
{
	mailbox_free(source->opened);
	str_release(&source->name);
	body_release(&source->body);
	mime_release(&source->mime);
}

/* Does the URL name this server and this user, or none? */
static bool
is_ours(const struct imap *im, const struct imap_url *url)
{
	const struct session *service = im->service;

	if (!url->absolute)
		return true;
	return slice_is_nocase(
		   str_slice(&url->host), service->settings->hostname) &&
	       (url->user.len == 0 ||
		   slice_is_nocase(str_slice(&url->user), service->user->name));
}

/* The mailbox of the URL; NULL when there is none. */
static struct mailbox *
find_mailbox(struct imap *im, struct source *source, struct slice name)
{
	struct err err;

	if (name.len == 0 || imap_is_selected(im, name))
		return im->mailbox;
	if (source->opened && slice_equal(str_slice(&source->name), name))
		return source->opened;
	mailbox_free(source->opened);
	source->opened = NULL;
	source->uid = 0;
	if (mailbox_open(
		im->store, name, MAILBOX_READ_ONLY, &source->opened, &err) < 0)
		return NULL;
	str_set(&source->name, name);
	return source->opened;
}

/* Opens the message of the URL. */
static bool
find_message(struct imap *im, struct source *source, const struct imap_url *url)
{
	STR_AUTO name = STR_INIT;
	struct mailbox *mb;
	struct err err;
	uint32_t seq;

	if (!is_ours(im, url) ||
	    !imap_url_mailbox(im, str_slice(&url->mailbox), &name))
		return false;
	mb = find_mailbox(im, source, str_slice(&name));
	if (mb == NULL ||
	    (url->uidvalidity && url->uidvalidity != mailbox_uidvalidity(mb)))
		return false;
	if (source->uid == url->uid && source->of == mb)
		return true;
	source->uid = 0;
	source->mime.count = 0;
	seq = mailbox_seq_of(mb, url->uid, NULL);
	if (seq == 0 || mailbox_message_body(mb, seq, &source->body, &err) < 0)
		return false;
	source->uid = url->uid;
	source->of = mb;
	return true;
}

/* The section of the URL, as a FETCH would ask for it. */
static bool
parse_section(const struct imap_url *url, struct str *text, struct str *scratch,
    struct fetch_plan *plan)
{
	struct section *section;
	struct args args;

	str_append_cstr(text, "BODY.PEEK[");
	str_append(text, str_slice(&url->section));
	str_append_char(text, ']');
	args_init(&args, str_slice(text), scratch);
	if (fetch_parse(&args, plan) != NULL || plan->nsections != 1)
		return false;
	section = &plan->sections[0];
	if (section->partial)
		return false; /* that is PARTIAL's to say */
	section->partial = url->partial;
	section->offset = url->offset;
	section->length = url->length ? url->length : UINT32_MAX;
	return true;
}

/* Puts what the URL names. */
static bool
put_url(
    struct append *append, struct source *source, const struct imap_url *url)
{
	STR_AUTO text = STR_INIT;
	STR_AUTO scratch = STR_INIT;
	struct fetch_plan plan = { 0 };
	const struct fetch_source from = { &source->body, &source->mime };
	bool good = parse_section(url, &text, &scratch, &plan) &&
		    find_message(append->im, source, url);

	if (good && plan.parts && source->mime.count == 0)
		mime_parse(body_text(&source->body), &source->mime);
	good = good &&
	       fetch_section_put(&from, &plan.sections[0], append_put, append);
	fetch_plan_release(&plan);
	return good;
}

/* The URL in a response code, which has no "]", line end or quote. */
static void
fail_url(struct append *append, struct slice text)
{
	struct str *code = &append->im->conn.code_made;
	size_t i;

	str_append_cstr(code, "BADURL \"");
	for (i = 0; i < text.len && i < IMAP_URL_MAX; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c > ' ' && c < 0x7f && strchr("\"\\[]", c) == NULL)
			str_append_char(code, (char)c);
		else
			str_appendf(code, "%%%02X", c);
	}
	str_append_char(code, '"');
	conn_no(&append->im->conn, str_cstr(code), not_there);
}

static bool
take_url(struct append *append, struct source *source)
{
	struct imap_url url = IMAP_URL_INIT;
	STR_AUTO text = STR_INIT;
	struct literal literal;
	struct slice word;
	bool good = true;

	if (append_at_literal(append, &literal)) {
		if (!append_literal_text(append, IMAP_URL_MAX, &text))
			return false;
	} else if (args_astring(&append->args, &word)) {
		str_append(&text, word);
	} else {
		conn_bad(&append->im->conn, usage);
		return false;
	}
	good = imap_url_parse(str_slice(&text), &url) &&
	       put_url(append, source, &url);
	imap_url_release(&url);
	if (!good)
		fail_url(append, str_slice(&text));
	return good;
}

/* A literal, or "(~{n}" ")" behind UTF8. */
static bool
take_text(struct append *append, bool utf8)
{
	struct args *args = &append->args;
	struct literal literal;

	if ((utf8 && !args_try(args, '(')) ||
	    !append_at_literal(append, &literal) || literal.binary != utf8) {
		conn_bad(&append->im->conn, usage);
		return false;
	}
	if (!append_has_room(append, literal.size) || !append_literal(append))
		return false;
	if (utf8 && !args_try(args, ')'))
		conn_bad(&append->im->conn, usage);
	return append->im->conn.status != REPLY_BAD;
}

static bool
take_part(struct append *append, struct source *source)
{
	struct args *args = &append->args;
	struct slice word;

	if (!args_atom(args, &word) || !args_space(args))
		(void)0; /* the reply follows */
	else if (slice_is_nocase(word, "URL"))
		return take_url(append, source);
	else if (slice_is_nocase(word, "TEXT"))
		return take_text(append, false);
	else if (slice_is_nocase(word, "UTF8") && append->im->conn.utf8)
		return take_text(append, true);
	conn_bad(&append->im->conn, usage);
	return false;
}

bool
append_catenate(struct append *append)
{
	struct args *args = &append->args;
	struct source source = { .opened = NULL };
	unsigned parts = 0;
	bool good = args_space(args) && args_open(args);

	if (!good)
		conn_bad(&append->im->conn, usage);
	while (good && args_more(args, parts == 0)) {
		good = ++parts <= CATENATE_PARTS_MAX;
		if (good)
			good = take_part(append, &source);
		else
			conn_no(&append->im->conn, "LIMIT", too_many);
		/* what is too large, or cannot be written, ends it */
		if (append->failed)
			break;
	}
	if (good && !append->failed && (args->bad || parts == 0)) {
		conn_bad(&append->im->conn, usage);
		good = false;
	}
	source_release(&source);
	return good;
}
