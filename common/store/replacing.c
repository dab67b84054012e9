#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/store/batch.h"
#include "common/store/folder.h"
#include "common/store/maildir.h"
#include "common/store/replacing.h"
#include "common/store/view.h"

/* The line: "=<directory of the new message's folder>/<its file's name up to
 * the sizes>/<the old one's base name>". */
#define MARK '='

/* The base name of a message that is there. */
static int
base_of(struct mailbox *mb, struct record *record, void *ctx)
{
	struct stat st;

	if (fstatat(view_dir(mb, record), view_name(mb, record), &st,
		AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	str_set(ctx, maildir_base(slice_from(view_name(mb, record))));
	return 0;
}

int
replacing_begin(struct replacing *r, struct mailbox *mb, uint32_t seq,
    struct slice folder, struct err *err)
{
	struct store *store = mb->store;
	STR_AUTO line = STR_INIT;
	STR_AUTO base = STR_INIT;
	int rc;

	*r = (struct replacing){ .mb = mb, .fd = -1, .name = STR_INIT };
	if (!mb->writable)
		return err_set(err, EROFS, "the mailbox is open read-only");
	rc = view_with_file(mb, seq, base_of, &base, err);
	if (rc < 0)
		return rc;
	str_append_char(&line, MARK);
	if (!folder_to_dir(folder, &line))
		return err_set(err, EINVAL, "no folder can have such a name");
	maildir_put_unique(
	    clock_now(), store->number++, store->config.host, &r->name);
	str_appendf(&line, "/%s/%s\n", str_cstr(&r->name), str_cstr(&base));
	rc = batch_begin(store, mb->folder.cur_dir, str_slice(&line), &r->fd);
	if (rc < 0) {
		str_release(&r->name);
		return tree_error(
		    store, err, -rc, mb->folder.path, "cur/" BATCH_NAME);
	}
	mb->own_list = true;
	return 0;
}

/* Should a crash bring the list back, the old message is not there for it, or
 * the new one is not. */
void
replacing_end(struct replacing *r)
{
	struct mailbox *mb = r->mb;

	(void)unlinkat(mb->folder.cur_dir, BATCH_NAME, 0); /* as said */
	fileio_close(&r->fd);
	str_release(&r->name);
	mb->own_list = false;
}

/* Is it the file of the message that is called so, whatever its flags are? */
static bool
is_called(const char *name, struct slice begin)
{
	struct slice whole = slice_from(name);

	return slice_equal(slice_head(whole, begin.len), begin) &&
	       (whole.len == begin.len || name[begin.len] == ':' ||
		   name[begin.len] == ',');
}

/* Finds the file in the open directory, into out; 0, -ENOENT, -errno. */
static int
find_file(int dir, struct slice begin, struct str *out)
{
	int fd = tree_open_dir(dir, "."), rc = -ENOENT;
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (list == NULL) {
		fileio_close(&fd);
		return -EIO;
	}
	while (rc < 0 && (entry = readdir(list)) != NULL)
		if (is_called(entry->d_name, begin)) {
			str_set(out, slice_from(entry->d_name));
			rc = 0;
		}
	(void)closedir(list); /* was only read */
	return rc;
}

/* Is the new message in its folder?  1, 0 or -errno. */
static int
has_come(struct store *store, struct slice dir, struct slice name)
{
	STR_AUTO path = STR_INIT;
	STR_AUTO ignored = STR_INIT;
	FD_AUTO cur = -1;
	int rc;

	/* no way out of the Maildir */
	if (!folder_from_dir(dir, &ignored) || !maildir_is_message(name))
		return 0;
	str_append(&path, dir);
	str_append_cstr(&path, "/cur");
	cur = tree_open_dir(store->root, str_cstr(&path));
	if (cur < 0)
		return cur == -ENOENT ? 0 : cur;
	rc = find_file(cur, name, &ignored);
	return rc == 0 ? 1 : rc == -ENOENT ? 0 : rc;
}

int
replacing_settle(struct store *store, int cur_dir, struct slice line)
{
	struct slice rest = slice_skip(line, 1), dir, name;
	STR_AUTO old = STR_INIT;
	int rc;

	if (line.len == 0 || line.ptr[0] != MARK ||
	    !slice_next(&rest, '/', &dir) || !slice_next(&rest, '/', &name) ||
	    rest.len == 0 || !maildir_is_message(rest))
		return 0;
	rc = has_come(store, dir, name);
	if (rc <= 0)
		return rc;
	rc = find_file(cur_dir, rest, &old);
	if (rc == 0 && unlinkat(cur_dir, str_cstr(&old), 0) < 0)
		rc = -errno;
	return rc == -ENOENT ? 0 : rc;
}
