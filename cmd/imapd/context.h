/* Searches whose results are kept and told of as they change (RFC 5267, with
 * RETURN (UPDATE)), until they are cancelled or the mailbox is left.
 * Never looks again at a message that did not change. */
#ifndef NJIWA_CMD_IMAPD_CONTEXT_H
#define NJIWA_CMD_IMAPD_CONTEXT_H

#include "cmd/imapd/fetch.h"
#include "cmd/imapd/search.h"

#define CONTEXTS_MAX 8 /* of one connection */

struct context {
	struct str tag;                /* of the command that asked for it */
	struct str text;               /* the arguments of that command */
	struct str scratch;            /* as args_init wants it */
	struct search_program program; /* borrows from both */
	bool uids;                     /* it is told in uids */
	struct fetch_plan plan;        /* of the items behind UPDATE */
	struct str fetch_scratch;      /* as args_init wants it for them */
	bool fetches;                  /* there are such */
	struct seqset members;         /* uids of what matches */
};

/* The searches of the selected mailbox. */
struct contexts {
	struct context list[CONTEXTS_MAX];
	size_t count;
	struct seqset touched; /* uids that this session has changed */
};

/* What is wrong with the items behind its UPDATE, or NULL. */
const char *context_check(const struct search_program *program);

/*
 * Keeps the search that the running command asks for, text being its arguments
 * and found the sequence numbers of what it has found.  Where it cannot be kept
 * the client is told so (NOUPDATE).
 */
void context_add(struct imap *im, struct slice text,
    const struct search_program *program, const struct seqset *found);

/* Has the command's tag one already? */
bool context_is_known(const struct imap *im, struct slice tag);

/* Notes that this session has changed a message's flags. */
void context_touch(struct imap *im, uint32_t seq);

/* Before EXPUNGE is told: what leaves the results by it. */
void context_tell_expunged(
    struct imap *im, const struct mailbox_changes *changes);

/* After a sync: what has come into the results, and what has left them. */
void context_update(struct imap *im, const struct mailbox_changes *changes);

/* Forgets all of them. */
void context_forget(struct imap *im);

#endif
