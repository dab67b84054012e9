#include "cmd/imapd/commands.h"

#include "cmd/imapd/capability.h"
#include "cmd/imapd/cmd_any.h"
#include "cmd/imapd/condstore.h"
#include "cmd/imapd/imap.h"
#include "cmd/imapd/message_texts.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/view.h"
#include "common/base/clock.h"

#include <malloc.h>

static void
cmd_capability(void *ctx, struct slice argument)
{
	struct imap *im = ctx;
	struct str *out = &im->conn.out;

	(void)argument;
	str_append_cstr(out, "* ");
	capability_list(im->service->settings, CAP_AFTER_LOGIN, 0, out);
	str_append_cstr(out, "\r\n");
}

#define NUM (IMAP_SYNCS | IMAP_NUMBERS | CMD_RAW)
#define SEQ (NUM | IMAP_NO_EXPUNGE)
#define UID (IMAP_SYNCS | IMAP_UID | CMD_RAW)
#define WR IMAP_WRITES
#define EXP (IMAP_WRITES | IMAP_EXPUNGES)

/* clang-format off */
static const struct command table[] = {
	/* verb           states       argument    flags                handler */
	{ "CAPABILITY",   ST_IN,       ARG_NONE,   IMAP_SYNCS,          cmd_capability },
	{ "NOOP",         ST_IN,       ARG_NONE,   IMAP_SYNCS,          cmd_noop },
	{ "LOGOUT",       ST_IN,       ARG_NONE,   0,                   cmd_logout },
	{ "ID",           ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_id },
	{ "LANGUAGE",     ST_IN,       ARG_OPTIONAL, IMAP_SYNCS | CMD_RAW, cmd_language },
	{ "STARTTLS",     ST_LOGIN,    ARG_NONE,   0,                   NULL },
	{ "LOGIN",        ST_LOGIN,    ARG_NEEDED, CMD_SECRET,          NULL },
	{ "AUTHENTICATE", ST_LOGIN,    ARG_NEEDED, CMD_SECRET,          NULL },
	{ "SELECT",       ST_IN,       ARG_NEEDED, CMD_RAW,             cmd_select },
	{ "EXAMINE",      ST_IN,       ARG_NEEDED, CMD_RAW,             cmd_examine },
	{ "CREATE",       ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_create },
	{ "DELETE",       ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_delete },
	{ "RENAME",       ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_rename },
	{ "SUBSCRIBE",    ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_subscribe },
	{ "UNSUBSCRIBE",  ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_unsubscribe },
	{ "LIST",         ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_list },
	{ "XLIST",        ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_xlist },
	{ "LSUB",         ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_lsub },
	{ "NAMESPACE",    ST_IN,       ARG_NONE,   IMAP_SYNCS,          cmd_namespace },
	{ "ENABLE",       ST_NAMELESS, ARG_NEEDED, CMD_RAW,             cmd_enable },
	{ "GETQUOTA",     ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_getquota },
	{ "GETQUOTAROOT", ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_getquotaroot },
	{ "SETQUOTA",     ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_setquota },
	{ "GETMETADATA",  ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_getmetadata },
	{ "SETMETADATA",  ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_setmetadata },
	{ "STATUS",       ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_status },
	{ "APPEND",       ST_IN,       ARG_NEEDED, IMAP_SYNCS | IMAP_STREAMS | CMD_RAW,
	                                                                cmd_append },
	{ "NOTIFY",       ST_IN,       ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_notify },
	{ "COMPRESS",     ST_IN,       ARG_NEEDED, 0,                   cmd_compress },
	{ "IDLE",         ST_IN,       ARG_NONE,   0,                   cmd_idle },
	{ "CHECK",        ST_SELECTED, ARG_NONE,   IMAP_SYNCS,          cmd_noop },
	{ "CLOSE",        ST_SELECTED, ARG_NONE,   0,                   cmd_close },
	{ "UNSELECT",     ST_SELECTED, ARG_NONE,   0,                   cmd_unselect },
	{ "REPLACE",      ST_SELECTED, ARG_NEEDED, NUM | IMAP_STREAMS | EXP,
	                                                                cmd_replace },
	{ "UID REPLACE",  ST_SELECTED, ARG_NEEDED, UID | IMAP_STREAMS | EXP, cmd_replace },
	{ "EXPUNGE",      ST_SELECTED, ARG_NONE,   IMAP_SYNCS | EXP,    cmd_expunge },
	{ "UID EXPUNGE",  ST_SELECTED, ARG_NEEDED, UID | EXP,           cmd_uid_expunge },
	{ "FETCH",        ST_SELECTED, ARG_NEEDED, SEQ,                 cmd_fetch },
	{ "UID FETCH",    ST_SELECTED, ARG_NEEDED, UID,                 cmd_fetch },
	{ "STORE",        ST_SELECTED, ARG_NEEDED, SEQ | WR,            cmd_store },
	{ "UID STORE",    ST_SELECTED, ARG_NEEDED, UID | WR,            cmd_store },
	{ "SEARCH",       ST_SELECTED, ARG_NEEDED, SEQ,                 cmd_search },
	{ "UID SEARCH",   ST_SELECTED, ARG_NEEDED, UID,                 cmd_search },
	{ "CANCELUPDATE", ST_SELECTED, ARG_NEEDED, IMAP_SYNCS | CMD_RAW, cmd_cancelupdate },
	{ "SORT",         ST_SELECTED, ARG_NEEDED, SEQ,                 cmd_sort },
	{ "UID SORT",     ST_SELECTED, ARG_NEEDED, UID,                 cmd_sort },
	{ "THREAD",       ST_SELECTED, ARG_NEEDED, SEQ,                 cmd_thread },
	{ "UID THREAD",   ST_SELECTED, ARG_NEEDED, UID,                 cmd_thread },
	{ "COPY",         ST_SELECTED, ARG_NEEDED, NUM,                 cmd_copy },
	{ "UID COPY",     ST_SELECTED, ARG_NEEDED, UID,                 cmd_copy },
	{ "MOVE",         ST_SELECTED, ARG_NEEDED, NUM | EXP,           cmd_move },
	{ "UID MOVE",     ST_SELECTED, ARG_NEEDED, UID | EXP,           cmd_move },
};
/* clang-format on */

