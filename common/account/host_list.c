#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "common/account/host_list.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"

static int
compare(const void *a, const void *b)
{
	const struct slice *x = a;
	const struct slice *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int order = n ? memcmp(x->ptr, y->ptr, n) : 0;

	if (order != 0)
		return order;
	return (x->len > y->len) - (x->len < y->len);
}

/* The domain of a line: without comment, blanks and CR; perhaps empty. */
static struct slice
line_domain(struct slice line)
{
	line = slice_head(line, slice_find(line, '#'));
	line = slice_head(line, slice_find(line, '\r'));
	return slice_trim(line);
}

static void
cut_lines(struct host_list *list)
{
	struct slice rest = str_slice(&list->text);
	struct slice line;
	size_t cap = 0;
	size_t i;

	for (i = 0; i < list->text.len; i++)
		if (list->text.ptr[i] >= 'A' && list->text.ptr[i] <= 'Z')
			list->text.ptr[i] += 'a' - 'A';
	while (slice_next(&rest, '\n', &line)) {
		line = line_domain(line);
		if (line.len == 0)
			continue;
		list->list = mem_grow(
		    list->list, &cap, list->count + 1, sizeof *list->list);
		list->list[list->count++] = line;
	}
	if (list->count)
		qsort(list->list, list->count, sizeof *list->list, compare);
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

void
host_list_release(struct host_list *list)
{
	free(list->list);
	str_release(&list->text);
	*list = (struct host_list){ 0 };
}

static int
read_again(struct host_list *list, const char *path, const struct stat *now,
    struct err *err)
{
	int rc;

	host_list_release(list);
	rc = fileio_read(AT_FDCWD, path, HOST_LIST_MAX, &list->text, err);
	if (rc < 0) {
		host_list_release(list);
		return rc;
	}
	cut_lines(list);
	list->seen = *now;
	return 0;
}

int
host_list_has(struct host_list *list, const char *path, struct slice domain,
    struct err *err)
{
	struct stat now;
	int rc = 0;

	if (path[0] == '\0' || domain.len == 0)
		return 0;
	if (stat(path, &now) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return err_sys(err, errno, "%s", path);
	}
	if (!is_same_file(&now, &list->seen))
		rc = read_again(list, path, &now, err);
	if (rc < 0)
		return rc;
	return list->count && bsearch(&domain, list->list, list->count,
				  sizeof *list->list, compare);
}
