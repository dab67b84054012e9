/* A message that arrives: from the stream through unstuff, header scan and
 * intake, under one deadline.  Never decides what becomes of it. */
#ifndef NJIWA_CMD_SMTPD_FRONT_RECEPTION_H
#define NJIWA_CMD_SMTPD_FRONT_RECEPTION_H

#include "cmd/smtpd/front/session.h"
#include "cmd/smtpd/front/intake.h"
#include "cmd/smtpd/front/unstuff.h"
#include "common/msg/header.h"

struct reception {
	struct smtp *s;
	struct unstuff un;
	struct header_scan scan;
	struct intake intake;
	struct str pending; /* octets of a header line that is not complete */
	size_t trace;       /* octets of our own fields in front of the head */
	uint64_t left;      /* octets of BDAT's chunk that are still to come */
	bool header_long;
	bool binary;      /* BODY=BINARYMIME: kept as it comes to the end, */
	bool converting;  /* which is when it becomes text */
	bool unconverted; /* or cannot */
	bool mended;      /* by submission.h */
	int64_t deadline; /* but for the time that the octets earn */
};

/* Begins with our own trace fields; a message that is not wanted goes nowhere,
 * whatever is said of it. */
void reception_init(struct reception *r, struct smtp *s, bool wanted);
void reception_release(struct reception *r);

/* Reads to the end of the message; false when the connection ended first (the
 * client was told when its time was up). */
bool reception_read(struct reception *r);

/* The same for the octets of one chunk (RFC 3030). */
bool reception_read_chunk(struct reception *r, uint64_t octets);

/* The last chunk was read: the message is over, and becomes text. */
void reception_end(struct reception *r);

/* Takes text of the message with CRLF line ends, as it comes or was converted
 * to. */
void reception_put(struct reception *r, struct slice text);

/* Makes text of the octets of BODY=BINARYMIME, which are in the intake
 * (binary.c). */
void reception_convert(struct reception *r);

/* Reads and forgets a chunk that belongs to no message; false as above. */
bool reception_skip_chunk(struct smtp *s, uint64_t octets);

/* What is wrong with the message that was read; NULL: nothing. */
const struct reply *reception_refusal(const struct reception *r);

#endif
