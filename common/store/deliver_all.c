#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/batch.h"
#include "common/store/delivery.h"
#include "common/store/lock.h"
#include "common/store/mailbox.h"
#include "common/store/uidfile.h"

/* Several messages on their way into one folder. */
struct batch {
	const struct incoming_one *list;
	size_t n;
	const struct incoming_target *target;
	struct tree_folder folder;
	struct stat st; /* of its cur */
	struct lock lock;
	int fd;           /* of the list on disk (batch.h), or -1 */
	struct str bases; /* names, a line each: without flags, */
	struct str names; /* and with them */
	size_t linked;
	struct uidfile_uids uids;
};

/* The file of a message that fits into the folder: it, or a copy. */
static struct msgfile *
file_of(const struct batch *b, size_t i)
{
	struct incoming *in = b->list[i].in;

	return in->copy.fd >= 0 ? &in->copy : &in->first;
}

/* Has one message where it can be linked into the folder, and on its way to the
 * disk. */
static int
prepare(struct batch *b, size_t i)
{
	struct store *store = b->target->store;
	const struct incoming_one *one = &b->list[i];
	int rc = incoming_measure(one->in);

	msgfile_release(&one->in->copy);
	if (rc == 0 && !msgfile_fits(&one->in->first, &b->st, one->date))
		rc = msgfile_copy(
		    &one->in->first, store, b->folder.dir, &one->in->copy);
	return rc == 0 ? msgfile_begin(store, file_of(b, i)) : rc;
}

static void
make_names(struct batch *b)
{
	struct incoming_target target = *b->target;
	STR_AUTO base = STR_INIT;
	STR_AUTO name = STR_INIT;
	size_t i;

	target.name = slice_from("");
	for (i = 0; i < b->n; i++) {
		target.flags = b->list[i].flags & (uint8_t)~FLAG_RECENT;
		target.keywords = b->list[i].keywords;
		incoming_make_name(b->list[i].in, &target, &base, &name);
		str_append(&b->bases, str_slice(&base));
		str_append_char(&b->bases, '\n');
		str_append(&b->names, str_slice(&name));
		str_append_char(&b->names, '\n');
	}
}

static int
assign_uids(struct batch *b)
{
	struct slice *bases = mem_alloc(mem_mul(b->n, sizeof *bases));
	struct slice rest = str_slice(&b->bases);
	size_t i;
	int rc;

	for (i = 0; i < b->n; i++)
		(void)slice_next(&rest, '\n', &bases[i]); /* n were made */
	rc = uidfile_assign(b->target->store, &b->lock, bases, b->n, &b->uids);
	if (rc == 0)
		rc = uidfile_settle(b->target->store, &b->lock, &b->uids, 0);
	free(bases);
	return rc;
}

static int
link_all(struct batch *b)
{
	struct slice rest = str_slice(&b->names), line;
	int rc = 0;

	for (; rc == 0 && b->linked < b->n; b->linked += rc == 0) {
		STR_AUTO name = STR_INIT;

		(void)slice_next(&rest, '\n', &line); /* n were made */
		str_append(&name, line);
		rc = msgfile_link(
		    file_of(b, b->linked), b->folder.cur_dir, str_cstr(&name));
	}
	return rc == 0 ? tree_sync(b->target->store, b->folder.cur_dir) : rc;
}

/* Takes back what was linked. */
static void
undo(struct batch *b)
{
	struct slice rest = str_slice(&b->names), line;

	while (b->linked) {
		STR_AUTO name = STR_INIT;

		b->linked--;
		(void)slice_next(&rest, '\n', &line); /* n were made */
		str_append(&name, line);
		(void)unlinkat(b->folder.cur_dir, str_cstr(&name),
		    0); /* who has seen it may keep it */
	}
	/* a crash brings them back, and the list with them */
	(void)tree_sync(b->target->store, b->folder.cur_dir);
}

/* Under the lock: uids, the list, the names, the list's end. */
static int
publish(struct batch *b)
{
	struct store *store = b->target->store;
	int cur = b->folder.cur_dir;
	int rc = assign_uids(b);

	if (rc == 0)
		rc = batch_begin(store, cur, str_slice(&b->names), &b->fd);
	if (rc < 0)
		return rc;
	rc = link_all(b);
	if (rc == 0)
		rc = batch_end(store, cur, &b->fd);
	if (rc < 0)
		undo(b);
	if (b->fd >= 0)
		(void)batch_end(store, cur, &b->fd); /* names nothing now */
	return rc;
}

/* All are sent on their way before the first is waited for: what a journal
 * writes for that is for the others, too. */
static int
prepare_all(struct batch *b)
{
	size_t i;
	int rc = 0;

	if (fstat(b->folder.cur_dir, &b->st) < 0)
		return -errno;
	for (i = 0; rc == 0 && i < b->n; i++)
		rc = prepare(b, i);
	for (i = 0; rc == 0 && i < b->n; i++)
		rc = msgfile_finish(
		    b->target->store, file_of(b, i), b->list[i].date);
	return rc;
}

static void
mark_used(struct batch *b)
{
	const struct store_config *config = &b->target->store->config;
	uint64_t octets = 0;
	size_t i;

	for (i = 0; i < b->n; i++) {
		file_of(b, i)->used = true;
		octets += b->list[i].in->size;
	}
	if (config->quota && !b->folder.ignored_by_quota)
		config->quota(
		    config->quota_ctx, (int64_t)octets, (int64_t)b->n);
	tree_tell_first(b->target->store, &b->folder, clock_now().tv_sec, true);
}

static int
deliver(struct batch *b, struct err *err)
{
	struct store *store = b->target->store;
	int rc = tree_folder_open(
	    store, b->target->folder, b->target->create, &b->folder, err);

	if (rc < 0)
		return rc;
	rc = prepare_all(b);
	if (rc < 0)
		return tree_error(store, err, -rc, store->path, "tmp");
	make_names(b);
	rc = lock_take_often(
	    store, b->folder.dir, UIDLIST_NAME, LOCK_WAIT_MS, &b->lock);
	if (rc == 0)
		rc = publish(b);
	lock_release(&b->lock);
	if (rc < 0)
		return tree_error(store, err, -rc, b->folder.path, "cur");
	mark_used(b);
	return 0;
}

int
incoming_deliver_all(const struct incoming_one *list, size_t n,
    const struct incoming_target *target, struct incoming_uids *ret_uids,
    struct err *err)
{
	struct batch batch = { .list = list,
		.n = n,
		.target = target,
		.folder = TREE_FOLDER_INIT,
		.lock = LOCK_INIT,
		.fd = -1 };
	int rc = deliver(&batch, err);

	tree_folder_close(&batch.folder);
	str_release(&batch.bases);
	str_release(&batch.names);
	if (rc < 0)
		return rc;
	ret_uids->first = batch.uids.first;
	ret_uids->uidvalidity = batch.uids.uidvalidity;
	return 0;
}
