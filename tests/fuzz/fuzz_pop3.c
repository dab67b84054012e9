/* POP3 sessions: any lines against a maildrop that the target made. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/pop3d/pop3.h"

#define INPUT_MAX 4096 /* octets; must fit the socket's buffer */

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/njiwa-fuzz-pop3-XXXXXX";

static void
remove_folder(void)
{
	char command[64];

	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	(void)!system(command); /* it is in /tmp */
}

/* Removes what the session before left in a folder. */
static void
empty(const char *name)
{
	char path[128];
	DIR *dir;
	struct dirent *entry;

	(void)snprintf(path, sizeof path, "%s/Maildir/%s", folder, name);
	dir = opendir(path);
	if (dir == NULL)
		abort();
	while ((entry = readdir(dir)) != NULL)
		/* fails for the folders themselves */
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir); /* was only read */
}

static void
put(const char *name, const char *text)
{
	char path[128];
	size_t len = strlen(text);
	int fd;

	(void)snprintf(path, sizeof path, "%s/Maildir/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) < 0)
		abort();
}

static void
make_maildrop(void)
{
	static bool made;
	static const char *const names[] = { "", "/cur", "/new", "/tmp" };
	char path[128];
	size_t i;

	for (i = 0; !made && i < sizeof names / sizeof names[0]; i++) {
		if (i == 0 && mkdtemp(folder) == NULL)
			abort();
		(void)snprintf(
		    path, sizeof path, "%s/Maildir%s", folder, names[i]);
		if (mkdir(path, 0700) < 0)
			abort();
	}
	if (!made)
		(void)atexit(remove_folder); /* else it stays in /tmp */
	made = true;
	empty(".");
	empty("cur");
	empty("new");
	put("cur/1.M1P1.h,S=9,W=12:2,", "A: b\n\n.c\n");
	put("new/2.M1P1.h", "A: b\n\nno end");
}

/* One session over a socket that holds the client's lines already. */
static void
session(const uint8_t *data, size_t size)
{
	static char user_name[] = "demo@test.dev";
	struct account_user user = { .name = user_name };
	struct settings settings = {
		.hostname = "mx.test.dev",
		.quota_ignore = "Sent",
		.expire_folders = "",
		.pop3_idle_timeout = 1000,
	};
	char path[128];
	struct session session = { .settings = &settings,
		.trace = "trace",
		.user = &user,
		.mail_path = path,
		.helper = -1 };
	int ends[2];

	(void)snprintf(path, sizeof path, "%s/Maildir", folder);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
	    write(ends[1], data, size) != (ssize_t)size ||
	    shutdown(ends[1], SHUT_WR) < 0)
		abort();
	session.client = stream_new(ends[0], ends[0]);
	pop3_session(&session);
	stream_free(session.client);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	make_maildrop();
	session(data, size);
	return 0;
}
