/* The message on its way to the keeper: header in memory, body through a
 * bounded buffer into a file, which is asked for only when the message does not
 * fit into the commit, or is to be shown to somebody; the header may change
 * later.  Never holds more of what a client sent in memory than INTAKE_HEAD_MAX
 * and INTAKE_BUFFER_MAX together, whatever the message's size. */
#ifndef NJIWA_CMD_SMTPD_FRONT_INTAKE_H
#define NJIWA_CMD_SMTPD_FRONT_INTAKE_H

#include <stdint.h>
#include "common/base/str.h"

#define INTAKE_HEAD_MAX 262144  /* octets of a message's own header */
#define INTAKE_BUFFER_MAX 65536 /* octets of body before they are written */

/* A file of the keeper's, open for reading and writing; or -errno. */
typedef int intake_file(void *ctx);

struct intake {
	intake_file *file; /* gives one; NULL: the message goes nowhere */
	void *ctx;         /* its argument */
	int fd;            /* the file; -1: none so far */
	struct str head;   /* trace fields and header, with the empty line */
	struct str body;   /* what is not on disk; all of it when it is small */
	uint64_t flushed;  /* octets of body on disk before that */
	uint64_t base;     /* octets of the file before all that */
	bool dropped;      /* the message is refused: nothing is kept */
	int error;         /* the first failed write: -errno, sticky */
};

/* Begins without a file; it will be the intake's to close. */
void intake_init(struct intake *intake, intake_file *file, void *ctx);
void intake_release(struct intake *intake);

/* Writes the buffer when it is full.  The head must be complete. */
void intake_drain(struct intake *intake);

/* Forgets what there is and what comes. */
void intake_drop(struct intake *intake);

/* The message is complete: what of it is in a file is all there now.  0 or the
 * sticky error. */
int intake_finish(struct intake *intake);

/* The message so far is but what another one is made of, which begins now with
 * that head, behind it where it is on disk.  0 or the sticky error. */
int intake_begin_again(struct intake *intake, struct slice head);

/* That other one is over: puts it, as far as it is on disk, in the place of the
 * first.  0 or the sticky error. */
int intake_settle(struct intake *intake);

/* After intake_finish, puts it into a file if it is in none, for somebody who
 * reads it there.  0 or the sticky error. */
int intake_to_file(struct intake *intake);

/* After intake_finish, appends the whole message to out if it is in no file, or
 * puts it into one if it is larger than max octets.  0 or the sticky error. */
int intake_hand_over(struct intake *intake, size_t max, struct str *out);

/* Octets of the whole message. */
uint64_t intake_size(const struct intake *intake);

/* Another body on its way, behind all that is in the file. */
struct intake_body {
	uint64_t at, len; /* where it begins, octets so far */
};

/* Begins one, after intake_to_file; adds octets to it: 0 or -errno. */
void intake_body_begin(const struct intake *intake, struct intake_body *body);
int intake_body_add(
    struct intake *intake, struct intake_body *body, struct slice octets);

/* Puts it in the place of the body that there is, or forgets it.  0 or -errno,
 * and the message is then not to be used. */
int intake_body_take(struct intake *intake, const struct intake_body *body);
void intake_body_cancel(struct intake *intake, const struct intake_body *body);

/* Replaces the head, after intake_finish, by one of any length, in place:
 * nobody reads a file before it is delivered.  0 or -errno. */
int intake_rehead(struct intake *intake, struct slice head);

#endif
