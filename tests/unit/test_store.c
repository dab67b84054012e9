#include <errno.h>
#include <sys/time.h>

#include "common/base/clock.h"
#include "common/store/incoming.h"
#include "common/store/tree.h"
#include "tests/unit/store_fixture.h"

#define TEXT "Subject: a\n\nbody\n"

static void
opening(void **state)
{
	struct fixture *f = *state;
	struct store_config config = { .host = NULL };
	struct store *store;
	char path[128];

	assert_int_equal(
	    store_open("relative", STORE_CREATE, &config, &store, &f->err),
	    -EINVAL);
	(void)snprintf(path, sizeof path, "%s/none", f->path);
	assert_int_equal(
	    store_open(path, STORE_MUST_EXIST, &config, &store, &f->err),
	    -ENOENT);
	assert_non_null(strstr(f->err.text, path));
	(void)snprintf(path, sizeof path, "%s/x/y/z/", f->path);
	assert_int_equal(
	    store_open(path, STORE_CREATE, &config, &store, &f->err), 0);
	store_free(store);
	assert_int_equal(
	    store_open(path, STORE_MUST_EXIST, &config, &store, &f->err), 0);
	store_free(store);
	(void)snprintf(path, sizeof path, "%s/link", f->path);
	assert_int_equal(symlink(f->maildir, path), 0);
	assert_int_equal(
	    store_open(path, STORE_MUST_EXIST, &config, &store, &f->err),
	    -ELOOP);
	store_free(NULL);
}

static void
delivery(void **state)
{
	struct fixture *f = *state;
	char name[256] = "";

	(void)fixture_deliver(f, "INBOX", FLAG_RECENT, false, TEXT);
	assert_int_equal(fixture_names(f, "new", name, sizeof name), 1);
	assert_non_null(strstr(name, ".test,S=17,W=20"));
	assert_null(strchr(name, ':'));
	assert_int_equal(fixture_names(f, "tmp", NULL, 0), 0);
	assert_int_equal(f->octets, 17);
	assert_int_equal(f->messages, 1);
	(void)fixture_deliver(f, "Sent", FLAG_SEEN, false, TEXT);
	assert_int_equal(f->octets, 17);
	assert_int_equal(fixture_names(f, ".Sent/cur", name, sizeof name), 1);
	assert_string_equal(strchr(name, ':'), ":2,S");
	(void)fixture_deliver(f, "INBOX", FLAG_RECENT, false, "");
	assert_int_equal(f->messages, 2);
}

static void
several_folders(void **state)
{
	struct fixture *f = *state;
	struct incoming_target target = { .store = f->store,
		.flags = FLAG_RECENT };
	static const char *const names[] = { "INBOX", "A", "B" };
	struct incoming *in;
	struct stat a, b;
	char name[256], path[600];
	size_t i;

	assert_int_equal(incoming_open(f->store, &in, &f->err), 0);
	assert_int_equal(fileio_write(incoming_fd(in), slice_from(TEXT)), 0);
	target.folder = slice_from("A");
	assert_int_equal(
	    incoming_deliver(in, &target, NULL, NULL, &f->err), -ENOENT);
	target.create = true;
	for (i = 0; i < 3; i++) {
		target.folder = slice_from(names[i]);
		assert_int_equal(
		    incoming_deliver(in, &target, NULL, NULL, &f->err), 0);
	}
	target.date = 1000000000;
	target.folder = slice_from("C");
	assert_int_equal(incoming_deliver(in, &target, NULL, NULL, &f->err), 0);
	target.folder = slice_from("../../evil");
	assert_int_equal(
	    incoming_deliver(in, &target, NULL, NULL, &f->err), -EINVAL);
	incoming_free(in);
	assert_int_equal(f->messages, 4);
	(void)fixture_names(f, ".A/new", name, sizeof name);
	(void)snprintf(path, sizeof path, "%s/.A/new/%s", f->maildir, name);
	assert_int_equal(stat(path, &a), 0);
	assert_int_equal(a.st_nlink, 3);
	(void)fixture_names(f, ".C/new", name, sizeof name);
	(void)snprintf(path, sizeof path, "%s/.C/new/%s", f->maildir, name);
	assert_int_equal(stat(path, &b), 0);
	assert_int_equal(b.st_nlink, 1);
	assert_int_equal(b.st_mtime, 1000000000);
	assert_int_equal(b.st_size, a.st_size);
	assert_true(a.st_mtime > 1000000000);
}

