#include "cmd/imapd/resync.h"

#include <stdlib.h>

#include "cmd/imapd/view.h"

/* Those of the set that have gone since then. */
static int
tell_vanished(
    struct imap *im, uint64_t since, const struct seqset *uids, struct err *err)
{
	struct seqset gone = { 0 }, told = { 0 };
	struct uid_range *ranges;
	size_t n, i;
	int rc = mailbox_vanished(im->mailbox, since, &ranges, &n, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < n; i++)
		seqset_add_range(&gone, ranges[i].first, ranges[i].last);
	free(ranges);
	seqset_intersect(&gone, uids, &told);
	view_tell_vanished(im, &told, true);
	seqset_release(&gone);
	seqset_release(&told);
	return 0;
}

int
resync_tell_since(
    struct imap *im, uint64_t since, struct slice text, struct err *err)
{
	struct seqset uids = { 0 };
	int rc;

	if (slice_is(text, "$"))
		return tell_vanished(im, since, &im->saved, err);
	if (!seqset_parse(text, &uids))
		return 0; /* was parsed before */
	/* not the last one that is left: those behind it may have gone */
	seqset_resolve(&uids, mailbox_uidnext(im->mailbox) - 1);
	rc = tell_vanished(im, since, &uids, err);
	seqset_release(&uids);
	return rc;
}

/* The number at a place of a walk over a set. */
struct walk {
	const struct seqset *set;
	size_t range;
	uint32_t at; /* the number */
};

static void
walk_next(struct walk *walk)
{
	if (walk->at < walk->set->ranges[walk->range].last) {
		walk->at++;
	} else if (++walk->range < walk->set->count) {
		walk->at = walk->set->ranges[walk->range].first;
	}
}

/*
 * The last uid up to which the client knows what there is: at one of its
 * numbers is the message that it knows there, so below it as many are left as
 * it has, and those are the same (section 3.2.5.2).  0 for none.
 */
static uint32_t
last_in_place(const struct imap *im, const struct resync_point *point)
{
	struct walk seq = { .set = &point->seqs };
	struct walk uid = { .set = &point->uids };
	const struct message *m;
	uint32_t last = 0;

	if (!point->pairs_given)
		return 0;
	seq.at = point->seqs.ranges[0].first;
	uid.at = point->uids.ranges[0].first;
	while (seq.range < point->seqs.count) {
		m = mailbox_message(im->mailbox, seq.at);
		if (m == NULL || m->uid != uid.at)
			break;
		last = m->uid;
		walk_next(&seq);
		walk_next(&uid);
	}
	return last;
}

/* Those uids of the client's that may have gone. */
static void
put_doubtful(const struct imap *im, const struct resync_point *point,
    struct seqset *doubtful)
{
	uint32_t last = last_in_place(im, point);
	struct seqset_range above = { last + 1, UINT32_MAX };
	struct seqset all = { .ranges = &above, .count = 1 };

	if (last == UINT32_MAX)
		return;
	if (point->known_given)
		seqset_intersect(&point->known, &all, doubtful);
	else
		seqset_add_range(doubtful, above.first, above.last);
}

static void
tell_changed(struct imap *im, const struct resync_point *point)
{
	uint32_t seq, count = mailbox_count(im->mailbox);
	const struct message *m;

	for (seq = 1; seq <= count; seq++) {
		m = mailbox_message(im->mailbox, seq);
		if (m->modseq <= point->modseq ||
		    (point->known_given && !seqset_has(&point->known, m->uid)))
			continue;
		view_tell_message(im, seq, true);
	}
}

int
resync_tell(struct imap *im, const struct resync_point *point, struct err *err)
{
	struct seqset doubtful = { 0 };
	int rc;

	if (mailbox_highest_modseq(im->mailbox) == 0 ||
	    mailbox_uidvalidity(im->mailbox) != point->uidvalidity)
		return 0;
	put_doubtful(im, point, &doubtful);
	rc = tell_vanished(im, point->modseq, &doubtful, err);
	seqset_release(&doubtful);
	if (rc == 0)
		tell_changed(im, point);
	return rc;
}
