#include "cmd/imapd/append.h"

#include <errno.h>

#include "cmd/imapd/commands.h"
#include "cmd/imapd/store.h"
#include "cmd/imapd/view.h"
#include "common/base/fileio.h"
#include "common/msg/date.h"
#include "common/store/incoming.h"

#define APPEND_STALL 300000 /* ms without an octet of the message */

static const char usage[] =
    "A mailbox, perhaps flags and a date, and a literal are needed";
static const char too_large[] = "Message is too large";
static const char has_nul[] = "Message contains a NUL octet";
static const char no_binary[] = "Binary literals are not available";
static const char no_such[] = "No such mailbox; it may be created";

/* What stands before the literal. */
struct append {
	struct slice mailbox; /* as on the wire */
	struct flag_list flags;
	time_t date; /* 0: now */
};

static bool
parse_date(struct args *args, time_t *ret_date)
{
	struct slice text;
	int offset;

	return (args_string(args, &text) &&
		   date_parse_imap(text, ret_date, &offset)) ||
	       args_fail(args);
}

static bool
parse_before(struct args *args, struct append *append)
{
	*append = (struct append){ .date = 0 };
	if (!args_astring(args, &append->mailbox) || !args_space(args))
		return false;
	if (args_peek(args) == '(' &&
	    (!flag_list_parse(args, false, &append->flags) ||
		!args_space(args)))
		return false;
	if (args_peek(args) == '"' &&
	    (!parse_date(args, &append->date) || !args_space(args)))
		return false;
	return !args->bad;
}

/* Is the literal's header all that is left? */
static bool
at_literal(const struct args *args)
{
	struct slice inside = slice_skip(args->rest, 1);
	struct literal literal;

	if (args_peek(args) == '~')
		inside = slice_skip(inside, 1);
	else if (args_peek(args) != '{')
		return false;
	return slice_find(inside, '{') == inside.len &&
	       literal_at_end(args->rest, &literal);
}

bool
append_streams(struct conn *conn, struct slice arguments)
{
	struct slice mailbox;
	struct args args;

	conn_args(conn, arguments, &args);
	/* Whatever else is wrong, the literal is then not the name. */
	return args_astring(&args, &mailbox);
}

void
append_filter(
    struct append_filter *filter, struct slice octets, struct str *out)
{
	size_t at;

	if (slice_find(octets, '\0') < octets.len)
		filter->nul = true;
	while (octets.len > 0) {
		if (filter->cr && octets.ptr[0] != '\n')
			str_append_char(out, '\r');
		at = slice_find(octets, '\r');
		str_append(out, slice_head(octets, at));
		filter->cr = at < octets.len;
		octets = slice_skip(octets, at + 1);
	}
}

void
append_filter_end(struct append_filter *filter, struct str *out)
{
	if (filter->cr)
		str_append_char(out, '\r');
	filter->cr = false;
}

/* Reads the literal, all of it even when it cannot be written.  0, -errno, or
 * -EPIPE when the client is gone. */
static int
receive(struct imap *im, int fd, struct append_filter *filter)
{
	STR_AUTO lines = STR_INIT;
	uint64_t left = im->conn.reader.literal.size;
	struct slice piece;
	int rc = 0;

	reader_invite(&im->conn.reader);
	im->conn.literal = false;
	while (left > 0) {
		if (!reader_piece(
			&im->conn.reader, APPEND_STALL, &left, &piece))
			return -EPIPE;
		str_clear(&lines);
		append_filter(filter, piece, &lines);
		if (left == 0)
			append_filter_end(filter, &lines);
		if (rc == 0)
			rc = fileio_write(fd, str_slice(&lines));
	}
	return rc;
}

static void
fail(struct imap *im, int rc, const struct err *err)
{
	if (rc == -ENOENT)
		conn_no(&im->conn, "TRYCREATE", no_such);
	else
		imap_fail(im, rc, err);
}

static bool
folder_is_there(struct imap *im, struct slice name)
{
	struct err err = { 0, "" };
	int rc = store_has_folder(im->store, name, &err);

	if (rc <= 0)
		fail(im, rc ? rc : -ENOENT, &err);
	return rc > 0;
}

