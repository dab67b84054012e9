/* A Maildir in a temporary folder for the tests of the store. */
#ifndef NJIWA_TESTS_STORE_FIXTURE_H
#define NJIWA_TESTS_STORE_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/store/incoming.h"
#include "common/store/mailbox.h"
#include "tests/unit/unit.h"

/* A store at path/Maildir with what it told its quota. */
struct fixture {
	char path[64];
	char maildir[80];
	struct store *store;
	struct err err;
	int64_t octets, messages;
	struct store_indexing indexing;
	unsigned complaints; /* about the index */
	char complaint[256];
};

#define FIXTURE_INDEX_OCTETS (64U << 20)

static void
fixture_quota(void *ctx, int64_t octets, int64_t messages)
{
	struct fixture *f = ctx;

	f->octets += octets;
	f->messages += messages;
}

/* Counts what the index could not do. */
static void
fixture_complain(void *ctx, const char *text)
{
	struct fixture *f = ctx;

	f->complaints++;
	(void)snprintf(f->complaint, sizeof f->complaint, "%s", text);
}

static int
fixture_setup_with(void **state, bool indexed)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct store_config config = { .host = "test",
		.quota_ignore = "Sent",
		.quota = fixture_quota,
		.quota_ctx = f,
		.indexing = indexed ? &f->indexing : NULL };

	f->indexing = (struct store_indexing){ .boot = "this boot",
		.octets = FIXTURE_INDEX_OCTETS,
		.complain = fixture_complain,
		.ctx = f };

	(void)snprintf(f->path, sizeof f->path, "/tmp/njiwa-store.XXXXXX");
	if (mkdtemp(f->path) == NULL)
		return -1;
	(void)snprintf(f->maildir, sizeof f->maildir, "%s/Maildir", f->path);
	*state = f;
	return store_open(
	    f->maildir, STORE_CREATE, &config, &f->store, &f->err);
}

static inline int
fixture_setup(void **state)
{
	return fixture_setup_with(state, false);
}

static inline int
fixture_setup_indexed(void **state)
{
	return fixture_setup_with(state, true);
}

static int
fixture_teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	int rc;

	store_free(f->store);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", f->path);
	rc = system(command);
	free(f);
	return rc;
}

/* Changes flags, whatever they were. */
static inline int
fixture_flags(struct fixture *f, struct mailbox *mb, uint32_t seq,
    enum flags_op op, uint8_t flags)
{
	struct flags_change change = { op, flags, 0, FLAGS_WHATEVER };

	return mailbox_set_flags(mb, seq, &change, &f->err);
}

/* Delivers text; the uid, or 0. */
static inline uint32_t
fixture_deliver(struct fixture *f, const char *folder, uint8_t flags,
    bool want_uid, const char *text)
{
	struct incoming_target target = { .store = f->store,
		.folder = slice_from(folder),
		.flags = flags,
		.create = true,
		.want_uid = want_uid };
	uint32_t uid = 0, validity = 0;
	struct incoming *in;

	assert_int_equal(incoming_open(f->store, &in, &f->err), 0);
	assert_int_equal(fileio_write(incoming_fd(in), slice_from(text)), 0);
	assert_int_equal(
	    incoming_deliver(in, &target, &uid, &validity, &f->err), 0);
	incoming_free(in);
	return uid;
}

static inline struct mailbox *
fixture_open(struct fixture *f, const char *folder, enum mailbox_mode mode)
{
	struct mailbox *mb = NULL;
	int rc = mailbox_open(f->store, slice_from(folder), mode, &mb, &f->err);

	if (rc < 0)
		fail_msg("%s", f->err.text);
	return mb;
}

#include "tests/unit/store_files.h"

#endif
