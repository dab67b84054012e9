/* SMTP replies (RFC 5321 section 4.2, RFC 2034): constants with code, enhanced
 * code and text, and their lines on the wire.  Never decides which one. */
#ifndef NJIWA_PROTO_REPLY_H
#define NJIWA_PROTO_REPLY_H

#include "common/proto/command.h"
#include "common/proto/sasl.h"

#define REPLY_LINE_MAX 512     /* octets, CRLF included (RFC 5321 4.5.3.1.5) */
#define REPLY_LINES_MAX 64     /* lines of one reply; more are cut off */
#define REPLY_ARGUMENT_MAX 400 /* octets of what replaces %s; more are cut */

struct reply {
	unsigned code; /* 200 to 599 */
	const char
	    *enhanced;    /* "5.1.1"; NULL: never has one (220, EHLO, 3xx) */
	const char *text; /* lines parted by \n; the first %s takes an
			   * argument */
};

/* How replies look on this connection. */
struct reply_style {
	bool enhanced;     /* the client said EHLO or LHLO */
	const char *trace; /* behind the text of 4xx and 5xx; "" for none */
};

/*
 * Appends the reply's lines, CRLF and all.  argument is made printable ASCII.
 * Text that does not fit a line is broken at a blank where there is one.
 */
void reply_format(const struct reply *reply, const struct reply_style *style,
    struct slice argument, struct str *out);

/* Appends the reply on one line, for the log: its enhanced code if it has one,
 * and its text.  argument as above. */
void reply_describe(
    const struct reply *reply, struct slice argument, struct str *out);

/* What SMTP says to a line that the command table did not let pass; NULL for
 * COMMAND_OK. */
const struct reply *reply_for_command(enum command_error error);

/* What SMTP says to the end of an AUTH exchange that brought no credentials;
 * NULL for those that do not end one. */
const struct reply *reply_for_sasl(enum sasl_result result);

#endif
