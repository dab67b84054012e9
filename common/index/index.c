#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/index/own.h"
#include "common/index/record.h"

/* It is a cache: no fsync, and what a boot left is dropped by the next. */
#define ENV_FLAGS (MDB_NOTLS | MDB_NOSYNC | MDB_NORDAHEAD)
#define DATA_NAME "data.mdb"
#define LOCK_NAME "lock.mdb"
#define NS_PER_S 1000000000u
#define OPEN_TRIES 2 /* the second after a damaged one was dropped */

int
index_open_table(struct index_txn *txn, void *ctx)
{
	(void)ctx;
	return index_error(mdb_dbi_open(txn->txn, NULL, 0, &txn->index->table));
}

/* Is it ours, of this version and this boot? */
static int
check_version(struct index_txn *txn, void *ctx)
{
	struct index_version version;
	struct slice value = { NULL, 0 };
	int rc = index_open_table(txn, ctx);

	if (rc == 0)
		rc = index_get(txn, index_version_key(), &value);
	if (rc < 0)
		return rc;
	if (!index_version_read(value, &version) ||
	    strcmp(version.boot, txn->index->config.boot) != 0 ||
	    index_is_behind(txn, version.made))
		return -EBADMSG;
	txn->index->made = version.made;
	return 0;
}

static uint64_t
now_ns(void)
{
	struct timespec now = clock_now();

	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int
put_version(struct index_txn *txn, void *ctx)
{
	struct index_version version;
	int rc = check_version(txn, ctx);

	if (rc != -ENOENT)
		return rc; /* another one was faster */
	index_version_init(&version, txn->index->config.boot);
	version.made = now_ns();
	rc = index_put(txn, index_version_key(),
	    slice_of((const char *)&version, sizeof version));
	txn->index->made = version.made;
	return rc;
}

/* LMDB's assertions: the file holds what it must not. */
static void
refuted(MDB_env *env, const char *text)
{
	(void)env;
	(void)text;
	fault_raise();
}

struct opening {
	struct index *index;
	unsigned flags;
	int rc;
};

static void
open_env(void *ctx)
{
	struct opening *opening = ctx;
	struct index *index = opening->index;
	int dead, rc = mdb_env_create(&index->env);

	if (rc == 0)
		rc = mdb_env_set_mapsize(index->env, index->config.octets);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(index->env, INDEX_READERS_MAX);
	if (rc == 0)
		rc = mdb_env_set_assert(index->env, refuted);
	if (rc == 0)
		rc = mdb_env_open(
		    index->env, index->path, ENV_FLAGS | opening->flags, 0600);
	if (rc == 0)
		rc = mdb_reader_check(index->env, &dead);
	opening->rc = index_error(rc);
}

static void
close_env(void *ctx)
{
	struct index *index = ctx;

	if (index->env)
		mdb_env_close(index->env);
}

static bool
stat_data(const struct index *index, struct stat *ret_st)
{
	return lstat(index->data, ret_st) == 0;
}

/* Remembers which file it is that was opened. */
static void
note_file(struct index *index)
{
	struct stat st;
	int fd;

	if (mdb_env_get_fd(index->env, &fd) != 0 || fstat(fd, &st) < 0)
		return; /* then it is not alive */
	index->dev = st.st_dev;
	index->ino = st.st_ino;
}

int
index_open_env(struct index *index, unsigned flags)
{
	struct opening opening = { index, flags, -EBADMSG };

	index->broken = false;
	return fault_guard(open_env, &opening) ? opening.rc : -EBADMSG;
}

/* Opens the environment and looks whose it is. */
static int
open_once(struct index *index)
{
	int rc = index_open_env(index, 0);

	if (rc == 0)
		note_file(index);
	if (rc == 0)
		rc = index_read(index, check_version, NULL);
	if (rc == -ENOENT)
		rc = index_write(index, put_version, NULL);
	if (rc == 0)
		told_set_made(index->config.told, index->made);
	return rc;
}

bool
index_alive(const struct index *index)
{
	struct stat st;

	return !index->broken && stat_data(index, &st) &&
	       st.st_ino == index->ino && st.st_dev == index->dev;
}

static void
remove_file(const char *path)
{
	if (unlink(path) < 0 && errno != ENOENT)
		(void)rmdir(path); /* or it is found damaged again */
}

void
index_remove_files(const struct index *index)
{
	remove_file(index->data);
	remove_file(index->lock);
}

static char *
join(const char *path, const char *name)
{
	STR_AUTO whole = STR_INIT;

	str_appendf(&whole, "%s/%s", path, name);
	return mem_strdup(str_cstr(&whole));
}

int
index_lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX) < 0) {
		int rc = -errno;

		(void)close(fd); /* was only read */
		return rc;
	}
	return fd;
}