/* What may be said before the literal is asked for. */
static bool
may_append(struct imap *im, struct slice name)
{
	const struct literal *literal = &im->conn.reader.literal;
	int64_t max = im->service->settings->imap_append_max;

	if (literal->binary)
		conn_no(&im->conn, "UNKNOWN-CTE", no_binary);
	else if (literal->size == 0)
		conn_no(&im->conn, NULL, "Message is empty");
	else if (literal->size > (uint64_t)max)
		conn_no(&im->conn, "TOOBIG", too_large);
	else if (folder_is_there(im, name))
		return imap_has_room(im, name, literal->size);
	return false;
}

/* Gives the keywords their bits, in the mailbox that the message goes to. */
static int
bind_keywords(struct imap *im, const struct flag_list *flags,
    struct incoming_target *target, struct err *err)
{
	struct mailbox *mb = im->mailbox;
	bool selected =
	    imap_is_selected(im, target->folder) && mailbox_writable(mb);
	int rc = 0;

	target->flags = flags->flags;
	if (flags->nkeywords == 0)
		return 0;
	if (!selected)
		rc = mailbox_open(
		    im->store, target->folder, MAILBOX_READ_WRITE, &mb, err);
	if (rc < 0)
		return rc;
	rc = flag_list_keywords(mb, flags, true, &target->keywords, err);
	if (rc == -ENOSPC) /* the message counts more than its keyword */
		rc = 0;
	if (!selected)
		mailbox_free(mb);
	else if (rc == 0)
		view_tell_new_keywords(im);
	return rc;
}

/* Nothing may stand behind the literal. */
static bool
ends_here(struct imap *im)
{
	struct reader *reader = &im->conn.reader;

	reader->deadline = im->conn.deadline;
	switch (reader_rest(reader)) {
	case READER_COMMAND:
		if (reader->text.len == 0)
			return true;
		conn_bad(&im->conn, usage);
		return false;
	case READER_LITERAL:
	case READER_REFUSED:
		conn_bad(&im->conn, usage);
		return false;
	case READER_HOPELESS:
	case READER_TIMEOUT:
	case READER_END:
		break;
	}
	im->conn.over = true;
	return false;
}

static void
deliver(struct imap *im, struct incoming *in, struct incoming_target *target)
{
	struct str *code = &im->conn.code_made;
	struct err err = { 0, "" };
	uint32_t uid = 0, uidvalidity = 0;
	int rc = incoming_deliver(in, target, &uid, &uidvalidity, &err);

	if (rc < 0) {
		fail(im, rc, &err);
		return;
	}
	str_appendf(code, "APPENDUID %u %u", uidvalidity, uid);
	conn_ok(&im->conn, str_cstr(code), NULL);
}

static void
receive_and_deliver(
    struct imap *im, struct incoming *in, struct incoming_target *target)
{
	struct append_filter filter = { false, false };
	struct err err = { 0, "" };
	int rc = receive(im, incoming_fd(in), &filter);

	if (rc == -EPIPE) {
		im->conn.over = true;
		return;
	}
	if (!ends_here(im))
		return;
	if (rc < 0)
		imap_fail(im, err_sys(&err, -rc, "write a message"), &err);
	else if (filter.nul)
		conn_no(&im->conn, NULL, has_nul);
	else
		deliver(im, in, target);
}

static void
append_message(struct imap *im, const struct append *append)
{
	struct incoming_target target = {
		.store = im->store,
		.folder = str_slice(&im->name),
		.date = append->date,
		.want_uid = true,
	};
	struct incoming *in = NULL;
	struct err err = { 0, "" };
	int rc = bind_keywords(im, &append->flags, &target, &err);

	if (rc == 0)
		rc = incoming_open(im->store, &in, &err);
	if (rc < 0) {
		fail(im, rc, &err);
		return;
	}
	receive_and_deliver(im, in, &target);
	incoming_free(in);
}

void
cmd_append(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct append append;
	struct args args, name;

	conn_args(&im->conn, argument, &args);
	name = args;
	if (!im->conn.literal || !parse_before(&args, &append) ||
	    !at_literal(&args)) {
		conn_bad(&im->conn, usage);
		return;
	}
	if (imap_mailbox_argument(im, &name, &im->name, usage) &&
	    may_append(im, str_slice(&im->name)))
		append_message(im, &append);
}
