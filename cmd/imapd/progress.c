#include "cmd/imapd/progress.h"

#include "common/base/clock.h"
#include "common/store/mailbox_progress.h"

void
progress_begin(struct progress *progress, struct conn *conn, uint32_t goal)
{
	*progress = (struct progress){ .conn = conn,
		.goal = goal,
		.next = clock_deadline(PROGRESS_INTERVAL) };
}

void
progress_tell(struct progress *progress, uint32_t done)
{
	struct conn *conn = progress->conn;
	struct slice tag = str_slice(&conn->tag);

	if (clock_ms() < progress->next || done >= progress->goal)
		return;
	progress->next = clock_deadline(PROGRESS_INTERVAL);
	str_append_cstr(&conn->out, "* OK [INPROGRESS (");
	/* "]" would end the code for those who do not look at quotes */
	if (slice_find(tag, ']') < tag.len)
		str_append_cstr(&conn->out, "NIL");
	else
		str_appendf(&conn->out, "\"%.*s\"", SLICE_FMT(tag));
	str_appendf(
	    &conn->out, " %u %u)] Still at it\r\n", done, progress->goal);
	conn_flush(conn);
}

static void
tell(void *ctx, size_t done)
{
	progress_tell(ctx, (uint32_t)done);
}

void
progress_follow(struct progress *progress, struct imap *im, uint32_t goal)
{
	progress_begin(progress, &im->conn, goal);
	mailbox_set_progress(im->mailbox, tell, progress);
}

void
progress_unfollow(struct imap *im)
{
	mailbox_set_progress(im->mailbox, NULL, NULL);
}
