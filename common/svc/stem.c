#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/secret.h"
#include "common/svc/settings_fresh.h"
#include "common/svc/stem.h"

static int
answer(uint16_t type, uint32_t value)
{
	STR_AUTO body = STR_INIT;

	ipc_put_u32(&body, value);
	return ipc_send(STEM_FD, type, str_slice(&body), NULL, 0);
}

pid_t
stem_fork_sibling(void)
{
	/* nothing else makes a child of our parent's */
	return (pid_t)syscall(
	    SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, 0L);
}

/* Becomes the connection's process. */
static void
begin_connection(int socket)
{
	if (answer(STEM_SERVED, (uint32_t)getpid()) < 0 ||
	    dup2(socket, STDIN_FILENO) < 0 || dup2(socket, STDOUT_FILENO) < 0)
		_exit(EXIT_FAILURE);
	(void)close(socket); /* there are two more of it */
	(void)close(STEM_FD);
	secret_inherit(false);
}

/* True in the child. */
static bool
take_connection(int socket, const struct settings_stamp *program)
{
	pid_t pid;

	if (!settings_fresh() || !settings_stamp_holds(program)) {
		(void)answer(
		    STEM_STALE, 0); /* njiwa-init is there, or we end */
		return false;
	}
	pid = stem_fork_sibling();
	if (pid == 0) {
		begin_connection(socket);
		return true;
	}
	if (pid < 0)
		(void)answer(STEM_FAILED, (uint32_t)errno); /* likewise */
	return false;
}

/* The next connection's socket; ends the process when there is none. */
static int
next_connection(struct ipc_msg *msg)
{
	int socket;

	if (ipc_recv(STEM_FD, msg, CLOCK_NEVER) != 1 ||
	    msg->type != STEM_CONNECTION)
		exit(EXIT_SUCCESS);
	socket = ipc_msg_take_fd(msg, 0);
	if (socket < 0)
		exit(EXIT_FAILURE);
	return socket;
}

void
stem_serve(const char *program)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	struct settings_stamp stamp;
	int socket;

	settings_stamp_take(&stamp, program);
	secret_inherit(true); /* each child is what we could have been */
	if (answer(STEM_READY, 0) < 0)
		exit(EXIT_SUCCESS);
	for (;;) {
		socket = next_connection(&msg);
		if (take_connection(socket, &stamp))
			break;
		(void)close(socket); /* a child's, or njiwa-init's again */
	}
	ipc_msg_release(&msg);
}
