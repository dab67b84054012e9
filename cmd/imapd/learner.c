#include "cmd/imapd/learner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/net/endpoint.h"
#include "common/svc/sandbox.h"

#define CONNECT_MS 10000

/* Where spamd is; the keeper's service. */
struct spamd_way {
	struct sockaddr_storage to;
	socklen_t len;
	uint16_t port; /* 0: a Unix socket */
};

struct learner {
	const struct session *session;
	const struct spamd_way *way;
	bool refused; /* spamd does not learn: nobody asks it again */
};

void
learner_prepare(struct keeper *keeper)
{
	const struct settings *set = keeper->settings;
	struct spamd_way *way;
	struct err err = { 0, "no address" };
	struct endpoint at;

	if (!set->spam_feedback || set->spamd[0] == '\0')
		return;
	way = mem_zalloc(1, sizeof *way);
	if (endpoint_parse(slice_from(set->spamd), &at) &&
	    endpoint_resolve(&at, &way->to, &way->len, &err) == 0) {
		way->port = at.path.len ? 0 : at.port;
		keeper->service = way; /* for as long as the process lives */
		return;
	}
	log_error("no spam feedback: %s: %s", set->spamd, err.text);
	free(way);
}

static bool
confine(const struct learner *l)
{
	const struct sandbox box = { .role = SANDBOX_ACCOUNTD,
		.connect = { l->way->port } };
	struct err err = { 0, "" };
	int rc = sandbox_enter(
	    &box, sandbox_mode_of(l->session->settings->sandbox), &err);

	if (rc < 0)
		log_error("no spam feedback: %s", err.text);
	return rc >= 0;
}

/* The user whose words spamd learns. */
static const char *
user_of(const struct learner *l)
{
	const char *user = l->session->settings->spam_user;

	return strcmp(user, "%u") == 0 ? l->session->user->name : user;
}

/* 0, or -errno with err filled. */
static int
tell(struct learner *l, const struct spam_job *job, enum spam_lesson lesson,
    bool *ret_learned, struct err *err)
{
	int fd = endpoint_connect(&l->way->to, l->way->len, CONNECT_MS, err);
	int rc;

	if (fd < 0)
		return fd;
	rc = spamd_tell(fd, job, lesson, ret_learned, err);
	fileio_close(&fd);
	return rc;
}

static void
log_lesson(const struct learner *l, enum spam_lesson lesson, bool learned)
{
	const struct log_field fields[] = {
		{ "user", l->session->user->name },
		{ "as", lesson == SPAM_LESSON_SPAM ? "spam" : "ham" },
		{ "result", learned ? "learned" : "known" },
	};

	log_event(LOG_LEVEL_INFO, "spam feedback", fields,
	    sizeof fields / sizeof fields[0]);
}

static void
log_failure(struct learner *l, int rc, const struct err *err)
{
	l->refused = rc == -EPERM;
	log_warning("spam feedback of %s is lost: %s%s", l->session->user->name,
	    err->text, l->refused ? "; no more is given" : "");
}

/* False: spamd did not do it. */
static bool
learn(struct learner *l, enum spam_lesson lesson, int message)
{
	const struct settings *set = l->session->settings;
	struct spam_job job = { .message = message, .user = user_of(l) };
	struct err err = { 0, "" };
	bool learned = false;
	struct stat st;
	int rc;

	if (l->refused)
		return true; /* was logged */
	if (fstat(message, &st) < 0 || !S_ISREG(st.st_mode))
		return true; /* no message */
	if (st.st_size > set->spam_max_size) {
		log_info("spam feedback of %s is left out: the message has "
			 "more than spam_max_size",
		    l->session->user->name);
		return true;
	}
	job.size = (uint64_t)st.st_size;
	job.deadline = clock_deadline(set->spamd_timeout);
	rc = tell(l, &job, lesson, &learned, &err);
	if (rc < 0)
		log_failure(l, rc, &err);
	else
		log_lesson(l, lesson, learned);
	return rc == 0;
}

/* What waits of a session that is over is not tried, each for its whole time,
 * with a spamd that fails: such processes would become many. */
static void
give_up(const struct learner *l)
{
	log_warning("spam feedback of %s is lost: its session is over, and "
		    "spamd fails",
	    l->session->user->name);
}

void
learner_run(const struct session *session, int line)
{
	struct learner l = { .session = session, .way = session->service };
	struct ipc_msg msg = IPC_MSG_INIT;
	bool over = false, good = true;

	if (!confine(&l))
		return;
	while ((good || !over) && ipc_recv(line, &msg, CLOCK_NEVER) == 1) {
		int rc;

		if (msg.nfds == 1 && msg.type <= SPAM_LESSON_HAM)
			good =
			    learn(&l, (enum spam_lesson)msg.type, msg.fds[0]);
		ipc_msg_release(&msg);
		rc = ipc_send_at_once(line, 0, slice_from(""), NULL, 0);
		over = rc == -EPIPE || rc == -ECONNRESET;
	}
	if (over && !good)
		give_up(&l);
	ipc_msg_release(&msg);
}
