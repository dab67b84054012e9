#include "cmd/smtpd/front/replies.h"

/* clang-format off */
const struct reply
reply_banner = { 220, NULL, "%s" },
reply_helo = { 250, NULL, "%s" },
reply_ok = { 250, "2.0.0", "Ok" },
reply_reset = { 250, "2.0.0", "Ok, forgotten" },
reply_bye = { 221, "2.0.0", "Bye" },
reply_vrfy = { 252, "2.0.0", "Will not say, but send it and see" },
reply_help = { 214, "2.0.0", "Verbs here: %s" },
reply_timeout = { 421, "4.4.2", "Timed out, closing the connection" },
reply_ending = { 421, "4.3.2", "Shutting down, try again later" },
reply_too_many_errors = { 421, "4.7.0", "Too many errors, closing" },
reply_too_much_idling = { 421, "4.7.0",
	"Too many commands for nothing, closing" },
reply_too_many_messages = { 421, "4.7.0",
	"Too many messages in one connection, come back with another" },
reply_http = { 421, "4.7.0", "This is SMTP, not HTTP; closing" },
reply_empty = { 421, "4.7.0", "An empty line is no command; closing" },
reply_line_long = { 500, "5.5.2", "Line too long" },
reply_line_end = { 500, "5.5.2", "Lines end with CRLF, and only there" },
reply_line_octets = { 501, "5.5.2", "Only ASCII in commands" },
reply_not_utf8 = { 501, "5.5.2", "Not valid UTF-8" },
reply_lmtp_stranger = { 421, "4.7.0",
	"LMTP is for this machine alone; closing" },
reply_not_offered = { 502, "5.5.1", "Not offered here" },
reply_pipelined = { 503, "5.5.1", "Must be the last command of a group" },
reply_xclient_syntax = { 501, "5.5.4",
	"Bad attribute; known are NAME ADDR PORT PROTO HELO LOGIN DESTADDR "
	"DESTPORT" },
reply_helo_syntax = { 501, "5.5.4", "Not a host name" },

reply_tls_ready = { 220, "2.0.0", "Ready to start TLS" },
reply_tls_unavailable = { 454, "4.7.0", "TLS not available for now" },
reply_challenge = { 334, NULL, "%s" },
reply_auth_ok = { 235, "2.7.0", "Welcome" },
reply_auth_denied = { 535, "5.7.8", "User name or password is wrong" },
reply_auth_disabled = { 525, "5.7.13", "This account is disabled" },
reply_auth_tempfail = { 454, "4.7.0", "Cannot check passwords for now" },
reply_auth_too_many = { 421, "4.7.0", "Too many failed logins, closing" },
reply_auth_needs_tls = { 538, "5.7.11", "Start TLS first" },
reply_auth_first = { 530, "5.7.0", "Log in first" },
reply_auth_already = { 503, "5.5.1", "Already logged in" },
reply_auth_line_long = { 500, "5.5.6", "Line too long" },

reply_sender_ok = { 250, "2.1.0", "Sender ok" },
reply_syntax_mail = { 501, "5.5.4", "Syntax: MAIL FROM:<address>" },
reply_syntax_rcpt = { 501, "5.5.4", "Syntax: RCPT TO:<address>" },
reply_sender_address = { 501, "5.1.7", "Bad sender address syntax" },
reply_recipient_address = { 501, "5.1.3", "Bad recipient address syntax" },
reply_not_ascii = { 553, "5.6.7", "Only ASCII in addresses, or SMTPUTF8" },
reply_parameter = { 555, "5.5.4", "Parameter not known: %s" },
reply_parameter_value = { 501, "5.5.4", "Parameter with a bad value: %s" },
reply_parameter_twice = { 501, "5.5.4", "Parameter given twice: %s" },
reply_sender_not_owned = { 553, "5.7.1", "<%s>: not an address of yours" },


reply_data = { 354, NULL, "Go ahead, end with CRLF.CRLF" },
reply_syntax_bdat = { 501, "5.5.4", "Syntax: BDAT octets [LAST]; closing" },
reply_chunk = { 250, "2.0.0", "Ok: %s octets" },
reply_chunk_lost = { 503, "5.5.1", "No message for this chunk" },
reply_binary_data = { 503, "5.5.1", "Send BINARYMIME with BDAT" },
reply_conversion = { 554, "5.6.1",
	"Binary octets outside of parts that say so: cannot be converted" },
