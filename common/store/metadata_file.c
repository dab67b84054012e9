#include <errno.h>

#include "common/store/lock.h"
#include "common/store/metadata.h"

/* The file: the folder that it is in, and its name there. */
struct place {
	struct tree_folder folder;
	int dir;
	const char *name;
	const char *path; /* for messages */
};

static int
enter(struct store *store, struct slice folder, struct place *place,
    struct err *err)
{
	int rc;

	place->folder = (struct tree_folder)TREE_FOLDER_INIT;
	place->dir = store->root;
	place->name = METADATA_ALL_NAME;
	place->path = store->path;
	if (folder.len == 0)
		return 0;
	rc = tree_folder_enter(store, folder, false, &place->folder, err);
	place->dir = place->folder.dir;
	place->name = METADATA_NAME;
	place->path = place->folder.path;
	return rc;
}

/* A file that is not there holds nothing. */
static int
load(const struct place *place, struct metadata *metadata, struct stat *st)
{
	STR_AUTO text = STR_INIT;
	int rc =
	    tree_read(place->dir, place->name, METADATA_FILE_MAX, &text, st);

	if (rc == 0 || rc == -ENOENT)
		metadata_parse(str_slice(&text), metadata);
	return rc == -ENOENT ? 0 : rc;
}

int
metadata_read(struct store *store, struct slice folder,
    struct metadata *metadata, struct err *err)
{
	struct place place;
	int rc = enter(store, folder, &place, err);

	if (rc < 0)
		return rc;
	rc = load(&place, metadata, NULL);
	if (rc < 0)
		rc = tree_error(store, err, -rc, place.path, place.name);
	tree_folder_close(&place.folder);
	return rc;
}

static int
write_locked(struct store *store, const struct place *place,
    const struct metadata_entry *changes, size_t n)
{
	struct stat st = { .st_mtim = { 0, 0 } };
	struct metadata metadata = { .entries = NULL };
	LOCK_AUTO lock = LOCK_INIT;
	STR_AUTO text = STR_INIT;
	int rc = lock_take(store, place->dir, place->name, LOCK_WAIT_MS, &lock);

	if (rc == 0)
		rc = load(place, &metadata, &st);
	if (rc == 0)
		rc = metadata_change(&metadata, changes, n, &text);
	if (rc == 0)
		rc = lock_replace(
		    store, &lock, place->name, str_slice(&text), st.st_mtime);
	metadata_release(&metadata);
	return rc;
}

int
metadata_write(struct store *store, struct slice folder,
    const struct metadata_entry *changes, size_t n, struct err *err)
{
	struct place place;
	int rc = enter(store, folder, &place, err);

	if (rc < 0)
		return rc;
	rc = write_locked(store, &place, changes, n);
	if (rc == -E2BIG)
		rc = err_set(err, E2BIG, "too many entries");
	else if (rc < 0)
		rc = tree_error(store, err, -rc, place.path, place.name);
	tree_folder_close(&place.folder);
	return rc;
}
