#include "cmd/imapd/notify_state.h"

#include <stdlib.h>

#include "cmd/imapd/list.h"
#include "common/base/mem.h"

void
notify_folders_free(struct notify_folder *folders, size_t count)
{
	size_t i;

	for (i = 0; folders && i < count; i++) {
		free(folders[i].name);
		notify_notes_release(&folders[i].notes);
	}
	free(folders);
}

static int
by_name(const void *a, const void *b)
{
	const struct notify_folder *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct notify_folder *
find(struct notify_folder *folders, size_t count, char *name)
{
	struct notify_folder wanted = { .name = name };

	return count ? bsearch(&wanted, folders, count, sizeof wanted, by_name)
		     : NULL;
}

/* The folders that there are, as they are wanted. */
static struct notify_folder *
take_list(struct imap *im, struct store_folder *list, size_t count)
{
	struct notify_folder *folders = mem_zalloc(count + 1, sizeof *folders);
	size_t i;

	for (i = 0; i < count; i++) {
		struct notify_folder *folder = &folders[i];

		folder->name = list[i].name;
		list[i].name = NULL;
		folder->exists = list[i].exists;
		folder->children = list[i].children;
		folder->subscribed = list[i].subscribed;
		folder->events = notify_events_of(&im->notify->rules,
		    slice_from(folder->name), folder->subscribed);
	}
	qsort(folders, count, sizeof *folders, by_name);
	return folders;
}

/* What was known of the folder goes with it, also to another name. */
static void
inherit(struct notify_folder *folder, struct notify_folder *old)
{
	folder->look = old->look;
	folder->status = old->status;
	folder->known = old->known;
	folder->again = old->again;
	folder->fresh = old->fresh;
	folder->notes = old->notes;
	old->notes = (struct notify_notes){ NULL, 0 };
	old->look.dir.ino = 0; /* nobody else inherits it */
}

/* A folder that was not there: whose directory was another's is that one. */
static struct notify_folder *
find_renamed(struct notify *notify, const struct notify_folder *folder,
    struct notify_folder *now, size_t count)
{
	size_t i;

	for (i = 0; i < notify->count; i++) {
		struct notify_folder *old = &notify->folders[i], *same;

		if (!old->exists || old->look.dir.ino != folder->look.dir.ino)
			continue;
		same = find(now, count, old->name);
		return same && same->exists ? NULL : old;
	}
	return NULL;
}

/* The folder that name is right below, or NULL. */
static struct notify_folder *
find_parent(struct notify_folder *folders, size_t count, const char *name)
{
	const char *end = strrchr(name, '/');
	STR_AUTO parent = STR_INIT;

	if (end == NULL)
		return NULL;
	str_append_mem(&parent, name, (size_t)(end - name));
	return find(folders, count, parent.ptr);
}

/* One was renamed with its parent, which is all that is told of (section 5.4):
 * parents come before what is below them. */
static bool
went_along(
    const struct notify_folder *folder, struct notify_folder *now, size_t count)
{
	const struct notify_folder *parent =
	    find_parent(now, count, folder->name);
	size_t len, old_len;

	if (parent == NULL || parent->was == NULL)
		return false;
	len = strlen(parent->name);
	old_len = strlen(parent->was);
	return strncmp(folder->was, parent->was, old_len) == 0 &&
	       strcmp(folder->was + old_len, folder->name + len) == 0;
}

static void
tell(
    struct imap *im, struct notify_folder *folder, bool exists, const char *old)
{
	struct store_folder told = { .name = folder->name,
		.exists = exists,
		.children = folder->children,
		.subscribed = folder->subscribed };

	list_tell_folder(im, &told, slice_from(old));
	folder->told = true;
}

/* The first look at what is wanted, of which nothing is told. */
static void
begin(struct imap *im, struct notify_folder *folder)
{
	struct slice name = slice_from(folder->name);

	if (!folder->exists)
		return;
	folder_look(im->store, name, &folder->look);
	if ((folder->events & NOTIFY_METADATA) && folder->look.metadata.ino)
		notify_take_notes(im, name, &folder->notes, true);
}

/* A folder that there was not: it is new, or another one was renamed. */
static void
take_new(struct imap *im, struct notify_folder *folder,
    struct notify_folder *now, size_t count)
{
	struct notify_folder *before, *parent;

	folder_look(im->store, slice_from(folder->name), &folder->look);
	before = find_renamed(im->notify, folder, now, count);
	if (before) {
		folder->was = before->name;
		before->exists = false; /* that is told of */
		inherit(folder, before);
	} else {
		folder->fresh = folder->again = true;
		parent = find_parent(now, count, folder->name);
		if (parent)
			parent->affected = true;
	}
	if ((folder->events & NOTIFY_NAME) &&
	    !(before && went_along(folder, now, count)))
		tell(im, folder, true, before ? before->name : "");
}

/* A folder of the new list. */
static void
compare(struct imap *im, struct notify_folder *folder,
    struct notify_folder *now, size_t count)
{
	struct notify *notify = im->notify;
	struct notify_folder *old =
	    find(notify->folders, notify->count, folder->name);
	bool was = old && old->exists;
	bool subscribed = old && old->subscribed;

	notify->moved |=
	    was != folder->exists || (old && old->events != folder->events);
	if (was && folder->exists)
		inherit(folder, old);
	if (was && (folder->events & ~old->events))
		begin(im, folder);
	if (folder->exists && !was)
		take_new(im, folder, now, count);
	else if (folder->subscribed != subscribed &&
		 (folder->events & NOTIFY_SUBSCRIPTION))
		tell(im, folder, folder->exists, "");
}

/* A folder of the old list that is not in the new one, where same may still
 * stand for its name. */
static void
take_gone(
    struct imap *im, struct notify_folder *old, struct notify_folder *same)
{
	if (old->exists && (old->events & NOTIFY_NAME)) {
		if (same)
			old->children = same->children;
		else
			old->children = false;
		old->subscribed = same && same->subscribed;
		tell(im, old, false, "");
		if (same)
			same->told = true;
	} else if (same == NULL && old->subscribed &&
		   (old->events & NOTIFY_SUBSCRIPTION)) {
		old->subscribed = false;
		tell(im, old, false, "");
	}
}

/* The folders that are in the old list alone. */
static void
tell_gone(struct imap *im, struct notify_folder *now, size_t count)
{
	struct notify *notify = im->notify;
	size_t i;

	for (i = notify->count; i > 0; i--) { /* children before parents */
		struct notify_folder *old = &notify->folders[i - 1], *parent;
		struct notify_folder *same = find(now, count, old->name);

		if (same && same->exists)
			continue;
		if (old->exists) {
			notify->moved = true;
			parent = find_parent(now, count, old->name);
			if (parent == NULL)
				parent = find_parent(
				    notify->folders, notify->count, old->name);
			if (parent)
				parent->affected = true;
		}
		take_gone(im, old, same);
	}
}

/* Whose list of children has changed, if that is wanted (section 5.4). */
static void
tell_affected(
    struct imap *im, struct notify_folder *folders, size_t count, bool gone)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct notify_folder *folder = &folders[i];

		if (!folder->affected || folder->told ||
		    !(folder->events & NOTIFY_NAME))
			continue;
		if (gone)
			folder->children = folder->subscribed = false;
		tell(im, folder, folder->exists && !gone, "");
	}
}

