#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/added.h"
#include "common/store/body.h"
#include "common/store/delivery.h"
#include "common/store/lock.h"
#include "common/store/mailbox.h"
#include "common/store/maildir.h"
#include "common/store/tree.h"
#include "common/store/uidfile.h"

#define NAME_TRIES 16 /* unique names tried for one message */

/* A larger message is on the disk before the folder is locked: others are not
 * to wait for it. */
#define LOCKED_OCTETS (64U << 10)

int
incoming_open(
    struct store *store, struct incoming **ret_incoming, struct err *err)
{
	struct msgfile file = MSGFILE_INIT;
	struct incoming *in;
	int rc = msgfile_create(store, store->root, &file);

	if (rc < 0)
		return tree_error(store, err, -rc, store->path, "tmp");
	in = mem_zalloc(1, sizeof *in);
	in->first = file;
	in->copy = (struct msgfile)MSGFILE_INIT;
	in->path = mem_strdup(store->path);
	*ret_incoming = in;
	return 0;
}

int
incoming_adopt(struct store *store, int fd, struct incoming **ret_incoming,
    struct err *err)
{
	struct msgfile file = MSGFILE_INIT;
	struct incoming *in;

	file.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (file.fd < 0 || fstat(file.fd, &file.st) < 0) {
		int code = errno;

		msgfile_release(&file);
		return err_sys(err, code, "a message for %s", store->path);
	}
	in = mem_zalloc(1, sizeof *in);
	in->first = file;
	in->copy = (struct msgfile)MSGFILE_INIT;
	in->path = mem_strdup(store->path);
	*ret_incoming = in;
	return 0;
}

int
incoming_fd(const struct incoming *in)
{
	return in->first.fd;
}

void
incoming_free(struct incoming *in)
{
	if (in == NULL)
		return;
	msgfile_release(&in->first);
	msgfile_release(&in->copy);
	places_clear(&in->places);
	free(in->path);
	free(in);
}

int
incoming_write(struct incoming *in, struct slice message, struct err *err)
{
	int rc = fileio_write(in->first.fd, message);

	if (rc < 0)
		return err_sys(err, -rc, "a message for %s", in->path);
	in->size = message.len;
	in->crlf = body_crlf_size(message);
	in->measured = true;
	return 0;
}

int
incoming_measure(struct incoming *in)
{
	struct stat st;
	void *map;

	if (in->measured)
		return 0;
	if (fstat(in->first.fd, &st) < 0)
		return -errno;
	in->size = in->crlf = (uint64_t)st.st_size;
	if (in->size) {
		map = mmap(NULL, (size_t)in->size, PROT_READ, MAP_PRIVATE,
		    in->first.fd, 0);
		if (map == MAP_FAILED)
			return -errno;
		in->crlf = body_crlf_size(slice_of(map, (size_t)in->size));
		(void)munmap(
		    map, (size_t)in->size); /* a map of ours: cannot fail */
	}
	in->measured = true;
	return 0;
}

int
incoming_seal(struct incoming *in, struct store *store, struct err *err)
{
	struct msgfile sealed = MSGFILE_INIT;
	int rc = msgfile_copy(&in->first, store, store->root, &sealed);

	if (rc < 0)
		return tree_error(store, err, -rc, in->path, "tmp");
	msgfile_release(&in->first);
	in->first = sealed;
	in->measured = false;
	return 0;
}

/* A delivery into one folder. */
struct delivery {
	struct incoming *in;
	const struct incoming_target *target;
	struct tree_folder folder;
	const char *sub; /* new or cur, */
	int *dir;        /* its descriptor in folder, */
	struct stat st;  /* and itself */
	struct lock lock;
	struct uidfile_uids uids;
	struct added added;
};

/* The file to be linked into the folder: as it is, or a copy, which is yet to
 * be made when it has no descriptor. */
static struct msgfile *
choose_file(const struct delivery *delivery, bool copy)
{
	struct incoming *in = delivery->in;
	int64_t date = delivery->target->date;

	if (!copy && msgfile_fits(&in->first, &delivery->st, date))
		return &in->first;
	if (copy || !msgfile_fits(&in->copy, &delivery->st, date))
		msgfile_release(&in->copy);
	return &in->copy;
}

