/* The message on its way into the keeper's file: header in memory, body
 * through a bounded buffer; the header may change later.  Never holds more in
 * memory than SPOOL_HEAD_MAX and SPOOL_BUFFER_MAX together, whatever the
 * message's size. */
#ifndef NJIWA_CMD_SMTPD_SPOOL_H
#define NJIWA_CMD_SMTPD_SPOOL_H

#include <stdint.h>
#include "common/base/str.h"

#define SPOOL_HEAD_MAX 262144  /* octets of a message's own header */
#define SPOOL_BUFFER_MAX 65536 /* octets of body before they are written */

struct spool {
	int fd;           /* the keeper's file; -1: nowhere */
	struct str head;  /* trace fields and header, with the empty line */
	struct str body;  /* what is not on disk; all of it when it is small */
	uint64_t flushed; /* octets of body on disk before that */
	bool dropped;     /* the message is refused: nothing is kept */
	int error;        /* the first failed write: -errno, sticky */
};

/* Begins with fd, which is the spool's from now on. */
void spool_init(struct spool *spool, int fd);
void spool_release(struct spool *spool);

/* Writes the buffer when it is full.  The head must be complete. */
void spool_drain(struct spool *spool);

/* Forgets what there is and what comes. */
void spool_drop(struct spool *spool);

/* Puts all that is not yet on disk there: 0 or the sticky error. */
int spool_finish(struct spool *spool);

/* Octets of the whole message. */
uint64_t spool_size(const struct spool *spool);

/* Replaces the head, after spool_finish, by one of any length, in place: nobody
 * reads the file before it is delivered.  0 or -errno. */
int spool_rehead(struct spool *spool, struct slice head);

#endif
