/* Making and counting a mail folder in a child that has become its owner. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/njiwa/mailbox.h"
#include "common/base/fileio.h"
#include "common/store/detail.h"
#include "common/svc/indexing.h"

#define FOLDER_MODE 0700
#define ROOT_MODE 0755 /* of mail_root */

int
mailbox_find(const struct settings *settings, const struct account_row *row,
    struct mailbox_place *ret_place, struct err *err)
{
	int64_t uid = settings->mail_uid, gid = settings->mail_gid;
	const char *home = row->home ? row->home : "";

	if (uid < 0)
		uid = row->uid;
	if (gid < 0)
		gid = row->gid;
	*ret_place = (struct mailbox_place){
		.settings = settings, .uid = (uid_t)uid, .gid = (gid_t)gid
	};
	if (uid < settings->first_valid_uid || gid < 0)
		return err_set(err, EINVAL,
		    "uid %lld and gid %lld cannot own mail (see mail_uid and "
		    "first_valid_uid)",
		    (long long)uid, (long long)gid);
	if (!settings_expand_path(settings->mail_location,
		slice_from(row->name), home, &ret_place->path))
		return err_set(err, EINVAL,
		    "name and home give no safe path in mail_location");
	return 0;
}

void
mailbox_release(struct mailbox_place *place)
{
	str_release(&place->path);
}

/* The part of the path below mail_root; false when it is not below. */
static bool
below_root(const struct mailbox_place *place, struct slice *ret_rest)
{
	struct slice root = slice_from(place->settings->mail_root);
	struct slice path = str_slice(&place->path);

	while (root.len && root.ptr[root.len - 1] == '/')
		root.len--;
	if (path.len <= root.len || path.ptr[root.len] != '/' ||
	    !slice_equal(slice_head(path, root.len), root))
		return false;
	*ret_rest = slice_skip(path, root.len);
	return true;
}

/* Opens the folder called name in *fd, made for the owner when it is missing,
 * in the place of *fd.  Never through a link. */
static int
step_into(int *fd, const char *name, const struct mailbox_place *place)
{
	bool fresh = mkdirat(*fd, name, FOLDER_MODE) == 0;
	int next;

	if (!fresh && errno != EEXIST)
		return -errno;
	next =
	    openat(*fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0)
		return -errno;
	fileio_close(fd);
	*fd = next;
	if (fresh && geteuid() == 0 && fchown(next, place->uid, place->gid) < 0)
		return -errno;
	return 0;
}

/* mail_root, made when it is missing; the descriptor or -errno. */
static int
open_root(const struct mailbox_place *place)
{
	const char *root = place->settings->mail_root;
	int fd;

	if (mkdir(root, ROOT_MODE) == 0 && geteuid() == 0 &&
	    chown(root, place->uid, place->gid) < 0)
		return -errno;
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Makes the folders above the Maildir: the owner may not be able to. */
static int
make_parents(const struct mailbox_place *place, struct err *err)
{
	FD_AUTO fd = -1;
	STR_AUTO name = STR_INIT;
	struct slice rest, part;
	int rc;

	if (!below_root(place, &rest))
		return err_set(err, EINVAL, "%s is not below mail_root, %s",
		    str_cstr(&place->path), place->settings->mail_root);
	fd = open_root(place);
	if (fd < 0)
		return err_sys(err, -fd, "%s", place->settings->mail_root);
	while (slice_next(&rest, '/', &part)) {
		if (part.len == 0)
			continue;
		if (rest.ptr == NULL)
			break; /* the Maildir itself is the owner's to make */
		str_set(&name, part);
		rc = step_into(&fd, str_cstr(&name), place);
		if (rc < 0)
			return err_sys(err, -rc, "%s, above %s",
			    str_cstr(&name), str_cstr(&place->path));
	}
	return 0;
}

/* What a child says of its work. */
struct answer {
	int rc;
	struct mailbox_use use;
	char folder[MAILBOX_FOLDER_MAX];
	struct index_facts index;
	struct err err;
};

/* What is to be done, for a detail or a path where that matters. */
struct work {
	int (*run)(const struct mailbox_place *place, const struct work *work,
	    struct answer *answer);
	const char *detail;
};

static int
become(const struct mailbox_place *place, struct err *err)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setgid(place->gid) < 0 ||
	    setuid(place->uid) < 0)
		return err_sys(err, errno, "become uid %u gid %u",
		    (unsigned)place->uid, (unsigned)place->gid);
	return 0;
}

static _Noreturn void
run_child(const struct mailbox_place *place, const struct work *work, int out)
{
	struct answer answer = { 0 };

	answer.rc = become(place, &answer.err);
	if (answer.rc == 0)
		answer.rc = work->run(place, work, &answer);
	/* a parent that hears nothing says so itself */
	(void)fileio_write(out, slice_of((const char *)&answer, sizeof answer));
	_exit(0);
}

