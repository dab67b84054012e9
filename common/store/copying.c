#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/copying.h"
#include "common/store/mailbox_message.h"
#include "common/store/maildir.h"
#include "common/store/msgfile.h"

const char *
copying_name(const struct copying *c, size_t i)
{
	return c->names.ptr + c->list[i].whole;
}

/* The keywords that any of the messages has. */
static uint32_t
keywords_of(const struct copying *c)
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < c->messages.count; i++)
		bits |= mailbox_message(c->mb, c->messages.seqs[i])->keywords;
	return bits;
}

/* Makes the keywords in the other folder.  A copy without one for which there
 * is no room is better than none. */
static int
make_keywords(
    struct copying *c, struct mailbox *target, uint32_t bits, struct err *err)
{
	unsigned i;

	for (i = 0; i < MAILBOX_KEYWORDS_MAX; i++) {
		const char *name = mailbox_keyword(c->mb, i);
		int index;

		if (name == NULL || !(bits >> i & 1))
			continue;
		index = mailbox_keyword_make(target, slice_from(name), err);
		if (index >= 0)
			c->letters[i] = 1U << index;
		else if (index != -ENOSPC)
			return index;
	}
	return 0;
}

static int
map_keywords(struct copying *c, struct slice folder, struct err *err)
{
	uint32_t bits = keywords_of(c);
	struct mailbox *target;
	int rc;

	if (bits == 0)
		return 0;
	rc = mailbox_open(
	    c->mb->store, folder, MAILBOX_READ_WRITE, &target, err);
	if (rc < 0)
		return rc;
	rc = make_keywords(c, target, bits, err);
	mailbox_free(target);
	return rc;
}

static bool
is_gone(const struct copying *c, uint32_t seq)
{
	return view_record(c->mb, seq)->state & RECORD_GONE;
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

/* Makes up the base name of one message, with its original's id.  One that is
 * gone has one too, which nothing will have. */
static int
add_base(struct copying *c, size_t i, struct err *err)
{
	struct store *store = c->mb->store;
	uint32_t seq = c->messages.seqs[i];
	uint64_t size = 0, crlf = 0;
	size_t start = c->names.len;
	STR_AUTO id = STR_INIT;
	int rc =
	    is_gone(c, seq) ? -ENOENT : sizes_of(c->mb, seq, &size, &crlf, err);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	maildir_put_unique(
	    clock_now(), store->number++, store->config.host, &c->names);
	maildir_put_sizes(size, crlf, &c->names);
	if (rc == 0) {
		mailbox_message_id(c->mb, seq, &id);
		maildir_put_id(slice_skip(str_slice(&id), 1), &c->names);
	}
	c->list[i] = (struct copying_name){ start, c->names.len - start, 0 };
	c->octets += size;
	return 0;
}

static int
add_bases(struct copying *c, struct err *err)
{
	size_t i;
	int rc = 0;

	c->list = mem_alloc(mem_mul(c->messages.count, sizeof *c->list));
	for (i = 0; rc == 0 && i < c->messages.count; i++)
		rc = add_base(c, i, err);
	return rc;
}

const char *
copying_make_name(struct copying *c, const struct record *record)
{
	const struct message *m = &record->message;
	struct copying_name *name = &c->list[c->at];
	uint32_t keywords = 0;
	STR_AUTO base = STR_INIT;
	unsigned letter;

	for (letter = 0; letter < MAILBOX_KEYWORDS_MAX; letter++)
		if (m->keywords >> letter & 1)
			keywords |= c->letters[letter];
	str_append(&base, slice_of(c->names.ptr + name->base, name->base_len));
	name->whole = c->names.len;
	maildir_put_flags(str_slice(&base), m->flags & (uint8_t)~FLAG_RECENT,
	    keywords, &c->names);
	str_append_char(&c->names, '\0');
	return copying_name(c, c->at);
}

/* Writes all uids in one go. */
static int
assign_uids(struct copying *c)
{
	struct slice *bases =
	    mem_alloc(mem_mul(c->messages.count, sizeof *bases));
	size_t i;
	int rc;

	for (i = 0; i < c->messages.count; i++)
		bases[i] = slice_of(
		    c->names.ptr + c->list[i].base, c->list[i].base_len);
	rc = uidfile_assign(
	    c->mb->store, &c->lock, bases, c->messages.count, &c->uids);
	if (rc == 0)
		rc = uidfile_settle(c->mb->store, &c->lock, &c->uids, 0);
	free(bases);
	return rc;
}

/* Is the folder where it was opened?  Who deletes it has its lock for that:
 * what is put into it now could be deleted with it. */
static bool
is_there(const struct copying *c)
{
	const char *name = strrchr(c->to.path, '/');
	struct stat here, there;

	if (c->to.borrowed || name == NULL)
		return true;
	return fstat(c->to.dir, &here) == 0 &&
	       fstatat(c->mb->store->root, name + 1, &there,
		   AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

/* Uids before the files, so that no other session gives them. */
int
copying_take_uids(struct copying *c, struct err *err)
{
	struct store *store = c->mb->store;
	int rc;

	if (c->messages.count == 0)
		return 0;
	rc = lock_take_often(
	    store, c->to.dir, UIDLIST_NAME, LOCK_WAIT_MS, &c->lock);
	if ((rc == 0 || rc == -ENOENT) && !is_there(c))
		return err_set(err, ENOTDIR, "%s is gone", c->to.path);
	if (rc == 0)
		rc = assign_uids(c);
	return rc < 0 ? tree_error(store, err, -rc, c->to.path, UIDLIST_NAME)
		      : 0;
}

int
copying_open(struct copying *c, struct mailbox *mb,
    struct mailbox_seqs messages, struct slice name, struct err *err)
{
	int rc;

	*c = (struct copying){ .mb = mb,
		.messages = messages,
		.to = TREE_FOLDER_INIT,
		.lock = LOCK_INIT };
	rc = tree_folder_open(mb->store, name, false, &c->to, err);
	if (rc == 0 && messages.count)
		rc = map_keywords(c, name, err);
	if (rc == -ENOENT)
		return -ENOTDIR;
	if (rc == 0 && messages.count)
		rc = add_bases(c, err);
	return rc;
}

void
copying_release(struct copying *c)
{
	lock_release(&c->lock);
	tree_folder_close(&c->to);
	str_release(&c->names);
	free(c->list);
}

int
copying_copy_file(
    struct copying *c, const struct record *record, const char *name)
{
	struct store *store = c->mb->store;
	struct msgfile from = MSGFILE_INIT, to = MSGFILE_INIT;
	int rc;

	from.fd = tree_open_file(
	    view_dir(c->mb, record), view_name(c->mb, record), O_RDONLY);
	if (from.fd < 0)
		return from.fd;
	rc = fstat(from.fd, &from.st) < 0 ? -errno : 0;
	if (rc == 0)
		rc = msgfile_copy(&from, store, c->to.dir, &to);
	if (rc == 0)
		rc = msgfile_finish(store, &to, from.st.st_mtime);
	if (rc == 0)
		rc = msgfile_link(&to, c->to.cur_dir, name);
	msgfile_release(&from);
	msgfile_release(&to);
	return rc;
}

int
copying_sync(const struct copying *c, struct err *err)
{
	int rc = tree_sync(c->mb->store, c->to.cur_dir);

	return rc < 0 ? tree_error(c->mb->store, err, -rc, c->to.path, "cur")
		      : 0;
}
