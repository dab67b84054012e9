/* The process beside a session that tells spamd what its user says of messages:
 * it gets them open, one after another, and speaks to spamd alone.
 * Never opens a file, never sees the client. */
#ifndef NJIWA_CMD_IMAPD_LEARNER_H
#define NJIWA_CMD_IMAPD_LEARNER_H

#include "common/proto/spamd.h"
#include "common/svc/service.h"

/* Finds spamd while that may be done, where feedback is wanted: struct
 * service's keeper_prepare. */
void learner_prepare(struct keeper *keeper);

/* Is the learner (struct service's helper).  A message of the pair has its
 * enum spam_lesson as its type and the message's descriptor, and is answered by
 * an empty one when it is done, well or not. */
void learner_run(const struct session *session, int line);

#endif
