/* The format of Dovecot's file of subscriptions: one name a line, levels
 * separated by '.'; or, after the lines "V\t2" and "", levels escaped and
 * separated by tabs.  Names are in modified UTF-7 in the first, in UTF-8 or
 * modified UTF-7 as the server was set in the second.
 * Never touches the disk; lines that it does not understand stay. */
#ifndef NJIWA_STORE_SUBSCRIPTIONS_H
#define NJIWA_STORE_SUBSCRIPTIONS_H

#include "common/base/str.h"

#define SUBSCRIPTIONS_NAME "subscriptions"
#define SUBSCRIPTIONS_FILE_MAX (1024 * 1024) /* octets of the file */

/* Cuts the next folder name (UTF-8) off the file's text *rest and puts it in
 * name; false at the end.  *version is 0 before the first call. */
bool subscriptions_next(
    struct slice *rest, unsigned *version, struct str *name);

/* Puts the text with name (UTF-8) added or removed into out.  True when that
 * differs from text. */
bool subscriptions_set(
    struct slice text, struct slice name, bool yes, struct str *out);

#endif
