/* What a milter changes at the end of a message: collected while it speaks, and
 * done when it has said that this was all.  Never leaves half of it done when
 * the milter dies on the way. */
#ifndef NJIWA_CMD_SMTPD_CONTENT_MILTER_EDITS_H
#define NJIWA_CMD_SMTPD_CONTENT_MILTER_EDITS_H

#include "cmd/smtpd/content/milters.h"

#define EDITS_ENVELOPE_MAX 2000 /* senders and recipients, of one message */

struct milter_edits {
	struct smtp *s;
	struct reception *r;
	bool leading_space; /* values come with the blank behind the colon */
	bool head_changed;
	struct str head; /* the message's own, as changed so far */
	bool body_changed, after_cr;
	struct intake_body body;
	bool quarantine;
	struct str envelope; /* kind + 1, address, NUL; again */
	size_t count;        /* of them */
};

/* Begins: no change so far. */
void milter_edits_init(struct milter_edits *edits, struct smtp *s,
    struct reception *r, const struct milter *m);

/* Takes one (milter_editor): 0, or -errno with err filled for one that cannot
 * be, which is the milter's failure. */
int milter_edits_take(
    void *ctx, const struct milter_edit *edit, struct err *err);

/* Does them all: NULL, or the reply for what could not be done. */
const struct reply *milter_edits_apply(struct milter_edits *edits);

/* Takes back what was not applied, and gives the memory back. */
void milter_edits_release(struct milter_edits *edits);

#endif
