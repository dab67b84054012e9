/* Dates in mail: RFC 5322 section 3.3 and 4.3, and IMAP's (RFC 9051 date-time
 * and date).  Never depends on the locale. */
#ifndef NJIWA_MSG_DATE_H
#define NJIWA_MSG_DATE_H

#include <time.h>
#include "common/base/str.h"

/* Minutes east of Greenwich here at that time.  A confined process must have
 * called tzset(3) before it lost the file system. */
int date_local_offset(time_t when);

/* Appends "Sun, 22 Nov 2026 13:20:00 +0000", the clock being offset minutes
 * east.  Times outside the years 0 to 9999 are cut to them. */
void date_format(time_t when, int offset, struct str *out);

/* Appends IMAP's date-time, without quotes: " 1-Jan-2026 00:00:00 +0000". */
void date_format_imap(time_t when, int offset, struct str *out);

/* Parses all of text as RFC 5322's date-time, obsolete forms, comments and
 * what is met in reality included (no seconds, no zone: +0000). */
bool date_parse(struct slice text, time_t *ret_when, int *ret_offset);

/* The time that messages are sorted by (RFC 5256 section 2.2): as date_parse;
 * a zone that is none counts as Greenwich, a time of day that is none as the
 * day's start. */
bool date_parse_sent(struct slice text, time_t *ret_when);

/* Parses all of text as IMAP's date-time, without quotes; the blank in front of
 * a one-digit day may be missing. */
bool date_parse_imap(struct slice text, time_t *ret_when, int *ret_offset);

/* Parses all of text as IMAP's date ("1-Feb-2026"), without quotes, to the
 * start of that day at Greenwich. */
bool date_parse_imap_day(struct slice text, time_t *ret_start);

#endif
