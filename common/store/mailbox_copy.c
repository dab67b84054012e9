#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/lock.h"
#include "common/store/mailbox_copy.h"
#include "common/store/mailbox_message.h"
#include "common/store/maildir.h"
#include "common/store/msgfile.h"
#include "common/store/view.h"

/* A copy's name. */
struct copy_name {
	size_t at;   /* in names */
	size_t base; /* octets of its base name */
};

struct copy {
	struct mailbox *mb; /* where from */
	struct mailbox_seqs messages;
	struct tree_folder to;
	struct lock lock;
	uint32_t letters[MAILBOX_KEYWORDS_MAX]; /* there, of each one here */
	struct str names;
	struct copy_name *list;
	size_t linked;   /* that are there already */
	uint64_t octets; /* of all */
};

static const char *
name_of(const struct copy *copy, size_t i)
{
	return copy->names.ptr + copy->list[i].at;
}

/* The keywords that any of the messages has. */
static uint32_t
keywords_of(const struct copy *copy)
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < copy->messages.count; i++)
		bits |=
		    mailbox_message(copy->mb, copy->messages.seqs[i])->keywords;
	return bits;
}

/* Makes the keywords in the other folder.  A copy without one for which there
 * is no room is better than none. */
static int
make_keywords(
    struct copy *copy, struct mailbox *target, uint32_t bits, struct err *err)
{
	unsigned i;

	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++) {
		const char *name = mailbox_keyword(copy->mb, i);
		int index;

		if (name == NULL || !(bits >> i & 1))
			continue;
		index = mailbox_keyword_make(target, slice_from(name), err);
		if (index >= 0)
			copy->letters[i] = 1U << index;
		else if (index != -ENOSPC)
			return index;
	}
	return 0;
}

static int
map_keywords(struct copy *copy, struct slice folder, struct err *err)
{
	uint32_t bits = keywords_of(copy);
	struct mailbox *target;
	int rc;

	if (bits == 0)
		return 0;
	rc = mailbox_open(
	    copy->mb->store, folder, MAILBOX_READ_WRITE, &target, err);
	if (rc < 0)
		return rc;
	rc = make_keywords(copy, target, bits, err);
	mailbox_free(target);
	return rc;
}

/* Both sizes of a message, from its name where that tells. */
static int
sizes_of(struct mailbox *mb, uint32_t seq, uint64_t *ret_size,
    uint64_t *ret_crlf, struct err *err)
{
	struct slice name = slice_from(view_name(mb, view_record(mb, seq)));
	int rc;

	if (maildir_get_size(name, 'S', ret_size) &&
	    maildir_get_size(name, 'W', ret_crlf))
		return 0;
	rc = mailbox_message_size(mb, seq, ret_crlf, err);
	if (rc == 0)
		rc = mailbox_message_file_size(mb, seq, ret_size, err);
	return rc;
}

/* Makes up the name of the copy of one message. */
static int
add_name(struct copy *copy, size_t i, struct err *err)
{
	struct store *store = copy->mb->store;
	const struct message *m =
	    mailbox_message(copy->mb, copy->messages.seqs[i]);
	uint32_t keywords = 0;
	uint64_t size, crlf;
	STR_AUTO base = STR_INIT;
	unsigned letter;
	int rc = sizes_of(copy->mb, copy->messages.seqs[i], &size, &crlf, err);

	if (rc < 0)
		return rc;
	for (letter = 0; letter < MAILBOX_KEYWORDS_MAX; letter++)
		if (m->keywords >> letter & 1)
			keywords |= copy->letters[letter];
	maildir_put_unique(
	    clock_now(), store->number++, store->config.host, &base);
	maildir_put_sizes(size, crlf, &base);
	copy->list[i] = (struct copy_name){ copy->names.len, base.len };
	maildir_put_flags(str_slice(&base), m->flags & (uint8_t)~FLAG_RECENT,
	    keywords, &copy->names);
	str_append_char(&copy->names, '\0');
	copy->octets += size;
	return 0;
}

static int
add_names(struct copy *copy, struct err *err)
{
	size_t i;
	int rc = 0;

	copy->list =
	    mem_alloc(mem_mul(copy->messages.count, sizeof *copy->list));
	for (i = 0; rc == 0 && i < copy->messages.count; i++)
		rc = add_name(copy, i, err);
	return rc;
}

/* Writes all uids in one go. */
static int
assign_uids(struct copy *copy, struct uidfile_uids *ret_uids)
{
	struct slice *bases =
	    mem_alloc(mem_mul(copy->messages.count, sizeof *bases));
	size_t i;
	int rc;

	for (i = 0; i < copy->messages.count; i++)
		bases[i] = slice_of(name_of(copy, i), copy->list[i].base);
	rc = uidfile_assign(copy->mb->store, &copy->lock, bases,
	    copy->messages.count, ret_uids);
	free(bases);
	return rc;
}

