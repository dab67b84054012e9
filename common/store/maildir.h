/* Names of message files in a Maildir:
 * <sec>.M<usec>P<pid>Q<n>.<host>,S=<octets>,W=<octets with CRLF>:2,<letters>
 * and, of a copy, ",E=<id of its original>" before the letters.
 * Reads and makes names; never touches a file. */
#ifndef NJIWA_STORE_MAILDIR_H
#define NJIWA_STORE_MAILDIR_H

#include <stdint.h>
#include <time.h>
#include "common/base/str.h"

#define MAILDIR_NAME_MAX 255 /* octets of a file name */
#define MAILDIR_HOST_MAX 64  /* octets of our name in file names */

/* Can a file of this name be a message?  No dot first, nothing that would
 * break a line of dovecot-uidlist, and something before the flags. */
bool maildir_is_message(struct slice name);

/* What stays the same when flags change: all before the first ':'. */
struct slice maildir_base(struct slice name);

/* The flags (FLAG_ bits of mailbox.h, never RECENT) and keyword bits in the
 * name's ":2," part; 0 and 0 when it has none. */
void maildir_get_flags(
    struct slice name, uint8_t *ret_flags, uint32_t *ret_keywords);

/* Appends the name that the file called name has with other flags: letters
 * that are neither flag nor keyword, and further ",..." parts, stay. */
void maildir_put_flags(
    struct slice name, uint8_t flags, uint32_t keywords, struct str *out);

/* The number behind ",S=" (key 'S') or ",W="; false when there is none. */
bool maildir_get_size(struct slice name, char key, uint64_t *ret_octets);

/* Appends a new unique base name: the time, pid, a number that differs for
 * each name of this process and second, and host with '/', ':' and ',' made
 * harmless. */
void maildir_put_unique(
    struct timespec now, unsigned number, const char *host, struct str *out);

/* Appends ",S=size,W=crlf". */
void maildir_put_sizes(uint64_t size, uint64_t crlf, struct str *out);

#define MAILDIR_ID_LEN 32 /* hexadecimal digits */

/* The id in ",E=" that a copy has of its original; ptr is NULL for none. */
struct slice maildir_get_id(struct slice name);

/* Appends ",E=id". */
void maildir_put_id(struct slice id, struct str *out);

/* When a message came, as far as its name tells; 0 for what it does not. */
struct maildir_arrival {
	uint64_t sec, usec;
	struct slice name; /* borrowed */
};

/* Reads it out of the name. */
struct maildir_arrival maildir_get_arrival(struct slice name);

/* The order in which messages came: by second, microsecond, then by name.  As
 * strcmp. */
int maildir_compare(
    const struct maildir_arrival *a, const struct maildir_arrival *b);

#endif