static void
dropped(void **state)
{
	struct fixture *f = *state;
	struct incoming *in;

	assert_int_equal(incoming_open(f->store, &in, &f->err), 0);
	assert_int_equal(fileio_write(incoming_fd(in), slice_from(TEXT)), 0);
	incoming_free(in);
	incoming_free(NULL);
	assert_int_equal(fixture_names(f, "tmp", NULL, 0), 0);
	assert_int_equal(fixture_names(f, "new", NULL, 0), 0);
}

#define MANY 300

/* A message with a name in so many folders of the store, not yet synced. */
static struct incoming *
linked_into(struct fixture *f, unsigned folders)
{
	struct incoming_target target = {
		.store = f->store, .flags = FLAG_RECENT, .create = true
	};
	struct incoming *in;
	char name[32];
	unsigned i;

	assert_int_equal(incoming_open(f->store, &in, &f->err), 0);
	assert_int_equal(fileio_write(incoming_fd(in), slice_from(TEXT)), 0);
	for (i = 0; i < folders; i++) {
		(void)snprintf(name, sizeof name, "f%u", i);
		target.folder = slice_from(name);
		assert_int_equal(incoming_link(in, &target, &f->err), 0);
	}
	return in;
}

static void
linking(void **state)
{
	struct fixture *f = *state;
	struct incoming *in = linked_into(f, MANY);
	char name[256], path[600];
	struct stat st;

	assert_int_equal(f->messages, 0);
	assert_int_equal(incoming_sync(in, &f->err), 0);
	assert_int_equal(f->messages, MANY);
	assert_int_equal(f->octets, MANY * 17);
	assert_int_equal(incoming_sync(in, &f->err), 0);
	assert_int_equal(f->messages, MANY);
	incoming_free(in);
	assert_int_equal(fixture_names(f, ".f299/new", name, sizeof name), 1);
	(void)snprintf(path, sizeof path, "%s/.f299/new/%s", f->maildir, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, MANY);
}

static void
withdrawing(void **state)
{
	struct fixture *f = *state;
	struct incoming *in = linked_into(f, 2);
	struct incoming_target target = { .store = f->store,
		.folder = slice_from("Sent"),
		.flags = FLAG_RECENT,
		.create = true };

	assert_int_equal(incoming_sync(in, &f->err), 0);
	assert_int_equal(incoming_link(in, &target, &f->err), 0);
	assert_int_equal(incoming_withdraw(in, &f->err), 0);
	assert_int_equal(f->messages, 0);
	assert_int_equal(f->octets, 0);
	assert_int_equal(fixture_names(f, ".f0/new", NULL, 0), 0);
	assert_int_equal(fixture_names(f, ".f1/new", NULL, 0), 0);
	assert_int_equal(fixture_names(f, ".Sent/new", NULL, 0), 0);
	assert_int_equal(incoming_sync(in, &f->err), 0);
	assert_int_equal(f->messages, 0);
	incoming_free(in);
}

/* What a reader has moved to cur/ is his; the others' goes all the same, and
 * the quota of what stays. */
static void
withdrawing_seen(void **state)
{
	struct fixture *f = *state;
	struct incoming *in = linked_into(f, 3);
	char name[256], from[600], to[600];

	assert_int_equal(incoming_sync(in, &f->err), 0);
	assert_int_equal(fixture_names(f, ".f1/new", name, sizeof name), 1);
	(void)snprintf(from, sizeof from, "%s/.f1/new/%s", f->maildir, name);
	(void)snprintf(to, sizeof to, "%s/.f1/cur/%s:2,S", f->maildir, name);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(incoming_withdraw(in, &f->err), -ENOENT);
	assert_non_null(strstr(f->err.text, from));
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->octets, 17);
	assert_int_equal(fixture_names(f, ".f0/new", NULL, 0), 0);
	assert_int_equal(fixture_names(f, ".f1/cur", NULL, 0), 1);
	assert_int_equal(fixture_names(f, ".f2/new", NULL, 0), 0);
	incoming_free(in);
}

/* The folder may have got another name, or be gone, meanwhile. */
static void
withdrawing_moved(void **state)
{
	struct fixture *f = *state;
	struct incoming *in = linked_into(f, 1);

	assert_int_equal(
	    renameat(f->store->root, ".f0", f->store->root, ".g"), 0);
	assert_int_equal(incoming_sync(in, &f->err), 0);
	assert_int_equal(incoming_withdraw(in, &f->err), 0);
	assert_int_equal(fixture_names(f, ".g/new", NULL, 0), 0);
	incoming_free(in);
}

