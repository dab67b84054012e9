#include "cmd/imapd/feedback.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/imapd/learner.h"
#include "common/base/clock.h"
#include "common/base/ipc.h"
#include "common/base/log.h"
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

static void
teach(struct imap *im, enum spam_lesson lesson, const uint32_t *seqs,
    size_t count)
{
	struct err err = { 0, "" };
	size_t i;
	int rc = 0;

	for (i = 0; i < count && rc == 0; i++) {
		int fd = mailbox_message_open(im->mailbox, seqs[i], &err);

		if (fd < 0)
			continue; /* gone, which is no business of ours */
		rc = hand_over(im, lesson, fd);
		(void)close(fd); /* was read only */
	}
	log_left_out(rc ? count - i + 1 : 0, rc);
}

void
feedback_copied(
    struct imap *im, struct slice to, const uint32_t *seqs, size_t count)
{
	bool from, into;

	if (im->service->helper < 0)
		return;
	from = is_junk(im, str_slice(&im->mailbox_name));
	into = is_junk(im, to);
	if (from == into)
		return;
	if (into)
		teach(im, SPAM_LESSON_SPAM, seqs, count);
	else if (!is_folder(to, im->service->settings->imap_trash))
		teach(im, SPAM_LESSON_HAM, seqs, count);
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
