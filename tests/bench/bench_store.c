/* How fast the store is: bench_store DIRECTORY MESSAGES, with BENCH_INDEX in
 * the environment with an index.
 * Makes a Maildir there and prints the time of opening it, of a sync that
 * finds nothing, of one that finds a flag changed, of changing all flags, and
 * of deliveries by one and by twenty writers. */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/store/incoming.h"
#include "common/store/mailbox.h"

#define TEXT_OCTETS 2048
#define WRITERS 20

static struct err err;

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of this process, which a loaded machine does not change as it does seconds.
 */
static double
cpu_ms(void)
{
	struct rusage use;

	(void)getrusage(RUSAGE_SELF, &use); /* cannot fail */
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
}

static void
check(int rc)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "bench_store: %s\n", err.text);
	exit(1);
}

static struct store *
open_store(const char *path, bool sync)
{
	static const struct store_indexing indexing = { .boot = "bench",
		.octets = 1ULL << 30 };
	struct store_config config = { .sync = sync,
		.host = "bench",
		.indexing = getenv("BENCH_INDEX") ? &indexing : NULL };
	struct store *store;

	check(store_open(path, STORE_CREATE, &config, &store, &err));
	return store;
}

/* Files of a name as ours, empty: their number is what matters. */
static void
fill(const char *path, unsigned count)
{
	char name[512];
	unsigned i;
	int fd;

	for (i = 0; i < count; i++) {
		(void)snprintf(name, sizeof name,
		    "%s/cur/17%08u.M%06uP%uQ0.mail.example.org,S=2048,W=2090"
		    ":2,S",
		    path, i, i % 1000000, 1000 + i % 30000);
		fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		check(fd);
		(void)close(fd);
	}
}

static void
deliver(const char *path, unsigned count, bool sync)
{
	static char text[TEXT_OCTETS];
	struct store *store = open_store(path, sync);
	struct incoming_target target = { .store = store,
		.folder = slice_from("INBOX"),
		.flags = FLAG_RECENT };
	struct incoming *in;
	unsigned i;

	memset(text, 'x', sizeof text);
	for (i = 0; i < count; i++) {
		check(incoming_open(store, &in, &err));
		check(
		    fileio_write(incoming_fd(in), slice_of(text, sizeof text)));
		check(incoming_deliver(in, &target, NULL, NULL, &err));
		incoming_free(in);
	}
	store_free(store);
}

static void
bench_deliver(const char *path, unsigned writers, unsigned count, bool sync)
{
	double start = seconds();
	unsigned i;

	for (i = 0; i < writers; i++)
		if (fork() == 0) {
			deliver(path, count / writers, sync);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	printf("deliver, %u writers, fsync %s: %.0f/s\n", writers,
	    sync ? "on" : "off", count / (seconds() - start));
}

static void
bench_open(struct store *store, const char *what)
{
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	double start = seconds(), cpu = cpu_ms(), took;
	struct mailbox *mb;
	size_t octets;

	check(mailbox_open(
	    store, slice_from("INBOX"), MAILBOX_READ_WRITE, &mb, &err));
	took = seconds() - start;
	cpu = cpu_ms() - cpu;
	octets = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	printf("open %s: %.1f ms, CPU %.1f ms, %u messages, %.0f octets each\n",
	    what, took * 1e3, cpu, mailbox_count(mb),
	    (double)octets / (mailbox_count(mb) ? mailbox_count(mb) : 1));
	mailbox_free(mb);
}

static void
timed_sync(struct mailbox *mb, const char *what)
{
	struct mailbox_changes changes;
	double start = seconds();

	check(mailbox_sync(mb, false, &changes, &err));
	printf("sync, %s: %.3f ms\n", what, (seconds() - start) * 1e3);
	mailbox_changes_release(&changes);
}

static void
bench_change(struct store *store)
{
	const struct flags_change flag = { FLAGS_ADD, FLAG_FLAGGED, 0,
		FLAGS_WHATEVER };
	struct mailbox *mb;
	double start;
	uint32_t seq;

	check(mailbox_open(
	    store, slice_from("INBOX"), MAILBOX_READ_WRITE, &mb, &err));
	(void)usleep(100000); /* the directories' times are then sure */
	timed_sync(mb, "after the first view");
	timed_sync(mb, "nothing changed");
	start = seconds();
	for (seq = 1; seq <= mailbox_count(mb); seq++)
		check(mailbox_set_flags(mb, seq, &flag, &err));
	printf("flag all: %.1f ms\n", (seconds() - start) * 1e3);
	timed_sync(mb, "flags changed");
	mailbox_free(mb);
}

int
main(int argc, char **argv)
{
	unsigned count = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
	struct store *store;

	if (count == 0)
		return 2;
	store = open_store(argv[1], false);
	fill(argv[1], count);
	bench_open(store, "without uids");
	(void)usleep(100000); /* the directories' times are then sure */
	bench_open(store, "again");
	bench_open(store, "once more");
	bench_change(store);
	store_free(store);
	bench_deliver(argv[1], 1, 2000, false);
	bench_deliver(argv[1], 1, 500, true);
	bench_deliver(argv[1], WRITERS, 2000, true);
	return 0;
}
