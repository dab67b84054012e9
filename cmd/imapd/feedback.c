#include "cmd/imapd/feedback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/imapd/learner.h"
#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/base/ipc.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/mailbox_message.h"

static bool
is_folder(struct slice name, const char *setting)
{
	return setting[0] && slice_is(name, setting);
}

static bool
is_junk(const struct imap *im, struct slice name)
{
	const struct settings *set = im->service->settings;

	return is_folder(name, set->imap_junk) ||
	       (is_folder(name, set->spam_folder) &&
		   !slice_is_nocase(name, "INBOX"));
}

/* Takes note of what the learner has done by now. */
static void
count_done(struct imap *im)
{
	struct ipc_msg msg = IPC_MSG_INIT;

	while (im->learning &&
	       ipc_recv(im->service->helper, &msg, CLOCK_PAST) == 1)
		im->learning--;
	ipc_msg_release(&msg);
}

/* 0, or -errno: -EAGAIN when there is too much to do already. */
static int
hand_over(struct imap *im, enum spam_lesson lesson, int fd)
{
	int rc = -EAGAIN;

	if (im->learning == FEEDBACK_QUEUE_MAX)
		count_done(im);
	if (im->learning < FEEDBACK_QUEUE_MAX)
		rc = ipc_send_at_once(im->service->helper, (uint16_t)lesson,
		    slice_from(""), &fd, 1);
	if (rc == 0)
		im->learning++;
	return rc;
}

static void
log_left_out(size_t count, int rc)
{
	if (count)
		log_warning("spam feedback: %zu messages are left out: %s",
		    count, rc == -EAGAIN ? "too many wait" : strerror(-rc));
}

/* What putting messages into the folder teaches; -1 for nothing. */
static int
lesson_of(const struct imap *im, struct slice to)
{
	bool from = is_junk(im, str_slice(&im->mailbox_name));
	bool into = is_junk(im, to);

	if (from == into)
		return -1;
	if (into)
		return SPAM_LESSON_SPAM;
	return is_folder(to, im->service->settings->imap_trash)
		   ? -1
		   : SPAM_LESSON_HAM;
}

void
feedback_begin(struct feedback *feedback, struct imap *im, struct slice to,
    struct mailbox_seqs messages)
{
	struct err err;
	size_t i;

	*feedback = (struct feedback){ .im = im, .lesson = -1 };
	if (im->service->helper >= 0)
		feedback->lesson = lesson_of(im, to);
	if (feedback->lesson < 0)
		return;
	feedback->count = messages.count;
	if (feedback->count > FEEDBACK_QUEUE_MAX)
		feedback->count = FEEDBACK_QUEUE_MAX;
	feedback->left_out = messages.count - feedback->count;
	feedback->fds =
	    mem_alloc(mem_mul(feedback->count + 1, sizeof *feedback->fds));
	/* those that are gone are no business of ours */
	for (i = 0; i < feedback->count; i++)
		feedback->fds[i] =
		    mailbox_message_open(im->mailbox, messages.seqs[i], &err);
}

void
feedback_end(struct feedback *feedback, const bool *moved, bool done)
{
	size_t i, left_out = feedback->left_out;
	int rc = left_out ? -EAGAIN : 0;

	for (i = 0; i < feedback->count; i++) {
		int *fd = &feedback->fds[i], result = 0;

		if (done && *fd >= 0 && (moved == NULL || moved[i]))
			result = hand_over(feedback->im,
			    (enum spam_lesson)feedback->lesson, *fd);
		if (result < 0) {
			rc = result;
			left_out++;
		}
		fileio_close(fd);
	}
	if (done)
		log_left_out(left_out, rc);
	free(feedback->fds);
}

bool
feedback_wanted(const struct imap *im, struct slice folder)
{
	return im->service->helper >= 0 && is_junk(im, folder);
}

void
feedback_added(struct imap *im, int fd)
{
	int rc = hand_over(im, SPAM_LESSON_SPAM, fd);

	log_left_out(rc < 0, rc);
}
