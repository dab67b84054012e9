#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/base/siphash.h"
#include "common/base/tally_own.h"

#define MAGIC "njtally" /* and its NUL */
#define VERSION 1       /* of the layout of a slot */
#define SELF_MAX 32     /* octets of a path below /proc */
#define TRIES 3         /* others make and replace the file too */

static size_t
slots_of(const struct tally_config *config)
{
	size_t slots =
	    config->slots < TALLY_SLOTS_MIN ? TALLY_SLOTS_MIN : config->slots;

	return slots - slots % TALLY_WAYS;
}

static off_t
size_of(const struct tally_config *config)
{
	return (off_t)(TALLY_HEAD + slots_of(config) * TALLY_SLOT_OCTETS);
}

static uint64_t
check_of(const struct tally_head *head)
{
	return siphash(head->key,
	    slice_of((const char *)head, offsetof(struct tally_head, check)));
}

/* ---- making it ---- */

static int
write_head(int fd, const struct tally_config *config)
{
	struct tally_head head = { MAGIC, VERSION, (uint32_t)slots_of(config),
		{ 0, 0 }, 0 };

	if (getrandom(head.key, sizeof head.key, 0) != sizeof head.key)
		return -errno;
	head.check = check_of(&head);
	return fileio_write(fd, slice_of((const char *)&head, sizeof head));
}

/* All that the file needs before it has a name. */
static int
furnish(int fd, const struct tally_config *config)
{
	int rc = posix_fallocate(fd, 0, size_of(config));

	if (rc != 0)
		return -rc;
	if (geteuid() == 0 && fchown(fd, config->owner, config->group) < 0)
		return -errno;
	return write_head(fd, config);
}

/* A file without a name beside the one to be; where the file system has none,
 * under the name that is then in *named. */
static int
open_nameless(const struct tally_config *config, struct str *named)
{
	STR_AUTO folder = STR_INIT;
	const char *slash = strrchr(config->path, '/');
	int fd;

	str_append_cstr(&folder, slash ? "" : ".");
	if (slash)
		str_append_mem(
		    &folder, config->path, (size_t)(slash - config->path) + 1);
	fd = open(str_cstr(&folder), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	str_appendf(named, "%s.%ld", config->path, (long)getpid());
	(void)unlink(str_cstr(named)); /* of one that was killed, perhaps */
	return open(str_cstr(named),
	    O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
}

/* It has not its name before it is whole, and takes nobody's place. */
static int
make_file(const struct tally_config *config)
{
	STR_AUTO named = STR_INIT;
	FD_AUTO fd = open_nameless(config, &named);
	char self[SELF_MAX];
	int rc;

	if (fd < 0)
		return -errno;
	(void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	rc = furnish(fd, config);
	if (rc == 0 &&
	    linkat(AT_FDCWD, named.len ? str_cstr(&named) : self, AT_FDCWD,
		config->path, named.len ? 0 : AT_SYMLINK_FOLLOW) < 0)
		rc = errno == EEXIST ? 0 : -errno;
	if (named.len)
		(void)unlink(str_cstr(&named)); /* it has its own name now */
	return rc;
}

/* ---- using it ---- */

/* -EBADMSG: it is none of ours, or of other settings. */
static int
read_head(int fd, const struct tally_config *config, struct tally_head *head)
{
	static const char magic[sizeof head->magic] = MAGIC;

	if (pread(fd, head, sizeof *head, 0) != sizeof *head ||
	    memcmp(head->magic, magic, sizeof magic) != 0 ||
	    head->version != VERSION || head->slots < TALLY_WAYS ||
	    head->slots % TALLY_WAYS || head->check != check_of(head))
		return -EBADMSG;
	if (config->create && head->slots != slots_of(config))
		return -EBADMSG;
	return 0;
}

/* Is the file one that nobody can hurt us with? */
static int
judge(
    int fd, const struct tally_config *config, struct stat *st, struct err *err)
{
	if (fstat(fd, st) < 0)
		return err_sys(err, errno, "%s", config->path);
	if (!S_ISREG(st->st_mode) || (st->st_mode & (S_IWGRP | S_IWOTH)) ||
	    (st->st_uid != 0 && st->st_uid != geteuid() &&
		st->st_uid != config->owner))
		return err_set(err, EPERM,
		    "%s: not a plain file that is ours alone (uid %u)",
		    config->path, (unsigned)st->st_uid);
	return 0;
}

static int
map(int fd, const struct tally_config *config, struct tally **ret_tally,
    struct err *err)
{
	struct tally_head head;
	struct tally tally = { .keep = config->keep };
	struct stat st;
	int rc = judge(fd, config, &st, err);

	if (rc == 0 && read_head(fd, config, &head) < 0)
		rc = err_set(err, EBADMSG, "%s: no table", config->path);
	if (rc < 0)
		return rc;
	tally.count = head.slots;
	tally.size = TALLY_HEAD + tally.count * TALLY_SLOT_OCTETS;
	memcpy(tally.key, head.key, sizeof tally.key);
	if (st.st_size != (off_t)tally.size)
		return err_set(err, EBADMSG, "%s: cut", config->path);
	tally.map =
	    mmap(NULL, tally.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (tally.map == MAP_FAILED)
		return err_sys(err, errno, "%s", config->path);
	/* a front that is forked later must not have it */
	if (madvise(tally.map, tally.size, MADV_DONTFORK) < 0) {
		rc = err_sys(err, errno, "%s", config->path);
		(void)munmap(tally.map, tally.size); /* nothing is in it */
		return rc;
	}
	tally.slots =
	    (struct tally_slot *)(void *)((char *)tally.map + TALLY_HEAD);
	*ret_tally = mem_alloc(sizeof tally);
	**ret_tally = tally;
	return 0;
}

/* One attempt: -ENOENT and -EBADMSG ask for a new file. */
static int
open_once(const struct tally_config *config, struct tally **ret_tally,
    struct err *err)
{
	FD_AUTO fd = open(config->path,
	    O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_sys(err, errno, "%s", config->path);
	return map(fd, config, ret_tally, err);
}

int
tally_open(const struct tally_config *config, struct tally **ret_tally,
    struct err *err)
{
	int rc = open_once(config, ret_tally, err), tries;

	for (tries = 0; config->create && rc < 0 && tries < TRIES; tries++) {
		if (rc != -ENOENT && rc != -EBADMSG)
			return rc;
		if (rc == -EBADMSG && unlink(config->path) < 0 &&
		    errno != ENOENT)
			return err_sys(err, errno, "%s", config->path);
		rc = make_file(config);
		if (rc < 0)
			return err_sys(err, -rc, "%s", config->path);
		rc = open_once(config, ret_tally, err);
	}
	return rc;
}

void
tally_close(struct tally *tally)
{
	if (tally == NULL)
		return;
	(void)munmap(tally->map, tally->size); /* what was mapped */
	free(tally);
}