/* Who had the descriptor before changes nothing of what is delivered. */
static void
sealing(void **state)
{
	struct fixture *f = *state;
	struct incoming_target target = { .store = f->store,
		.folder = slice_from("INBOX"),
		.flags = FLAG_RECENT };
	STR_AUTO text = STR_INIT;
	char name[256], path[600];
	struct incoming *in;
	int writer;

	assert_int_equal(incoming_open(f->store, &in, &f->err), 0);
	writer = dup(incoming_fd(in));
	assert_int_equal(fileio_write(writer, slice_from(TEXT)), 0);
	assert_int_equal(incoming_seal(in, f->store, &f->err), 0);
	assert_int_equal(fileio_write(writer, slice_from("more")), 0);
	assert_int_equal(incoming_deliver(in, &target, NULL, NULL, &f->err), 0);
	assert_int_equal(ftruncate(writer, 0), 0);
	incoming_free(in);
	(void)close(writer);
	assert_int_equal(f->octets, 17);
	assert_int_equal(fixture_names(f, "new", name, sizeof name), 1);
	(void)snprintf(path, sizeof path, "new/%s", name);
	assert_int_equal(
	    tree_read(f->store->root, path, 10000, &text, NULL), 0);
	assert_string_equal(str_cstr(&text), TEXT);
}

