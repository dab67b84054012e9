/* POP3 (RFC 1939): the part before login and the part after it.
 * Never knows how the two are confined. */
#ifndef NJIWA_CMD_POP3D_POP3_H
#define NJIWA_CMD_POP3D_POP3_H

#include "common/svc/service.h"

/* RFC 1939 gives a command 4 + 40 octets, RFC 2449 section 4 all in all 255,
 * CRLF included; names and passwords may need more. */
#define POP3_COMMAND_MAX 512

#define POP3_ERRORS_MAX 10         /* bad commands before login */
#define POP3_SESSION_ERRORS_MAX 20 /* and after it */

/* The conversation up to login: struct service's front. */
void pop3_front(struct front *front);

/* The conversation from login on: struct service's session. */
void pop3_session(struct session *session);

#endif
