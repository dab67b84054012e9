/* The handlers of all command families, for the table in commands.c. */
#ifndef NJIWA_CMD_IMAPD_COMMANDS_H
#define NJIWA_CMD_IMAPD_COMMANDS_H

#include "common/base/slice.h"

/* cmd_mailbox.c: RFC 3501 sections 6.3 and 6.4.1 to 6.4.2, RFC 3691. */
void cmd_select(void *ctx, struct slice argument);
void cmd_examine(void *ctx, struct slice argument);
void cmd_close(void *ctx, struct slice argument);
void cmd_unselect(void *ctx, struct slice argument);

/* enable.c: RFC 5161. */
void cmd_enable(void *ctx, struct slice argument);

/* status.c. */
void cmd_status(void *ctx, struct slice argument);

/* cmd_folder.c: RFC 3501 sections 6.3.3 to 6.3.7. */
void cmd_create(void *ctx, struct slice argument);
void cmd_delete(void *ctx, struct slice argument);
void cmd_rename(void *ctx, struct slice argument);
void cmd_subscribe(void *ctx, struct slice argument);
void cmd_unsubscribe(void *ctx, struct slice argument);

/* cmd_quota.c: RFC 9208. */
void cmd_getquota(void *ctx, struct slice argument);
void cmd_getquotaroot(void *ctx, struct slice argument);
void cmd_setquota(void *ctx, struct slice argument);

/* cmd_metadata.c: RFC 5464. */
void cmd_getmetadata(void *ctx, struct slice argument);
void cmd_setmetadata(void *ctx, struct slice argument);

/* list.c: LIST, LSUB, XLIST as Gmail had it, and NAMESPACE (RFC 2342). */
void cmd_list(void *ctx, struct slice argument);
void cmd_xlist(void *ctx, struct slice argument);
void cmd_lsub(void *ctx, struct slice argument);
void cmd_namespace(void *ctx, struct slice argument);

/* cmd_compress.c: COMPRESS (RFC 4978). */
void cmd_compress(void *ctx, struct slice argument);

/* replace.c: REPLACE and UID REPLACE (RFC 8508). */
void cmd_replace(void *ctx, struct slice argument);

/* expunge.c: EXPUNGE, and UID EXPUNGE (RFC 4315). */
void cmd_expunge(void *ctx, struct slice argument);
void cmd_uid_expunge(void *ctx, struct slice argument);

/* notify.c: RFC 5465. */
void cmd_notify(void *ctx, struct slice argument);

/* These look at their row: with or without UID. */
void cmd_fetch(void *ctx, struct slice argument);
void cmd_store(void *ctx, struct slice argument);
void cmd_search(void *ctx, struct slice argument);
void cmd_cancelupdate(void *ctx, struct slice argument);
void cmd_sort(void *ctx, struct slice argument);
void cmd_thread(void *ctx, struct slice argument);
void cmd_copy(void *ctx, struct slice argument);
void cmd_move(void *ctx, struct slice argument);

/* APPEND takes its literal off the line, and IDLE the client's DONE. */
void cmd_append(void *ctx, struct slice argument);
void cmd_idle(void *ctx, struct slice argument);

#endif
