#include <errno.h>
#include <signal.h>

#include "cmd/init/init.h"
#include "cmd/init/spawn.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/log.h"
#include "common/svc/stem.h"

#define ANSWER_MS 2000   /* a fork takes a tenth of one */
#define KILLED_MS 1000   /* for the end of a stem that did not answer */
#define STARTED_MS 10000 /* to be ready */
#define DELAY_MS 1000    /* no new one after one that did not do well */

/* The stem of the service, which may have no process. */
static struct stem *
stem_of(struct stems *stems, const struct init_service *service)
{
	size_t i;

	for (i = 0; i < stems->count; i++)
		if (stems->stem[i].service == service)
			return &stems->stem[i];
	if (stems->count == STEMS_MAX)
		return NULL;
	stems->stem[stems->count] =
	    (struct stem){ .service = service, .line = -1 };
	return &stems->stem[stems->count++];
}

/* Hangs up: it ends when it has forked for what it was asked. */
static void
drop(struct stem *stem)
{
	fileio_close(&stem->line);
	stem->pid = 0;
}

/* The same for one that does not do well: none for a while. */
static void
drop_bad(struct stem *stem, const char *why)
{
	log_warning("the stem of %s %s: for a while programs are started",
	    stem->service->name, why);
	drop(stem);
	stem->resume = clock_deadline(DELAY_MS);
}

/* The same for one that may not even see that we hang up. */
static void
drop_silent(struct stem *stem, const char *why)
{
	(void)kill(stem->pid, SIGKILL); /* is ours, and not reaped yet */
	drop_bad(stem, why);
}

static void
begin(struct init *init, struct stem *stem)
{
	struct child child = { .kind = CHILD_STEM,
		.name = stem->service->program,
		.started = clock_ms() };
	int ends[2];

	if (ipc_pair(ends) < 0)
		return; /* the connection will be told */
	child.pid = spawn_stem(init->settings.libexec_dir, stem->service,
	    &init->environments.of[AUDIENCE_PROTOCOL], ends[1]);
	fileio_close(&ends[1]);
	if (child.pid < 0) {
		fileio_close(&ends[0]);
		stem->resume = clock_deadline(DELAY_MS);
		return;
	}
	children_add(&init->children, &child);
	*stem = (struct stem){ .service = stem->service,
		.pid = child.pid,
		.line = ends[0],
		.ends = clock_deadline(STARTED_MS) };
}

/* Starts one where there is none and it is time. */
static void
begin_next(struct init *init, struct stem *stem)
{
	if (stem->pid == 0 && stem->resume <= clock_ms())
		begin(init, stem);
}

/* Has it said that it is ready?  Until then it is not waited for. */
static bool
is_ready(const struct init *init, struct stem *stem)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int rc;

	if (stem->ready)
		return true;
	rc = ipc_recv(stem->line, &msg, CLOCK_PAST);
	stem->ready = rc == 1 && msg.type == STEM_READY;
	ipc_msg_release(&msg);
	if (stem->ready)
		stem->ends = clock_deadline(init->settings.stem_lifetime);
	else if (rc != -ETIMEDOUT)
		drop_bad(stem, "did not start");
	return stem->ready;
}

/* One that may be asked; NULL. */
static struct stem *
usable(struct init *init, const struct init_service *service)
{
	struct stem *stem = stem_of(&init->stems, service);
	int64_t now = clock_ms();

	if (stem == NULL)
		return NULL;
	if (stem->pid && stem->ends <= now && !stem->ready)
		drop_silent(stem, "is not ready in time");
	else if (stem->pid &&
		 (stem->ends <= now ||
		     stem->served >= init->settings.stem_connections))
		drop(stem);
	begin_next(init, stem);
	return stem->pid && is_ready(init, stem) ? stem : NULL;
}

/* The answer to what was asked: as stems_fork. */
static pid_t
read_answer(struct stem *stem, int64_t deadline)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int rc = ipc_recv(stem->line, &msg, deadline);
	struct ipc_reader in = { str_slice(&msg.body), false };
	uint32_t value = ipc_get_u32(&in);
	uint16_t type = msg.type;

	ipc_msg_release(&msg);
	if (rc < 0)
		return rc;
	if (rc == 1 && type == STEM_SERVED && value > 0 && value <= INT32_MAX)
		return (pid_t)value;
	/* at its end of file nobody has the pair, and so nobody the socket */
	if (rc == 0 || type != STEM_STALE)
		drop_bad(stem, rc == 0 ? "has ended" : "cannot fork");
	else
		drop(stem);
	return 0;
}

/* One that does not answer is ended, and may have forked all the same. */
static pid_t
end_silent(struct stem *stem)
{
	pid_t pid;

	(void)kill(stem->pid, SIGKILL); /* is ours, and not reaped yet */
	pid = read_answer(stem, clock_deadline(KILLED_MS));
	if (pid != 0)
		drop_bad(stem, "did not answer");
	return pid;
}

pid_t
stems_fork(struct init *init, const struct init_service *service, int socket)
{
	struct stem *stem = usable(init, service);
	pid_t pid;

	if (stem == NULL)
		return 0;
	if (ipc_send_at_once(
		stem->line, STEM_CONNECTION, slice_from(""), &socket, 1) < 0) {
		drop_bad(stem, "takes no connection");
		return 0;
	}
	pid = read_answer(stem, clock_deadline(ANSWER_MS));
	if (pid == -ETIMEDOUT)
		pid = end_silent(stem);
	else if (pid < 0)
		drop_silent(stem, "does not answer");
	stem->served += pid > 0;
	if (pid == 0)
		begin_next(init, stem);
	return pid;
}

void
stems_ended(struct init *init, pid_t pid)
{
	size_t i;

	for (i = 0; i < init->stems.count; i++)
		if (init->stems.stem[i].pid == pid)
			drop_bad(&init->stems.stem[i], "has ended");
}

void
stems_crashed(struct init *init)
{
	size_t i;

	for (i = 0; i < init->stems.count; i++)
		if (init->stems.stem[i].pid)
			drop_bad(
			    &init->stems.stem[i], "is renewed after a crash");
}

void
stems_close(struct init *init)
{
	size_t i;

	for (i = 0; i < init->stems.count; i++)
		drop(&init->stems.stem[i]);
}
