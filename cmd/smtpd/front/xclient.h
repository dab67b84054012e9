/* XCLIENT: a trusted proxy says whose connection it is.  Never believes it: the
 * keeper knows who may (common/svc/proxied.c). */
#ifndef NJIWA_CMD_SMTPD_FRONT_XCLIENT_H
#define NJIWA_CMD_SMTPD_FRONT_XCLIENT_H

#include "cmd/smtpd/front/session.h"

/* The verb (struct command). */
command_handler cmd_xclient;

/* Appends the attributes of XCLIENT, a blank before each. */
void xclient_list(struct str *out);

/* Is it fit to be shown as what a client calls itself?  (session.c) */
bool smtp_is_name(struct slice name);

/* The connection is at its beginning.  (front.c) */
void smtp_begin_again(struct smtp *s);

#endif
