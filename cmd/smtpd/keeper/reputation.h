/* What was found about a client's address, kept until it is too old, in a file
 * that all keepers share: fixed records, each with a checksum, so that no lock
 * is needed and no torn one is believed.  Never knows what is in a record, and
 * takes one only from the front of the address that it is about. */
#ifndef NJIWA_CMD_SMTPD_KEEPER_REPUTATION_H
#define NJIWA_CMD_SMTPD_KEEPER_REPUTATION_H

#include <stdint.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define REPUTATION_RECORD 1024 /* octets of a record */
#define REPUTATION_MAX 984     /* of what is kept in one: WIRE_KEPT_MAX */
#define REPUTATION_WAYS 4      /* places that an address may have */
#define REPUTATION_SETS 4096   /* of as many addresses: 16 MiB, if all used */
#define REPUTATION_FILE "strangers.cache" /* in runtime_dir */

/* Opens the file in folder, made when it is missing; a descriptor, or -errno
 * with err filled. */
int reputation_open(const char *folder, struct err *err);

/* Appends what is known of the address; false when that is nothing, or too old
 * at now (seconds of clock_now). */
bool reputation_recall(
    int fd, const char *address, uint64_t now, struct str *out);

/* What is to be kept. */
struct reputation {
	const char *address;
	uint64_t expires; /* seconds of clock_now */
	struct slice body;
};

/* Keeps it in place of what there was about the address, or else of what ends
 * first.  Nothing that is longer than REPUTATION_MAX, and no word of a disk
 * that does not take it: it is a cache. */
void reputation_remember(int fd, const struct reputation *what, uint64_t now);

#endif
