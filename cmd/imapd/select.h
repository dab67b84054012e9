/* The parameters of SELECT and EXAMINE (RFC 4466 section 2.1, RFC 7162).
 * Never looks at a mailbox. */
#ifndef NJIWA_CMD_IMAPD_SELECT_H
#define NJIWA_CMD_IMAPD_SELECT_H

#include "cmd/imapd/parse.h"
#include "cmd/imapd/seqset.h"

/* What the client knows of the mailbox (RFC 7162 section 3.2.5). */
struct resync_point {
	uint32_t uidvalidity;
	uint64_t modseq;
	bool known_given; /* uids were given */
	struct seqset known;
	bool pairs_given;   /* sequence numbers with their uids were given */
	struct seqset seqs; /* as many as there are uids, */
	struct seqset uids; /* each at the place of its number */
};

struct select_wanted {
	bool condstore;
	bool qresync;
	struct resync_point point; /* of qresync */
};

/* Parses what stands behind the name, to the end of the command.  False for a
 * mistake.  wanted is zeroed before, and released either way. */
bool select_parse(struct args *args, struct select_wanted *wanted);
void select_release(struct select_wanted *wanted);

#endif