void
incoming_make_name(struct incoming *in, const struct incoming_target *target,
    struct str *base, struct str *name)
{
	struct store *store = target->store;
	bool recent = target->flags & FLAG_RECENT;

	str_clear(base);
	str_clear(name);
	if (target->name.len)
		str_append(base, target->name);
	else
		maildir_put_unique(
		    clock_now(), store->number++, store->config.host, base);
	maildir_put_sizes(in->size, in->crlf, base);
	if (recent && (target->flags & (uint8_t)~FLAG_RECENT) == 0 &&
	    target->keywords == 0)
		str_append(name, str_slice(base));
	else
		maildir_put_flags(
		    str_slice(base), target->flags, target->keywords, name);
}

/* Remembers where the message is; the directory goes with it. */
static void
note_place(struct delivery *delivery, const char *name)
{
	const struct store_config *config = &delivery->target->store->config;
	struct place place = { .dir = *delivery->dir,
		.sync = config->sync,
		.octets = delivery->in->size };
	STR_AUTO path = STR_INIT;

	str_appendf(
	    &path, "%s/%s/%s", delivery->folder.path, delivery->sub, name);
	place.path = str_take(&path);
	if (!delivery->folder.ignored_by_quota) {
		place.quota = config->quota;
		place.quota_ctx = config->quota_ctx;
	}
	places_add(&delivery->in->places, &place);
	*delivery->dir = -1;
	tree_tell_first(delivery->target->store, &delivery->folder,
	    clock_now().tv_sec, true);
}

/* Brings the file to the disk, and the entry of its uid. That is written first:
 * so the file system, which writes both by writing its journal, has to do it
 * only once. */
static int
finish(struct delivery *delivery, struct msgfile *file, struct slice base)
{
	const struct incoming_target *target = delivery->target;
	struct store *store = target->store;
	struct lock *lock = &delivery->lock;
	int rc;

	if (!target->want_uid)
		return msgfile_finish(store, file, target->date);
	rc = uidfile_assign(store, lock, &base, 1, &delivery->uids);
	if (rc < 0)
		return rc;
	rc = msgfile_finish(store, file, target->date);
	return uidfile_settle(store, lock, &delivery->uids, rc);
}

/* Publishes the file; with a uid, its entry first, under the lock. */
static int
publish(struct delivery *delivery, struct msgfile *file)
{
	const struct incoming_target *target = delivery->target;
	STR_AUTO base = STR_INIT;
	STR_AUTO name = STR_INIT;
	int tries = target->name.len ? NAME_TRIES - 1 : 0, rc = -EEXIST;

	for (; rc == -EEXIST && tries < NAME_TRIES; tries++) {
		incoming_make_name(delivery->in, target, &base, &name);
		rc = finish(delivery, file, str_slice(&base));
		if (rc == 0 && target->indexed)
			added_before(&delivery->added, &delivery->folder);
		if (rc == 0)
			rc = msgfile_link(file, *delivery->dir, name.ptr);
	}
	if (rc == 0 && target->indexed)
		added_after(&delivery->added, &delivery->folder);
	if (rc == 0)
		note_place(delivery, name.ptr);
	return rc;
}

/* One try at a delivery; copy when the file itself could not be linked. */
static int
deliver_once(struct delivery *delivery, bool copy)
{
	const struct incoming_target *target = delivery->target;
	struct msgfile *file = choose_file(delivery, copy);
	int rc = 0;

	if (file->fd < 0)
		rc = msgfile_copy(&delivery->in->first, target->store,
		    delivery->folder.dir, file);
	if (rc == 0 && delivery->in->size > LOCKED_OCTETS)
		rc = msgfile_finish(target->store, file, target->date);
	if (rc == 0 && target->want_uid && delivery->lock.fd < 0)
		rc = lock_take_often(target->store, delivery->folder.dir,
		    UIDLIST_NAME, LOCK_WAIT_MS, &delivery->lock);
	if (rc == 0)
		rc = publish(delivery, file);
	if (rc == 0)
		file->used = true;
	return rc;
}

