#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/log.h"
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

/* What libc told the kernel of its thread: where it keeps the thread's id, and
 * which robust mutexes it holds.  fork(3) tells it of a child as well. */
struct thread {
	int *id;
	void *mutexes;
	size_t size;
};

static bool
thread_find(struct thread *ret_thread)
{
	*ret_thread = (struct thread){ NULL, NULL, 0 };
	return prctl(PR_GET_TID_ADDRESS, &ret_thread->id) == 0 &&
	       ret_thread->id != NULL && *ret_thread->id == getpid() &&
	       syscall(SYS_get_robust_list, 0, &ret_thread->mutexes,
		   &ret_thread->size) == 0;
}

pid_t
stem_fork_sibling(void)
{
	struct thread thread;
	pid_t pid;

	if (!thread_find(&thread)) {
		errno = ENOTSUP;
		return -1;
	}
	/* nothing else makes a child of our parent's; where the id is comes
	 * fourth or fifth, depending on the machine, and the other one is not
	 * looked at */
	pid = (pid_t)syscall(SYS_clone,
	    CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
	    NULL, NULL, thread.id, thread.id);
	if (pid == 0 &&
	    syscall(SYS_set_robust_list, thread.mutexes, thread.size) < 0)
		_exit(EXIT_FAILURE); /* never: they are its own */
	return pid;
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
	struct thread thread;
	int socket;

	if (!thread_find(&thread)) {
		log_error("this kernel does not say where a thread's id is: "
			  "set stem = no");
		exit(EXIT_FAILURE);
	}
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
