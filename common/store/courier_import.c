#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/mem.h"
#include "common/store/courier.h"
#include "common/store/courier_import.h"
#include "common/store/keywords.h"
#include "common/store/maildir.h"
#include "common/store/scan.h"
#include "common/store/uidfile.h"

/* Keywords on their way from one place to the other. */
struct import {
	struct store *store;
	int dirfd, cur, from;  /* the folder, its cur, courierimapkeywords */
	struct scan scan;      /* of cur */
	uint32_t *letters;     /* of each file of the scan */
	uint64_t *ages;        /* of what says so; 0: nothing has */
	struct keywords names; /* dovecot-keywords */
	uint32_t used;         /* letters that files have already */
	time_t named;          /* when that was written */
	bool more;             /* names were added */
};

/* What there is of a file; what cannot be Courier's counts as none. */
static int
read_file(int dirfd, const char *name, size_t max, struct str *text)
{
	int rc = tree_read(dirfd, name, max, text, NULL);

	switch (rc) {
	case -ENOENT:
	case -ENOTDIR:
	case -EINVAL:
	case -ELOOP:
	case -EFBIG:
	case -EACCES:
		str_clear(text);
		return 0;
	default:
		return rc;
	}
}

/* ---- keywords ---- */

/* The letter of a keyword, as a bit; 0 when it cannot have one. */
static uint32_t
letter_of(struct import *im, struct slice name)
{
	int i = keywords_find(&im->names, name);

	if (i < 0) {
		i = keywords_add(&im->names, name, im->used);
		im->more |= i >= 0;
	}
	return i < 0 ? 0 : 1U << i;
}

/* Notes what something of that age says of a message; the newest counts. */
static void
note(struct import *im, struct slice base, uint64_t age, uint32_t letters)
{
	const struct scan_file *file = scan_find(&im->scan, base);
	size_t i;

	if (file == NULL)
		return;
	i = (size_t)(file - im->scan.files);
	if (age < im->ages[i])
		return;
	im->ages[i] = age;
	im->letters[i] = letters;
}

static int
read_list(struct import *im)
{
	uint32_t *letters = mem_zalloc(COURIER_KEYWORDS_MAX, sizeof *letters);
	STR_AUTO text = STR_INIT;
	struct slice rest, name, base, indexes;
	uint32_t n = 0, i, all;
	int rc =
	    read_file(im->from, COURIER_KEYWORDS_LIST, COURIER_FILE_MAX, &text);

	rest = str_slice(&text);
	for (; rc == 0 && courier_next_keyword(&rest, &name); n++)
		if (n < COURIER_KEYWORDS_MAX)
			letters[n] = letter_of(im, name);
	while (rc == 0 && courier_next_message(&rest, &base, &indexes)) {
		for (all = 0; courier_next_index(&indexes, &i);)
			if (i < n && i < COURIER_KEYWORDS_MAX)
				all |= letters[i];
		note(im, base, 1, all);
	}
	free(letters);
	return rc;
}

static int
read_update(struct import *im, const char *file)
{
	struct slice rest, base, name;
	STR_AUTO text = STR_INIT;
	uint32_t all = 0;
	uint64_t age;
	int rc;

	if (!courier_update_name(slice_from(file), &base, &age) ||
	    scan_find(&im->scan, base) == NULL)
		return 0;
	rc = read_file(im->from, file, COURIER_UPDATE_OCTETS, &text);
	if (rc < 0)
		return rc;
	rest = str_slice(&text);
	while (courier_next_keyword(&rest, &name))
		all |= letter_of(im, name);
	note(im, base, age, all);
	return 0;
}

