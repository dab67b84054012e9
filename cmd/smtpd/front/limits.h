/* Ceilings of a conversation that no setting changes.  Never code. */
#ifndef NJIWA_CMD_SMTPD_FRONT_LIMITS_H
#define NJIWA_CMD_SMTPD_FRONT_LIMITS_H

#include "cmd/smtpd/wire.h"
#include "common/proto/sasl.h"

/* Octets of a command line, CRLF included: RFC 5321 section 4.5.3.1.4, plus
 * what SIZE (RFC 1870), BODY (RFC 6152), AUTH (RFC 4954), SMTPUTF8 (RFC 6531),
 * RET and ENVID (RFC 3461) add to MAIL, NOTIFY and ORCPT to RCPT. */
#define SMTP_LINE_MAX 512
#define SMTP_LINE_MAIL                                                         \
	(SMTP_LINE_MAX + 26 + 17 + 500 + 10 + 9 + 7 + WIRE_ENVID_MAX)
#define SMTP_LINE_RCPT (SMTP_LINE_MAX + 29 + 7 + WIRE_ORCPT_MAX)
#define SMTP_LINE_AUTH (SASL_LINE_MAX + 2)

#define SMTP_MESSAGES_MAX 1000000   /* in one connection, whatever is set */
#define SMTP_NAME_MAX WIRE_HELO_MAX /* octets of a HELO name */
#define SMTP_LOG_RCPTS 512          /* octets of recipients in the log */

/* Between two messages that are accepted; smtp_max_errors is a setting. */
#define SMTP_IDLE_MAX 100      /* commands that bring no message nearer */
#define SMTP_REFUSED_MAX 100   /* recipients, such as a list's dead ones */
#define SMTP_DEFERRED_MAX 1000 /* replies 4xx */

#endif
