/* The files of store_fixture.h's Maildir, as others would write and read them;
 * included by it. */
#ifndef NJIWA_TESTS_STORE_FILES_H
#define NJIWA_TESTS_STORE_FILES_H

/* Writes text to a file below the Maildir. */
static inline void
fixture_write(struct fixture *f, const char *name, const char *text)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", f->maildir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fileio_write(fd, slice_from(text)), 0);
	(void)close(fd);
}

/* The names below the Maildir's folder sub; how many (all but dotfiles). */
static inline size_t
fixture_names(struct fixture *f, const char *sub, char *ret_first, size_t max)
{
	char path[512];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof path, "%s/%s", f->maildir, sub);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (n++ == 0 && ret_first)
			(void)snprintf(ret_first, max, "%s", entry->d_name);
	}
	(void)closedir(dir);
	return n;
}

#endif
