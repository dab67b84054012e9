#include "cmd/imapd/view.h"

#include "cmd/imapd/condstore.h"
#include "cmd/imapd/context.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/response.h"
#include "common/base/log.h"

#define VANISHED_RANGES                                                        \
	350 /* of one line, which then has 8000 octets at most */

static const char gone[] = "The mailbox is gone or was rebuilt";

static void
tell_number(struct imap *im, uint32_t number, const char *what)
{
	struct str *out = &im->conn.out;

	str_append_cstr(out, "* ");
	response_number(out, number);
	str_append_char(out, ' ');
	str_append_cstr(out, what);
	str_append_cstr(out, "\r\n");
	conn_drain(&im->conn);
}

void
view_tell_counts(struct imap *im)
{
	tell_number(im, mailbox_count(im->mailbox), "EXISTS");
	if (!im->conn.rev2)
		tell_number(im, mailbox_recent(im->mailbox), "RECENT");
}

/* Bits of the keywords that have names. */
static uint32_t
keyword_bits(const struct mailbox *mb, unsigned *ret_count)
{
	uint32_t bits = 0;
	unsigned i;

	*ret_count = 0;
	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++) {
		if (mailbox_keyword(mb, i) == NULL)
			continue;
		bits |= 1u << i;
		++*ret_count;
	}
	return bits;
}

void
view_tell_flags(struct imap *im)
{
	const uint8_t system = FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED |
			       FLAG_DELETED | FLAG_DRAFT | FLAG_PASSED;
	struct str *out = &im->conn.out;
	uint32_t keywords = keyword_bits(im->mailbox, &im->keywords_told);

	str_append_cstr(out, "* FLAGS ");
	response_flags(out, im->mailbox, system, keywords);
	str_append_cstr(out, "\r\n* OK [PERMANENTFLAGS ");
	if (!mailbox_writable(im->mailbox)) {
		str_append_cstr(out, "()] Read-only mailbox\r\n");
		return;
	}
	response_flags(out, im->mailbox, system, keywords);
	if (im->keywords_told < MAILBOX_KEYWORDS_MAX) {
		str_truncate(out, out->len - 1);
		str_append_cstr(out, " \\*)");
	}
	str_append_cstr(out, "] Flags permitted\r\n");
}

void
view_tell_new_keywords(struct imap *im)
{
	unsigned count;

	(void)keyword_bits(im->mailbox, &count); /* for the count */
	if (count != im->keywords_told)
		view_tell_flags(im);
}

uint8_t
view_flags(const struct imap *im, uint8_t flags)
{
	return im->conn.rev2 ? flags & (uint8_t)~FLAG_RECENT : flags;
}

void
view_begin_message(struct imap *im, uint32_t seq)
{
	bool uids = im->enabled & ENABLED_UIDONLY;
	struct str *out = &im->conn.out;

	str_append_cstr(out, "* ");
	response_number(
	    out, uids ? mailbox_message(im->mailbox, seq)->uid : seq);
	str_append_cstr(out, uids ? " UIDFETCH (" : " FETCH (");
}

static void
tell(struct imap *im, uint32_t seq, bool uid, bool flags)
{
	const struct message *m = mailbox_message(im->mailbox, seq);
	struct str *out = &im->conn.out;
	bool modseq = condstore_is_due(im, true, uid) && m->modseq;

	uid |= modseq && (im->enabled & ENABLED_QRESYNC);
	view_begin_message(im, seq);
	if (uid && !(im->enabled & ENABLED_UIDONLY)) {
		response_item(out, "UID ");
		response_number(out, m->uid);
	}
	if (flags) {
		response_item(out, "FLAGS ");
		response_flags(
		    out, im->mailbox, view_flags(im, m->flags), m->keywords);
	}
	if (modseq) {
		response_item(out, "");
		condstore_put(m->modseq, out);
	}
	str_append_cstr(out, ")\r\n");
	conn_drain(&im->conn);
}

void
view_tell_message(struct imap *im, uint32_t seq, bool uid)
{
	if (mailbox_message(im->mailbox, seq))
		tell(im, seq, uid, true);
}

void
view_tell_modseq(struct imap *im, uint32_t seq, bool uid)
{
	const struct message *m = mailbox_message(im->mailbox, seq);

	if (m && m->modseq && (im->enabled & ENABLED_CONDSTORE))
		tell(im, seq, uid, false);
}