/* A Maildir of which somebody has removed a part is whole again. */
static void
half_a_maildir(void **state)
{
	struct fixture *f = *state;
	struct store_config config = { .host = "test" };
	struct store *store;

	assert_int_equal(unlinkat(f->store->root, "tmp", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(f->store->root, "new", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(f->store->root, "cur", AT_REMOVEDIR), 0);
	assert_int_equal(
	    store_open(f->maildir, STORE_MUST_EXIST, &config, &store, &f->err),
	    -ENOENT);
	assert_int_equal(
	    store_open(f->maildir, STORE_CREATE, &config, &store, &f->err), 0);
	store_free(store);
	assert_int_equal(unlinkat(f->store->root, "new", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(f->store->root, "tmp", AT_REMOVEDIR), 0);
	(void)fixture_deliver(f, "INBOX", FLAG_RECENT, false, TEXT);
	assert_int_equal(fixture_names(f, "new", NULL, 0), 1);
	assert_int_equal(unlinkat(f->store->root, "cur", AT_REMOVEDIR), 0);
	mailbox_free(fixture_open(f, "INBOX", MAILBOX_READ_WRITE));
	assert_int_equal(fixture_names(f, "cur", NULL, 0), 1);
}

static void
uids(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	for (i = 1; i <= 200; i++)
		assert_int_equal(fixture_deliver(f, "INBOX", 0, true, TEXT), i);
	fixture_write(f, "dovecot-uidlist", "garbage\n");
	assert_int_equal(fixture_deliver(f, "INBOX", 0, true, TEXT), 1);
	fixture_write(f, "dovecot-uidlist",
	    "3 V9 N5 G0123456789abcdef0123456789abcdef Xkept\n"
	    "7 Pabc :x\n8 :torn");
	assert_int_equal(fixture_deliver(f, "INBOX", 0, true, TEXT), 9);
	assert_int_equal(fixture_deliver(f, "INBOX", 0, true, TEXT), 10);
	{
		STR_AUTO text = STR_INIT;

		assert_int_equal(tree_read(f->store->root, "dovecot-uidlist",
				     10000, &text, NULL),
		    0);
		assert_true(slice_starts(str_slice(&text),
		    "3 V9 N9 G0123456789abcdef0123456789abcdef Xkept\n"
		    "7 Pabc :x\n9 :"));
	}
	/* three folders, the uidlist, and the two files of uidvalidity */
	assert_int_equal(fixture_names(f, ".", NULL, 0), 6);
}

/* Everything that can be in a tree and is no folder. */
static void
listing(void **state)
{
	static const char *const want[] = { "INBOX ECS", "INBOX/x E", "a EC",
		"a/b E", "a b ES", "c C", "c/d C", "c/d/e E", "gone S" };
	struct fixture *f = *state;
	struct store_folder *list;
	size_t n, i;

	(void)fixture_deliver(f, "c/d/e", 0, false, TEXT);
	(void)fixture_deliver(f, "a/b", 0, false, TEXT);
	(void)fixture_deliver(f, "INBOX/x", 0, false, TEXT);
	assert_int_equal(store_create(f->store, slice_from("a"), &f->err), 0);
	assert_int_equal(store_create(f->store, slice_from("a b"), &f->err), 0);
	assert_int_equal(
	    store_create(f->store, slice_from("a"), &f->err), -EEXIST);
	assert_int_equal(
	    store_create(f->store, slice_from("inbox"), &f->err), -EEXIST);
	assert_int_equal(
	    store_create(f->store, slice_from("x//y"), &f->err), -EINVAL);
	fixture_write(f, ".dovecot.sieve", "keep;");
	assert_int_equal(mkdirat(f->store->root, ".no-cur", 0700), 0);
	assert_int_equal(mkdirat(f->store->root, ".bad&name", 0700), 0);
	assert_int_equal(symlinkat("/etc", f->store->root, ".etc"), 0);
	assert_int_equal(
	    store_subscribe(f->store, slice_from("inbox"), true, &f->err), 0);
	assert_int_equal(
	    store_subscribe(f->store, slice_from("a b"), true, &f->err), 0);
	assert_int_equal(
	    store_subscribe(f->store, slice_from("gone"), true, &f->err), 0);
	assert_int_equal(
	    store_subscribe(f->store, slice_from("a//"), true, &f->err),
	    -EINVAL);
	assert_int_equal(store_list(f->store, &list, &n, &f->err), 0);
	assert_int_equal(n, UNIT_COUNT(want));
	for (i = 0; i < n; i++) {
		char line[128];

		(void)snprintf(line, sizeof line, "%s %s%s%s", list[i].name,
		    list[i].exists ? "E" : "", list[i].children ? "C" : "",
		    list[i].subscribed ? "S" : "");
		assert_string_equal(line, want[i]);
	}
	store_folders_free(list, n);
}

static void
usage(void **state)
{
	struct fixture *f = *state;
	uint64_t octets, messages;

	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	(void)fixture_deliver(f, "a", FLAG_RECENT, false, TEXT);
	(void)fixture_deliver(f, "Sent", 0, false, TEXT);
	fixture_write(f, "cur/unsized:2,", "12345");
	fixture_write(f, "cur/claims,S=100:2,", "12345");
	fixture_write(f, "cur/.hidden", "12345");
	assert_int_equal(store_usage(f->store, &octets, &messages, &f->err), 0);
	assert_int_equal(octets, 17 + 17 + 5 + 100);
	assert_int_equal(messages, 4);
}

/* What crashes left in tmp goes after 36 hours, looked for now and then. */
static void
old_temporaries(void **state)
{
	struct fixture *f = *state;
	struct timespec now = clock_now();

	fixture_write(f, "tmp/left", "half a mess");
	now.tv_sec += 36 * 3600 - 10;
	now.tv_nsec = 0;
	clock_fake(now);
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	assert_int_equal(fixture_names(f, "tmp", NULL, 0), 1);
	now.tv_sec += 20;
	now.tv_nsec = 1000;
	clock_fake(now);
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	assert_int_equal(fixture_names(f, "tmp", NULL, 0), 1);
	now.tv_nsec = 256000;
	clock_fake(now);
	(void)fixture_deliver(f, "INBOX", 0, false, TEXT);
	assert_int_equal(fixture_names(f, "tmp", NULL, 0), 0);
	clock_fake((struct timespec){ -1, 0 });
}

/* Links in the user's hands lead nowhere. */
static void
links(void **state)
{
	struct fixture *f = *state;
	struct incoming_target target = { .store = f->store,
		.folder = slice_from("evil"),
		.flags = FLAG_RECENT,
		.create = true };
	struct incoming *in;
	struct mailbox *mb;

	assert_int_equal(symlinkat(f->path, f->store->root, ".evil"), 0);
	assert_int_equal(incoming_open(f->store, &in, &f->err), 0);
	assert_true(incoming_deliver(in, &target, NULL, NULL, &f->err) < 0);
	assert_int_equal(unlinkat(f->store->root, ".evil", 0), 0);
	assert_int_equal(mkdirat(f->store->root, ".evil", 0700), 0);
	assert_int_equal(symlinkat(f->path, f->store->root, ".evil/new"), 0);
	assert_true(incoming_deliver(in, &target, NULL, NULL, &f->err) < 0);
	incoming_free(in);
	assert_true(mailbox_open(f->store, slice_from("evil"),
			MAILBOX_READ_WRITE, &mb, &f->err) < 0);
	assert_int_equal(f->messages, 0);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	static const struct CMUnitTest tests[] = {
		CASE(opening),
		CASE(delivery),
		CASE(several_folders),
		CASE(dropped),
		CASE(linking),
		CASE(withdrawing),
		CASE(withdrawing_seen),
		CASE(withdrawing_moved),
		CASE(sealing),
		CASE(half_a_maildir),
		CASE(uids),
		CASE(listing),
		CASE(usage),
		CASE(old_temporaries),
		CASE(links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
