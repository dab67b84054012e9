/* Writes the elements of responses (RFC 3501 section 7): strings in the form
 * that their octets need, flags, mailbox names, dates, numbers.
 * Never sends anything: it appends to a string. */
#ifndef NJIWA_CMD_IMAPD_RESPONSE_H
#define NJIWA_CMD_IMAPD_RESPONSE_H

#include <time.h>
#include "cmd/imapd/name_style.h"
#include "common/store/mailbox.h"

#define RESPONSE_QUOTED_MAX 1000 /* octets; longer strings become literals */

/* A number in decimal; quicker than printf, which FETCH needs. */
void response_number(struct str *out, uint64_t number);

/* The name of a FETCH item, with a blank before it unless it is the first. */
void response_item(struct str *out, const char *name);

/* A string: quoted where it may be, else a literal.  nstring: NIL when text's
 * ptr is NULL.  astring: an atom where it may be. */
void response_string(struct str *out, struct slice text);
void response_nstring(struct str *out, struct slice text);
void response_astring(struct str *out, struct slice text);

/* A mailbox name, which is UTF-8, as an astring: as it is where that
 * was enabled, else in modified UTF-7, with the separator of the setting. */
void response_mailbox(
    struct str *out, struct slice name, struct name_style names);

/* A flag list with its parentheses: system flags and those keywords of mb
 * that are atoms. */
void response_flags(struct str *out, const struct mailbox *mb, uint8_t flags,
    uint32_t keywords);

/* An INTERNALDATE with its quotes, in the zone of this machine. */
void response_date(struct str *out, time_t date);

/* The bit of a system flag by its name ("\Seen", "$Forwarded"), 0 for none. */
uint8_t response_flag_of(struct slice name);

#endif