/* Works in a child that is the owner. */
static int
as_owner(const struct mailbox_place *place, const struct work *work,
    struct answer *ret_answer, struct err *err)
{
	struct answer answer;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe");
	pid = fork();
	if (pid == 0)
		run_child(place, work, ends[1]);
	fileio_close(&ends[1]);
	if (pid < 0) {
		fileio_close(&ends[0]);
		return err_sys(err, EAGAIN, "fork");
	}
	n = TEMP_FAILURE_RETRY(read(ends[0], &answer, sizeof answer));
	fileio_close(&ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (n != (ssize_t)sizeof answer)
		return err_set(err, EIO, "%s: the work on it ended early",
		    str_cstr(&place->path));
	if (answer.rc < 0)
		*err = answer.err;
	*ret_answer = answer;
	return answer.rc;
}

static int
open_store(const struct mailbox_place *place, enum store_mode mode,
    struct store **ret_store, struct err *err)
{
	const struct settings *settings = place->settings;
	const char *ignore = settings->quota_ignore;
	struct store_config config = {
		.sync = settings->fsync,
		.host = settings->hostname,
		.quota_ignore = ignore[0] ? ignore : NULL,
	};

	return store_open(
	    str_cstr(&place->path), mode, &config, ret_store, err);
}

static int
make(const struct mailbox_place *place, const struct work *work,
    struct answer *answer)
{
	struct store *store;
	int rc = open_store(place, STORE_CREATE, &store, &answer->err);

	(void)work; /* it wants no more */
	if (rc == 0)
		store_free(store);
	return rc;
}

static int
make_whole(const struct mailbox_place *place, const struct work *work,
    struct answer *answer)
{
	int rc = make_parents(place, &answer->err);

	return rc < 0 ? rc : make(place, work, answer);
}

static int
count(const struct mailbox_place *place, const struct work *work,
    struct answer *answer)
{
	struct mailbox_use *use = &answer->use;
	struct store *store;
	int rc = open_store(place, STORE_MUST_EXIST, &store, &answer->err);

	(void)work; /* it wants no more */
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = store_usage(store, &use->octets, &use->messages, &answer->err);
	store_free(store);
	return rc;
}

static int
find_folder(const struct mailbox_place *place, const struct work *work,
    struct answer *answer)
{
	const struct detail detail = {
		.text = slice_from(work->detail),
		.delimiters = place->settings->subaddress_delimiter,
		.never = place->settings->spam_folder,
	};
	STR_AUTO name = STR_INIT;
	struct store *store;
	int rc = open_store(place, STORE_MUST_EXIST, &store, &answer->err);

	if (rc == 0) {
		rc = detail_folder(store, &detail, &name, &answer->err);
		store_free(store);
	}
	(void)snprintf(answer->folder, sizeof answer->folder, "%s",
	    rc > 0 ? str_cstr(&name) : "INBOX"); /* cut is good enough */
	return rc < 0 && rc != -ENOENT ? rc : 0;
}

int
mailbox_make(const struct mailbox_place *place, struct err *err)
{
	static const struct work work = { make, "" };
	static const struct work whole = { make_whole, "" };
	struct answer unused;
	int rc = make_parents(place, err);

	/* a root without CAP_DAC_OVERRIDE has no rights in the owner's folder
	 */
	if (rc == -EACCES)
		return as_owner(place, &whole, &unused, err);
	return rc < 0 ? rc : as_owner(place, &work, &unused, err);
}

int
mailbox_count(const struct mailbox_place *place, struct mailbox_use *ret_use,
    struct err *err)
{
	static const struct work work = { count, "" };
	struct answer answer;
	int rc = as_owner(place, &work, &answer, err);

	if (rc == 0)
		*ret_use = answer.use;
	return rc;
}

int
mailbox_folder(const struct mailbox_place *place, const char *detail,
    char ret_folder[MAILBOX_FOLDER_MAX], struct err *err)
{
	const struct work work = { find_folder, detail };
	struct answer answer;
	int rc = 0;

	memcpy(ret_folder, "INBOX", sizeof "INBOX");
	if (detail[0])
		rc = as_owner(place, &work, &answer, err);
	if (rc == 0 && detail[0])
		memcpy(ret_folder, answer.folder, sizeof answer.folder);
	return rc;
}

static int
look_at_index(const struct mailbox_place *place, const struct work *work,
    struct answer *answer)
{
	char boot[INDEXING_BOOT_MAX];

	(void)place; /* the path says all */
	indexing_read_boot(boot);
	return index_look(work->detail, boot, &answer->index, &answer->err);
}

static int
drop_index(const struct mailbox_place *place, const struct work *work,
    struct answer *answer)
{
	(void)place; /* as above */
	return index_remove(work->detail, &answer->err);
}

int
mailbox_index_look(const struct mailbox_place *place, const char *path,
    struct index_facts *ret_facts, struct err *err)
{
	const struct work work = { look_at_index, path };
	struct answer answer;
	int rc = as_owner(place, &work, &answer, err);

	if (rc == 0)
		*ret_facts = answer.index;
	return rc;
}

int
mailbox_index_drop(
    const struct mailbox_place *place, const char *path, struct err *err)
{
	const struct work work = { drop_index, path };
	struct answer unused;

	return as_owner(place, &work, &unused, err);
}
