#include "cmd/imapd/notify_state.h"

#include <stdlib.h>

#include "cmd/imapd/response.h"
#include "common/base/mem.h"
#include "common/base/siphash.h"
#include "common/store/metadata.h"

/* Whose values are compared with whose own: any key will do. */
static const uint64_t key[2] = { 0x6e6a697761, 0x6e6f7465 };

void
notify_notes_release(struct notify_notes *notes)
{
	while (notes->count > 0)
		free(notes->list[--notes->count].name);
	free(notes->list);
	*notes = (struct notify_notes){ NULL, 0 };
}

static void
put_name(struct imap *im, struct slice folder, bool *begun, const char *name)
{
	struct str *out = &im->conn.out;

	if (!*begun) {
		str_append_cstr(out, "* METADATA ");
		if (folder.len)
			response_mailbox(out, folder, conn_names(&im->conn));
		else
			str_append_cstr(out, "\"\"");
	}
	*begun = true;
	str_append_char(out, ' ');
	response_astring(out, slice_from(name));
}

/* Both are in the order of names (RFC 5464 section 4.4.2). */
static void
tell_differences(struct imap *im, struct slice folder,
    const struct notify_notes *old, const struct notify_notes *now)
{
	size_t i = 0, j = 0;
	bool begun = false;
	int order;

	while (i < old->count || j < now->count) {
		order = i == old->count ? 1
			: j == now->count
			    ? -1
			    : metadata_compare(slice_from(old->list[i].name),
				  slice_from(now->list[j].name));
		if (order < 0)
			put_name(im, folder, &begun, old->list[i].name);
		else if (order > 0 || old->list[i].hash != now->list[j].hash)
			put_name(im, folder, &begun, now->list[j].name);
		i += order <= 0;
		j += order >= 0;
	}
	if (begun)
		str_append_cstr(&im->conn.out, "\r\n");
	conn_drain(&im->conn);
}

void
notify_take_notes(
    struct imap *im, struct slice name, struct notify_notes *notes, bool quiet)
{
	struct metadata metadata = { .entries = NULL };
	struct notify_notes now = { NULL, 0 };
	struct err err;
	size_t i;

	if (metadata_read(im->store, name, &metadata, &err) < 0) {
		metadata_release(&metadata);
		return; /* what was known stays */
	}
	now.list = mem_zalloc(metadata.count + 1, sizeof *now.list);
	for (i = 0; i < metadata.count; i++) {
		const struct metadata_entry *entry = &metadata.entries[i];

		now.list[now.count].name =
		    mem_strndup(entry->name.ptr, entry->name.len);
		now.list[now.count++].hash = siphash(key, entry->value);
	}
	metadata_release(&metadata);
	if (!quiet)
		tell_differences(im, name, notes, &now);
	notify_notes_release(notes);
	*notes = now;
}