void
view_tell_vanished(struct imap *im, const struct seqset *uids, bool earlier)
{
	struct seqset line = { 0 };
	size_t i, n;

	for (i = 0; i < uids->count; i += n) {
		n = uids->count - i;
		if (n > VANISHED_RANGES)
			n = VANISHED_RANGES;
		line.ranges = uids->ranges + i; /* borrowed */
		line.count = n;
		str_append_cstr(&im->conn.out,
		    earlier ? "* VANISHED (EARLIER) " : "* VANISHED ");
		seqset_print(&line, &im->conn.out);
		str_append_cstr(&im->conn.out, "\r\n");
		conn_drain(&im->conn);
	}
}

static void
tell_expunged(struct imap *im, const struct mailbox_changes *changes)
{
	struct seqset uids = { 0 };
	size_t i;

	im->expunged |= changes->nexpunged > 0;
	if (!(im->enabled & (ENABLED_QRESYNC | ENABLED_UIDONLY))) {
		for (i = 0; i < changes->nexpunged; i++)
			tell_number(im, changes->expunged[i], "EXPUNGE");
		return;
	}
	for (i = changes->nexpunged; i > 0; i--)
		seqset_add(&uids, changes->expunged_uids[i - 1]);
	view_tell_vanished(im, &uids, false);
	seqset_release(&uids);
}

static void
tell_changes(struct imap *im, const struct mailbox_changes *changes)
{
	uint32_t seq;
	size_t i;

	if (changes->keywords)
		view_tell_flags(im);
	context_tell_expunged(im, changes);
	tell_expunged(im, changes);
	if (changes->appeared)
		view_tell_counts(im);
	notify_tell_new(im, changes->appeared);
	for (i = 0; !notify_mutes_flags(im) && i < changes->nchanged; i++) {
		seq = mailbox_seq_of(im->mailbox, changes->changed[i], NULL);
		if (seq)
			view_tell_message(im, seq, true);
	}
	context_update(im, changes);
}

void
view_sync(struct imap *im, bool keep_expunged)
{
	struct mailbox_changes changes = { 0 };
	struct err err = { 0, "" };

	if (im->mailbox == NULL)
		return;
	if (mailbox_sync(im->mailbox, keep_expunged, &changes, &err) < 0) {
		log_warning("%s: %s", str_cstr(&im->mailbox_name), err.text);
		conn_bye(&im->conn, gone);
		return;
	}
	tell_changes(im, &changes);
	mailbox_changes_release(&changes);
}

/* "$": what was found last and is still there. */
static void
saved_set(const struct imap *im, bool uids, struct seqset *set)
{
	uint32_t count = mailbox_count(im->mailbox), seq, uid;

	set->count = 0;
	set->star = false;
	for (seq = 1; im->saved.count && seq <= count; seq++) {
		uid = mailbox_message(im->mailbox, seq)->uid;
		if (seqset_has(&im->saved, uid))
			seqset_add(set, uids ? uid : seq);
	}
}

bool
view_set(
    const struct imap *im, struct slice text, bool uids, struct seqset *set)
{
	uint32_t count = mailbox_count(im->mailbox), last = count;
	const struct message *m;

	if (slice_is(text, "$")) {
		saved_set(im, uids, set);
		return true;
	}
	if (!seqset_parse(text, set))
		return false;
	if (uids) {
		m = mailbox_message(im->mailbox, count);
		last = m ? m->uid : 0;
	} else if (count == 0 && set->star) {
		return false;
	}
	seqset_resolve(set, last);
	return uids || seqset_last(set) <= count;
}

void
view_walk(const struct imap *im, const struct seqset *set, bool uids,
    struct view_walk *ret_walk)
{
	*ret_walk = (struct view_walk){
		.mailbox = im->mailbox, .set = set, .uids = uids
	};
}

/* The first candidate of the range: its own number, or that of the first
 * message with such a uid. */
static uint32_t
range_start(const struct view_walk *walk, const struct seqset_range *range)
{
	uint32_t next, seq;

	if (!walk->uids)
		return range->first;
	seq = mailbox_seq_of(walk->mailbox, range->first, &next);
	return seq ? seq : next;
}

static bool
is_past(const struct view_walk *walk, const struct seqset_range *range)
{
	const struct message *m = mailbox_message(walk->mailbox, walk->seq);

	if (m == NULL)
		return true;
	return (walk->uids ? m->uid : walk->seq) > range->last;
}

bool
view_next(struct view_walk *walk, uint32_t *ret_seq)
{
	while (walk->range < walk->set->count) {
		const struct seqset_range *range =
		    &walk->set->ranges[walk->range];

		if (walk->seq == 0)
			walk->seq = range_start(walk, range);
		if (!is_past(walk, range)) {
			*ret_seq = walk->seq++;
			return true;
		}
		walk->range++;
		walk->seq = 0;
	}
	return false;
}
