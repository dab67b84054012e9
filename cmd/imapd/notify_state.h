/* The inside of struct notify, for the files that make it up. */
#ifndef NJIWA_CMD_IMAPD_NOTIFY_STATE_H
#define NJIWA_CMD_IMAPD_NOTIFY_STATE_H

#include "cmd/imapd/fetch.h"
#include "cmd/imapd/notify.h"
#include "cmd/imapd/notify_parse.h"
#include "common/store/folder_look.h"
#include "common/store/mailbox_status.h"

/* An entry of metadata, by which a change is seen. */
struct notify_note {
	char *name; /* owned */
	uint64_t hash;
};

struct notify_notes {
	struct notify_note *list; /* by name */
	size_t count;
};

/* A folder as it was when it was looked at. */
struct notify_folder {
	char *name; /* owned */
	bool exists, children, subscribed;
	unsigned events; /* NOTIFY_ bits that are wanted of it */
	struct folder_look look;
	struct mailbox_status status;
	bool known; /* status is what the client was told, or knows */
	bool fresh; /* made a moment ago: mail may have come before we looked */
	bool told;  /* LIST was, in this look */
	bool affected;   /* a folder right below it came or went */
	const char *was; /* its name in the list before, when it was renamed */
	bool again;      /* it could have changed without looking otherwise */
	struct notify_notes notes;
};

struct notify {
	struct notify_rules rules;
	struct str scratch;
	struct fetch_plan plan; /* of MessageNew; borrows from rules */
	bool fetches;
	struct store_watch watch; /* fd -1: look now and then */
	struct str armed;         /* the selected mailbox when it was made */
	int64_t due;              /* when to look though nothing says so */
	struct store_look look;
	bool again;   /* as of a folder */
	bool moved;   /* there is something else to be heard than when armed */
	bool unheard; /* what came before it was armed is to be looked for */
	unsigned looks; /* by ourselves, since something was heard */
	struct notify_folder *folders; /* by name */
	size_t count;
	struct notify_notes notes; /* of all mail */
};

/* Takes the folders that there are now; tells of those that came, went or were
 * renamed, unless it is the first time.  False when there are more to be
 * watched than may be, or they cannot be listed. */
bool notify_list(struct imap *im);
void notify_folders_free(struct notify_folder *folders, size_t count);

/* Looks at a folder, and tells what changed in it that is wanted. */
void notify_look_at(struct imap *im, struct notify_folder *folder);

/* Tells how many messages it has, and so on (sections 3.1 and 5). */
void notify_tell_status(struct imap *im, struct notify_folder *folder);

/* Takes the entries of a folder, or of all mail (""); tells which changed,
 * unless quiet. */
void notify_take_notes(
    struct imap *im, struct slice name, struct notify_notes *notes, bool quiet);
void notify_notes_release(struct notify_notes *notes);

#endif
