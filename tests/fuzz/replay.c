/* A fuzz target's main without libFuzzer: feeds it every file of its corpus,
 * tests/fuzz/corpus/NAME under $srcdir, or the files that are named. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/fileio.h"

#define INPUT_MAX (16 << 20)

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(int dirfd, const char *name)
{
	STR_AUTO input = STR_INIT;
	struct err err;

	if (fileio_read(dirfd, name, INPUT_MAX, &input, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	(void)LLVMFuzzerTestOneInput(/* always 0 */
	    (const uint8_t *)str_cstr(&input), input.len);
	return 0;
}

static int
replay_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int bad = 0, count = 0;

	if (dir == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		bad |= replay(dirfd(dir), entry->d_name);
		count++;
	}
	(void)closedir(dir); /* was only read */
	printf("%d inputs of %s\n", count, path);
	return bad || count == 0;
}

int
main(int argc, char **argv)
{
	const char *src = getenv("srcdir"), *name = strrchr(argv[0], '/');
	char path[PATH_MAX];
	int i, bad = 0;

	for (i = 1; i < argc; i++)
		bad |= replay(AT_FDCWD, argv[i]);
	if (argc > 1)
		return bad;
	name = name ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	(void)snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s",
	    src ? src : ".", name); /* too long is not found */
	return replay_folder(path);
}
