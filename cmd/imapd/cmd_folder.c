#include "cmd/imapd/commands.h"
#include "cmd/imapd/imap.h"
#include "cmd/imapd/list.h"
#include "cmd/imapd/special_use.h"
#include "common/base/mem.h"
#include "common/store/folder_change.h"
#include "common/store/mailbox_copy.h"
#include "common/store/mailbox_message.h"

#include <errno.h>
#include <stdlib.h>

static const char rename_usage[] = "RENAME takes two mailbox names";

/* "that the client intends to make names below it" (6.3.3) */
static void
cut_separator(struct str *name)
{
	if (name->len > 1 && name->ptr[name->len - 1] == '/')
		str_truncate(name, name->len - 1);
}

/* SP "(USE (" attributes "))" behind the name (RFC 6154 section 3).  Which
 * folder has which purpose is the settings' to say: the one that has it already
 * may be made so, and no other. */
static bool
check_use(struct imap *im, struct args *args, bool *ret_fits)
{
	struct slice word, name = str_slice(&im->name);
	const char *folder;
	bool first = true;

	*ret_fits = true;
	if (args_end(args))
		return true;
	if (!args_space(args) || !args_open(args) || !args_atom(args, &word) ||
	    !slice_is_nocase(word, "USE") || !args_space(args) ||
	    !args_open(args))
		return false;
	while (args_more(args, first)) {
		first = false;
		if (!args_flag(args, &word))
			return false;
		folder = special_use_folder(im->service->settings, word);
		*ret_fits &= folder != NULL && slice_is(name, folder);
	}
	return !args_more(args, false) && args_end(args);
}

/* MAILBOXID of what was made (RFC 8474 section 4.1); without one when it
 * cannot be asked for, for the mailbox is made. */
static void
reply_with_id(struct imap *im)
{
	struct str *code = &im->conn.code_made;
	struct mailbox *made;
	struct err err;

	/* to be written to, so that the id is kept */
	if (mailbox_open(im->store, str_slice(&im->name), MAILBOX_READ_WRITE,
		&made, &err) < 0)
		return;
	str_set(code, slice_from("MAILBOXID ("));
	mailbox_id(made, code);
	str_append_char(code, ')');
	mailbox_free(made);
	conn_ok(&im->conn, str_cstr(code), NULL);
}

void
cmd_create(void *ctx, struct slice argument)
{
	static const char usage[] = "CREATE takes a mailbox name";
	struct imap *im = ctx;
	struct err err = { 0, "" };
	STR_AUTO old = STR_INIT;
	struct args args;
	bool fits;
	int rc;

	conn_args(&im->conn, argument, &args);
	if (!imap_mailbox_argument(im, &args, &im->name, usage))
		return;
	cut_separator(&im->name);
	if (!check_use(im, &args, &fits)) {
		conn_bad(&im->conn, usage);
		return;
	}
	if (!fits) {
		conn_no(&im->conn, "USEATTR", "Not the folder for that");
		return;
	}
	(void)imap_compose_name(im, &im->name, &old); /* old says it */
	rc = store_create(im->store, str_slice(&im->name), &err);
	if (rc < 0) {
		imap_fail(im, rc, &err);
		return;
	}
	if (old.len)
		list_tell_one(im, str_slice(&im->name), str_slice(&old));
	reply_with_id(im);
}

/* The mailbox that this session has selected: it is left, as if it had never
 * been there (RFC 9051 section 7.1, CLOSED). */
static void
leave_deleted(struct imap *im)
{
	if (!imap_is_selected(im, str_slice(&im->name)))
		return;
	imap_unselect(im);
	str_append_cstr(&im->conn.out, "* OK [CLOSED] Mailbox is gone\r\n");
}

void
cmd_delete(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct err err = { 0, "" };
	int rc;

	if (!imap_sole_mailbox(im, argument))
		return;
	if (slice_is_nocase(str_slice(&im->name), "INBOX")) {
		conn_no(&im->conn, "CANNOT", "INBOX cannot be deleted");
		return;
	}
	rc = store_delete(im->store, str_slice(&im->name), &err);
	if (rc == -ENOTEMPTY)
		conn_no(&im->conn, "HASCHILDREN",
		    "Not a mailbox, but the "
		    "parent of some");
	else if (rc < 0)
		imap_fail(im, rc, &err);
	else
		leave_deleted(im);
}

