/* Several sessions of one user on a Maildir with an index, for its tests. */
#ifndef NJIWA_TESTS_INDEX_FIXTURE_H
#define NJIWA_TESTS_INDEX_FIXTURE_H

#include "common/store/tree.h"
#include "tests/unit/store_fixture.h"

#define TEXT "Subject: a\n\nbody\n"

/* The folders' times are then sure. */
static inline void
rest(void)
{
	(void)usleep(60000);
}

static inline struct mailbox_changes
sync_one(struct fixture *f, struct mailbox *mb)
{
	struct mailbox_changes changes;

	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	mailbox_changes_release(&changes); /* the counts are cleared too */
	return changes;
}

/* Syncs and says how many changed, went and came. */
static inline void
expect(struct fixture *f, struct mailbox *mb, size_t changed, size_t gone,
    size_t came)
{
	struct mailbox_changes changes;

	assert_int_equal(mailbox_sync(mb, false, &changes, &f->err), 0);
	assert_int_equal(changes.nchanged, changed);
	assert_int_equal(changes.nexpunged, gone);
	assert_int_equal(changes.appeared, came);
	mailbox_changes_release(&changes);
}

static inline struct mailbox *
prepare(struct fixture *f, unsigned count)
{
	while (count-- > 0)
		(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	return fixture_open(f, "INBOX", MAILBOX_READ_WRITE);
}

/* Another session of the user's, with a store of its own. */
static inline struct store *
other_store(struct fixture *f)
{
	struct store_config config = { .host = "test",
		.indexing = &f->indexing };
	struct store *store;

	assert_int_equal(
	    store_open(f->maildir, STORE_MUST_EXIST, &config, &store, &f->err),
	    0);
	return store;
}

static inline void
foreign_rename(
    struct fixture *f, struct mailbox *mb, uint32_t seq, const char *letters)
{
	char from[600], to[600], name[300], wanted[300];
	struct dirent *entry;
	DIR *dir;
	uint32_t i = 0;

	(void)mb;
	(void)snprintf(from, sizeof from, "%s/cur", f->maildir);
	dir = opendir(from);
	assert_non_null(dir);
	wanted[0] = '\0';
	/* by name is the order of arrival */
	for (i = 0; i < seq; i++) {
		char best[300] = "~";

		rewinddir(dir);
		while ((entry = readdir(dir)) != NULL)
			if (entry->d_name[0] != '.' &&
			    strcmp(entry->d_name, wanted) > 0 &&
			    strcmp(entry->d_name, best) < 0)
				(void)snprintf(
				    best, sizeof best, "%s", entry->d_name);
		(void)snprintf(wanted, sizeof wanted, "%s", best);
	}
	(void)closedir(dir);
	(void)snprintf(name, sizeof name, "%s", wanted);
	(void)snprintf(from, sizeof from, "%s/cur/%s", f->maildir, name);
	if (letters == NULL) {
		assert_int_equal(unlink(from), 0);
		return;
	}
	*strchr(name, ':') = '\0';
	(void)snprintf(
	    to, sizeof to, "%s/cur/%s:2,%s", f->maildir, name, letters);
	assert_int_equal(rename(from, to), 0);
}

static inline void
remove_index(struct fixture *f)
{
	char command[160];

	(void)snprintf(command, sizeof command, "rm -rf '%s/%s'", f->maildir,
	    STORE_INDEX_DIR);
	assert_int_equal(system(command), 0);
}

/* A view of n messages of which the index knows all. */
static inline struct mailbox *
settled(struct fixture *f, unsigned n)
{
	struct mailbox *mb = prepare(f, n);

	rest();
	(void)sync_one(f, mb);
	(void)sync_one(f, mb);
	return mb;
}

#endif
