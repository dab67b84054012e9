#include "cmd/imapd/status.h"

#include "cmd/imapd/commands.h"
#include "cmd/imapd/condstore.h"
#include "cmd/imapd/response.h"
#include "common/store/mailbox_copy.h"
#include "common/store/mailbox_status.h"

static const char usage[] = "STATUS takes a mailbox name and a list of items";

struct status_values {
	struct mailbox_status counted; /* first: offsets are those of both */
	uint64_t appendlimit;
	uint64_t reclaimed; /* octets that an EXPUNGE gives back */
};

static const struct status_item {
	const char *name;
	size_t offset;
} items[] = {
	/* clang-format off */
	{ "MESSAGES",    offsetof(struct mailbox_status, messages) },
	{ "RECENT",      offsetof(struct mailbox_status, recent) },
	{ "UIDNEXT",     offsetof(struct mailbox_status, uidnext) },
	{ "UIDVALIDITY", offsetof(struct mailbox_status, uidvalidity) },
	{ "UNSEEN",      offsetof(struct mailbox_status, unseen) },
	{ "DELETED",     offsetof(struct mailbox_status, deleted) },
	{ "APPENDLIMIT", offsetof(struct status_values, appendlimit) },
	{ "DELETED-STORAGE", offsetof(struct status_values, reclaimed) },
	{ "SIZE",        offsetof(struct mailbox_status, size) },
	{ "HIGHESTMODSEQ", offsetof(struct mailbox_status, highest_modseq) },
	{ "MAILBOXID",   offsetof(struct mailbox_status, id) },
	/* clang-format on */
};

#define ITEMS (sizeof items / sizeof items[0])

/* Does the list ask for the item at that place of the struct? */
static bool
asks_for(unsigned wanted, size_t offset)
{
	size_t i;

	for (i = 0; i < ITEMS; i++)
		if ((wanted >> i & 1) && items[i].offset == offset)
			return true;
	return false;
}

bool
status_parse(struct args *args, unsigned *ret_items)
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
		for (i = 0; i < ITEMS; i++)
			if (slice_is_nocase(name, items[i].name))
				break;
		if (i == ITEMS)
			return args_fail(args);
		*ret_items |= 1u << i;
	}
	return !args->bad && *ret_items;
}

static void
put_value(struct str *out, const struct status_values *values, size_t offset)
{
	uint64_t value;

	if (offset == offsetof(struct mailbox_status, id)) {
		str_appendf(out, "(%s)", values->counted.id);
		return;
	}
	memcpy(&value, (const char *)values + offset, sizeof value);
	response_number(out, value);
}

static void
put_items(struct str *out, const struct status_values *values, unsigned wanted)
{
	const char *sep = " (";
	size_t i;

	for (i = 0; i < ITEMS; i++) {
		if (!(wanted >> i & 1))
			continue;
		str_appendf(out, "%s%s ", sep, items[i].name);
		put_value(out, values, items[i].offset);
		sep = " ";
	}
	str_append_cstr(out, ")\r\n");
}

/* The octets of what is \Deleted (RFC 9208 section 4.1.4). */
static int
find_deleted(
    struct imap *im, struct slice name, uint64_t *ret_octets, struct err *err)
{
	struct mailbox *mb;
	int rc = mailbox_open(im->store, name, MAILBOX_READ_ONLY, &mb, err);
	uint32_t seq;

	if (rc < 0)
		return rc;
	for (seq = 1; seq <= mailbox_count(mb); seq++)
		if (mailbox_message(mb, seq)->flags & FLAG_DELETED)
			*ret_octets += mailbox_octets(
			    mb, (struct mailbox_seqs){ &seq, 1 });
	mailbox_free(mb);
	return 0;
}

/* As status_tell, with err filled. */
static int
tell(struct imap *im, struct slice name, unsigned wanted, struct err *err)
{
	const bool sizes =
	    asks_for(wanted, offsetof(struct mailbox_status, size));
	const bool reclaimed =
	    asks_for(wanted, offsetof(struct status_values, reclaimed));
	struct status_values status = {
		.appendlimit = (uint64_t)im->service->settings->imap_append_max,
	};
	int rc = mailbox_status(im->store, name, sizes, &status.counted, err);

	if (rc == 0 && reclaimed && status.counted.deleted)
		rc = find_deleted(im, name, &status.reclaimed, err);
	if (rc < 0)
		return rc;
	if (asks_for(wanted, offsetof(struct mailbox_status, highest_modseq)))
		condstore_enable(im);
	str_append_cstr(&im->conn.out, "* STATUS ");
	response_mailbox(&im->conn.out, name, conn_names(&im->conn));
	put_items(&im->conn.out, &status, wanted);
	return 0;
}

int
status_tell(struct imap *im, struct slice name, unsigned wanted)
{
	struct err err;

	return tell(im, name, wanted, &err);
}

void
cmd_status(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct err err = { 0, "" };
	struct args args;
	unsigned wanted;
	int rc;

	conn_args(&im->conn, argument, &args);
	if (!imap_mailbox_argument(im, &args, &im->name, usage))
		return;
	if (!args_space(&args) || !status_parse(&args, &wanted) ||
	    !args_end(&args)) {
		conn_bad(&im->conn, usage);
		return;
	}
	rc = tell(im, str_slice(&im->name), wanted, &err);
	if (rc < 0)
		imap_fail(im, rc, &err);
}
