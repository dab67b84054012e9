/* The spool: messages that were accepted and are not where they belong yet,
 * each a file with its envelope beside it.  SPOOL.md says which files there may
 * be and what each step leaves behind.
 * Never loses a file that it cannot read: that goes to the folder broken. */
#ifndef NJIWA_STORE_SPOOL_H
#define NJIWA_STORE_SPOOL_H

#include <time.h>
#include "common/store/spool_envelope.h"

#define SPOOL_ID_MAX 64        /* octets of an id */
#define SPOOL_SCAN_MAX 100000  /* messages of one scan */
#define SPOOL_REMNANT_S 129600 /* age of what a crash left; 36 hours */
#define SPOOL_MESSAGE_FOLDER "msg"
#define SPOOL_ENVELOPE_FOLDER "env"
#define SPOOL_BROKEN_FOLDER "broken"

struct spool {
	char *path;
	int msg, env, broken; /* the folders */
	bool sync;            /* fsync files and folders */
};

enum spool_mode {
	SPOOL_MUST_EXIST,
	SPOOL_CREATE /* makes its folders (0700) where they are missing */
};

/* Opens the spool at path, which must be there in either mode; 0, or -errno
 * with err filled.  spool_close ends it (also a SPOOL_INIT one). */
int spool_open(const char *path, enum spool_mode mode, bool sync,
    struct spool *ret_spool, struct err *err);
void spool_close(struct spool *spool);

#define SPOOL_INIT                                                             \
	{                                                                      \
		NULL, -1, -1, -1, false                                        \
	}

/* Is text an id: lower-case letters, digits and hyphens, none first? */
bool spool_is_id(struct slice text);

/*
 * Puts a message into the spool: the file behind message, which nobody can
 * write to any more, by a link where that can be (share, and one file system),
 * else by a copy; and its envelope, whose size is set.  id names it, or "" has
 * one made.  All of it is on the disk when this returns 0; -EEXIST when there
 * is a message of that id; -errno with err filled, and then nothing counts.
 */
struct spool_draft {
	int message;       /* -1: the message is text */
	struct slice text; /* with LF */
	bool share;        /* the file may have other names */
	struct spool_envelope *env;
	char id[SPOOL_ID_MAX + 1];
};
int spool_commit(
    struct spool *spool, struct spool_draft *draft, struct err *err);

/* A message that is locked for this process. */
struct spool_entry {
	struct spool *spool;
	char id[SPOOL_ID_MAX + 1];
	int lock;    /* its envelope's file */
	int message; /* for reading */
	struct spool_envelope env;
};

#define SPOOL_ENTRY_INIT                                                       \
	{                                                                      \
		.lock = -1, .message = -1                                      \
	}

/* Locks it and reads it.  0; -EAGAIN when another process has it; -ENOENT when
 * it is not there any more; -EPROTONOSUPPORT, with err filled, for another
 * version's, which stays; -EBADMSG, with err filled, when it makes no sense or
 * lacks its message: it is in the folder broken now; -errno. */
int spool_lock(struct spool *spool, const char *id,
    struct spool_entry *ret_entry, struct err *err);

/* Unlocks; for a locked entry and for a SPOOL_ENTRY_INIT one. */
void spool_unlock(struct spool_entry *entry);

/* Writes the envelope anew, in one step; the entry stays locked.  0, or -errno
 * with err filled and the old one in its place (or, when the disk did not say,
 * the new one). */
int spool_update(struct spool_entry *entry, struct err *err);

/* Removes the message; 0, or -errno with err filled.  It is unlocked by
 * spool_unlock. */
int spool_remove(struct spool_entry *entry, struct err *err);

/* Moves the message and its envelope to the folder broken, for a person to look
 * at; 0, or -errno with err filled. */
int spool_set_aside(struct spool_entry *entry, struct err *err);

/* Reads an envelope without a lock, for showing it.  As spool_lock, but for
 * -EAGAIN, and what makes no sense stays. */
int spool_peek(struct spool *spool, const char *id,
    struct spool_envelope *ret_env, struct err *err);

/* The message's file, for reading; -errno. */
int spool_open_message(struct spool *spool, const char *id);

/* Ids of messages, the one that is due first in front. */
struct spool_list {
	struct spool_due {
		char id[SPOOL_ID_MAX + 1];
		time_t due;
	} * list;
	size_t count, cap;
};
void spool_list_release(struct spool_list *list);

/*
 * Lists the messages that are due at now, by their envelopes' times alone; a
 * time more than horizon seconds ahead is not believed, for clocks jump.  With
 * now 0 all of them.  SPOOL_SCAN_MAX at most.  0, or -errno with err filled.
 */
int spool_scan(struct spool *spool, time_t now, time_t horizon,
    struct spool_list *ret_list, struct err *err);

/* Removes what crashes left behind more than SPOOL_REMNANT_S ago; how many
 * files. */
size_t spool_clean(struct spool *spool, time_t now);

#endif