void
index_drop(struct index *index)
{
	FD_AUTO lock = index_lock(index->path);
	struct stat st;

	index->broken = true;
	if (lock < 0 || !stat_data(index, &st) || st.st_ino != index->ino ||
	    st.st_dev != index->dev)
		return; /* another one has done so */
	index_remove_files(index);
}

bool
index_is_remote(const char *path)
{
	/* clang-format off */
	static const unsigned long types[] = {
		0x6969, /* NFS */	0xfe534d42, /* SMB2 */
		0xff534d42, /* CIFS */	0x517b, /* SMB */
		0x5346414f, /* AFS */	0x00c36400, /* Ceph */
		0x01021997, /* 9P */	0x65735546, /* FUSE */
		0x0bd00bd0, /* Lustre */
	};
	/* clang-format on */
	struct statfs fs;
	size_t i;

	if (statfs(path, &fs) < 0)
		return false;
	for (i = 0; i < sizeof types / sizeof types[0]; i++)
		if ((unsigned long)fs.f_type == types[i])
			return true;
	return false;
}

bool
index_disk_full(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_bavail == 0;
}

/* Will it be any better when there are new files? */
static bool
is_damage(int rc)
{
	return rc == -EBADMSG || rc == -EISDIR || rc == -EINVAL ||
	       rc == -ENXIO || rc == -ENODEV || rc == -ELOOP;
}

/* Opens what is there, or a new one in the place of what is no good. */
static int
open_any(struct index *index)
{
	FD_AUTO lock = index_lock(index->path);
	int rc = -EBADMSG, tries;

	if (lock < 0)
		return lock;
	for (tries = 0; is_damage(rc) && tries < OPEN_TRIES; tries++) {
		if (tries > 0) {
			(void)fault_guard(close_env, index); /* or it stays */
			index->env = NULL;
			index_remove_files(index);
		}
		rc = open_once(index);
	}
	return rc;
}

struct index *
index_new(const char *path, const struct index_config *config)
{
	struct index *index = mem_zalloc(1, sizeof *index);

	index->path = mem_strdup(path);
	index->data = join(path, DATA_NAME);
	index->lock = join(path, LOCK_NAME);
	index->config = *config;
	return index;
}

int
index_open(const char *path, const struct index_config *config,
    struct index **ret_index, struct err *err)
{
	struct index *index;
	int rc;

	if (config->boot[0] == '\0')
		return err_set(err, EOPNOTSUPP, "%s: no id of this boot", path);
	if (index_is_remote(path))
		return err_set(err, EMEDIUMTYPE,
		    "%s: an index must be on a local file system", path);
	index = index_new(path, config);
	fault_take_along(index->data, index->lock);
	rc = open_any(index);
	if (rc == -EBADMSG && index_disk_full(path))
		rc = -ENOSPC;
	if (rc < 0) {
		index_close(index);
		return err_sys(err, -rc, "%s", path);
	}
	*ret_index = index;
	return 0;
}

void
index_close(struct index *index)
{
	if (index == NULL)
		return;
	(void)fault_guard(close_env, index); /* or its map stays */
	fault_take_along(NULL, NULL);
	free(index->path);
	free(index->data);
	free(index->lock);
	free(index);
}

uint64_t
index_made(const struct index *index)
{
	return index->made;
}

bool
index_is_young(const struct index *index)
{
	uint64_t now = now_ns();

	return index->made <= now &&
	       now - index->made < (uint64_t)INDEX_YOUNG_S * NS_PER_S;
}
