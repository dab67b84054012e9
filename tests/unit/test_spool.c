#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/store/spool.h"
#include "tests/unit/unit.h"

#define TEXT "Subject: x\n\nbody\n"

struct fixture {
	char path[64];
	struct spool spool;
	struct err err;
	int message;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char name[80];

	(void)snprintf(f->path, sizeof f->path, "/tmp/njiwa-spool.XXXXXX");
	if (mkdtemp(f->path) == NULL)
		return -1;
	(void)snprintf(name, sizeof name, "%s/source", f->path);
	f->message = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fileio_write(f->message, slice_from(TEXT)) < 0)
		return -1;
	*state = f;
	return spool_open(f->path, SPOOL_CREATE, true, &f->spool, &f->err);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	int rc;

	spool_close(&f->spool);
	fileio_close(&f->message);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", f->path);
	rc = system(command);
	free(f);
	return rc;
}

/* How many files are in the folder. */
static size_t
count(const struct fixture *f, const char *folder)
{
	char command[128];
	FILE *out;
	int n = -1;

	(void)snprintf(
	    command, sizeof command, "ls -A '%s/%s' | wc -l", f->path, folder);
	out = popen(command, "r");
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%d", &n), 1);
	(void)pclose(out);
	return (size_t)n;
}

/* Puts a message with one recipient into the spool. */
static void
put(struct fixture *f, uint64_t next, bool share, char id[SPOOL_ID_MAX + 1])
{
	struct spool_envelope env;
	struct spool_draft draft = {
		.message = f->message, .share = share, .env = &env
	};
	struct spool_rcpt *rcpt;

	(void)snprintf(draft.id, sizeof draft.id, "%s", id);
	spool_envelope_init(&env);
	spool_text_set(&env.sender, slice_from("s@test.dev"));
	rcpt = spool_envelope_add(&env);
	spool_text_set(&rcpt->address, slice_from("r@test.dev"));
	rcpt->next = next;
	rcpt->state = SPOOL_DEFERRED;
	if (spool_commit(&f->spool, &draft, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_int_equal(env.size, strlen(TEXT));
	(void)snprintf(id, SPOOL_ID_MAX + 1, "%s", draft.id);
	spool_envelope_release(&env);
}

static size_t
due(struct fixture *f, time_t now)
{
	struct spool_list list;
	size_t n;

	assert_int_equal(spool_scan(&f->spool, now, 3600, &list, &f->err), 0);
	n = list.count;
	spool_list_release(&list);
	return n;
}

static void
life(void **state)
{
	struct fixture *f = *state;
	struct spool_entry entry = SPOOL_ENTRY_INIT;
	struct spool_entry other = SPOOL_ENTRY_INIT;
	char id[SPOOL_ID_MAX + 1] = "";
	STR_AUTO text = STR_INIT;

	put(f, 1000, true, id);
	assert_true(spool_is_id(slice_from(id)));
	assert_int_equal(count(f, "env"), 1);
	assert_int_equal(due(f, 999), 0);
	assert_int_equal(due(f, 1000), 1);
	assert_int_equal(spool_lock(&f->spool, id, &entry, &f->err), 0);
	assert_string_equal(entry.env.rcpts[0].address, "r@test.dev");
	assert_int_equal(fileio_read_fd(entry.message, 100, &text, &f->err), 0);
	assert_string_equal(str_cstr(&text), TEXT);
	assert_int_equal(spool_lock(&f->spool, id, &other, &f->err), -EAGAIN);
	entry.env.rcpts[0].next = 2000;
	entry.env.rcpts[0].tries = 7;
	assert_int_equal(spool_update(&entry, &f->err), 0);
	/* the new file is locked as the old one was */
	assert_int_equal(spool_lock(&f->spool, id, &other, &f->err), -EAGAIN);
	assert_int_equal(due(f, 1999), 0);
	assert_int_equal(due(f, 2000), 1);
	spool_unlock(&entry);
	assert_int_equal(spool_lock(&f->spool, id, &entry, &f->err), 0);
	assert_int_equal(entry.env.rcpts[0].tries, 7);
	assert_int_equal(spool_remove(&entry, &f->err), 0);
	spool_unlock(&entry);
	assert_int_equal(spool_lock(&f->spool, id, &entry, &f->err), -ENOENT);
	assert_int_equal(count(f, "env"), 0);
	assert_int_equal(count(f, "msg"), 0);
}

static void
named(void **state)
{
	struct fixture *f = *state;
	struct spool_envelope env;
	struct spool_draft draft = {
		.message = f->message, .env = &env, .id = "parent-1"
	};
	char id[SPOOL_ID_MAX + 1] = "parent-1";

	/* a message that a crash left without its envelope is in nobody's way
	 */
	assert_int_equal(
	    linkat(f->spool.msg, "nothing", f->spool.msg, id, 0), -1);
	(void)close(openat(f->spool.msg, id, O_CREAT | O_WRONLY, 0600));
	put(f, 1, false, id);
	spool_envelope_init(&env);
	assert_int_equal(spool_commit(&f->spool, &draft, &f->err), -EEXIST);
	spool_envelope_release(&env);
	assert_int_equal(count(f, "msg"), 1);
}

static void
ids(void **state)
{
	char longest[SPOOL_ID_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof longest);
	assert_true(spool_is_id(slice_of(longest, SPOOL_ID_MAX)));
	assert_false(spool_is_id(slice_of(longest, SPOOL_ID_MAX + 1)));
	assert_false(spool_is_id(slice_from("")));
	assert_false(spool_is_id(slice_from("-a")));
	assert_false(spool_is_id(slice_from(".a")));
	assert_false(spool_is_id(slice_from("a/b")));
	assert_false(spool_is_id(slice_from("A")));
}

static void
write_envelope(struct fixture *f, const char *id, const char *text)
{
	int fd = openat(
	    f->spool.env, id, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fileio_write(fd, slice_from(text)), 0);
	(void)close(fd);
}

static void
broken(void **state)
{
	struct fixture *f = *state;
	struct spool_entry entry = SPOOL_ENTRY_INIT;
	char id[SPOOL_ID_MAX + 1] = "";

	put(f, 1, false, id);
	write_envelope(f, id, "njiwa-spool 1\nnonsense\n");
	assert_int_equal(spool_lock(&f->spool, id, &entry, &f->err), -EBADMSG);
	assert_int_equal(count(f, "env"), 0);
	assert_int_equal(count(f, "msg"), 0);
	assert_int_equal(count(f, "broken"), 2);
	/* an envelope without a message */
	id[0] = '\0';
	put(f, 1, false, id);
	assert_int_equal(unlinkat(f->spool.msg, id, 0), 0);
	assert_int_equal(spool_lock(&f->spool, id, &entry, &f->err), -EBADMSG);
	assert_int_equal(count(f, "broken"), 3);
	/* what is no file */
	assert_int_equal(symlinkat("/etc/passwd", f->spool.env, "link"), 0);
	assert_int_equal(
	    spool_lock(&f->spool, "link", &entry, &f->err), -EBADMSG);
	assert_int_equal(mkfifoat(f->spool.env, "fifo", 0600), 0);
	assert_int_equal(
	    spool_lock(&f->spool, "fifo", &entry, &f->err), -EBADMSG);
	assert_int_equal(count(f, "broken"), 5);
	/* another version's stays */
	id[0] = '\0';
	put(f, 1, false, id);
	write_envelope(f, id, "njiwa-spool 2\n");
	assert_int_equal(
	    spool_lock(&f->spool, id, &entry, &f->err), -EPROTONOSUPPORT);
	assert_int_equal(count(f, "env"), 1);
	assert_int_equal(
	    spool_lock(&f->spool, "../env/x", &entry, &f->err), -ENOENT);
}

static void
aside(void **state)
{
	struct fixture *f = *state;
	struct spool_entry entry = SPOOL_ENTRY_INIT;
	char id[SPOOL_ID_MAX + 1] = "";

	put(f, 1, false, id);
	assert_int_equal(spool_lock(&f->spool, id, &entry, &f->err), 0);
	assert_int_equal(spool_set_aside(&entry, &f->err), 0);
	spool_unlock(&entry);
	assert_int_equal(due(f, 0), 0);
	assert_int_equal(count(f, "broken"), 2);
}

static void
scans(void **state)
{
	struct fixture *f = *state;
	struct spool_entry entry = SPOOL_ENTRY_INIT;
	struct spool_list list;
	char late[SPOOL_ID_MAX + 1] = "late", soon[SPOOL_ID_MAX + 1] = "soon";

	put(f, 9000, false, late);
	put(f, 5000, false, soon);
	/* further away than any retry: the clock was wrong */
	assert_int_equal(due(f, 5399), 2);
	assert_int_equal(due(f, 5400), 1);
	assert_int_equal(spool_scan(&f->spool, 9000, 3600, &list, &f->err), 0);
	assert_string_equal(list.list[0].id, "soon");
	assert_string_equal(list.list[1].id, "late");
	spool_list_release(&list);
	/* held: never due, and listed */
	assert_int_equal(spool_lock(&f->spool, late, &entry, &f->err), 0);
	entry.env.held = 1;
	assert_int_equal(spool_update(&entry, &f->err), 0);
	spool_unlock(&entry);
	assert_int_equal(due(f, 9000), 1);
	assert_int_equal(due(f, 0), 2);
}

static void
cleans(void **state)
{
	struct fixture *f = *state;
	char id[SPOOL_ID_MAX + 1] = "";
	time_t now = time(NULL);

	put(f, 1, false, id);
	(void)close(openat(f->spool.msg, "orphan", O_CREAT | O_WRONLY, 0600));
	(void)close(openat(f->spool.env, ".beside", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(spool_clean(&f->spool, now + SPOOL_REMNANT_S - 10), 0);
	assert_int_equal(spool_clean(&f->spool, now + SPOOL_REMNANT_S + 10), 2);
	assert_int_equal(count(f, "msg"), 1);
	assert_int_equal(count(f, "env"), 1);
}

static void
no_spool(void **state)
{
	struct fixture *f = *state;
	struct spool spool = SPOOL_INIT;
	char path[128];

	(void)snprintf(path, sizeof path, "%s/none", f->path);
	assert_int_equal(
	    spool_open(path, SPOOL_CREATE, true, &spool, &f->err), -ENOENT);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(
	    spool_open(path, SPOOL_MUST_EXIST, true, &spool, &f->err), -ENOENT);
	assert_int_equal(
	    spool_open(path, SPOOL_CREATE, true, &spool, &f->err), 0);
	spool_close(&spool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(life, setup, teardown),
		cmocka_unit_test_setup_teardown(named, setup, teardown),
		cmocka_unit_test(ids),
		cmocka_unit_test_setup_teardown(broken, setup, teardown),
		cmocka_unit_test_setup_teardown(aside, setup, teardown),
		cmocka_unit_test_setup_teardown(scans, setup, teardown),
		cmocka_unit_test_setup_teardown(cleans, setup, teardown),
		cmocka_unit_test_setup_teardown(no_spool, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
