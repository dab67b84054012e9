#include <errno.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/store/mailbox_body.h"
#include "common/store/mailbox_message.h"
#include "common/store/maildir.h"
#include "common/store/view_index.h"

/* Where the size of uid is, or belongs. */
static size_t
place_of(const struct mailbox *mb, uint32_t uid)
{
	size_t low = 0, high = mb->nsizes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (mb->sizes[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Remembers what the file's name does not tell. */
static void
note_size(struct mailbox *mb, struct known_size known)
{
	size_t at = place_of(mb, known.uid);

	if (at < mb->nsizes && mb->sizes[at].uid == known.uid) {
		mb->sizes[at] = known;
		return;
	}
	mb->sizes = mem_grow(
	    mb->sizes, &mb->sizes_cap, mb->nsizes + 1, sizeof *mb->sizes);
	memmove(mb->sizes + at + 1, mb->sizes + at,
	    (mb->nsizes - at) * sizeof *mb->sizes);
	mb->sizes[at] = known;
	mb->nsizes++;
}

/* Both sizes as the name has them; false when it has not, or when they cannot
 * be: at most each octet is an LF that got a CR. */
static bool
name_says(const struct mailbox *mb, const struct record *record,
    uint64_t *ret_size, uint64_t *ret_crlf)
{
	struct slice name = slice_from(view_name(mb, record));
	uint64_t size, with_crlf;

	if (!maildir_get_size(name, 'S', &size) ||
	    !maildir_get_size(name, 'W', &with_crlf) || with_crlf < size ||
	    with_crlf - size > size)
		return false;
	*ret_size = size;
	*ret_crlf = with_crlf;
	return true;
}

/* Is the size known for a file of that many octets? */
static bool
is_known(const struct mailbox *mb, const struct record *record, uint64_t size,
    uint64_t *ret_crlf)
{
	uint32_t uid = record->message.uid;
	size_t at = place_of(mb, uid);
	uint64_t said;

	if (at < mb->nsizes && mb->sizes[at].uid == uid &&
	    mb->sizes[at].size == size) {
		*ret_crlf = mb->sizes[at].crlf;
		return true;
	}
	return name_says(mb, record, &said, ret_crlf) && said == size;
}

bool
mailbox_message_size_said(struct mailbox *mb, uint32_t seq, uint64_t *ret_size)
{
	const struct record *record = view_record(mb, seq);
	uint64_t size;

	return record && name_says(mb, record, &size, ret_size);
}

int
mailbox_message_body(
    struct mailbox *mb, uint32_t seq, struct body *body, struct err *err)
{
	int fd = mailbox_message_open(mb, seq, err);
	uint64_t said = 0;

	if (fd < 0)
		return fd;
	(void)maildir_get_size(slice_from(view_name(mb, view_record(mb, seq))),
	    'S', &said); /* else 0 */
	return body_open_next(fd, said, body, err);
}

/* Both sizes, for sessions to come. */
static void
note_fact(struct mailbox *mb, const struct record *record, uint64_t size,
    uint64_t crlf)
{
	const struct view_fact fact = { .uid = record->message.uid,
		.kind = INDEX_KNOWS_SIZES,
		.size = size,
		.crlf = crlf };

	view_fact_add(mb, &fact, slice_of("", 0));
}

int
mailbox_message_size(
    struct mailbox *mb, uint32_t seq, uint64_t *ret_size, struct err *err)
{
	struct known_size known;
	struct record *record;
	struct body body = { .text = NULL };
	struct index_row row;
	int rc;

	record = view_record(mb, seq);
	if (record && view_fact_find(mb, record, &row) &&
	    row.known & INDEX_KNOWS_SIZES) {
		*ret_size = row.crlf;
		return 0;
	}
	rc = mailbox_message_file_size(mb, seq, &known.size, err);
	if (rc < 0)
		return rc;
	record = view_record(mb, seq);
	if (is_known(mb, record, known.size, ret_size)) {
		note_fact(mb, record, known.size, *ret_size);
		return 0;
	}
	rc = mailbox_message_body(mb, seq, &body, err);
	if (rc < 0)
		return rc;
	known.uid = record->message.uid;
	known.size = body.file_size;
	known.crlf = body.total;
	body_release(&body);
	note_size(mb, known);
	note_fact(mb, record, known.size, known.crlf);
	*ret_size = known.crlf;
	return 0;
}
