#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/base/fileio.h"
#include "common/index/mailboxes.h"
#include "common/index/own.h"

struct look {
	struct index_txn *txn;
	const char *boot;
	struct index_facts *facts;
};

static int
each_folder(void *ctx, struct slice key, struct slice value)
{
	struct look *look = ctx;
	struct index_mailbox head;
	uint32_t number;
	int rc =
	    index_mailbox_find(look->txn, slice_skip(key, 1), &number, &head);

	(void)value; /* the number, which is looked up by the name */
	if (rc < 0)
		return -EBADMSG;
	look->facts->mailboxes++;
	look->facts->messages += head.rows > 0 ? (uint64_t)head.rows : 0;
	return 0;
}

static int
each_text(void *ctx, struct slice key, struct slice value)
{
	struct look *look = ctx;

	(void)key;
	look->facts->texts++;
	look->facts->text_octets += value.len;
	return 0;
}

/* Whose it is. */
static int
read_version(struct look *look)
{
	struct index_facts *facts = look->facts;
	struct index_version version;
	struct slice value = { NULL, 0 };
	int rc = index_get(look->txn, index_version_key(), &value);

	if (rc < 0 || !index_version_read(value, &version))
		return rc < 0 && rc != -ENOENT ? rc : -EBADMSG;
	facts->version = version.version;
	memcpy(facts->boot, version.boot, sizeof facts->boot);
	return strcmp(version.boot, look->boot) == 0 ? 0 : -ESTALE;
}

static int
look_work(struct index_txn *txn, void *ctx)
{
	const struct slice folders = slice_of("F", 1), texts = slice_of("T", 1);
	struct look *look = ctx;
	int rc = index_open_table(txn, NULL);

	look->txn = txn;
	if (rc == 0)
		rc = read_version(look);
	/* of a boot that crashed no row is believed */
	if (rc == 0)
		rc = index_walk(txn, folders, folders, each_folder, look);
	return rc < 0 ? rc : index_walk(txn, texts, texts, each_text, look);
}

/* The index of which nobody makes anything while *ret_lock is open, a
 * descriptor or -errno.  Without a lock *ret_index is NULL, with 0 when there
 * is no index, else -errno and err filled. */
static int
take(const char *path, const char *boot, int *ret_lock,
    struct index **ret_index, struct err *err)
{
	const struct index_config config = { .boot = boot };

	*ret_lock = index_lock(path);
	*ret_index = *ret_lock < 0 ? NULL : index_new(path, &config);
	if (*ret_lock >= 0 || *ret_lock == -ENOENT)
		return 0;
	return err_sys(err, -*ret_lock, "%s", path);
}

int
index_look(const char *path, const char *boot, struct index_facts *ret_facts,
    struct err *err)
{
	FD_AUTO lock = -1;
	struct look look = { NULL, boot, ret_facts };
	struct index *index;
	struct stat st;
	int rc = take(path, boot, &lock, &index, err);

	*ret_facts = (struct index_facts){ .state = lock < 0 ? lock : 0 };
	if (index == NULL)
		return rc;
	if (lstat(index->data, &st) < 0)
		rc = -errno;
	else
		ret_facts->octets = (uint64_t)st.st_size;
	if (rc == 0 && index_is_remote(path))
		rc = -EMEDIUMTYPE;
	if (rc == 0)
		rc = index_open_env(index, MDB_RDONLY);
	if (rc == 0)
		rc = index_read(index, look_work, &look);
	index_close(index);
	ret_facts->state = rc;
	return rc == -EACCES || rc == -EPERM ? err_sys(err, -rc, "%s", path)
					     : 0;
}

int
index_remove(const char *path, struct err *err)
{
	FD_AUTO lock = -1;
	struct index *index;
	struct stat st;
	int rc = take(path, "", &lock, &index, err);

	if (index == NULL)
		return rc;
	index_remove_files(index);
	if (lstat(index->data, &st) == 0)
		rc = err_set(err, EACCES, "%s: cannot be removed", index->data);
	index_close(index);
	return rc;
}
