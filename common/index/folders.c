#include <errno.h>

#include "common/index/mailboxes.h"

/* Folders whose turn it is. */
struct turn {
	struct index_key list[INDEX_TIDY_FOLDERS];
	size_t n;
};

static int
note_folder(void *ctx, struct slice key, struct slice value)
{
	struct turn *turn = ctx;

	(void)value;
	if (key.len > INDEX_NAME_MAX + 1)
		return -EBADMSG;
	index_key_folder(&turn->list[turn->n++], slice_skip(key, 1));
	return turn->n == INDEX_TIDY_FOLDERS;
}

static int
find_turn(struct index_txn *txn, struct turn *turn)
{
	struct slice all = slice_of("F", 1), last;
	struct index_key from;
	int rc = index_get(txn, index_tidied_key(), &last);

	turn->n = 0;
	if (rc < 0 && rc != -ENOENT)
		return rc;
	index_key_folder(&from, rc == 0 ? last : slice_of("", 0));
	if (rc == 0)
		from.octets[from.len++] = '\0'; /* behind it */
	rc = index_walk(txn, all, index_key_slice(&from), note_folder, turn);
	return rc < 0 ? rc : 0;
}

int
index_folders_tidy(struct index_txn *txn, index_there *there, void *ctx)
{
	struct turn turn;
	struct slice last = slice_of("", 0);
	size_t i;
	int rc = find_turn(txn, &turn);

	for (i = 0; rc == 0 && i < turn.n; i++) {
		char name[INDEX_NAME_MAX + 1];

		last = slice_skip(index_key_slice(&turn.list[i]), 1);
		memcpy(name, last.ptr, last.len);
		name[last.len] = '\0';
		if (!there(ctx, name))
			rc = index_mailbox_forget(txn, last);
	}
	/* after the last ones the first ones again */
	if (rc == 0 && turn.n == INDEX_TIDY_FOLDERS)
		rc = index_put(txn, index_tidied_key(), last);
	else if (rc == 0)
		rc = index_delete(txn, index_tidied_key());
	return rc;
}
