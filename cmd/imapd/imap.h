/* A logged-in IMAP connection: one user's mail, perhaps one mailbox of it
 * selected.  What the command families share. */
#ifndef NJIWA_CMD_IMAPD_IMAP_H
#define NJIWA_CMD_IMAPD_IMAP_H

#include "cmd/imapd/conn.h"
#include "cmd/imapd/seqset.h"
#include "common/msg/mime.h"
#include "common/msg/transfer.h"
#include "common/net/deflate.h"
#include "common/store/body.h"
#include "common/store/mailbox.h"
#include "common/svc/service.h"

/* What the client has switched on, by ENABLE or by using it. */
enum {
	ENABLED_CONDSTORE = 1 << 0, /* tell of modification sequences */
	ENABLED_QRESYNC = 1 << 1,   /* and VANISHED in place of EXPUNGE */
	ENABLED_UIDONLY = 1 << 2    /* no sequence numbers at all (RFC 9586) */
};

/* A place in a part that is decoded in pieces: the next one goes on here. */
struct binary_place {
	uint32_t uid, part; /* 0: none; the part's index */
	uint64_t encoded, decoded;
	struct transfer transfer;
};

/* Where texts of messages are made (message_texts.h). */
struct texts {
	uint32_t uid; /* of whom envelope and fields are, 0 for nobody */
	struct str header, envelope, fields;
};

struct imap {
	struct conn conn; /* first: a handler's ctx is both */
	struct session *service;
	struct store *store;
	struct mailbox *mailbox; /* the selected one, NULL for none */
	struct str mailbox_name; /* its name, UTF-8 */
	unsigned keywords_told;  /* how many the client knows of */
	unsigned enabled;        /* ENABLED_ bits */
	struct str name;         /* the mailbox that the command names */
	struct body body;        /* a large message that is fetched in pieces */
	uint32_t body_uid;       /* and its uid, 0 for none */
	struct texts texts;
	struct binary_place binary; /* where FETCH BINARY got to */
	struct seqset saved;        /* "$": uids that a SEARCH has found */
	struct mime mime;           /* its parts, count 0: not looked for yet */
	struct contexts *contexts;  /* searches that are kept, or NULL */
	struct notify *notify;      /* of NOTIFY, NULL before it */
	int64_t quota_deadline;  /* until then the user's quota is believed */
	struct deflate *deflate; /* the stream's; NULL: not compressed */
	unsigned learning;       /* messages that the learner has */
	bool scarcity_told;      /* that there is no inotify left */
	bool seen_failed;        /* it was logged that \Seen cannot be set */
	bool expunged;           /* the command has told of what is gone */
};

/* Forgets the place. */
void binary_place_release(struct binary_place *place);

/* Runs the session. */
void imap_session(struct session *session);

/* The rows of all commands after login (commands.c). */
extern const struct conn_class imap_class;

/* Says why a call of the store failed: the reply's code and text by errno, and
 * one line in the log where it is the administrator's business. */
void imap_fail(struct imap *im, int error, const struct err *err);

/* A mailbox name argument into *name; false when there is none or none that
 * can be, and the reply is then set, to BAD usage in the first case. */
bool imap_mailbox_argument(
    struct imap *im, struct args *args, struct str *name, const char *usage);

/* For a mailbox that is to be made: the name as Net-Unicode has it (RFC 9051
 * section 5.1), when it came as UTF-8.  True, and what it was in *old, when it
 * was another one. */
bool imap_compose_name(struct imap *im, struct str *name, struct str *old);

/* The reply to sequence numbers where there are none: BAD [UIDREQUIRED] (RFC
 * 9586 section 3.3). */
void imap_need_uids(struct imap *im);

/* A mailbox name and nothing else, into im->name; else false, and the reply is
 * set. */
bool imap_sole_mailbox(struct imap *im, struct slice argument);

/* A mailbox name out of a URL, which is UTF-8 with the separator of the
 * setting, appended to name.  False when it can name none. */
bool imap_url_mailbox(struct imap *im, struct slice wire, struct str *name);

/* Is name (UTF-8) the selected mailbox? */
bool imap_is_selected(const struct imap *im, struct slice name);

/* Opens a message of the selected mailbox into im->body, unless it is open
 * already: a large one stays so, for the client that fetches it in pieces.  0,
 * -ENOENT, -errno with err filled. */
int imap_open_body(struct imap *im, uint32_t seq, struct err *err);

/* Finds the open message's parts, into im->mime. */
void imap_find_parts(struct imap *im);

/* Closes the message that is kept open, if there is one. */
void imap_forget_body(struct imap *im);

/* Gives back what compression needs while something is said (cmd_compress.c).
 */
void imap_rest_compression(struct imap *im);

/* Logs, once for all sessions where they share a service, that the kernel has
 * no more inotify instances. */
void imap_tell_scarce(struct imap *im);

/* Leaves the selected mailbox, if there is one. */
void imap_unselect(struct imap *im);

/* Has the user a quota by now? */
bool imap_has_quota(struct imap *im);

/* May so many octets and messages more go into the folder?  False, and the
 * reply is NO [OVERQUOTA], when the quota has no room for them. */
bool imap_has_room(
    struct imap *im, struct slice folder, uint64_t octets, uint64_t messages);

#endif
