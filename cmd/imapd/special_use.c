#include "cmd/imapd/special_use.h"

#include <errno.h>

#include "common/base/log.h"

static const struct use {
	const char *attribute;
	size_t offset; /* of the folder's name in the settings */
} uses[] = {
	{ "\\Drafts", offsetof(struct settings, imap_drafts) },
	{ "\\Sent", offsetof(struct settings, imap_sent) },
	{ "\\Junk", offsetof(struct settings, imap_junk) },
	{ "\\Trash", offsetof(struct settings, imap_trash) },
	{ "\\Archive", offsetof(struct settings, imap_archive) },
};

#define USES (sizeof uses / sizeof uses[0])

static const char *
folder_of(const struct settings *settings, const struct use *use)
{
	const char *name;

	memcpy(&name, (const char *)settings + use->offset, sizeof name);
	return name;
}

const char *
special_use_of(const struct settings *settings, const char *name)
{
	size_t i;

	for (i = 0; i < USES; i++)
		if (strcmp(folder_of(settings, &uses[i]), name) == 0)
			return uses[i].attribute;
	return NULL;
}

const char *
special_use_folder(const struct settings *settings, struct slice attribute)
{
	size_t i;

	for (i = 0; i < USES; i++)
		if (slice_is_nocase(attribute, uses[i].attribute))
			return folder_of(settings, &uses[i]);
	return NULL;
}

static void
make(struct imap *im, const char *folder)
{
	struct slice name = slice_from(folder);
	struct err err = { 0, "" };
	int rc;

	if (name.len == 0)
		return;
	rc = store_create(im->store, name, &err);
	if (rc == 0 || rc == -EEXIST)
		rc = store_subscribe(im->store, name, true, &err);
	if (rc < 0)
		log_warning("cannot make the folder %s: %s", folder, err.text);
}

void
special_use_make(struct imap *im)
{
	const struct settings *settings = im->service->settings;
	size_t i;

	if (!settings->imap_make_folders || store_has_subscriptions(im->store))
		return;
	for (i = 0; i < USES; i++)
		make(im, folder_of(settings, &uses[i]));
}
