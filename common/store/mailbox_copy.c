#include <errno.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/store/batch.h"
#include "common/store/copying.h"
#include "common/store/mailbox_message.h"
#include "common/store/maildir.h"

/* The names of all, a line each, with the flags that they have now. */
static void
make_names(struct copying *c, struct str *list)
{
	for (c->at = 0; c->at < c->messages.count; c->at++) {
		const struct record *record =
		    view_record(c->mb, c->messages.seqs[c->at]);

		str_append_cstr(list, copying_make_name(c, record));
		str_append_char(list, '\n');
	}
	c->at = 0;
}

static int
link_file(struct mailbox *mb, struct record *record, void *ctx)
{
	struct copying *c = ctx;
	const char *name = copying_name(c, c->at);

	if (linkat(view_dir(mb, record), view_name(mb, record), c->to.cur_dir,
		name, 0) == 0)
		return 0;
	if (errno == EMLINK || errno == EPERM || errno == EXDEV)
		return copying_copy_file(c, record, name);
	return -errno;
}

/* Gives all messages their new names, which are then on disk. */
static int
link_all(struct copying *c, struct err *err)
{
	int rc = 0;

	while (rc == 0 && c->at < c->messages.count) {
		view_progress(c->mb, c->at);
		rc = view_with_file(
		    c->mb, c->messages.seqs[c->at], link_file, c, err);
		if (rc == 0)
			c->at++;
	}
	return rc < 0 ? rc : copying_sync(c, err);
}

/* Takes back what a failure left. */
static void
undo(struct copying *c)
{
	while (c->at)
		(void)unlinkat(c->to.cur_dir, copying_name(c, --c->at),
		    0); /* or it is a twin */
}

/* All or none, though we be killed: the list says what is to be undone.  One
 * alone needs none, and of more than it has room for some may stay. */
static int
publish(struct copying *c, struct err *err)
{
	struct store *store = c->mb->store;
	STR_AUTO list = STR_INIT;
	int rc = 0, fd = -1;

	make_names(c, &list);
	if (c->messages.count > 1 && list.len <= BATCH_MAX)
		rc = batch_begin(store, c->to.cur_dir, str_slice(&list), &fd);
	if (rc < 0)
		return tree_error(store, err, -rc, c->to.path, "cur");
	c->mb->own_list = fd >= 0; /* for who copies within a folder */
	rc = link_all(c, err);
	if (rc < 0)
		undo(c);
	if (fd >= 0 && batch_end(store, c->to.cur_dir, &fd) < 0 && rc == 0) {
		undo(c);
		rc = tree_error(store, err, EIO, c->to.path, "cur");
	}
	c->mb->own_list = false;
	return rc;
}

static void
count_in_quota(const struct copying *c)
{
	const struct store_config *config = &c->mb->store->config;

	if (config->quota && !c->to.ignored_by_quota)
		config->quota(config->quota_ctx, (int64_t)c->octets,
		    (int64_t)c->messages.count);
}

int
mailbox_copy(struct mailbox *mb, struct mailbox_seqs messages,
    struct slice name, struct mailbox_copies *ret_copies, struct err *err)
{
	struct copying copying;
	int rc = copying_open(&copying, mb, messages, name, err);

	if (rc == 0)
		rc = copying_take_uids(&copying, err);
	if (rc == 0 && messages.count)
		rc = publish(&copying, err);
	if (rc == 0 && messages.count) {
		count_in_quota(&copying);
		tree_tell_first(
		    mb->store, &copying.to, clock_now().tv_sec, true);
	}
	*ret_copies = (struct mailbox_copies){ copying.uids.uidvalidity,
		copying.uids.first };
	copying_release(&copying);
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