/* A file of its own, where it cannot be the same. */
static int
copy_file(struct copy *copy, const struct record *record, const char *name)
{
	struct store *store = copy->mb->store;
	struct msgfile from = MSGFILE_INIT, to = MSGFILE_INIT;
	int rc;

	from.fd = tree_open_file(
	    view_dir(copy->mb, record), view_name(copy->mb, record), O_RDONLY);
	if (from.fd < 0)
		return from.fd;
	rc = fstat(from.fd, &from.st) < 0 ? -errno : 0;
	if (rc == 0)
		rc = msgfile_copy(&from, store, &to);
	if (rc == 0)
		rc = msgfile_finish(store, &to, from.st.st_mtime);
	if (rc == 0)
		rc = msgfile_link(&to, copy->to.cur_dir, name);
	msgfile_release(&from);
	msgfile_release(&to);
	return rc;
}

static int
link_file(struct mailbox *mb, struct record *record, void *ctx)
{
	struct copy *copy = ctx;
	const char *name = name_of(copy, copy->linked);

	if (linkat(view_dir(mb, record), view_name(mb, record),
		copy->to.cur_dir, name, 0) == 0)
		return 0;
	if (errno == EMLINK || errno == EPERM)
		return copy_file(copy, record, name);
	return -errno;
}

/* Gives all messages their new names, which are then on disk. */
static int
link_all(struct copy *copy, struct err *err)
{
	int rc = 0;

	while (rc == 0 && copy->linked < copy->messages.count) {
		rc = view_with_file(copy->mb, copy->messages.seqs[copy->linked],
		    link_file, copy, err);
		if (rc == 0)
			copy->linked++;
	}
	if (rc < 0)
		return rc;
	rc = tree_sync(copy->mb->store, copy->to.cur_dir);
	return rc < 0
		   ? tree_error(copy->mb->store, err, -rc, copy->to.path, "cur")
		   : 0;
}

/* Takes back what a failure left. */
static void
undo(struct copy *copy)
{
	while (copy->linked)
		(void)unlinkat(copy->to.cur_dir, name_of(copy, --copy->linked),
		    0); /* or it is a twin */
}

static void
count_in_quota(const struct copy *copy)
{
	const struct store_config *config = &copy->mb->store->config;

	if (config->quota && !copy->to.ignored_by_quota)
		config->quota(config->quota_ctx, (int64_t)copy->octets,
		    (int64_t)copy->messages.count);
}

/* With the names made up: uids first, so that no other session gives them. */
static int
publish(struct copy *copy, struct mailbox_copies *ret_copies, struct err *err)
{
	struct uidfile_uids uids;
	struct store *store = copy->mb->store;
	int rc = lock_take(
	    store, copy->to.dir, UIDLIST_NAME, LOCK_WAIT_MS, &copy->lock);

	if (rc == 0)
		rc = assign_uids(copy, &uids);
	if (rc < 0)
		return tree_error(store, err, -rc, copy->to.path, UIDLIST_NAME);
	rc = link_all(copy, err);
	if (rc < 0) {
		undo(copy);
		return rc;
	}
	count_in_quota(copy);
	if (copy->messages.count)
		tree_tell_first(store, &copy->to, clock_now().tv_sec, true);
	*ret_copies = (struct mailbox_copies){ uids.uidvalidity, uids.first };
	return 0;
}

static void
release(struct copy *copy)
{
	lock_release(&copy->lock);
	tree_folder_close(&copy->to);
	str_release(&copy->names);
	free(copy->list);
}

int
mailbox_copy(struct mailbox *mb, struct mailbox_seqs messages,
    struct slice name, struct mailbox_copies *ret_copies, struct err *err)
{
	struct copy copy = { .mb = mb,
		.messages = messages,
		.to = TREE_FOLDER_INIT,
		.lock = LOCK_INIT };
	int rc = tree_folder_open(mb->store, name, false, &copy.to, err);

	if (rc < 0)
		return rc == -ENOENT ? -ENOTDIR : rc;
	*ret_copies = (struct mailbox_copies){ 0, 0 };
	rc = map_keywords(&copy, name, err);
	if (rc == 0 && messages.count)
		rc = add_names(&copy, err);
	if (rc == 0 && messages.count)
		rc = publish(&copy, ret_copies, err);
	release(&copy);
	return rc;
}

uint64_t
mailbox_octets(struct mailbox *mb, struct mailbox_seqs messages)
{
	uint64_t total = 0, size;
	struct err err;
	size_t i;

	for (i = 0; i < messages.count; i++) {
		uint32_t seq = messages.seqs[i];
		const struct record *record = view_record(mb, seq);

		if (maildir_get_size(
			slice_from(view_name(mb, record)), 'S', &size) ||
		    mailbox_message_file_size(mb, seq, &size, &err) == 0)
			total += size;
	}
	return total;
}
