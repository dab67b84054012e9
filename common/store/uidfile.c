#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/base/fileio.h"
#include "common/base/num.h"
#include "common/store/courier_import.h"
#include "common/store/uidfile.h"

#define TMP_NAME UIDLIST_NAME ".tmp" /* Dovecot's name for it too */
#define VALIDITY_NAME "dovecot-uidvalidity"
#define VALIDITY_TRIES 16    /* while others take the same */
#define VALIDITY_FILE_MAX 64 /* octets */
#define PEEK_OCTETS 4096     /* read at either end */

void
uidfile_release(struct uidfile *file)
{
	str_release(&file->text);
	*file = (struct uidfile)UIDFILE_INIT;
}

int
uidfile_load(int dirfd, struct uidfile *file)
{
	struct stat st;
	int rc;

	str_clear(&file->text);
	file->state = UIDFILE_MISSING;
	file->size = -1;
	rc = tree_read(dirfd, UIDLIST_NAME, UIDFILE_MAX, &file->text, &st);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->size = st.st_size;
	file->mtime = st.st_mtim;
	file->entries = str_slice(&file->text);
	if (file->text.len == 0)
		return 0;
	file->state = uidlist_eat_header(&file->entries, &file->header)
			  ? UIDFILE_GOOD
			  : UIDFILE_GARBAGE;
	return 0;
}

