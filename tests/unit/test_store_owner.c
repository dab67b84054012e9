/* Whose the directories are that a store makes, what it follows to get there,
 * and when they are on the disk. */
#include <errno.h>

#include "common/store/tree.h"
#include "tests/unit/store_fixture.h"

#define UID 1001
#define GID 1002

static unsigned syncs; /* calls of the store's fsync, which is this one */

int
fsync(int fd)
{
	syncs++;
	return fdatasync(fd);
}

/* Another process made it a moment ago: its entry may not be on the disk. */
static void
made_by_another(void **state)
{
	struct fixture *f = *state;

	f->store->config.sync = true;
	assert_int_equal(store_create(f->store, slice_from("A"), &f->err), 0);
	syncs = 0;
	assert_int_equal(tree_make_dir(f->store, f->store->root, "cur"), 0);
	assert_int_equal(syncs, 1);
	assert_int_equal(
	    store_create(f->store, slice_from("A"), &f->err), -EEXIST);
	assert_int_equal(syncs, 2);
}

static void
expect_owner(const struct fixture *f, const char *name, uid_t uid, gid_t gid)
{
	char path[256];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/%s", f->path, name);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_gid, gid);
}

/* Opens home/Maildir as root does it for a user. */
static int
open_for_user(struct fixture *f, const char *trusted)
{
	const struct store_config config = {
		.host = "test", .trusted = trusted, .uid = UID, .gid = GID
	};
	char path[128];

	store_free(f->store);
	f->store = NULL;
	(void)snprintf(path, sizeof path, "%s/home/Maildir", f->path);
	return store_open(path, STORE_CREATE, &config, &f->store, &f->err);
}

/* What root makes is the user's, and so becomes what it could not give away. */
static void
owners(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(open_for_user(f, f->path), 0);
	expect_owner(f, "home", 0, 0);
	expect_owner(f, "home/Maildir", UID, GID);
	expect_owner(f, "home/Maildir/cur", UID, GID);
	assert_int_equal(mkdirat(f->store->root, ".Junk", 0700), 0);
	(void)fixture_deliver(
	    f, "Junk", FLAG_RECENT, false, "Subject: a\n\nbody\n");
	expect_owner(f, "home/Maildir/.Junk", UID, GID);
	expect_owner(f, "home/Maildir/.Junk/new", UID, GID);
	assert_int_equal(fchown(f->store->root, 0, 0), 0);
	assert_int_equal(open_for_user(f, f->path), -EACCES);
}

static void
links(void **state)
{
	struct fixture *f = *state;
	char home[128], away[128];

	(void)snprintf(home, sizeof home, "%s/home", f->path);
	(void)snprintf(away, sizeof away, "%s/away", f->path);
	assert_int_equal(mkdir(away, 0700), 0);
	assert_int_equal(symlink("away", home), 0);
	assert_int_equal(open_for_user(f, f->path), -ELOOP);
	assert_int_equal(open_for_user(f, "/elsewhere"), -ELOOP);
	assert_int_equal(open_for_user(f, ""), -ELOOP);
	assert_int_equal(open_for_user(f, home), 0);
	assert_int_equal(open_for_user(f, f->path), -ELOOP); /* it is there */
	(void)strcat(home, "//");
	assert_int_equal(open_for_user(f, home), 0);
	assert_int_equal(open_for_user(f, NULL), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    made_by_another, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    owners, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
		    links, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
