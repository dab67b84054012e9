#include "common/store/mailbox_message.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "common/base/clock.h"
#include "common/base/siphash.h"
#include "common/store/maildir.h"
#include "common/store/view_index.h"

static int
open_file(struct mailbox *mb, struct record *record, void *ctx)
{
	(void)ctx;
	return tree_open_any(view_dir(mb, record), view_name(mb, record));
}

int
mailbox_message_open(struct mailbox *mb, uint32_t seq, struct err *err)
{
	int fd = view_readahead_take(mb, seq);

	if (fd < 0)
		fd = view_with_file(mb, seq, open_file, NULL, err);
	if (fd >= 0)
		view_readahead(mb, seq, fd);
	return fd;
}

void
mailbox_message_uidl(const struct mailbox *mb, uint32_t seq, struct str *out)
{
	const struct message *message = mailbox_message(mb, seq);
	size_t low = 0, high = mb->nuidls;

	if (message == NULL)
		return;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (mb->uidls[mid].uid < message->uid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < mb->nuidls && mb->uidls[low].uid == message->uid)
		str_append_cstr(out, mb->uidls[low].text);
	else
		str_appendf(out, "%08x%08x", message->uid, mb->uidvalidity);
}

static int
stat_file(struct mailbox *mb, struct record *record, void *ctx)
{
	return fstatat(view_dir(mb, record), view_name(mb, record), ctx,
		   AT_SYMLINK_NOFOLLOW) < 0
		   ? -errno
		   : 0;
}

int
mailbox_message_date(
    struct mailbox *mb, uint32_t seq, time_t *ret_date, struct err *err)
{
	struct view_fact fact = { .kind = INDEX_KNOWS_DATE };
	const struct record *record = view_record(mb, seq);
	struct stat st = { .st_size = 0 };
	struct index_row row;
	int rc;

	if (record && view_fact_find(mb, record, &row) &&
	    row.known & INDEX_KNOWS_DATE) {
		*ret_date = (time_t)row.date;
		return 0;
	}
	rc = view_with_file(mb, seq, stat_file, &st, err);
	if (rc < 0)
		return rc;
	*ret_date = st.st_mtime;
	fact.uid = view_record(mb, seq)->message.uid;
	fact.date = st.st_mtime;
	view_fact_add(mb, &fact, slice_of("", 0));
	return 0;
}

int
mailbox_message_file_size(
    struct mailbox *mb, uint32_t seq, uint64_t *ret_size, struct err *err)
{
	struct stat st = { .st_size = 0 };
	int rc = view_with_file(mb, seq, stat_file, &st, err);

	if (rc == 0)
		*ret_size = (uint64_t)st.st_size;
	return rc;
}

int
mailbox_message_save_date(
    struct mailbox *mb, uint32_t seq, time_t *ret_date, struct err *err)
{
	struct view_fact fact = { .kind = INDEX_KNOWS_SAVED };
	const struct record *record = view_record(mb, seq);
	struct maildir_arrival arrival;
	struct stat st = { .st_size = 0 };
	struct index_row row;
	int rc;

	if (record && view_fact_find(mb, record, &row) &&
	    row.known & INDEX_KNOWS_SAVED) {
		*ret_date = (time_t)row.saved;
		return 0;
	}
	rc = view_with_file(mb, seq, stat_file, &st, err);
	if (rc < 0)
		return rc;
	/* a copy has a name of its own; a change of flags does not change what
	 * the name says, but the file's ctime */
	arrival = maildir_get_arrival(
	    slice_from(view_name(mb, view_record(mb, seq))));
	if (arrival.sec && arrival.sec <= (uint64_t)st.st_ctime)
		*ret_date = (time_t)arrival.sec;
	else
		*ret_date = st.st_ctime;
	fact.uid = view_record(mb, seq)->message.uid;
	fact.saved = *ret_date;
	view_fact_add(mb, &fact, slice_of("", 0));
	return 0;
}

void
mailbox_id(const struct mailbox *mb, struct str *out)
{
	if (mb->guid[0] != '\0')
		str_appendf(out, "M%s", mb->guid);
	else
		str_appendf(out, "V%08x", mb->uidvalidity);
}

void
mailbox_message_id(const struct mailbox *mb, uint32_t seq, struct str *out)
{
	/* no secrets: a base name may be long and have any octets */
	static const uint64_t keys[][2] = { { 1, 2 }, { 3, 4 } };
	const struct message *message = mailbox_message(mb, seq);
	struct slice base, id;
	size_t i;

	if (message == NULL)
		return;
	base = maildir_base(slice_from(view_name(mb, &mb->records[seq - 1])));
	id = maildir_get_id(base);
	str_append_char(out, 'E');
	if (id.ptr) {
		str_append(out, id);
		return;
	}
	for (i = 0; i < sizeof keys / sizeof keys[0]; i++)
		str_appendf(out, "%016" PRIx64, siphash(keys[i], base));
}
