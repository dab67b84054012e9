#include "cmd/imapd/append.h"

#include <errno.h>
#include <stdlib.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/feedback.h"
#include "cmd/imapd/store.h"
#include "cmd/imapd/view.h"
#include "common/base/mem.h"
#include "common/msg/date.h"

static const char usage[] =
    "A mailbox, perhaps flags and a date, and a literal are needed";
static const char has_nul[] = "Message contains a NUL octet";
static const char is_empty[] = "Message is empty";
static const char too_many[] = "Too many messages for one command";
static const char too_large[] = "Message is too large";
static const char not_enabled[] = "UTF8=ACCEPT is not enabled";
static const char no_such[] = "No such mailbox; it may be created";

void
append_fail(struct imap *im, int rc, const struct err *err)
{
	if (rc == -ENOENT)
		conn_no(&im->conn, "TRYCREATE", no_such);
	else
		imap_fail(im, rc, err);
}

static bool
fail_usage(struct append *append)
{
	conn_bad(&append->im->conn, usage);
	return false;
}

static bool
parse_date(struct args *args, int64_t *ret_date)
{
	struct slice text;
	int offset;
	time_t date;

	if (!args_string(args, &text) || !date_parse_imap(text, &date, &offset))
		return args_fail(args);
	*ret_date = date;
	return true;
}

/* Gives the keywords their bits, in the mailbox that the messages go to. */
static int
bind_keywords(struct append *append, const struct flag_list *flags,
    uint32_t *ret_keywords, struct err *err)
{
	struct imap *im = append->im;
	struct slice folder = str_slice(&im->name);
	struct mailbox *mb = append->keywords;
	int rc = 0;

	if (flags->nkeywords == 0)
		return 0;
	if (imap_is_selected(im, folder) && mailbox_writable(im->mailbox))
		mb = im->mailbox;
	if (mb == NULL) {
		rc = mailbox_open(
		    im->store, folder, MAILBOX_READ_WRITE, &mb, err);
		if (rc < 0)
			return rc;
		append->keywords = mb;
	}
	rc = flag_list_keywords(mb, flags, true, ret_keywords, err);
	if (rc == -ENOSPC) /* the message counts more than its keyword */
		rc = 0;
	if (rc == 0 && mb == im->mailbox)
		view_tell_new_keywords(im);
	return rc;
}

/* Opens the next message. */
static bool
begin_message(
    struct append *append, const struct flag_list *flags, int64_t date)
{
	struct incoming_one one = { .flags = flags->flags, .date = date };
	struct err err = { 0, "" };
	int rc;

	if (append->count == APPEND_MESSAGES_MAX) {
		conn_no(&append->im->conn, "LIMIT", too_many);
		return false;
	}
	rc = bind_keywords(append, flags, &one.keywords, &err);
	if (rc == 0)
		rc = incoming_open(append->im->store, &one.in, &err);
	if (rc < 0) {
		append_fail(append->im, rc, &err);
		return false;
	}
	append->list = mem_grow(append->list, &append->cap, append->count + 1,
	    sizeof *append->list);
	append->list[append->count++] = one;
	append->message = 0;
	append->filter = (struct append_filter){ false, false };
	append->failed = 0;
	return true;
}

/* Is what has come a message? */
static bool
end_message(struct append *append)
{
	struct imap *im = append->im;
	struct err err = { 0, "" };

	append_put_end(append);
	if (append->failed == -EFBIG)
		conn_no(&im->conn, "TOOBIG", too_large);
	else if (append->failed)
		imap_fail(im, err_sys(&err, -append->failed, "write a message"),
		    &err);
	else if (append->filter.nul)
		conn_no(&im->conn, "CANNOT", has_nul);
	else if (append->message == 0)
		conn_no(&im->conn, "CANNOT", is_empty);
	else if (append_has_room(append, 0)) {
		append->octets += append->message;
		return true;
	}
	return false;
}

/* "{n}" or "~{n}" */
static bool
take_plain(struct append *append, const struct literal *literal)
{
	if (literal->size == 0) { /* takes the others back (RFC 3502) */
		conn_no(&append->im->conn, "CANNOT", is_empty);
		return false;
	}
	if (!append_has_room(append, literal->size))
		return false;
	if (!literal->binary)
		return append_literal(append);
	return append_literal_raw(append) && append_binary(append);
}

