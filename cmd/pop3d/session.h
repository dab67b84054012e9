/* The verbs after login.  Never touches the disk but through the maildrop. */
#ifndef NJIWA_CMD_POP3D_SESSION_H
#define NJIWA_CMD_POP3D_SESSION_H

#include "cmd/pop3d/maildrop.h"
#include "cmd/pop3d/talk.h"
#include "common/svc/service.h"

struct pop3_session {
	struct session *session;
	struct talk talk;
	struct maildrop drop;
	uint32_t retrieved, deleted; /* for the log */
	uint64_t octets;             /* of messages sent */
};

/* The verbs, in listing.c, retrieve.c and update.c. */
command_handler pop3_stat, pop3_list, pop3_uidl;
command_handler pop3_retr, pop3_top;
command_handler pop3_dele, pop3_rset, pop3_quit;

/* The message number that text is; 0, and the client is told, when there is no
 * such message. */
uint32_t pop3_message(struct pop3_session *pop3, struct slice text);

/* Tells the client that something is wrong here, and the log what. */
void pop3_failed(
    struct pop3_session *pop3, const char *what, const struct err *err);

#endif