static size_t
count_watched(const struct notify_folder *folders, size_t count)
{
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		n += folders[i].exists &&
		     (folders[i].events & (NOTIFY_MESSAGES | NOTIFY_METADATA));
	return n;
}

bool
notify_list(struct imap *im)
{
	struct notify *notify = im->notify;
	bool first = notify->folders == NULL;
	struct notify_folder *now;
	struct store_folder *list;
	size_t count, i;
	struct err err;
	bool fits;

	if (store_list(im->store, &list, &count, &err) < 0)
		return !first; /* what was known stays */
	now = take_list(im, list, count);
	fits = count_watched(now, count) <= NOTIFY_FOLDERS_MAX;
	for (i = 0; fits && i < count; i++)
		if (first)
			begin(im, &now[i]);
		else
			compare(im, &now[i], now, count);
	if (fits && !first) {
		tell_gone(im, now, count);
		tell_affected(im, now, count, false);
		tell_affected(im, notify->folders, notify->count, true);
	}
	store_folders_free(list, count);
	notify_folders_free(notify->folders, notify->count);
	notify->folders = now;
	notify->count = count;
	for (i = 0; i < count; i++) { /* what was of this look */
		now[i].was = NULL;
		now[i].told = now[i].affected = false;
	}
	return fits;
}
