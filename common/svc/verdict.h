/* The verdict on a recipient: what SMTP says at RCPT, and why.  The keeper of
 * njiwa-smtpd and `njiwa explain` ask the same code.
 * Never opens a mailbox; never asks a database but through who calls. */
#ifndef NJIWA_SVC_VERDICT_H
#define NJIWA_SVC_VERDICT_H

#include "common/account/account.h"
#include "common/proto/reply.h"
#include "common/svc/settings.h"

/* What becomes of a recipient, or of a message for those that were accepted.  A
 * temporary failure is never told as another. */
enum smtp_outcome {
	OUTCOME_OK,
	OUTCOME_UNKNOWN,    /* no such mailbox here */
	OUTCOME_RELAY,      /* not ours, and the asker is a stranger */
	OUTCOME_REMOTE,     /* it goes elsewhere, which is not offered yet */
	OUTCOME_DROPPED,    /* forwarder says drop, drop_policy says reject */
	OUTCOME_DISCARD,    /* the same, drop_policy says discard: 250 */
	OUTCOME_DISABLED,   /* the mailbox is switched off */
	OUTCOME_OVER_QUOTA, /* a mailbox is full, or all of them */
	OUTCOME_FULL_NOW,   /* the same, quota_full says defer */
	OUTCOME_SOME_FULL,  /* not all mailboxes have room for the message */
	OUTCOME_TOO_MANY,   /* more mailboxes than one message may have */
	OUTCOME_DISK_FULL,  /* no room on the disk */
	OUTCOME_TOO_BIG,    /* more in the file than a message may have */
	OUTCOME_TOO_OFTEN,  /* a stranger has done too much of it lately */
	OUTCOME_GREYLISTED, /* a stranger is to come again: u32 seconds */
	OUTCOME_NOT_OWNED,  /* a sender that is not the user's */
	OUTCOME_RATE,       /* a user's recipients are too many in a while */
	OUTCOME_SPAM,       /* a message that this recipient does not want */
	OUTCOME_TEMPFAIL,   /* could not look, could not write: logged */
	OUTCOME_COUNT
};

/* Who asks, and how an address is looked up. */
struct verdict_asker {
	const struct settings *settings;
	bool logged_in;   /* may send to other hosts */
	const char *here; /* our address that it came to; "": not known */
	/* As account_resolve. */
	enum account_outcome (*resolve)(void *ctx, struct slice address,
	    struct account_targets *ret_targets, struct err *err);
	void *ctx;
};

/*
 * May a message of size octets (0: not announced) go to the address, which
 * without '@' is the postmaster of this host or of its domain (RFC 5321 section
 * 4.5.1), as is everybody at the literal of asker's address (RFC 1123 section
 * 5.2.17)?  OUTCOME_OK fills targets, among which those without room
 * (verdict_has_room) are to be left out; the others have a path.  An address
 * that leads to other hosts, even beside mailboxes, is refused as a whole, for
 * nothing here could tell the sender afterwards.  OUTCOME_TEMPFAIL is logged.
 */
enum smtp_outcome verdict_on(const struct verdict_asker *asker,
    struct slice address, uint64_t size, struct account_targets *ret_targets);

/* Is there room for so many octets?  One last message may pass the limit of a
 * mailbox that is not full, by quota_grace. */
bool verdict_has_room(const struct settings *settings,
    const struct account_user *user, uint64_t size);

/* What a message of size octets is told for which there is no room. */
enum smtp_outcome verdict_when_full(const struct settings *settings,
    const struct account_user *user, uint64_t size);

/* Octets that a mailbox may hold after its last message; UINT64_MAX without a
 * limit. */
uint64_t verdict_ceiling(
    const struct settings *settings, const struct account_user *user);

/* The greeting of whoever has connected too often. */
extern const struct reply reply_too_often;

/* The reply to MAIL with a SIZE above smtp_max_message_size. */
extern const struct reply reply_size_announced;

/* The replies to RCPT; for those with %s, verdict_text. */
extern const struct reply reply_recipient_ok, reply_recipient_unknown,
    reply_relay, reply_remote, reply_dropped, reply_disabled, reply_over_quota,
    reply_full_now, reply_too_many_recipients, reply_too_much, reply_greylisted,
    reply_rate, reply_lookup_failed;

/* The reply to RCPT. */
const struct reply *verdict_reply(enum smtp_outcome outcome);

/* Appends what takes the place of a reply's %s: the address, or the site's own
 * words (quota_message) for a mailbox that is full. */
void verdict_text(const struct settings *settings, const struct reply *reply,
    struct slice address, struct str *out);

#endif