/* The files beside the list. */
static int
read_updates(struct import *im)
{
	int fd = openat(im->from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	unsigned n = 0;
	int rc = 0;
	DIR *dir;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		rc = -errno;
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	while (rc == 0 && n++ < COURIER_UPDATES_MAX &&
	       (entry = readdir(dir)) != NULL)
		rc = read_update(im, entry->d_name);
	(void)closedir(dir); /* was read only */
	return rc;
}

static int
read_cur(struct import *im)
{
	int rc = scan_read(&im->scan, im->cur, 0);
	size_t i;

	if (rc < 0)
		return rc;
	scan_index(&im->scan, scan_drop_twin, NULL);
	im->letters = mem_zalloc(im->scan.count + 1, sizeof *im->letters);
	im->ages = mem_zalloc(im->scan.count + 1, sizeof *im->ages);
	for (i = 0; i < im->scan.count; i++) {
		const char *name = scan_name(&im->scan, &im->scan.files[i]);
		uint8_t flags;
		uint32_t letters;

		maildir_get_flags(slice_from(name), &flags, &letters);
		im->used |= letters;
	}
	return 0;
}

/* The keywords that the folder has by now. */
static int
read_names(struct import *im)
{
	struct stat st = { .st_size = 0 };
	STR_AUTO text = STR_INIT;
	int rc =
	    tree_read(im->dirfd, KEYWORDS_NAME, KEYWORDS_FILE_MAX, &text, &st);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	im->named = st.st_mtim.tv_sec;
	keywords_parse(str_slice(&text), &im->names);
	return 0;
}

static int
write_names(struct import *im)
{
	LOCK_AUTO lock = LOCK_INIT;
	STR_AUTO text = STR_INIT;
	int rc;

	if (!im->more)
		return 0;
	keywords_format(&im->names, &text);
	rc =
	    lock_take(im->store, im->dirfd, KEYWORDS_NAME, LOCK_WAIT_MS, &lock);
	return rc < 0 ? rc
		      : lock_replace(im->store, &lock, KEYWORDS_NAME,
			    str_slice(&text), im->named);
}

/* Gives the files their letters. */
static int
write_letters(struct import *im)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < im->scan.count && rc == 0; i++) {
		const char *old = scan_name(&im->scan, &im->scan.files[i]);
		STR_AUTO name = STR_INIT;
		uint8_t flags;
		uint32_t letters;

		maildir_get_flags(slice_from(old), &flags, &letters);
		if ((im->letters[i] & ~letters) == 0)
			continue;
		maildir_put_flags(
		    slice_from(old), flags, letters | im->letters[i], &name);
		rc = tree_rename(im->cur, old, im->cur, str_cstr(&name));
		if (rc == -ENOENT || rc == -EEXIST || rc == -ENAMETOOLONG)
			rc = 0; /* gone, or it has no room for them */
	}
	return rc < 0 ? rc : tree_sync(im->store, im->cur);
}

static int
import_keywords(struct import *im)
{
	int rc = read_cur(im);

	if (rc == 0)
		rc = read_names(im);
	if (rc == 0)
		rc = read_list(im);
	if (rc == 0)
		rc = read_updates(im);
	if (rc == 0)
		rc = write_names(im);
	return rc < 0 ? rc : write_letters(im);
}

static int
take_keywords(struct store *store, int dirfd)
{
	FD_AUTO cur = -1;
	FD_AUTO from = tree_open_dir(dirfd, COURIER_KEYWORDS_NAME);
	struct import im = { .store = store, .dirfd = dirfd, .from = from };
	int rc;

	if (from < 0)
		return 0;
	cur = tree_open_dir(dirfd, "cur");
	if (cur < 0)
		return cur;
	im.cur = cur;
	rc = import_keywords(&im);
	keywords_release(&im.names);
	scan_release(&im.scan);
	free(im.letters);
	free(im.ages);
	return rc;
}

/* ---- uids ---- */

static int
take_uids(struct store *store, const struct lock *lock)
{
	STR_AUTO uids = STR_INIT;
	STR_AUTO pop3 = STR_INIT;
	STR_AUTO entries = STR_INIT;
	STR_AUTO text = STR_INIT;
	struct uidlist_header header;
	int rc =
	    read_file(lock->dirfd, COURIER_UIDS_NAME, COURIER_FILE_MAX, &uids);

	if (rc == 0)
		rc = read_file(
		    lock->dirfd, COURIER_POP3_NAME, COURIER_FILE_MAX, &pop3);
	if (rc < 0 || !courier_make_list(str_slice(&uids), str_slice(&pop3),
			  &header, &entries))
		return rc;
	if (header.uidvalidity == 0) {
		uint32_t next = header.nextuid;

		uidfile_new_header(store, 0, &header);
		header.nextuid = next;
	} else {
		uidfile_new_guid(header.guid);
	}
	str_release(&uids); /* memory is short where these are large */
	str_release(&pop3);
	uidlist_put_header(&header, &text);
	str_append(&text, str_slice(&entries));
	return uidfile_replace(store, lock, str_slice(&text));
}

static bool
was_here(int dirfd)
{
	return faccessat(dirfd, COURIER_UIDS_NAME, F_OK, 0) == 0 ||
	       faccessat(dirfd, COURIER_POP3_NAME, F_OK, 0) == 0 ||
	       faccessat(dirfd, COURIER_KEYWORDS_NAME, F_OK, 0) == 0;
}

int
courier_import(struct store *store, const struct lock *lock)
{
	struct stat st;
	int rc;

	if (fstatat(lock->dirfd, UIDLIST_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size > 0)
		return 0;
	if (!was_here(lock->dirfd))
		return 0;
	rc = take_keywords(store, lock->dirfd);
	return rc < 0 ? rc : take_uids(store, lock);
}

int
courier_take_over(struct store *store, int dirfd)
{
	LOCK_AUTO lock = LOCK_INIT;
	int rc;

	if (!was_here(dirfd))
		return 0;
	rc = lock_take(store, dirfd, UIDLIST_NAME, LOCK_WAIT_MS, &lock);
	if (rc == 0)
		rc = courier_import(store, &lock);
	return rc == -EROFS || rc == -EACCES || rc == -EPERM ? 0 : rc;
}