reply_from_not_owned = { 550, "5.7.1", "From is not an address of yours" },
reply_from_unreadable = { 550, "5.6.0", "From is not a list of addresses" },
reply_no_recipients = { 554, "5.5.1", "No valid recipients" },
reply_disk_full = { 452, "4.3.1", "No room on the disk for now" },
reply_local_error = { 451, "4.3.0", "Local error, try again later" },
reply_bare = { 550, "5.5.2", "Bare CR or LF in the message" },
reply_nul = { 550, "5.6.0", "NUL in the message" },
reply_text_line_long = { 550, "5.6.0", "Line of the message too long" },
reply_some_full = { 452, "4.2.2",
	"Not every recipient has room for it; send to fewer at once" },
reply_too_big = { 552, "5.3.4", "Message too big" },
reply_endless = { 421, "4.3.4", "Message far too big, closing" },
reply_header_long = { 554, "5.6.0", "Header of the message too long" },
reply_loop = { 554, "5.4.6", "Too many hops: a mail loop" },
reply_spam = { 554, "5.7.1", "Looks like spam" },
reply_spam_unavailable = { 451, "4.7.1", "Cannot check for spam for now" },
reply_infected = { 554, "5.7.1", "Infected: %s" },
reply_virus_unavailable = { 451, "4.7.1",
	"Cannot check for viruses for now" },
reply_milter_rejects = { 550, "5.7.1", "Refused by a filter" },
reply_milter_tempfails = { 451, "4.7.1", "A filter asks to try again later" },
reply_milter_failed = { 451, "4.7.1", "A filter is not there for now" },
reply_milter_failed_for_good = { 550, "5.7.1", "A filter is not there" },
reply_milter_closes = { 421, "4.7.0", "A filter closes the connection" },
reply_command_rejects = { 554, "5.7.1", "%s" },
reply_command_defers = { 451, "4.7.1", "%s" },
reply_command_failed = { 451, "4.7.1", "A filter is not there for now" },
reply_command_failed_for_good = { 554, "5.7.1", "A filter is not there" },
reply_filters_unknown = { 451, "4.3.5", "The filters are not known" },
reply_queued = { 250, "2.0.0", "Ok: queued as %s" };

static const struct reply *const message_replies[OUTCOME_COUNT] = {
	[OUTCOME_OK] = &reply_queued,
	[OUTCOME_UNKNOWN] = &reply_local_error,
	[OUTCOME_RELAY] = &reply_local_error,
	[OUTCOME_REMOTE] = &reply_local_error,
	[OUTCOME_DROPPED] = &reply_local_error,
	[OUTCOME_DISCARD] = &reply_queued,
	[OUTCOME_DISABLED] = &reply_local_error,
	[OUTCOME_OVER_QUOTA] = &reply_over_quota,
	[OUTCOME_FULL_NOW] = &reply_full_now,
	[OUTCOME_SOME_FULL] = &reply_some_full,
	[OUTCOME_TOO_MANY] = &reply_local_error,
	[OUTCOME_DISK_FULL] = &reply_disk_full,
	[OUTCOME_TOO_BIG] = &reply_too_big,
	[OUTCOME_TOO_OFTEN] = &reply_too_much,
	[OUTCOME_GREYLISTED] = &reply_greylisted,
	[OUTCOME_NOT_OWNED] = &reply_from_not_owned,
	[OUTCOME_RATE] = &reply_local_error,
	[OUTCOME_SPAM] = &reply_spam,
	[OUTCOME_TEMPFAIL] = &reply_local_error,
};
/* clang-format on */

const struct reply *
reply_for_mail(enum smtp_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_OK:
		return &reply_sender_ok;
	case OUTCOME_NOT_OWNED:
		return &reply_sender_not_owned;
	case OUTCOME_TOO_OFTEN:
		return &reply_too_much;
	default:
		return &reply_local_error;
	}
}

const struct reply *
reply_for_rcpt(enum smtp_outcome outcome)
{
	return verdict_reply(outcome);
}

const struct reply *
reply_for_message(enum smtp_outcome outcome)
{
	return message_replies[outcome];
}
