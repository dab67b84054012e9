/* What the SMTP front asks its keeper: request numbers, outcomes and the
 * encoding of both.  Never holds a large message: that goes by a descriptor. */
#ifndef NJIWA_CMD_SMTPD_WIRE_H
#define NJIWA_CMD_SMTPD_WIRE_H

#include "common/base/ipc.h"
#include "common/svc/service.h"
#include "common/svc/verdict.h"

#define WIRE_ADDRESS_MAX ACCOUNT_NAME_MAX /* octets of an address */
#define WIRE_HELO_MAX 255                 /* of what a client calls itself */
#define WIRE_ENVID_MAX 100                /* of ENVID= (RFC 3461 4.4) */
#define WIRE_ORCPT_MAX 500                /* of ORCPT= (RFC 3461 4.2) */

/* The requests.  Each but SMTP_RESET and SMTP_REMEMBER is answered by one
 * message of the same type: an outcome (u32), descriptors where it says so, and
 * behind SMTP_COMMIT's a text with one octet for each accepted recipient: its
 * own outcome. */
enum smtp_request {
	SMTP_MAIL = REQUEST_OWN, /* a transaction begins: struct wire_mail */
	SMTP_RCPT,               /* one more recipient: struct wire_rcpt */
	SMTP_DATA,    /* a message is about to come: u64 announced octets */
	SMTP_FILE,    /* a file for it, which does not fit into the commit or is
		       * to be shown to filters: no body; an fd */
	SMTP_FILTER,  /* a connected filter: u32 enum wire_filter; one fd, or
		       * three of a command: its input, its output, and what
		       * its exit code comes from, as one octet, when it is
		       * over; none when a signal ended it */
	SMTP_LIMITS,  /* the recipients' thresholds: no body; struct wire_limits
		       * behind the outcome */
	SMTP_EDIT,    /* a filter changes the envelope: struct wire_edit */
	SMTP_COMMIT,  /* deliver it: struct wire_commit */
	SMTP_FROM,    /* may the user send as an address of From: text */
	SMTP_RESET,   /* forget the transaction: no body, no answer */
	SMTP_DNS,     /* descriptors to the name servers: u32 server, or
		       * WIRE_DNS_UDP; one by TCP, or one for each by UDP */
	SMTP_RECALL,  /* what was found about a client: text address; a text */
	SMTP_REMEMBER /* keep it: text address, u32 seconds, text; no answer */
};

#define WIRE_KEPT_MAX 984       /* octets of SMTP_REMEMBER's text */
#define WIRE_DNS_UDP UINT32_MAX /* of SMTP_DNS: all servers, by UDP */

/* Bits of SMTP_MAIL: its parameters of one word. */
enum {
	WIRE_MAIL_8BITMIME = 1 << 0,   /* BODY= (RFC 6152) */
	WIRE_MAIL_BINARYMIME = 1 << 1, /* likewise (RFC 3030) */
	WIRE_MAIL_SMTPUTF8 = 1 << 2,   /* RFC 6531 */
	WIRE_MAIL_RET_FULL = 1 << 3,   /* RET= (RFC 3461) */
	WIRE_MAIL_RET_HDRS = 1 << 4,
	WIRE_MAIL_ALL = (1 << 5) - 1
};

/* Octets that a message of BODY=BINARYMIME may have when it is text, of those
 * that it may have on its way: base64 adds a good third. */
#define WIRE_BINARY_GROWN(octets) ((octets) + (octets) / 2)

/* The sender of SMTP_MAIL. */
struct wire_mail {
	struct slice sender; /* canonical local@domain; "" for <> */
	struct slice helo;   /* what the client calls itself */
	struct slice envid;  /* ENVID= as it was said, in xtext; "" for none */
	uint64_t size;       /* octets that the client announced, or 0 */
	uint32_t bits;       /* WIRE_MAIL_ */
};

/* Bits of NOTIFY= (RFC 3461 section 4.1); none: it was not said. */
enum {
	WIRE_NOTIFY_NEVER = 1 << 0, /* stands alone */
	WIRE_NOTIFY_SUCCESS = 1 << 1,
	WIRE_NOTIFY_FAILURE = 1 << 2,
	WIRE_NOTIFY_DELAY = 1 << 3,
	WIRE_NOTIFY_ALL = (1 << 4) - 1
};

/* The recipient of SMTP_RCPT; the address without '@' is postmaster. */
struct wire_rcpt {
	struct slice address; /* canonical local@domain */
	struct slice orcpt;   /* ORCPT= as it was said, "type;xtext"; "" */
	uint32_t notify;      /* WIRE_NOTIFY_ */
	bool suspicious;      /* by the checks, for greylisting */
};

/* May it stand in a line of its own?  No control character, no line end. */
bool wire_is_line(struct slice text);

/* Appends the sender as a body. */
void wire_put_mail(const struct wire_mail *mail, struct str *body);

/* Reads it back; false when the body is anything else. */
bool wire_get_mail(struct ipc_reader *args, struct wire_mail *ret_mail);

/* Appends the recipient as a body. */
void wire_put_rcpt(const struct wire_rcpt *rcpt, struct str *body);

/* Reads it back; false when the body is anything else. */
bool wire_get_rcpt(struct ipc_reader *args, struct wire_rcpt *ret_rcpt);

/* What became of a message, all in all and for each accepted recipient, in
 * their order.  At the profile lmtp the recipients may differ; elsewhere they
 * share the fate, but for OUTCOME_DISCARD, as what cannot be delivered for now
 * is kept and tried again. */
struct wire_committed {
	enum smtp_outcome overall;
	struct slice each; /* an octet for each, borrowed from the body */
};

/* Appends it as a body. */
void wire_put_committed(
    const struct wire_committed *committed, struct str *body);

/* Reads it back from the answer; false when that is anything else. */
bool wire_get_committed(
    const struct ipc_msg *answer, struct wire_committed *ret_committed);

/* The outcome of recipient i; OUTCOME_TEMPFAIL when there is none. */
enum smtp_outcome wire_committed_at(
    const struct wire_committed *committed, size_t i);

/* The outcome in an answer to a request of this type; OUTCOME_TEMPFAIL for
 * anything else. */
enum smtp_outcome wire_outcome(const struct ipc_msg *answer, uint16_t type);

/* The seconds behind OUTCOME_GREYLISTED; 0 for any other answer. */
uint32_t wire_seconds(const struct ipc_msg *answer);

#endif
