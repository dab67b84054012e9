/* What a NOTIFY SET asks for (RFC 5465 section 3): groups of mailboxes, and of
 * which of their events the client wants to hear.
 * Never looks at a mailbox. */
#ifndef NJIWA_CMD_IMAPD_NOTIFY_PARSE_H
#define NJIWA_CMD_IMAPD_NOTIFY_PARSE_H

#include "cmd/imapd/parse.h"

#define NOTIFY_GROUPS_MAX 32 /* of one command */
#define NOTIFY_NAMES_MAX 200 /* mailboxes named in one group */

enum notify_event {
	NOTIFY_NEW = 1 << 0,
	NOTIFY_EXPUNGE = 1 << 1,
	NOTIFY_FLAGS = 1 << 2,
	NOTIFY_NAME = 1 << 3,
	NOTIFY_SUBSCRIPTION = 1 << 4,
	NOTIFY_METADATA = 1 << 5,
	NOTIFY_STORE_METADATA = 1 << 6, /* ServerMetadataChange */
	NOTIFY_MESSAGES = NOTIFY_NEW | NOTIFY_EXPUNGE | NOTIFY_FLAGS
};

enum notify_filter {
	NOTIFY_SELECTED,
	NOTIFY_SELECTED_DELAYED, /* no EXPUNGE while no command runs */
	NOTIFY_INBOXES,
	NOTIFY_PERSONAL,
	NOTIFY_SUBSCRIBED,
	NOTIFY_SUBTREE,
	NOTIFY_MAILBOXES
};

struct notify_group {
	enum notify_filter filter;
	unsigned events;  /* NOTIFY_ bits */
	struct str names; /* in UTF-8, NUL between them; to be released */
};

/* Zeroed is nothing. */
struct notify_rules {
	struct notify_group groups[NOTIFY_GROUPS_MAX];
	size_t count;
	bool status;      /* tell how all mailboxes are, first */
	struct str fetch; /* "(FLAGS ...)" of the selected one's MessageNew */
};

enum notify_mistake {
	NOTIFY_GOOD,
	NOTIFY_BAD,
	NOTIFY_BADEVENT, /* an event that there is not */
	NOTIFY_BADNAME   /* a mailbox that there cannot be */
};

/* Parses what stands behind "SET", to the end.  rules is zeroed before, and to
 * be released either way. */
enum notify_mistake notify_parse(struct args *args, struct notify_rules *rules);
void notify_rules_release(struct notify_rules *rules);

/* Appends the names of all events there are, for BADEVENT. */
void notify_put_events(struct str *out);

/* The events (NOTIFY_ bits) that are wanted of a mailbox that is not selected:
 * those of all groups that name it (section 6). */
unsigned notify_events_of(
    const struct notify_rules *rules, struct slice name, bool subscribed);

/* The group for the selected mailbox, or NULL. */
const struct notify_group *notify_selected(const struct notify_rules *rules);

#endif