/* What a command does to the mailbox, or was given to ask, is told whatever
 * NOTIFY says. */
static void
finish(struct conn *conn)
{
	struct imap *im = (struct imap *)conn;
	const struct command *row = conn->row;

	if ((row->flags & IMAP_SYNCS) &&
	    (notify_may_sync(im) || (row->flags & IMAP_WRITES) ||
		row->handler == cmd_noop))
		view_sync(im, row->flags & IMAP_NO_EXPUNGE);
	if (row->flags & IMAP_SYNCS)
		notify_tell(im);
	if ((row->flags & IMAP_EXPUNGES) && im->expunged &&
	    conn->status == REPLY_OK && conn->code == NULL)
		conn->code = condstore_code(im);
	im->expunged = false;
}

/* Until the client speaks; memory is given back when it does not at once. */
static void
await(struct conn *conn, int64_t deadline)
{
	struct imap *im = (struct imap *)conn;
	int64_t soon = clock_deadline(SESSION_REST_MS);

	notify_wait(im, deadline, 0);
	if (soon < deadline &&
	    session_wait(im->service, -1, soon) != STREAM_WAIT_TIMEOUT)
		return;
	conn_shrink(conn);
	(void)session_wait(im->service, -1, deadline);
}

static bool
refuse(struct conn *conn, const struct command *row)
{
	struct imap *im = (struct imap *)conn;

	if ((row->flags & IMAP_NUMBERS) && (im->enabled & ENABLED_UIDONLY)) {
		imap_need_uids(im);
		return true;
	}
	if ((row->flags & IMAP_WRITES) && !mailbox_writable(im->mailbox)) {
		conn_no(conn, "READ-ONLY", "Mailbox is open read-only");
		return true;
	}
	return false;
}

static void
rest(struct conn *conn)
{
	imap_forget_body((struct imap *)conn);
	message_text_rest((struct imap *)conn);
	imap_rest_compression((struct imap *)conn);
	(void)malloc_trim(0); /* an optimisation */
}

/* Is the literal at the end of the arguments a message, and not the name of
 * the mailbox? */
static bool
streams(struct conn *conn, const struct command *row, struct slice arguments)
{
	struct slice mailbox;
	struct args args;

	if (row->handler == cmd_replace) /* behind a message's number */
		arguments =
		    slice_skip(arguments, slice_find(arguments, ' ') + 1);
	conn_args(conn, arguments, &args);
	/* Whatever else is wrong, the literal is then not the name. */
	return args_astring(&args, &mailbox);
}

const struct conn_class imap_class = {
	.table = table,
	.rows = sizeof table / sizeof table[0],
	.finish = finish,
	.refuse = refuse,
	.rest = rest,
	.await = await,
	.streams = streams,
};
