/* The handlers of the verbs, by family.  Each gives an exit status, and has
 * said on standard error why it is not EX_OK.  Never called but through the
 * table. */
#ifndef NJIWA_CMD_NJIWA_HANDLERS_H
#define NJIWA_CMD_NJIWA_HANDLERS_H

#include "cmd/njiwa/tool.h"

/* The schema of the database (database.c). */
int cmd_db_init(struct tool *tool);
int cmd_db_migrate(struct tool *tool);
int cmd_db_status(struct tool *tool);

/* Local domains (domain.c). */
int cmd_domain_add(struct tool *tool);
int cmd_domain_list(struct tool *tool);
int cmd_domain_remove(struct tool *tool);
int cmd_domain_alias_add(struct tool *tool);
int cmd_domain_alias_list(struct tool *tool);
int cmd_domain_alias_remove(struct tool *tool);

/* Mailboxes (user.c). */
int cmd_user_add(struct tool *tool);
int cmd_user_disable(struct tool *tool);
int cmd_user_enable(struct tool *tool);
int cmd_user_list(struct tool *tool);
int cmd_user_passwd(struct tool *tool);
int cmd_user_remove(struct tool *tool);
int cmd_user_show(struct tool *tool);

/* Whom users may send as (sender.c). */
int cmd_sender_add(struct tool *tool);
int cmd_sender_list(struct tool *tool);
int cmd_sender_remove(struct tool *tool);

/* Aliases (alias.c). */
int cmd_alias_add(struct tool *tool);
int cmd_alias_list(struct tool *tool);
int cmd_alias_remove(struct tool *tool);

/* Quota (quota.c). */
int cmd_quota_recalc(struct tool *tool);
int cmd_quota_set(struct tool *tool);
int cmd_quota_show(struct tool *tool);

/* What is kept of mailboxes between sessions (index.c). */
int cmd_index_drop(struct tool *tool);
int cmd_index_show(struct tool *tool);

/* What SMTP would say (explain.c). */
int cmd_explain_rcpt(struct tool *tool);

/* Who was put off, and what strangers did lately (greylist.c, tally.c). */
int cmd_greylist_forget(struct tool *tool);
int cmd_greylist_list(struct tool *tool);
int cmd_tally_forget(struct tool *tool);
int cmd_tally_list(struct tool *tool);

/* Spam scores of mailboxes (spam.c). */
int cmd_spam_list(struct tool *tool);
int cmd_spam_remove(struct tool *tool);
int cmd_spam_set(struct tool *tool);
int cmd_spam_show(struct tool *tool);

/* The spool (queue.c). */
int cmd_queue_hold(struct tool *tool);
int cmd_queue_list(struct tool *tool);
int cmd_queue_release(struct tool *tool);
int cmd_queue_remove(struct tool *tool);
int cmd_queue_retry(struct tool *tool);
int cmd_queue_show(struct tool *tool);

/* Settings (config.c). */
int cmd_config_check(struct tool *tool);
int cmd_config_doc(struct tool *tool);
int cmd_config_show(struct tool *tool);

/* Password hashes (pw.c). */
int cmd_pw(struct tool *tool);

/* What the program is (verbs.c). */
int cmd_help(struct tool *tool);
int cmd_version(struct tool *tool);

#endif
