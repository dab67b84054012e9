/* A whole session: the input is what a logged-in client sends, on a Maildir
 * with two messages.  What it is answered must be well-formed lines. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/imapd/imap.h"
#include "common/account/account_client_session.h"
#include "common/base/fileio.h"
#include "common/net/stream.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Beside session_alone.c: what IMAP asks the account service. */
enum account_outcome
account_lookup(struct account_client *client, struct slice name,
    struct account_user *ret_user, struct err *err)
{
	(void)client;
	(void)name;
	(void)ret_user;
	(void)err;
	return ACCOUNT_TEMPFAIL;
}

void
account_user_release(struct account_user *user)
{
	(void)user; /* there is none to release */
}

bool
account_tell_scarce(struct account_client *client)
{
	(void)client;
	return true;
}

struct client {
	struct slice octets;
	struct str answers;
};

static ssize_t
client_read(void *ctx, void *octets, size_t len)
{
	struct client *c = ctx;
	size_t n = c->octets.len < len ? c->octets.len : len;

	memcpy(octets, c->octets.ptr, n);
	c->octets = slice_skip(c->octets, n);
	return (ssize_t)n;
}

static ssize_t
client_write(void *ctx, const void *octets, size_t len)
{
	struct client *c = ctx;

	str_append_mem(&c->answers, octets, len);
	return (ssize_t)len;
}

static bool
client_pending(void *ctx)
{
	(void)ctx;
	return true;
}

static void
check(bool good)
{
	if (!good)
		__builtin_trap();
}

/* Lines end with CRLF, hold no control characters, and literals are as long as
 * they say. */
static void
check_answers(struct slice rest)
{
	struct literal literal;
	size_t at, i;

	while (rest.len > 0) {
		at = slice_find(rest, '\n');
		check(at < rest.len && at > 0 && rest.ptr[at - 1] == '\r');
		for (i = 0; i + 1 < at; i++)
			check(rest.ptr[i] != '\0' && rest.ptr[i] != '\r');
		literal.size = 0;
		if (literal_at_end(slice_head(rest, at - 1), &literal))
			check(literal.size <= rest.len - at - 1);
		else
			literal.size = 0;
		rest = slice_skip(rest, at + 1 + (size_t)literal.size);
	}
}

static void
remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) < 0)
			remove_tree(fd, entry->d_name);
	}
	if (dir)
		(void)closedir(dir);                /* was only read */
	(void)unlinkat(parent, name, AT_REMOVEDIR); /* seen next time */
}

static void
put_message(const char *path, const char *name, const char *text)
{
	char file[400];

	(void)snprintf(file, sizeof file, "%s/%s", path, name); /* fits */
	FD_AUTO fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	check(fd >= 0 && fileio_write(fd, slice_from(text)) == 0);
}

static void
make_maildir(const char *path)
{
	static const char *const folders[] = { "", "/cur", "/new", "/tmp",
		"/.a", "/.a/cur", "/.a/new", "/.a/tmp" };
	char folder[400];
	size_t i;

	for (i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		(void)snprintf(
		    folder, sizeof folder, "%s%s", path, folders[i]); /* fits */
		check(mkdir(folder, 0700) == 0);
	}
	put_message(path, "cur/1.M1P1.h:2,S",
	    "From: A <a@b>\nTo: c@d, \"x\" <e@f>\nSubject: s\n\nbody\n.\n");
	put_message(path, "new/2.M1P1.h", "Broken\rheader\n\r\n\0x");
}

static void
run(struct client *client, const char *path)
{
	static const struct stream_io io = {
		.read = client_read,
		.write = client_write,
		.pending = client_pending,
	};
	static const struct settings settings = {
		.hostname = "h",
		.quota_ignore = "Sent",
		.expire_folders = "",
		.quota_message = "%u is full",
		.separator = ".",
		.imap_drafts = "Drafts",
		.imap_sent = "Sent",
		.imap_junk = "Junk",
		.imap_trash = "Trash",
		.imap_archive = "",
		.imap_max_line = 4096,
		.imap_append_max = 4096,
		.imap_max_errors = 20,
		.imap_idle_timeout = 1000,
		.imap_idle_keepalive = 1000,
		.session_memory = 1 << 20,
	};
	char name[] = "u@d", home[] = "";
	struct account_user user = {
		.name = name, .home = home, .quota_limit = 8192
	};
	struct session session = {
		.settings = &settings,
		.profile = "imap",
		.trace = "t",
		.user = &user,
		.mail_path = path,
		.argument = SLICE_LIT("tag"),
		.helper = -1,
	};

	session.client = stream_new(-1, -1);
	stream_set_io(session.client, &io, client);
	imap_session(&session);
	(void)stream_flush(session.client); /* in memory */
	stream_free(session.client);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client client = { slice_of((const char *)data, size), STR_INIT };
	char path[300];

	/* cut, it is still a path */
	(void)snprintf(path, sizeof path, "%.200s/njiwa-fuzz-%ld",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (long)getpid());
	remove_tree(AT_FDCWD, path);
	make_maildir(path);
	run(&client, path);
	check_answers(str_slice(&client.answers));
	str_release(&client.answers);
	remove_tree(AT_FDCWD, path);
	return 0;
}