/* "(~{n}" ")" behind UTF8; the octets are lines as all others. */
static bool
take_utf8(struct append *append)
{
	struct args *args = &append->args;
	struct literal literal;

	if (!append->im->conn.utf8) {
		conn_bad(&append->im->conn, not_enabled);
		return false;
	}
	if (!args_space(args) || !args_try(args, '(') ||
	    !append_at_literal(append, &literal) || !literal.binary)
		return fail_usage(append);
	return append_has_room(append, literal.size) &&
	       append_literal(append) &&
	       (args_try(args, ')') || fail_usage(append));
}

/* CATENATE or UTF8. */
static bool
take_word(struct append *append)
{
	struct slice word;

	if (!args_atom(&append->args, &word))
		return fail_usage(append);
	if (slice_is_nocase(word, "CATENATE"))
		return append_catenate(append);
	if (slice_is_nocase(word, "UTF8"))
		return take_utf8(append);
	return fail_usage(append);
}

/* [flags SP] [date SP] message */
static bool
take_message(struct append *append)
{
	struct args *args = &append->args;
	struct flag_list flags = { .flags = 0 };
	struct literal literal;
	int64_t date = 0;
	bool good;

	if (args_peek(args) == '(' &&
	    (!flag_list_parse(args, false, &flags) || !args_space(args)))
		return fail_usage(append);
	if (args_peek(args) == '"' &&
	    (!parse_date(args, &date) || !args_space(args)))
		return fail_usage(append);
	if (append_at_literal(append, &literal))
		good = begin_message(append, &flags, date) &&
		       take_plain(append, &literal);
	else if (parse_is_atom_char((unsigned char)args_peek(args)))
		good = begin_message(append, &flags, date) && take_word(append);
	else
		return fail_usage(append);
	return good && end_message(append);
}

bool
append_take(struct append *append)
{
	struct args *args = &append->args;

	do {
		if (!take_message(append))
			return false;
	} while (args_try(args, ' '));
	return args_end(args) || fail_usage(append);
}

int
append_deliver(struct append *append, struct incoming_uids *ret_uids)
{
	const struct incoming_one *one = append->list;
	struct incoming_target target = {
		.store = append->im->store,
		.folder = str_slice(&append->im->name),
		.want_uid = true,
		.indexed =
		    imap_is_selected(append->im, str_slice(&append->im->name)),
	};
	struct err err = { 0, "" };
	size_t i;
	int rc;

	if (append->count == 1) {
		target.flags = one->flags;
		target.keywords = one->keywords;
		target.date = one->date;
		target.name = append->name;
		rc = incoming_deliver(one->in, &target, &ret_uids->first,
		    &ret_uids->uidvalidity, &err);
	} else {
		rc = incoming_deliver_all(
		    one, append->count, &target, ret_uids, &err);
	}
	if (rc < 0)
		append_fail(append->im, rc, &err);
	else if (feedback_wanted(append->im, target.folder))
		for (i = 0; i < append->count; i++)
			feedback_added(append->im, incoming_fd(one[i].in));
	return rc;
}

void
append_release(struct append *append)
{
	size_t i;

	for (i = 0; i < append->count; i++)
		incoming_free(append->list[i].in);
	free(append->list);
	str_release(&append->lines);
	mailbox_free(append->keywords);
}

static bool
folder_is_there(struct imap *im, struct slice name)
{
	struct err err = { 0, "" };
	int rc = store_has_folder(im->store, name, &err);

	if (rc <= 0)
		append_fail(im, rc ? rc : -ENOENT, &err);
	return rc > 0;
}

bool
append_open(struct append *append, struct slice argument)
{
	struct imap *im = append->im;
	struct slice ahead;

	conn_args(&im->conn, argument, &append->args);
	if (!imap_mailbox_argument(im, &append->args, &im->name, usage))
		return false;
	ahead = append->args.rest;
	if (ahead.len < 2 || ahead.ptr[0] != ' ')
		return fail_usage(append);
	append->args.rest = slice_skip(ahead, 1);
	return folder_is_there(im, str_slice(&im->name));
}

static void
reply(struct append *append, const struct incoming_uids *uids)
{
	struct str *code = &append->im->conn.code_made;

	str_appendf(code, "APPENDUID %u %u", uids->uidvalidity, uids->first);
	if (append->count > 1)
		str_appendf(
		    code, ":%u", uids->first + (uint32_t)append->count - 1);
	conn_ok(&append->im->conn, str_cstr(code), NULL);
}

void
cmd_append(void *ctx, struct slice argument)
{
	struct append append = { .im = ctx };
	struct incoming_uids uids;

	if (append_open(&append, argument) && append_take(&append) &&
	    append_deliver(&append, &uids) == 0)
		reply(&append, &uids);
	append_release(&append);
}
