#include <errno.h>

#include "common/base/fault.h"
#include "common/index/own.h"

int
index_error(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return -ENOENT;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		return -EFBIG;
	case MDB_READERS_FULL:
		return -EAGAIN;
	default:
		return rc > 0 ? -rc : -EBADMSG;
	}
}

static MDB_val
val_of(struct slice slice)
{
	union {
		const char *borrowed;
		void *data;
	} octets = { slice.ptr }; /* LMDB reads it only */

	return (MDB_val){ slice.len, octets.data };
}

static struct slice
slice_of_val(MDB_val val)
{
	return slice_of(val.mv_data, val.mv_size);
}

int
index_get(struct index_txn *txn, struct slice key, struct slice *ret_value)
{
	MDB_val k = val_of(key), value;
	int rc = index_error(mdb_get(txn->txn, txn->index->table, &k, &value));

	if (rc == 0)
		*ret_value = slice_of_val(value);
	return rc;
}

int
index_put(struct index_txn *txn, struct slice key, struct slice value)
{
	MDB_val k = val_of(key), v = val_of(value);

	return index_error(mdb_put(txn->txn, txn->index->table, &k, &v, 0));
}

int
index_add(struct index_txn *txn, struct slice key, struct slice value,
    struct slice *ret_there)
{
	MDB_val k = val_of(key), v = val_of(value);
	int rc = mdb_put(txn->txn, txn->index->table, &k, &v, MDB_NOOVERWRITE);

	if (rc != MDB_KEYEXIST)
		return index_error(rc);
	*ret_there = slice_of_val(v);
	return -EEXIST;
}

int
index_delete(struct index_txn *txn, struct slice key)
{
	MDB_val k = val_of(key);
	int rc = index_error(mdb_del(txn->txn, txn->index->table, &k, NULL));

	return rc == -ENOENT ? 0 : rc;
}

/* Is after behind before?  In a damaged file the way may lead round. */
static bool
is_after(struct slice after, struct slice before)
{
	size_t least = after.len < before.len ? after.len : before.len;
	int order = least ? memcmp(after.ptr, before.ptr, least) : 0;

	return order > 0 || (order == 0 && after.len > before.len);
}

static bool
begins_with(struct slice key, struct slice prefix)
{
	return key.len >= prefix.len &&
	       memcmp(key.ptr, prefix.ptr, prefix.len) == 0;
}

int
index_walk(struct index_txn *txn, struct slice prefix, struct slice from,
    index_each *each, void *ctx)
{
	char last[INDEX_KEY_MAX];
	MDB_val key = val_of(from), value;
	struct slice before = slice_of(last, 0);
	MDB_cursor *cursor;
	int rc =
	    index_error(mdb_cursor_open(txn->txn, txn->index->table, &cursor));

	if (rc < 0)
		return rc;
	rc = index_error(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE));
	while (rc == 0 && begins_with(slice_of_val(key), prefix)) {
		if (!is_after(slice_of_val(key), before) ||
		    key.mv_size > sizeof last) {
			rc = -EBADMSG;
			break;
		}
		memcpy(last, key.mv_data, key.mv_size);
		before.len = key.mv_size;
		rc = each(ctx, slice_of_val(key), slice_of_val(value));
		if (rc == 0)
			rc = index_error(
			    mdb_cursor_get(cursor, &key, &value, MDB_NEXT));
	}
	mdb_cursor_close(cursor);
	return rc == -ENOENT ? 0 : rc;
}

int
index_delete_all(struct index_txn *txn, struct slice prefix, int max)
{
	MDB_val key = val_of(prefix), value;
	MDB_cursor *cursor;
	int n = 0, rc = index_error(
		       mdb_cursor_open(txn->txn, txn->index->table, &cursor));

	if (rc < 0)
		return rc;
	rc = index_error(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE));
	while (rc == 0 && n < max && begins_with(slice_of_val(key), prefix)) {
		rc = index_error(mdb_cursor_del(cursor, 0));
		if (rc == 0)
			rc = index_error(mdb_cursor_get(
			    cursor, &key, &value, MDB_GET_CURRENT));
		/* after the last one there is no current one */
		if (rc == -EINVAL)
			rc = -ENOENT;
		n++;
	}
	mdb_cursor_close(cursor);
	return rc < 0 && rc != -ENOENT ? rc : n;
}

