#include "common/store/store_index.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/index/mailboxes.h"

static void
complain(const struct store *store, const char *text)
{
	const struct store_indexing *indexing = store->config.indexing;

	if (indexing->complain)
		indexing->complain(indexing->ctx, text);
}

/* The folder beside the mail; never a link's target. */
static int
make_folder(struct store *store)
{
	struct stat st;

	if (fstatat(store->root, STORE_INDEX_DIR, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT
			   ? tree_make_dir(store, store->root, STORE_INDEX_DIR)
			   : -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* Without it no modseq would be told for good. */
static int
open_told(struct store *store, struct err *err)
{
	const struct told_config config = { store->config.indexing->boot,
		store->config.sync };
	int rc;

	if (store->told)
		return 0;
	rc =
	    told_open(store->root, STORE_TOLD_NAME, &config, &store->told, err);
	return rc < 0
		   ? tree_error(store, err, -rc, store->path, STORE_TOLD_NAME)
		   : 0;
}

static int
open_with(struct store *store, const char *path, struct err *err)
{
	const struct index_config config = { store->config.indexing->boot,
		store->config.indexing->octets, store->told };

	return index_open(path, &config, &store->index, err);
}

/* Opens it; what cannot be now is not tried again. */
static void
open_index(struct store *store)
{
	const struct store_indexing *indexing = store->config.indexing;
	STR_AUTO path = STR_INIT;
	struct err err = { 0, "" };
	int rc = 0;

	store->index_opened++;
	if (indexing->dir) {
		str_append_cstr(&path, indexing->dir);
	} else {
		str_appendf(&path, "%s/%s", store->path, STORE_INDEX_DIR);
		rc = make_folder(store);
	}
	if (rc < 0)
		(void)tree_error(
		    store, &err, -rc, store->path, STORE_INDEX_DIR);
	else if ((rc = open_told(store, &err)) == 0)
		rc = open_with(store, str_cstr(&path), &err);
	if (rc == 0)
		return;
	store->index = NULL;
	store->index_opened = STORE_INDEX_OPENED_MAX;
	complain(store, err.text);
}

static void
close_both(struct store *store)
{
	index_close(store->index);
	told_close(store->told);
	store->index = NULL;
	store->told = NULL;
}

/* Somebody took it away, or it was damaged. */
static void
lose(struct store *store)
{
	STR_AUTO text = STR_INIT;

	close_both(store);
	if (store->index_opened < STORE_INDEX_OPENED_MAX)
		return;
	str_appendf(&text, "%s: the index was lost %d times; no more of it",
	    store->path, STORE_INDEX_OPENED_MAX);
	complain(store, str_cstr(&text));
}

struct index *
store_index(struct store *store)
{
	if (store->config.indexing == NULL)
		return NULL;
	if (store->index && !index_alive(store->index))
		lose(store);
	if (store->index == NULL &&
	    store->index_opened < STORE_INDEX_OPENED_MAX)
		open_index(store);
	return store->index;
}

void
store_rest(struct store *store)
{
	if (store->index == NULL)
		return;
	close_both(store);
	store->index_opened--; /* it did not fail */
	(void)malloc_trim(0);  /* an optimisation */
}

struct next {
	struct told *told;
	uint64_t last, modseq;
	int rc;
};

static void
next_modseq(void *ctx)
{
	struct next *next = ctx;

	next->rc = told_next(next->told, next->last, &next->modseq);
}

uint64_t
store_next_modseq(struct store *store, uint64_t last)
{
	struct err err = { 0, "" };
	struct next next = { NULL, last, 0, 0 };

	if (open_told(store, &err) == 0)
		next.told = store->told;
	if (!fault_guard(next_modseq, &next) || next.rc < 0) {
		next.told = NULL; /* then nothing but the clock is left */
		next_modseq(&next);
	}
	return next.modseq;
}

/* What a failure means. */
static const char *
meaning(const struct store *store, int error)
{
	if (error == EBADMSG)
		return "damaged; another one is made";
	if (error != EFBIG)
		return strerror(error);
	return index_is_young(store->index)
		   ? "more than index_size would be needed"
		   : "it has grown to index_size; another one is made";
}

void
store_index_failed(struct store *store, int error)
{
	STR_AUTO text = STR_INIT;

	if (store->index == NULL)
		return;
	str_appendf(
	    &text, "%s: the index: %s", store->path, meaning(store, error));
	complain(store, str_cstr(&text));
	if (error == EBADMSG ||
	    (error == EFBIG && !index_is_young(store->index))) {
		index_drop(store->index);
		return;
	}
	index_close(store->index);
	store->index = NULL;
	store->index_opened = STORE_INDEX_OPENED_MAX;
}

struct slice
store_index_name(const struct tree_folder *folder)
{
	const char *slash = strrchr(folder->path, '/');

	if (folder->borrowed || slash == NULL)
		return slice_of(".", 1);
	return slice_from(slash + 1);
}

static bool
is_there(void *ctx, const char *dir)
{
	const struct store *store = ctx;
	struct stat st;

	return fstatat(store->root, dir, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno != ENOENT;
}

int
store_index_tidy(struct store *store, struct index_txn *txn)
{
	int rc = index_folders_tidy(txn, is_there, store);

	return rc < 0 ? rc : index_sweep(txn);
}

struct move {
	struct slice dir, to;
};

static int
forget(struct index_txn *txn, void *ctx)
{
	const struct move *move = ctx;
	int rc = index_mailbox_forget(txn, move->dir);

	return rc < 0 ? rc : index_sweep(txn);
}

static int
follow(struct index_txn *txn, void *ctx)
{
	const struct move *move = ctx;

	return index_mailbox_rename(txn, move->dir, move->to);
}

static void
change(struct store *store, index_work *work, struct move *move)
{
	struct index *index = store_index(store);
	int rc;

	if (index == NULL)
		return;
	rc = index_write(index, work, move);
	if (rc < 0)
		store_index_failed(store, -rc);
}

void
store_index_forget(struct store *store, const char *dir)
{
	struct move move = { slice_from(dir), slice_of("", 0) };

	change(store, forget, &move);
}

void
store_index_rename(struct store *store, const char *dir, const char *to)
{
	struct move move = { slice_from(dir), slice_from(to) };

	change(store, follow, &move);
}
