#include "cmd/imapd/fetch.h"

#include "cmd/imapd/response.h"
#include "common/msg/preview.h"
#include "common/store/mailbox_cached.h"
#include "common/store/mailbox_message.h"

/* Can it be made in no time?  A message that must be mapped can not. */
static bool
is_quick(struct imap *im, uint32_t seq)
{
	struct err err;
	uint64_t size;

	return im->body_uid == mailbox_message(im->mailbox, seq)->uid ||
	       (mailbox_message_file_size(im->mailbox, seq, &size, &err) == 0 &&
		   size <= BODY_SMALL);
}

int
fetch_preview(
    struct imap *im, uint32_t seq, bool lazy, struct str *out, struct err *err)
{
	STR_AUTO preview = STR_INIT;
	struct slice known;
	int rc;

	if (mailbox_cached(im->mailbox, seq, CACHED_PREVIEW, &known)) {
		response_string(out, known);
		return 0;
	}
	if (lazy && !is_quick(im, seq)) {
		str_append_cstr(out, "NIL");
		return 0;
	}
	rc = imap_open_body(im, seq, err);
	if (rc < 0)
		return rc;
	imap_find_parts(im);
	preview_message(&im->mime, body_text(&im->body), &preview);
	mailbox_cache(im->mailbox, seq, CACHED_PREVIEW, str_slice(&preview));
	response_string(out, str_slice(&preview));
	return 0;
}
