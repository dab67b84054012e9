#include "cmd/imapd/message_texts.h"

#include "cmd/imapd/bodystructure.h"
#include "cmd/imapd/envelope.h"
#include "cmd/imapd/message_header.h"
#include "common/msg/header.h"

/* What Thunderbird, Apple Mail, Outlook, mutt, Roundcube, K-9, FairEmail and
 * mbsync ask for in lists of messages, and what SORT, THREAD and most searches
 * look at; by the first letter. */
static const struct slice usual[] = {
	SLICE_LIT("Bcc"),
	SLICE_LIT("Cc"),
	SLICE_LIT("Content-Description"),
	SLICE_LIT("Content-Type"),
	SLICE_LIT("Date"),
	SLICE_LIT("Disposition-Notification-To"),
	SLICE_LIT("Followup-To"),
	SLICE_LIT("From"),
	SLICE_LIT("Importance"),
	SLICE_LIT("In-Reply-To"),
	SLICE_LIT("Lines"),
	SLICE_LIT("List-Id"),
	SLICE_LIT("List-Post"),
	SLICE_LIT("List-Unsubscribe"),
	SLICE_LIT("Mail-Followup-To"),
	SLICE_LIT("Message-ID"),
	SLICE_LIT("MIME-Version"),
	SLICE_LIT("Newsgroups"),
	SLICE_LIT("Priority"),
	SLICE_LIT("References"),
	SLICE_LIT("Reply-To"),
	SLICE_LIT("Sender"),
	SLICE_LIT("Subject"),
	SLICE_LIT("To"),
	SLICE_LIT("X-K9mail-Identity"),
	SLICE_LIT("X-Label"),
	SLICE_LIT("X-MSMail-Priority"),
	SLICE_LIT("X-Priority"),
	SLICE_LIT("X-Spam-Flag"),
	SLICE_LIT("X-TUID"),
};

bool
message_text_is_usual(struct slice field)
{
	size_t i;

	for (i = 0; i < sizeof usual / sizeof usual[0]; i++)
		if (slice_equal_nocase(usual[i], field))
			return true;
	return false;
}

/* What is kept of a header; false when it is too long. */
static bool
collect(struct slice header, struct str *out)
{
	struct header_field field;

	str_clear(out);
	while (header_next(&header, &field)) {
		if (!message_text_is_usual(field.name))
			continue;
		if (field.raw.len > MAILBOX_CACHED_MAX - out->len)
			return false;
		str_append(out, field.raw);
	}
	return true;
}

/* Reads the header, and keeps what is made of it: who asks for one of them will
 * ask for the other.  *ret_header is what its usual fields are found in. */
static int
learn_header(
    struct imap *im, uint32_t seq, struct slice *ret_header, struct err *err)
{
	struct texts *texts = &im->texts;
	int rc;

	texts->uid = 0;
	rc = message_header(im, seq, &texts->header, ret_header, err);
	if (rc < 0)
		return rc;
	str_clear(&texts->envelope);
	envelope_append(*ret_header, &texts->envelope);
	mailbox_cache(
	    im->mailbox, seq, CACHED_ENVELOPE, str_slice(&texts->envelope));
	if (!collect(*ret_header, &texts->fields))
		return 0;
	mailbox_cache(
	    im->mailbox, seq, CACHED_FIELDS, str_slice(&texts->fields));
	texts->uid = mailbox_message(im->mailbox, seq)->uid;
	*ret_header = str_slice(&texts->fields);
	return 0;
}

int
message_text_fields(
    struct imap *im, uint32_t seq, struct slice *ret_fields, struct err *err)
{
	if (im->texts.uid == mailbox_message(im->mailbox, seq)->uid) {
		*ret_fields = str_slice(&im->texts.fields);
		return 0;
	}
	if (mailbox_cached(im->mailbox, seq, CACHED_FIELDS, ret_fields))
		return 0;
	return learn_header(im, seq, ret_fields, err);
}

static int
learn_structure(struct imap *im, uint32_t seq, enum cached kind,
    struct str *out, struct err *err)
{
	size_t before = out->len;
	int rc = imap_open_body(im, seq, err);

	if (rc < 0)
		return rc;
	imap_find_parts(im);
	bodystructure_append(
	    &im->mime, body_text(&im->body), kind == CACHED_BODYSTRUCTURE, out);
	mailbox_cache(
	    im->mailbox, seq, kind, slice_skip(str_slice(out), before));
	return 0;
}

int
message_text(struct imap *im, uint32_t seq, enum cached kind, struct str *out,
    struct err *err)
{
	struct slice text;
	int rc;

	if (kind == CACHED_ENVELOPE &&
	    im->texts.uid == mailbox_message(im->mailbox, seq)->uid) {
		str_append(out, str_slice(&im->texts.envelope));
		return 0;
	}
	if (mailbox_cached(im->mailbox, seq, kind, &text)) {
		str_append(out, text);
		return 0;
	}
	if (kind != CACHED_ENVELOPE)
		return learn_structure(im, seq, kind, out, err);
	rc = learn_header(im, seq, &text, err);
	if (rc == 0)
		str_append(out, str_slice(&im->texts.envelope));
	return rc;
}

void
message_text_rest(struct imap *im)
{
	im->texts.uid = 0;
	str_release(&im->texts.header);
	str_release(&im->texts.envelope);
	str_release(&im->texts.fields);
	if (im->mailbox)
		mailbox_cached_rest(im->mailbox);
}