/* A transaction that may fault. */
struct job {
	struct index_txn txn;
	unsigned flags;
	index_work *work;
	void *ctx;
	int rc;
};

/* The last transaction that the file tells of. */
static uint64_t
last_txn(const struct index *index)
{
	MDB_envinfo info;

	return mdb_env_info(index->env, &info) == 0 ? info.me_last_txnid : 0;
}

bool
index_is_behind(const struct index_txn *txn, uint64_t made)
{
	return made && txn->told.made == made &&
	       last_txn(txn->index) < txn->told.txn;
}

static int
begin(struct job *job)
{
	struct index_txn *txn = &job->txn;
	MDB_env *env = txn->index->env;
	int dead, rc = 0;

	txn->told = told_last(txn->index->config.told);
	/* what a reader that was killed has seen would be kept for it */
	if (!(job->flags & MDB_RDONLY))
		rc = mdb_reader_check(env, &dead);
	if (rc == 0)
		rc = mdb_txn_begin(env, NULL, job->flags, &txn->txn);
	/* another process has a larger map */
	if (rc == MDB_MAP_RESIZED && mdb_env_set_mapsize(env, 0) == 0)
		rc = mdb_txn_begin(env, NULL, job->flags, &txn->txn);
	/* of a mutex that is none any more */
	if (rc == EINVAL || rc == ENOTRECOVERABLE)
		return -EBADMSG;
	if (rc == 0 && index_is_behind(txn, txn->index->made))
		return -EBADMSG;
	return index_error(rc);
}

/* Gives a reader's place back, or a writer's lock. */
static void
abort_txn(void *ctx)
{
	struct job *job = ctx;
	MDB_txn *txn = job->txn.txn;

	job->txn.txn = NULL; /* should this fault */
	if (txn)
		mdb_txn_abort(txn);
}

static int
commit(struct job *job)
{
	const struct index *index = job->txn.index;
	MDB_txn *txn = job->txn.txn;
	int rc;

	job->txn.txn = NULL;
	rc = index_error(mdb_txn_commit(txn));
	if (rc == 0)
		told_set_txn(index->config.told, index->made, last_txn(index));
	return rc;
}

static void
run(void *ctx)
{
	struct job *job = ctx;

	job->rc = begin(job);
	if (job->rc == 0)
		job->rc = job->work(&job->txn, job->ctx);
	if (job->rc == 0 && !(job->flags & MDB_RDONLY))
		job->rc = commit(job);
	else
		abort_txn(job);
}

/* After a fault.  What a writer was doing is left as it is, for as long as the
 * process lives: some of its cursors were on a stack that is gone, and its lock
 * must stay where the kernel looks for it at the process's end.  Others take
 * another file (index_drop). */
static void
abandon(struct job *job)
{
	if (job->flags & MDB_RDONLY)
		(void)fault_guard(abort_txn, job); /* we are done with it */
	else
		job->txn.index->env = NULL;
}

static int
run_guarded(struct index *index, unsigned flags, index_work *work, void *ctx)
{
	struct job job = {
		.txn.index = index, .flags = flags, .work = work, .ctx = ctx
	};

	if (index->broken)
		return -EBADMSG;
	if (!fault_guard(run, &job)) {
		abandon(&job);
		job.rc = -EBADMSG;
	}
	if (job.rc == -EIO && index_disk_full(index->path))
		job.rc = -ENOSPC;
	if (job.rc == -EBADMSG)
		index->broken = true;
	return job.rc;
}

int
index_read(struct index *index, index_work *work, void *ctx)
{
	return run_guarded(index, MDB_RDONLY, work, ctx);
}

int
index_write(struct index *index, index_work *work, void *ctx)
{
	return run_guarded(index, 0, work, ctx);
}
