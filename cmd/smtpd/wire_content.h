/* What the SMTP front and its keeper say to each other about filters of content
 * (wire.h has the rest).  Never holds a large message. */
#ifndef NJIWA_CMD_SMTPD_WIRE_CONTENT_H
#define NJIWA_CMD_SMTPD_WIRE_CONTENT_H

#include "common/svc/content/pipe_list.h"
#include "cmd/smtpd/wire.h"

/* Which filter of SMTP_FILTER: milters and commands in the order of their
 * settings. */
enum wire_filter {
	WIRE_FILTER_SPAM, /* spamd, or else spam_command */
	WIRE_FILTER_CLAMD,
	WIRE_FILTER_MILTER,
	WIRE_FILTER_COMMAND = WIRE_FILTER_MILTER + MILTERS_MAX,
	WIRE_FILTERS = WIRE_FILTER_COMMAND + PIPES_MAX
};

/* Points of a filter, in thousandths; a threshold of NEVER is never reached,
 * and a message that nobody looked at has a score of NONE. */
#define WIRE_SCORE_NEVER INT64_MAX
#define WIRE_SCORE_NONE INT64_MIN

/* Octets of a message that goes with its commit; a larger one is in a file. */
#define WIRE_MESSAGE_MAX (IPC_BODY_MAX - 64)

/* From which scores on the message is to be marked and refused: the highest of
 * its mailboxes' thresholds, as it is one message for all. */
struct wire_limits {
	int64_t tag, reject;
};

/* What a filter does to the envelope. */
enum wire_edit_kind {
	WIRE_EDIT_SENDER, /* another reverse-path; "" is <> */
	WIRE_EDIT_ADD,    /* one more recipient: the outcome is RCPT's */
	WIRE_EDIT_REMOVE  /* one of those that were accepted */
};

struct wire_edit {
	enum wire_edit_kind kind;
	struct slice address; /* canonical */
};

/* Bits of SMTP_COMMIT. */
enum {
	WIRE_QUARANTINE = 1 << 0, /* into quarantine_folder */
	WIRE_JUNK = 1 << 1,       /* into spam_folder, whatever the score */
	WIRE_COMMIT_ALL = (1 << 2) - 1
};

struct wire_commit {
	uint32_t bits;
	int64_t score; /* each mailbox judges by its own junk threshold */
	struct slice message; /* all of it; "" when it is in the file */
};

/* Append thresholds behind an outcome, a change, a commit as a body. */
void wire_put_limits(const struct wire_limits *limits, struct str *body);
void wire_put_edit(const struct wire_edit *edit, struct str *body);
void wire_put_commit(const struct wire_commit *commit, struct str *body);

/* Read them back (the thresholds from the answer); false when the body is
 * anything else. */
bool wire_get_limits(
    const struct ipc_msg *answer, struct wire_limits *ret_limits);
bool wire_get_edit(struct ipc_reader *args, struct wire_edit *ret_edit);
bool wire_get_commit(struct ipc_reader *args, struct wire_commit *ret_commit);

#endif