/* Opens the folder and the one directory of it that is needed. */
static int
open_folder(struct delivery *delivery, struct err *err)
{
	const struct incoming_target *target = delivery->target;
	struct tree_folder *folder = &delivery->folder;
	bool recent = target->flags & FLAG_RECENT;
	int rc = tree_folder_enter(
	    target->store, target->folder, target->create, folder, err);

	delivery->sub = recent ? "new" : "cur";
	delivery->dir = recent ? &folder->new_dir : &folder->cur_dir;
	if (rc == 0)
		rc = tree_folder_sub(
		    target->store, folder, delivery->sub, delivery->dir, err);
	if (rc == 0 && target->indexed)
		rc = tree_folder_sub(
		    target->store, folder, "new", &folder->new_dir, err);
	if (rc == 0 && fstat(*delivery->dir, &delivery->st) < 0)
		rc = tree_error(
		    target->store, err, errno, folder->path, delivery->sub);
	return rc;
}

/* Gives the message its name in the folder. */
static int
put(struct delivery *delivery, struct err *err)
{
	struct store *store = delivery->target->store;
	int rc = incoming_measure(delivery->in);

	if (rc < 0)
		return tree_error(store, err, -rc, delivery->in->path, "tmp");
	rc = open_folder(delivery, err);
	if (rc < 0)
		return rc;
	rc = deliver_once(delivery, false);
	if (rc == -EXDEV || rc == -EMLINK || rc == -EPERM)
		rc = deliver_once(delivery, true);
	lock_release(&delivery->lock);
	if (rc < 0)
		return tree_error(
		    store, err, -rc, delivery->folder.path, delivery->sub);
	return 0;
}

#define DELIVERY_INIT                                                          \
	{                                                                      \
		.folder = TREE_FOLDER_INIT, .lock = LOCK_INIT                  \
	}

int
incoming_link(
    struct incoming *in, const struct incoming_target *target, struct err *err)
{
	struct delivery delivery = DELIVERY_INIT;
	int rc;

	delivery.in = in;
	delivery.target = target;
	rc = put(&delivery, err);
	tree_folder_close(&delivery.folder);
	return rc;
}

int
incoming_sync(struct incoming *in, struct err *err)
{
	return places_sync(&in->places, err);
}

/* The last place is the delivery's. */
static void
note_in_index(const struct delivery *delivery)
{
	const struct places *places = &delivery->in->places;
	const char *path = places->list[places->count - 1].path;

	if (delivery->target->indexed)
		added_note(&delivery->added, delivery->target->store,
		    &delivery->folder, &delivery->uids, strrchr(path, '/') + 1);
}

int
incoming_deliver(struct incoming *in, const struct incoming_target *target,
    uint32_t *ret_uid, uint32_t *ret_uidvalidity, struct err *err)
{
	struct delivery delivery = DELIVERY_INIT;
	size_t before = in->places.count;
	struct err ignored;
	int rc;

	delivery.in = in;
	delivery.target = target;
	rc = put(&delivery, err);
	if (rc == 0 && (rc = places_sync(&in->places, err)) < 0)
		(void)places_withdraw(
		    &in->places, before, &ignored); /* rc is told */
	if (rc == 0)
		note_in_index(&delivery);
	tree_folder_close(&delivery.folder);
	if (rc < 0)
		return rc;
	if (target->want_uid && ret_uid)
		*ret_uid = delivery.uids.first;
	if (target->want_uid && ret_uidvalidity)
		*ret_uidvalidity = delivery.uids.uidvalidity;
	return 0;
}

int
incoming_withdraw(struct incoming *in, struct err *err)
{
	return places_withdraw(&in->places, 0, err);
}

bool
incoming_failed(const struct incoming *in, size_t number)
{
	return in->places.list[number].state == PLACE_FAILED;
}

int
incoming_withdraw_one(struct incoming *in, size_t number, struct err *err)
{
	return places_withdraw_at(&in->places, number, err);
}