bool
uidfile_changed(int dirfd, const struct uidfile *file)
{
	struct stat st;

	if (fstatat(dirfd, UIDLIST_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return file->size >= 0;
	return file->size != st.st_size || file->ino != st.st_ino ||
	       file->dev != st.st_dev ||
	       file->mtime.tv_sec != st.st_mtim.tv_sec ||
	       file->mtime.tv_nsec != st.st_mtim.tv_nsec;
}

/* The uidvalidity that Dovecot gave out last in this tree; 0 for none. */
static uint32_t
last_validity(struct store *store)
{
	STR_AUTO text = STR_INIT;
	uint64_t value = 0;
	struct slice line;

	if (tree_read(
		store->root, VALIDITY_NAME, VALIDITY_FILE_MAX, &text, NULL) < 0)
		return 0;
	line = str_slice(&text);
	line = slice_head(line, slice_find(line, '\n'));
	(void)num_parse_hex(line, UINT32_MAX, &value); /* else 0 */
	return (uint32_t)value;
}

/* Makes the number ours: the empty file that carries the last one in its name
 * gets the new one.  False when another has just taken it. */
static bool
claim_validity(struct store *store, uint32_t old, uint32_t now)
{
	char from[64], to[64];
	int fd;

	(void)snprintf(
	    from, sizeof from, VALIDITY_NAME ".%08x", old); /* fits */
	(void)snprintf(to, sizeof to, VALIDITY_NAME ".%08x", now);
	if (old && tree_rename(store->root, from, store->root, to) == 0)
		return true;
	fd = tree_create_file(store, store->root, to);
	if (fd >= 0)
		(void)close(fd); /* empty */
	return fd != -EEXIST;
}

/* Writes it where Dovecot and we look first; a hint, behind which there is the
 * clock. */
static void
note_validity(struct store *store, uint32_t now)
{
	FD_AUTO fd = tree_open_file(store->root, VALIDITY_NAME, O_WRONLY);
	char text[16];

	(void)snprintf(text, sizeof text, "%08x", now); /* fits */
	if (fd == -ENOENT)
		fd = tree_create_file(store, store->root, VALIDITY_NAME);
	if (fd >= 0)
		(void)fileio_write(fd, slice_from(text)); /* a hint only */
}

/* One that no folder of this tree has had: a new one may have an old one's
 * name (RFC 3501 section 2.3.1.1). */
static uint32_t
new_validity(struct store *store, uint32_t older)
{
	uint32_t now = (uint32_t)clock_now().tv_sec, last, value = 1, try;

	for (try = 0; try < VALIDITY_TRIES; try++) {
		last = last_validity(store);
		value = now > 1 ? now : 1;
		if (value <= last && last < UINT32_MAX)
			value = last + 1;
		if (value <= older && older < UINT32_MAX)
			value = older + 1;
		if (value < UINT32_MAX - try)
			value += try;
		if (claim_validity(store, last, value))
			break;
	}
	note_validity(store, value);
	return value;
}

void
uidfile_new_guid(char guid[UIDLIST_GUID_LEN + 1])
{
	STR_AUTO hex = STR_INIT;
	char octets[UIDLIST_GUID_LEN / 2];

	if (getrandom(octets, sizeof octets, 0) != (ssize_t)sizeof octets) {
		struct timespec now = clock_now();

		memset(octets, 0, sizeof octets);
		memcpy(octets, &now, sizeof octets);
	}
	enc_hex(slice_of(octets, sizeof octets), &hex);
	memcpy(guid, str_cstr(&hex), UIDLIST_GUID_LEN + 1);
}

void
uidfile_new_header(
    struct store *store, uint32_t older, struct uidlist_header *ret_header)
{
	struct uidlist_header header = { .version = 3, .nextuid = 1 };

	header.uidvalidity = new_validity(store, older);
	uidfile_new_guid(header.guid);
	*ret_header = header;
}

/* Adds lines at the end of the list, which stays open. */
static int
add_lines(struct store *store, const struct lock *lock, struct slice lines,
    struct uidfile_uids *uids)
{
	struct stat st;
	int rc = tree_open_file(lock->dirfd, UIDLIST_NAME, O_WRONLY | O_APPEND);

	uids->fd = rc;
	if (rc < 0)
		return rc;
	if (!lock_held(lock) || fstat(uids->fd, &st) < 0) {
		fileio_close(&uids->fd);
		return -ESTALE;
	}
	uids->before = st.st_size;
	rc = fileio_write(uids->fd, lines);
	if (rc == 0)
		rc = tree_sync_begin(store, uids->fd);
	return rc < 0 ? uidfile_settle(store, lock, uids, rc) : 0;
}

static bool
take_back(const struct lock *lock, const struct uidfile_uids *uids)
{
	return lock_held(lock) && ftruncate(uids->fd, uids->before) == 0;
}

int
uidfile_settle(struct store *store, const struct lock *lock,
    struct uidfile_uids *uids, int rc)
{
	if (uids->fd < 0)
		return rc;
	if (rc == 0)
		rc = tree_sync(store, uids->fd);
	if (rc < 0)
		/* else the uids are nobody's, and a torn line is healed by the
		 * next writer */
		(void)take_back(lock, uids);
	fileio_close(&uids->fd);
	return rc;
}

int
uidfile_append(struct store *store, const struct lock *lock, struct slice lines)
{
	struct uidfile_uids uids = { .fd = -1 };
	int rc = add_lines(store, lock, lines, &uids);

	return rc < 0 ? rc : uidfile_settle(store, lock, &uids, 0);
}

int
uidfile_replace(struct store *store, const struct lock *lock, struct slice text)
{
	int dirfd = lock->dirfd;
	FD_AUTO fd = -1;
	int rc;

	(void)unlinkat(dirfd, TMP_NAME, 0); /* a dead one's; mostly ENOENT */
	fd = tree_create_file(store, dirfd, TMP_NAME);
	if (fd < 0)
		return fd;
	rc = fileio_write(fd, text);
	if (rc == 0)
		rc = tree_sync(store, fd);
	if (rc == 0 && !lock_held(lock))
		rc = -ESTALE;
	if (rc == 0 && renameat(dirfd, TMP_NAME, dirfd, UIDLIST_NAME) < 0)
		rc = -errno;
	if (rc < 0) {
		(void)unlinkat(dirfd, TMP_NAME, 0); /* rc is told */
		return rc;
	}
	return tree_sync(store, dirfd);
}

/* The header and next uid, from both ends of the file alone. */
static bool
peek(int dirfd, struct uidlist_header *ret_header, uint32_t *ret_nextuid)
{
	FD_AUTO fd = tree_open_file(dirfd, UIDLIST_NAME, O_RDONLY);
	char head[PEEK_OCTETS], tail[PEEK_OCTETS];
	ssize_t nhead, ntail;
	struct stat st;
	bool good;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	nhead = pread(fd, head, sizeof head, 0);
	ntail = pread(fd, tail, sizeof tail,
	    st.st_size > PEEK_OCTETS ? st.st_size - PEEK_OCTETS : 0);
	if (nhead <= 0 || ntail <= 0)
		return false;
	good = uidlist_peek(slice_of(head, (size_t)nhead),
	    slice_of(tail, (size_t)ntail), ret_header, ret_nextuid);
	ret_header->extras = slice_of(NULL, 0); /* was in head */
	return good;
}

/* Reads all of the list into text, mended, ready for one more entry. */
static int
mend(struct store *store, int dirfd, struct uidlist_header *ret_header,
    struct str *text)
{
	struct uidfile file = UIDFILE_INIT;
	struct uidlist_reader reader = { .version = 0 };
	struct uidlist_entry entry;
	STR_AUTO entries = STR_INIT;
	int rc = uidfile_load(dirfd, &file);

	if (rc == 0 && file.state != UIDFILE_GOOD)
		uidfile_new_header(store, 0, &file.header);
	if (rc == 0 && file.state == UIDFILE_GOOD) {
		reader.rest = file.entries;
		reader.version = file.header.version;
		while (uidlist_next(&reader, &entry))
			uidlist_put_entry(&entry, &entries);
		if (reader.last_uid >= file.header.nextuid)
			file.header.nextuid = reader.last_uid + 1;
		if (file.header.guid[0] == '\0')
			uidfile_new_guid(file.header.guid);
	}
	if (rc == 0) {
		uidlist_put_header(&file.header, text);
		str_append(text, str_slice(&entries));
		*ret_header = file.header;
		ret_header->extras = slice_of(NULL, 0);
	}
	uidfile_release(&file);
	return rc;
}

int
uidfile_assign(struct store *store, const struct lock *lock,
    const struct slice *bases, size_t n, struct uidfile_uids *ret_uids)
{
	struct uidlist_header header = { .version = 3 };
	STR_AUTO text = STR_INIT;
	uint32_t first;
	bool good = peek(lock->dirfd, &header, &first);
	size_t i;
	int rc = 0;

	if (!good) {
		rc = courier_import(store, lock);
		if (rc == 0)
			rc = mend(store, lock->dirfd, &header, &text);
		first = header.nextuid;
	}
	if (rc == 0 &&
	    (first >= UIDLIST_UID_MAX || n > UIDLIST_UID_MAX - first))
		rc = -EOVERFLOW;
	if (rc < 0)
		return rc;
	for (i = 0; i < n; i++) {
		struct uidlist_entry entry = { .uid = first + (uint32_t)i,
			.base = bases[i] };

		uidlist_put_entry(&entry, &text);
	}
	*ret_uids = (struct uidfile_uids){ first, header.uidvalidity, -1, 0 };
	return good ? add_lines(store, lock, str_slice(&text), ret_uids)
		    : uidfile_replace(store, lock, str_slice(&text));
}
