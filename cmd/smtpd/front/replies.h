/* Every reply of njiwa-smtpd, by name.  Texts and codes are in replies.c, those
 * of the verdict on a recipient in svc/verdict.c, and nowhere else; never says
 * which reply is due. */
#ifndef NJIWA_CMD_SMTPD_FRONT_REPLIES_H
#define NJIWA_CMD_SMTPD_FRONT_REPLIES_H

#include "cmd/smtpd/wire.h"
#include "common/proto/reply.h"

/* The conversation. */
extern const struct reply reply_banner; /* %s: host name and banner */
extern const struct reply reply_helo;   /* %s: host name */
extern const struct reply reply_ok;
extern const struct reply reply_reset;
extern const struct reply reply_bye;
extern const struct reply reply_vrfy;
extern const struct reply reply_help; /* %s: the verbs */
extern const struct reply reply_timeout;
extern const struct reply reply_ending;
extern const struct reply reply_too_many_errors;
extern const struct reply reply_too_much_idling;
extern const struct reply reply_too_many_messages;
extern const struct reply reply_http;
extern const struct reply reply_empty;
extern const struct reply reply_line_long;
extern const struct reply reply_line_end;
extern const struct reply reply_line_octets;
extern const struct reply reply_not_utf8;
extern const struct reply reply_lmtp_stranger;
extern const struct reply reply_not_offered;
extern const struct reply reply_pipelined;
extern const struct reply reply_helo_syntax;
extern const struct reply reply_xclient_syntax;

/* STARTTLS and AUTH. */
extern const struct reply reply_tls_ready;
extern const struct reply reply_tls_unavailable;
extern const struct reply reply_challenge; /* %s: base64 */
extern const struct reply reply_auth_ok;
extern const struct reply reply_auth_denied;
extern const struct reply reply_auth_disabled;
extern const struct reply reply_auth_tempfail;
extern const struct reply reply_auth_too_many;
extern const struct reply reply_auth_needs_tls;
extern const struct reply reply_auth_first;
extern const struct reply reply_auth_already;
extern const struct reply reply_auth_line_long;

/* MAIL and RCPT, but for the verdict on a recipient (svc/verdict.h). */
extern const struct reply reply_sender_ok;
extern const struct reply reply_syntax_mail;
extern const struct reply reply_syntax_rcpt;
extern const struct reply reply_sender_address;
extern const struct reply reply_recipient_address;
extern const struct reply reply_not_ascii;
extern const struct reply reply_parameter;        /* %s: its name */
extern const struct reply reply_parameter_value;  /* %s: its name */
extern const struct reply reply_parameter_twice;  /* %s: its name */
extern const struct reply reply_sender_not_owned; /* %s: the address */

/* DATA and BDAT. */
extern const struct reply reply_data;
extern const struct reply reply_syntax_bdat;
extern const struct reply reply_chunk;       /* %s: its octets */
extern const struct reply reply_chunk_lost;  /* no transaction, or none now */
extern const struct reply reply_binary_data; /* DATA after BODY=BINARYMIME */
extern const struct reply reply_conversion;  /* RFC 3463 5.6.1 */
extern const struct reply reply_from_not_owned;
extern const struct reply reply_from_unreadable;
extern const struct reply reply_no_recipients;
extern const struct reply reply_disk_full;
extern const struct reply reply_local_error;
extern const struct reply reply_bare;
extern const struct reply reply_nul;
extern const struct reply reply_text_line_long;
extern const struct reply reply_some_full;
extern const struct reply reply_too_big;
extern const struct reply reply_endless;
extern const struct reply reply_header_long;
extern const struct reply reply_loop;
extern const struct reply reply_spam;
extern const struct reply reply_spam_unavailable;
extern const struct reply reply_infected; /* %s: the signature */
extern const struct reply reply_virus_unavailable;
extern const struct reply reply_milter_rejects;
extern const struct reply reply_milter_tempfails;
extern const struct reply reply_milter_failed;
extern const struct reply reply_milter_failed_for_good;
extern const struct reply reply_milter_closes;
extern const struct reply reply_command_rejects; /* %s: its own text */
extern const struct reply reply_command_defers;  /* likewise */
extern const struct reply reply_command_failed;
extern const struct reply reply_command_failed_for_good;
extern const struct reply reply_filters_unknown;
extern const struct reply reply_queued; /* %s: the trace id */

/* What a client is told about the outcome of MAIL, of RCPT, and of the
 * message. */
const struct reply *reply_for_mail(enum smtp_outcome outcome);
const struct reply *reply_for_rcpt(enum smtp_outcome outcome);
const struct reply *reply_for_message(enum smtp_outcome outcome);

#endif
