#include "cmd/imapd/commands.h"
#include "cmd/imapd/response.h"
#include "cmd/imapd/view.h"

#include <errno.h>

static const char status_usage[] = "STATUS takes a mailbox name and a list of "
				   "items";

/* The sequence number of the first unseen message, 0 when there is none. */
static uint32_t
first_unseen(const struct mailbox *mb)
{
	uint32_t seq, count = mailbox_count(mb);

	for (seq = 1; seq <= count; seq++)
		if (!(mailbox_message(mb, seq)->flags & FLAG_SEEN))
			return seq;
	return 0;
}

static void
tell_selected(struct imap *im)
{
	struct str *out = &im->conn.out;
	uint32_t unseen = first_unseen(im->mailbox);

	view_tell_flags(im);
	view_tell_counts(im);
	if (unseen)
		str_appendf(
		    out, "* OK [UNSEEN %u] First unseen message\r\n", unseen);
	str_appendf(out, "* OK [UIDVALIDITY %u] UIDs valid\r\n",
	    mailbox_uidvalidity(im->mailbox));
	str_appendf(out, "* OK [UIDNEXT %u] Predicted next UID\r\n",
	    mailbox_uidnext(im->mailbox));
}

/* Whatever comes of it, the mailbox selected before is left (6.3.1); but not
 * for a command that is no command. */
static void
open_mailbox(struct imap *im, struct slice argument, enum mailbox_mode mode)
{
	struct err err = { 0, "" };
	int rc;

	if (!imap_sole_mailbox(im, argument)) {
		if (im->conn.status != REPLY_BAD)
			imap_unselect(im);
		return;
	}
	imap_unselect(im);
	rc = mailbox_open(
	    im->store, str_slice(&im->name), mode, &im->mailbox, &err);
	if (rc < 0) {
		imap_fail(im, rc, &err);
		return;
	}
	str_set(&im->mailbox_name, str_slice(&im->name));
	im->conn.state = ST_SELECTED;
	tell_selected(im);
	conn_ok(&im->conn,
	    mailbox_writable(im->mailbox) ? "READ-WRITE" : "READ-ONLY", NULL);
}

void
cmd_select(void *ctx, struct slice argument)
{
	open_mailbox(ctx, argument, MAILBOX_READ_WRITE);
}

void
cmd_examine(void *ctx, struct slice argument)
{
	open_mailbox(ctx, argument, MAILBOX_READ_ONLY);
}

void
cmd_unselect(void *ctx, struct slice argument)
{
	(void)argument;
	imap_unselect(ctx);
}

static const struct status_item {
	const char *name;
	size_t offset;
} status_items[] = {
	/* clang-format off */
	{ "MESSAGES",    offsetof(struct mailbox_status, messages) },
	{ "RECENT",      offsetof(struct mailbox_status, recent) },
	{ "UIDNEXT",     offsetof(struct mailbox_status, uidnext) },
	{ "UIDVALIDITY", offsetof(struct mailbox_status, uidvalidity) },
	{ "UNSEEN",      offsetof(struct mailbox_status, unseen) },
	/* clang-format on */
};

#define STATUS_ITEMS (sizeof status_items / sizeof status_items[0])

/* The bits of the items in a list. */
static bool
parse_status_items(struct args *args, unsigned *ret_items)
{
	struct slice name;
	bool first = true;
	size_t i;

	*ret_items = 0;
	if (!args_open(args))
		return false;
	while (args_more(args, first)) {
		first = false;
		if (!args_atom(args, &name))
			return false;
		for (i = 0; i < STATUS_ITEMS; i++)
			if (slice_is_nocase(name, status_items[i].name))
				break;
		if (i == STATUS_ITEMS)
			return args_fail(args);
		*ret_items |= 1u << i;
	}
	return args_end(args) && *ret_items;
}

static void
tell_status(
    struct imap *im, const struct mailbox_status *status, unsigned items)
{
	struct str *out = &im->conn.out;
	const char *sep = " (";
	size_t i;

	str_append_cstr(out, "* STATUS ");
	response_mailbox(out, str_slice(&im->name));
	for (i = 0; i < STATUS_ITEMS; i++) {
		uint32_t value;

		if (!(items >> i & 1))
			continue;
		memcpy(&value, (const char *)status + status_items[i].offset,
		    sizeof value);
		str_appendf(out, "%s%s %u", sep, status_items[i].name, value);
		sep = " ";
	}
	str_append_cstr(out, ")\r\n");
}

void
cmd_status(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct mailbox_status status;
	struct err err = { 0, "" };
	struct args args;
	unsigned items;
	int rc;

	conn_args(&im->conn, argument, &args);
	if (!imap_mailbox_argument(im, &args, &im->name, status_usage))
		return;
	if (!args_space(&args) || !parse_status_items(&args, &items)) {
		conn_bad(&im->conn, status_usage);
		return;
	}
	rc = mailbox_status(im->store, str_slice(&im->name), &status, &err);
	if (rc < 0)
		imap_fail(im, rc, &err);
	else
		tell_status(im, &status, items);
}
