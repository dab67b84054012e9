/* A user's mail folder, worked on as its owner.  Never as root: what is below
 * mail_root belongs to somebody who could put a trap there. */
#ifndef NJIWA_CMD_NJIWA_MAILBOX_H
#define NJIWA_CMD_NJIWA_MAILBOX_H

#include <sys/types.h>
#include "common/account/account_admin.h"
#include "common/index/index.h"
#include "common/svc/settings.h"

struct mailbox_place {
	const struct settings *settings;
	struct str path;
	uid_t uid;
	gid_t gid;
};

/* The folder that a message for a subaddress goes to. */
#define MAILBOX_FOLDER_MAX 1024

struct mailbox_use {
	uint64_t octets, messages;
};

/* Where the mail of a row is and who owns it.  0, or -EINVAL with err filled;
 * release it in either case. */
int mailbox_find(const struct settings *settings, const struct account_row *row,
    struct mailbox_place *ret_place, struct err *err);
void mailbox_release(struct mailbox_place *place);

/* Makes the folders that are missing, below mail_root.  0 or -errno. */
int mailbox_make(const struct mailbox_place *place, struct err *err);

/* Counts what is there; nothing when there is no such folder.  0 or -errno. */
int mailbox_count(const struct mailbox_place *place,
    struct mailbox_use *ret_use, struct err *err);

/* Looks at the index in the folder path, or removes it (index.h). */
int mailbox_index_look(const struct mailbox_place *place, const char *path,
    struct index_facts *ret_facts, struct err *err);
int mailbox_index_drop(
    const struct mailbox_place *place, const char *path, struct err *err);

/* Into which folder a message goes whose address has this detail ("" for none):
 * INBOX when there is no Maildir yet.  0 or -errno. */
int mailbox_folder(const struct mailbox_place *place, const char *detail,
    char ret_folder[MAILBOX_FOLDER_MAX], struct err *err);

#endif