/* Moves all messages of the mailbox. */
static int
move_all(struct mailbox *mb, struct slice to, struct err *err)
{
	size_t i, count = mailbox_count(mb);
	uint32_t *seqs = mem_alloc(mem_mul(count + 1, sizeof *seqs));
	bool *moved = mem_alloc(mem_mul(count + 1, sizeof *moved));
	struct mailbox_moves moves = { .moved = moved };
	int rc;

	for (i = 0; i < count; i++)
		seqs[i] = (uint32_t)i + 1;
	rc = mailbox_move(
	    mb, (struct mailbox_seqs){ seqs, count }, to, &moves, err);
	free(seqs);
	free(moved);
	return rc;
}

/* RENAME of INBOX: its messages go into a new mailbox, and it stays (6.3.5). */
static int
move_inbox(struct imap *im, struct slice to, struct err *err)
{
	struct mailbox *inbox = NULL;
	int rc = store_create(im->store, to, err);

	if (rc == 0)
		rc = mailbox_open(im->store, slice_from("INBOX"),
		    MAILBOX_READ_WRITE, &inbox, err);
	if (rc == 0)
		rc = move_all(inbox, to, err);
	mailbox_free(inbox);
	return rc;
}

/* The selected mailbox keeps being it under its new name. */
static void
follow_renamed(struct imap *im, struct slice from, struct slice to)
{
	struct slice own = str_slice(&im->mailbox_name);
	STR_AUTO name = STR_INIT;

	if (im->mailbox == NULL ||
	    !slice_equal(slice_head(own, from.len), from) ||
	    (own.len > from.len && own.ptr[from.len] != '/'))
		return;
	str_append(&name, to);
	str_append(&name, slice_skip(own, from.len));
	str_set(&im->mailbox_name, str_slice(&name));
}

/* Two names, into im->name and *to; else false, and the reply is set. */
static bool
rename_arguments(struct imap *im, struct slice argument, struct str *to)
{
	struct args args;

	conn_args(&im->conn, argument, &args);
	if (!imap_mailbox_argument(im, &args, &im->name, rename_usage))
		return false;
	if (args_space(&args) &&
	    !imap_mailbox_argument(im, &args, to, rename_usage))
		return false;
	if (!args_end(&args))
		conn_bad(&im->conn, rename_usage);
	cut_separator(to);
	return args_end(&args);
}

void
cmd_rename(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct err err = { 0, "" };
	STR_AUTO to = STR_INIT;
	STR_AUTO old = STR_INIT;
	int rc;

	if (!rename_arguments(im, argument, &to))
		return;
	(void)imap_compose_name(im, &to, &old); /* what it was is not told */
	if (slice_is_nocase(str_slice(&im->name), "INBOX"))
		rc = move_inbox(im, str_slice(&to), &err);
	else
		rc = store_rename(
		    im->store, str_slice(&im->name), str_slice(&to), &err);
	if (rc < 0) {
		imap_fail(im, rc, &err);
		return;
	}
	follow_renamed(im, str_slice(&im->name), str_slice(&to));
	if (im->conn.rev2)
		list_tell_one(im, str_slice(&to), str_slice(&im->name));
}

static void
subscribe(struct imap *im, struct slice argument, bool yes)
{
	struct err err = { 0, "" };
	int rc;

	if (!imap_sole_mailbox(im, argument))
		return;
	rc = store_subscribe(im->store, str_slice(&im->name), yes, &err);
	if (rc < 0)
		imap_fail(im, rc, &err);
}

void
cmd_subscribe(void *ctx, struct slice argument)
{
	subscribe(ctx, argument, true);
}

void
cmd_unsubscribe(void *ctx, struct slice argument)
{
	subscribe(ctx, argument, false);
}
