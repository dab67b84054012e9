/* The inside of a struct mailbox, for the files that make it up. */
#ifndef NJIWA_STORE_VIEW_H
#define NJIWA_STORE_VIEW_H

#include "common/index/record.h"
#include "common/store/keywords.h"
#include "common/store/mailbox_progress.h"
#include "common/store/scan.h"
#include "common/store/tree.h"
#include "common/store/uidfile.h"
#include "common/store/view_readahead.h"
#include "common/store/view_record.h"
#include "common/store/watch.h"

#define FLOOR_WHOLE_LIST UINT32_MAX /* a floor: the list was read before */

/* What the view has of the index. */
struct view_index {
	uint32_t number; /* the mailbox's there; 0: it is not followed */
	uint64_t made;   /* by which environment */
	uint64_t modseq; /* up to which the view has all changes */
	uint32_t validity, next; /* what it last said of its list */
	uint64_t start; /* of one that is not followed: what it had last before
			 * the look, 0: nothing */
	uint32_t stuck; /* messages that could not be moved out of new */
	struct index_seen calm[3]; /* cur, new and list of a view that is all
				    * there is to know, else 0 */
	bool alone;    /* its uids are in no list, and nobody else's */
	bool adopted;  /* the last look moved some */
	bool unsure;   /* the last sync found INDEX_UNSURE */
	bool batch;    /* own changes are noted later, all at once */
	uint32_t *own; /* those not noted yet, and the folders before them */
	size_t own_count, own_cap;
	struct index_seen cur, new, list;
	struct str facts;         /* what was found out and is not noted yet */
	struct view_ahead *ahead; /* texts that were read, or NULL */
};

struct mailbox {
	struct store *store;
	struct tree_folder folder;
	bool writable;
	bool stale; /* look at the disk again whatever the times say */
	bool held;  /* messages wait for a look that begins with the list */
	struct lock lock;  /* the uidlist's (view_lock.h) */
	unsigned changing; /* own changes since it was tried for */
	int64_t turn;      /* when many own changes began to be made */
	int64_t vain; /* until then it is not waited for: that was in vain */
	struct str names;
	struct record *records; /* by uid */
	uint32_t count;
	size_t cap;
	uint32_t recent;
	uint32_t uidvalidity, nextuid;
	uint32_t floor; /* uids below it were listed before the scan began */
	char guid[UIDLIST_GUID_LEN + 1]; /* the list's; "" when it has none */
	struct timespec new_time, cur_time; /* mtimes before the last look */
	bool racy;                 /* it was too close to them to be sure */
	bool racy_cur;             /* to that of cur */
	struct index_seen uidlist; /* of which the view knows all entries */
	struct side_file keywords_file;
	struct keywords keywords;
	struct known_size *sizes; /* by uid */
	size_t nsizes, sizes_cap;
	struct known_uidl *uidls; /* by uid */
	size_t nuidls, uidls_cap;
	struct watch watch;
	struct view_readahead readahead;
	mailbox_progress *progress; /* NULL: nobody asks */
	void *progress_ctx;
	bool own_list;    /* the list that is in cur (batch.h) is ours */
	uint64_t highest; /* modseq of the view; 0: none are kept */
	struct view_index index;
};

/* The list as it is now, false when that cannot be had; and as it was read. */
bool view_list_look(const struct mailbox *mb, struct index_seen *ret_seen);
struct index_seen view_list_seen(const struct uidfile *list);

/* The name of a record's file, and its directory. */
const char *view_name(const struct mailbox *mb, const struct record *record);
int view_dir(const struct mailbox *mb, const struct record *record);

/* Notes that the record's file is now in cur and has another name. */
void view_rename(struct mailbox *mb, struct record *record, struct slice name);

/* The record of sequence number seq, NULL when there is none. */
struct record *view_record(struct mailbox *mb, uint32_t seq);

/*
 * Does something to a message's file by its name: work returns 0 or -errno.
 * Where the file is not found under its name, it is looked for, and work tried
 * again.  -ENOENT when it is gone; err is filled.
 */
typedef int view_work(struct mailbox *mb, struct record *record, void *ctx);
int view_with_file(struct mailbox *mb, uint32_t seq, view_work *work, void *ctx,
    struct err *err);

/* Tells mailbox_progress. */
void view_progress(const struct mailbox *mb, size_t done);

/* Looks at both directories, following renames, until nothing moved under our
 * eyes; twins (two files of one base name) are told apart.  0 or -errno. */
int view_scan(struct mailbox *mb, struct scan *scan, struct err *err);

/* Takes flags and what is gone; view_take_names must follow, for the names. */
void view_follow(struct mailbox *mb, struct scan *scan);
void view_take_names(struct mailbox *mb, struct scan *scan);

/* Moves what is in new to cur, which makes it recent here and nowhere else;
 * before view_follow.  A read-only view leaves it there. */
void view_adopt(struct mailbox *mb, struct scan *scan);

/* After a file was not where it should be: where the index has it, or, with
 * look, what is on the disk; what is new is left for the next sync. */
int view_refresh(struct mailbox *mb, bool look, struct err *err);

/* Gives uids to the files of the scan that the view does not know, and writes
 * new ones into the uidlist; list is what was read of it before the scan.
 * Files that cannot have one now are dropped from the scan.  0, -ESTALE,
 * -errno. */
int view_assign(struct mailbox *mb, struct scan *scan, struct uidfile *list,
    struct err *err);

/* Reads the keywords again when their file is another one.  0, also when there
 * is none, or -errno: the names stay those known before. */
int view_load_keywords(struct mailbox *mb, bool *ret_changed);

/* Notes the P field of an entry, when it has one. */
void view_note_uidl(struct mailbox *mb, const struct uidlist_entry *entry);

#endif
