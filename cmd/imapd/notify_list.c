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
	const struct notify_group *group;
	size_t i;

	for (i = 0; i < count; i++) {
		struct notify_folder *folder = &folders[i];

		folder->name = list[i].name;
		list[i].name = NULL;
		folder->exists = list[i].exists;
		folder->children = list[i].children;
		folder->subscribed = list[i].subscribed;
		group = notify_group_of(&im->notify->rules,
		    slice_from(folder->name), folder->subscribed);
		folder->events = group ? group->events : 0;
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

static void
tell(struct imap *im, const struct notify_folder *folder, bool exists,
    const char *old)
{
	struct store_folder told = { .name = folder->name,
		.exists = exists,
		.children = folder->children,
		.subscribed = folder->subscribed };

	list_tell_folder(im, &told, slice_from(old));
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

	if (was && folder->exists)
		inherit(folder, old);
	if (was && (folder->events & ~old->events))
		begin(im, folder);
	if (!was && folder->exists)
		folder_look(im->store, slice_from(folder->name), &folder->look);
	if (folder->exists && !was) {
		struct notify_folder *before =
		    find_renamed(notify, folder, now, count);

		if (folder->events & NOTIFY_NAME)
			tell(im, folder, true, before ? before->name : "");
		if (before) {
			before->exists = false; /* that is told of */
			inherit(folder, before);
		}
	} else if (folder->subscribed != subscribed &&
		   (folder->events & NOTIFY_SUBSCRIPTION)) {
		tell(im, folder, folder->exists, "");
	}
}

/* The folders that are in the old list alone. */
static void
tell_gone(struct imap *im, struct notify_folder *now, size_t count)
{
	struct notify *notify = im->notify;
	size_t i;

	for (i = 0; i < notify->count; i++) {
		struct notify_folder *old = &notify->folders[i];
		struct notify_folder *same = find(now, count, old->name);

		if (old->exists && (same == NULL || !same->exists) &&
		    (old->events & NOTIFY_NAME)) {
			if (same)
				old->children = same->children;
			old->subscribed = same && same->subscribed;
			tell(im, old, false, "");
		} else if (same == NULL && old->subscribed &&
			   (old->events & NOTIFY_SUBSCRIPTION)) {
			old->subscribed = false;
			tell(im, old, false, "");
		}
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
	if (fits && !first)
		tell_gone(im, now, count);
	store_folders_free(list, count);
	notify_folders_free(notify->folders, notify->count);
	notify->folders = now;
	notify->count = count;
	return fits;
}
