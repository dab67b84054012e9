#include "common/index/told.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/index/index.h"

#define MAGIC "njiwams1" /* the last digit is the version's */
#define MODE 0600

/* The file, as all sessions have it mapped. */
struct shared {
	char magic[8];
	/* made durable before any modseq above the last one is told */
	uint64_t promise;
	uint64_t check; /* ~promise */
	/* of this boot alone */
	char boot[INDEX_BOOT_MAX];
	_Atomic uint64_t limit; /* a promise that is durable */
	_Atomic uint64_t last;  /* that was told */
	_Atomic uint64_t made;  /* which index, */
	_Atomic uint64_t txn;   /* and its last transaction */
};

struct told {
	int fd;
	bool sync;
	struct shared *shared;
};

static uint64_t
clock_us(void)
{
	struct timespec now = clock_now();

	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000;
}

static bool
is_whole(const struct shared *shared)
{
	return memcmp(shared->magic, MAGIC, sizeof shared->magic) == 0 &&
	       shared->check == ~shared->promise &&
	       shared->promise <= TOLD_MAX + TOLD_AHEAD_US;
}

static bool
is_of_boot(const struct shared *shared, const char *boot)
{
	return strncmp(shared->boot, boot, sizeof shared->boot) == 0 &&
	       shared->limit <= shared->promise &&
	       shared->last <= shared->limit;
}

/* What another boot promised it may have told. */
static void
begin_boot(struct shared *shared, const char *boot)
{
	(void)snprintf(shared->boot, sizeof shared->boot, "%s", boot);
	shared->limit = shared->promise;
	shared->last = shared->promise;
	shared->made = 0;
	shared->txn = 0;
}

/* A new file, or one in the place of rubbish. */
static int
make(struct told *told, int dirfd, const char *boot)
{
	uint64_t promise = clock_us() + TOLD_AHEAD_US;
	struct shared fresh = { .magic = MAGIC,
		.promise = promise,
		.check = ~promise,
		.limit = promise };
	ssize_t n;

	(void)snprintf(fresh.boot, sizeof fresh.boot, "%s", boot);
	if (ftruncate(told->fd, sizeof fresh) < 0)
		return -errno;
	n = pwrite(told->fd, &fresh, sizeof fresh, 0);
	if (n != (ssize_t)sizeof fresh)
		return n < 0 ? -errno : -ENOSPC;
	if (told->sync && (fsync(told->fd) < 0 || fsync(dirfd) < 0))
		return -errno;
	return 0;
}

/* Maps a file of the right size.  1; 0 for another size; -errno. */
static int
map(struct told *told)
{
	struct stat st;
	void *at;

	if (fstat(told->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size != sizeof *told->shared)
		return 0;
	at = mmap(NULL, sizeof *told->shared, PROT_READ | PROT_WRITE,
	    MAP_SHARED, told->fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	told->shared = at;
	return 1;
}

/* Under the lock: nobody else makes or judges it. */
static int
mend(struct told *told, int dirfd, const char *boot)
{
	int rc = 0;

	if (told->shared == NULL) {
		rc = map(told); /* another one may have made it */
		if (rc == 0)
			rc = make(told, dirfd, boot);
		if (rc == 0)
			rc = map(told);
	}
	if (rc < 0 || told->shared == NULL)
		return rc < 0 ? rc : -EIO;
	if (!is_whole(told->shared))
		rc = make(told, dirfd, boot);
	else if (!is_of_boot(told->shared, boot))
		begin_boot(told->shared, boot);
	return rc < 0 ? rc : 0;
}

static int
load(struct told *told, int dirfd, const char *boot)
{
	int rc = map(told);

	if (rc < 0 ||
	    (rc && is_whole(told->shared) && is_of_boot(told->shared, boot)))
		return rc < 0 ? rc : 0;
	if (flock(told->fd, LOCK_EX) < 0)
		return -errno;
	rc = mend(told, dirfd, boot);
	(void)flock(told->fd, LOCK_UN); /* or it ends with the file */
	return rc;
}

int
told_open(int dirfd, const char *name, const struct told_config *config,
    struct told **ret_told, struct err *err)
{
	struct told *told = mem_zalloc(1, sizeof *told);
	int rc = 0;

	told->sync = config->sync;
	told->fd = openat(
	    dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, MODE);
	if (told->fd < 0)
		rc = -errno;
	else
		rc = load(told, dirfd, config->boot);
	if (rc < 0) {
		told_close(told);
		return err_sys(err, -rc, "%s", name);
	}
	*ret_told = told;
	return 0;
}

void
told_close(struct told *told)
{
	if (told == NULL)
		return;
	if (told->shared)
		(void)munmap(told->shared, sizeof *told->shared);
	fileio_close(&told->fd);
	free(told);
}

/* Promises more than modseq, and sees to it that the disk knows. */
static int
promise(struct told *told, uint64_t modseq)
{
	struct shared *shared = told->shared;
	int rc = 0;

	if (flock(told->fd, LOCK_EX) < 0)
		return -errno;
	if (modseq > shared->limit) {
		shared->promise = modseq + TOLD_AHEAD_US;
		shared->check = ~shared->promise;
		if (told->sync && fdatasync(told->fd) < 0)
			rc = -errno;
		else
			shared->limit = shared->promise;
	}
	(void)flock(told->fd, LOCK_UN); /* or it ends with the file */
	return rc;
}

int
told_next(struct told *told, uint64_t last, uint64_t *ret_modseq)
{
	uint64_t clock = clock_us();
	uint64_t least = clock > last ? clock : last + 1;
	uint64_t before, next = least;
	int rc = 0;

	if (told) {
		before = told->shared->last;
		do {
			next = least > before ? least : before + 1;
			if (next > TOLD_MAX)
				rc = -EBADMSG;
			else if (next > told->shared->limit)
				rc = promise(told, next);
		} while (rc == 0 && !atomic_compare_exchange_weak(
					&told->shared->last, &before, next));
	}
	*ret_modseq = next;
	return rc;
}

struct told_last
told_last(const struct told *told)
{
	struct told_last last = { 0, 0 };

	if (told == NULL)
		return last;
	/* in this order: of a newer one its transactions are fewer */
	last.made = told->shared->made;
	last.txn = told->shared->txn;
	return last;
}

void
told_set_made(struct told *told, uint64_t made)
{
	if (told == NULL || told->shared->made == made)
		return;
	told->shared->txn = 0;
	told->shared->made = made;
}

void
told_set_txn(struct told *told, uint64_t made, uint64_t txn)
{
	uint64_t before;

	if (told == NULL)
		return;
	before = told->shared->txn; /* another index's first sets it to 0 */
	while (told->shared->made == made && before < txn &&
	       !atomic_compare_exchange_weak(&told->shared->txn, &before, txn))
		;
}
