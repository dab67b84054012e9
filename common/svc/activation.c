#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/num.h"
#include "common/svc/activation.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

static bool
variable_is(const char *name, uint64_t wanted)
{
	const char *text = getenv(name);
	uint64_t value;

	return text && num_parse(slice_from(text), INT32_MAX, &value) &&
	       value == wanted;
}

int
activation_take(void)
{
	bool ours = variable_is("LISTEN_PID", (uint64_t)getpid()) &&
		    variable_is("LISTEN_FDS", 1);

	if (!ours)
		return -1;
	(void)unsetenv("LISTEN_PID"); /* only a bad name fails */
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	(void)fcntl(
	    FIRST_FD, F_SETFD, FD_CLOEXEC); /* bad ones are told later */
	return FIRST_FD;
}

bool
activation_listens(int fd)
{
	int listens = 0;
	socklen_t len = sizeof listens;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 &&
	       listens;
}

/* The next connection of a listener, whatever happens to those before it. */
static int
accept_one(int listener)
{
	int fd;

	do
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	return fd;
}

int
activation_connect(struct err *err)
{
	FD_AUTO given = activation_take();
	FD_AUTO connection = -1;

	if (given < 0)
		return 0;
	connection = activation_listens(given)
			 ? accept_one(given)
			 : fcntl(given, F_DUPFD_CLOEXEC, FIRST_FD);
	if (connection < 0 || dup2(connection, STDIN_FILENO) < 0 ||
	    dup2(connection, STDOUT_FILENO) < 0)
		return err_sys(err, errno, "the socket of LISTEN_FDS");
	return 0;
}
