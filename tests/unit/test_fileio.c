#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "tests/unit/unit.h"

struct folder {
	char path[PATH_MAX];
	int fd;
};

static int
make_folder(void **state)
{
	static struct folder folder;
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(folder.path, sizeof folder.path, "%s/fileio.XXXXXX",
	    tmp ? tmp : "/tmp"); /* too long is not made */
	if (mkdtemp(folder.path) == NULL)
		return -1;
	folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &folder;
	return folder.fd < 0 ? -1 : 0;
}

/* The names in the folder but "." and ".."; removes them when asked. */
static int
entries(const struct folder *folder, bool clear)
{
	DIR *dir = opendir(folder->path);
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		n++;
		if (clear)
			(void)unlinkat(folder->fd, entry->d_name, 0);
	}
	closedir(dir);
	return n;
}

static int
drop_folder(void **state)
{
	struct folder *folder = *state;

	(void)entries(folder, true);
	fileio_close(&folder->fd);
	return rmdir(folder->path);
}

static void
replace_and_read(void **state)
{
	struct folder *folder = *state;
	STR_AUTO text = STR_INIT;
	struct err err = { 0 };
	struct stat st;

	assert_int_equal(fileio_replace(folder->fd, "f", slice_from("one"),
			     0640, true, &err),
	    0);
	assert_int_equal(fileio_replace(folder->fd, "f", slice_of("t\0o", 3),
			     0600, false, &err),
	    0);
	assert_int_equal(entries(folder, false), 1);
	str_append_cstr(&text, "before ");
	assert_int_equal(fileio_read(folder->fd, "f", 3, &text, &err), 0);
	assert_int_equal(text.len, 10);
	assert_memory_equal(text.ptr, "before t\0o", 11);
	assert_int_equal(fstatat(folder->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* A file of just the limit, and one octet more. */
static void
limits(void **state)
{
	static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, 40000 };
	struct folder *folder = *state;
	size_t i;

	for (i = 0; i < UNIT_COUNT(sizes); i++) {
		STR_AUTO octets = STR_INIT, text = STR_INIT;
		struct err err = { 0 };

		str_reserve(&octets, sizes[i]);
		memset(octets.ptr, 'x', sizes[i]);
		octets.len = sizes[i];
		UNIT_CHECK(i, fileio_replace(folder->fd, "f",
				  str_slice(&octets), 0600, false, &err) == 0);
		UNIT_CHECK(i,
		    fileio_read(folder->fd, "f", sizes[i], &text, &err) == 0);
		UNIT_CHECK(
		    i, slice_equal(str_slice(&text), str_slice(&octets)));
		if (sizes[i] == 0)
			continue;
		UNIT_CHECK(i, fileio_read(folder->fd, "f", sizes[i] - 1, &text,
				  &err) == -EFBIG);
		UNIT_CHECK(i, err.code == EFBIG && err.text[0]);
	}
}

static void
not_there(void **state)
{
	struct folder *folder = *state;
	STR_AUTO text = STR_INIT;
	struct err err = { 0 };
	char name[NAME_MAX + 1];

	(void)entries(folder, true);
	assert_int_equal(
	    fileio_read(folder->fd, "none", 9, &text, &err), -ENOENT);
	assert_non_null(strstr(err.text, "none"));
	assert_int_equal(fileio_read(folder->fd, ".", 9, &text, &err), -EISDIR);
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(fileio_replace(folder->fd, name, slice_from("x"), 0600,
			     false, &err),
	    -ENAMETOOLONG);
	assert_int_equal(fileio_replace(folder->fd, "no/f", slice_from("x"),
			     0600, false, &err),
	    -ENOENT);
	assert_int_equal(entries(folder, false), 0);
}

/* A rename that cannot be: the old thing stays, the new file is gone. */
static void
failure_leaves_nothing(void **state)
{
	struct folder *folder = *state;
	struct err err = { 0 };

	(void)entries(folder, true);
	assert_int_equal(mkdirat(folder->fd, "d", 0700), 0);
	assert_int_equal(
	    fileio_replace(folder->fd, "d", slice_from("x"), 0600, false, &err),
	    -EISDIR);
	assert_int_equal(entries(folder, false), 1);
	assert_int_equal(unlinkat(folder->fd, "d", AT_REMOVEDIR), 0);
}

/* On a full file system, which root can make. */
static void
disk_full(void **state)
{
	struct folder *folder = *state;
	STR_AUTO octets = STR_INIT, text = STR_INIT;
	struct err err = { 0 };
	struct folder full = { "", -1 };

	(void)entries(folder, true);
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", folder->path, "tmpfs", 0, "size=64k") < 0)
		skip();
	memcpy(full.path, folder->path, sizeof full.path);
	full.fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(full.fd >= 0);
	assert_int_equal(
	    fileio_replace(full.fd, "f", slice_from("old"), 0600, true, &err),
	    0);
	str_reserve(&octets, 128 << 10);
	memset(octets.ptr, 'x', 128 << 10);
	octets.len = 128 << 10;
	assert_int_equal(
	    fileio_replace(full.fd, "f", str_slice(&octets), 0600, true, &err),
	    -ENOSPC);
	assert_int_equal(err.code, ENOSPC);
	assert_int_equal(entries(&full, false), 1);
	assert_int_equal(fileio_read(full.fd, "f", 9, &text, &err), 0);
	assert_string_equal(str_cstr(&text), "old");
	fileio_close(&full.fd);
	assert_int_equal(umount(folder->path), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(replace_and_read),
		cmocka_unit_test(limits),
		cmocka_unit_test(not_there),
		cmocka_unit_test(failure_leaves_nothing),
		cmocka_unit_test(disk_full),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
