#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cmd/smtpd/keeper/delivery.h"
#include "cmd/smtpd/front/intake.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/detail.h"
#include "common/store/incoming.h"
#include "common/store/mailbox.h"
#include "common/svc/expire.h"

/* Octets that our own fields and a filter's may add to a message. */
#define FILE_SLACK (2 * INTAKE_HEAD_MAX)

/* Descriptors of a keeper beside one for each mailbox of a message. */
#define OTHER_DESCRIPTORS 64

static enum smtp_outcome
outcome_of(int rc)
{
	return rc == -ENOSPC || rc == -EDQUOT ? OUTCOME_DISK_FULL
					      : OUTCOME_TEMPFAIL;
}

static void
count_quota(void *ctx, int64_t octets, int64_t messages)
{
	const struct mailbox_to *to = ctx;

	account_quota_add(to->account, to->user.name, octets, messages);
}

static void
note_first(void *ctx, struct slice folder, int64_t saved, bool added)
{
	const struct mailbox_to *to = ctx;
	const struct account_expiry expiry = { folder, saved, added };

	expire_tell(to->settings, to->account, to->user.name, &expiry);
}

void
delivery_prepare(void)
{
	struct rlimit limit;
	rlim_t want = KEEPER_MAILBOXES_MAX + OTHER_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* most messages need few */
}

static int
open_store(struct delivery *d, struct mailbox_to *to, struct store **ret_store,
    struct err *err)
{
	const struct settings *settings = d->keeper->settings;
	const struct store_config config = {
		.sync = settings->fsync,
		.host = settings->hostname,
		.quota_ignore = settings->quota_ignore,
		.quota = count_quota,
		.first = settings->expire_folders[0] ? note_first : NULL,
		.quota_ctx = to,
		.trusted = settings->mail_root,
		.uid = settings->mail_uid < 0 ? to->user.uid : 0,
		.gid = settings->mail_uid < 0 ? to->user.gid : 0,
	};

	return store_open(to->path, STORE_CREATE, &config, ret_store, err);
}

/* Opens the Maildir of a mailbox that has room for the message; what was not
 * announced is found out later. */
static int
open_home(struct delivery *d, size_t i, uint64_t announced)
{
	struct err err = { 0, "" };
	int rc = open_store(d, &d->to[i], &d->store, &err);

	d->home = i;
	if (rc == 0 && !store_has_room(d->store, announced)) {
		rc = err_set(&err, ENOSPC,
		    "%s: no room on the disk for %llu octets; make room on it",
		    d->to[i].path, (unsigned long long)announced);
		delivery_close(d);
	}
	if (rc < 0)
		log_error("cannot take mail for %s: %s", d->to[i].user.name,
		    err.text);
	return rc;
}

/* The first of them from i on. */
static int
open_first_home(struct delivery *d, size_t i, uint64_t announced)
{
	int rc = -ENOENT;

	for (; i < d->count && rc < 0; i++)
		rc = open_home(d, i, announced);
	return rc;
}

enum smtp_outcome
delivery_open(struct delivery *d, uint64_t announced)
{
	int rc = open_first_home(d, 0, announced);

	return rc == 0 ? OUTCOME_OK : outcome_of(rc);
}

enum smtp_outcome
delivery_file(struct delivery *d)
{
	struct err err = { 0, "" };
	int rc = incoming_open(d->store, &d->in, &err);

	while (rc < 0) {
		log_error("cannot take mail for %s: %s",
		    d->to[d->home].user.name, err.text);
		delivery_close(d);
		if (open_first_home(d, d->home + 1, 0) < 0)
			break;
		rc = incoming_open(d->store, &d->in, &err);
	}
	return rc == 0 ? OUTCOME_OK : outcome_of(rc);
}

/* The folder for a message: the filters', else the one that the recipient's
 * detail names, else INBOX. */
static void
choose_folder(const struct delivery *d, const struct mailbox_to *to,
    struct store *store, const struct wire_commit *how, struct str *folder)
{
	const struct settings *settings = d->keeper->settings;
	const struct detail detail = {
		.text = slice_from(to->detail ? to->detail : ""),
		.delimiters = settings->subaddress_delimiter,
		.never = settings->spam_folder,
	};
	const char *filtered = content_folder(d, to, how);
	struct err err = { 0, "" };

	if (filtered)
		str_append_cstr(folder, filtered);
	else if (detail.text.len &&
		 detail_folder(store, &detail, folder, &err) < 0)
		log_error("cannot look for a folder of %s: %s", to->user.name,
		    err.text);
	if (folder->len == 0)
		str_append_cstr(folder, "INBOX");
}

/* Gives the message a name in a mailbox; the store of one is open. */
static int
link_into(struct delivery *d, size_t i, const struct wire_commit *how,
    struct err *err)
{
	STR_AUTO folder = STR_INIT;
	bool open = i == d->home;
	struct incoming_target target = {
		.store = open ? d->store : NULL,
		.flags = FLAG_RECENT,
		.create = true,
	};
	int rc = 0;

	if (!open)
		rc = open_store(d, &d->to[i], &target.store, err);
	if (rc == 0)
		choose_folder(d, &d->to[i], target.store, how, &folder);
	target.folder = str_slice(&folder);
	if (rc == 0)
		rc = incoming_link(d->in, &target, err);
	if (!open)
		store_free(target.store);
	return rc;
}

static void
mailbox_failed(struct mailbox_to *to, int rc, const struct err *err)
{
	STR_AUTO why = STR_INIT;

	to->outcome = outcome_of(rc);
	str_appendf(&why, "%s %s",
	    to->outcome == OUTCOME_DISK_FULL ? "452 4.3.1" : "451 4.3.0",
	    err->text);
	free(to->why);
	to->why = str_take(&why);
	log_error("cannot deliver to %s: %s", to->user.name, err->text);
}

/* All names first, then all directories: the file system's journal is written
 * once or twice and not for each mailbox. */
static void
link_all(struct delivery *d, const struct wire_commit *how)
{
	struct err err = { 0, "" };
	const char *folder;
	size_t i, number = 0;

	for (i = 0; i < d->count; i++) {
		struct mailbox_to *to = &d->to[i];
		int rc;

		if (to->removed)
			continue;
		if (to->full != OUTCOME_OK) {
			recipients_log_left_out(&to->user);
			continue;
		}
		folder = content_folder(d, to, how);
		to->folder = folder ? folder : "";
		rc = link_into(d, i, how, &err);
		if (rc < 0) {
			mailbox_failed(to, rc, &err);
			continue;
		}
		to->linked = true;
		to->number = number++;
	}
}

/* A mailbox has the message and is not to have it. */
static void
take_back(struct delivery *d, struct mailbox_to *to)
{
	struct err err = { 0, "" };

	if (to->linked && incoming_withdraw_one(d->in, to->number, &err) < 0)
		log_error(
		    "a recipient will get this message twice: %s", err.text);
	to->linked = false;
}

static void
sync_all(struct delivery *d)
{
	struct err err = { 0, "" };
	int rc = incoming_sync(d->in, &err);
	size_t i;

	for (i = 0; i < d->count && rc < 0; i++) {
		struct mailbox_to *to = &d->to[i];

		if (!to->linked || !incoming_failed(d->in, to->number))
			continue;
		mailbox_failed(to, rc, &err);
		take_back(d, to);
	}
}

/* The first failure of a mailbox, or OUTCOME_OK. */
static enum smtp_outcome
first_failure(const struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (d->to[i].outcome != OUTCOME_OK)
			return d->to[i].outcome;
	return OUTCOME_OK;
}

/* Marks the mailboxes of recipients who have it in all of theirs. */
static void
mark_wanted(const struct delivery *d, bool *wanted)
{
	size_t i, k;

	for (i = 0; i < d->nrcpts; i++) {
		const struct recipient *rcpt = &d->rcpts[i];

		for (k = 0; k < rcpt->count; k++)
			wanted[d->links[rcpt->first + k]] |=
			    recipients_outcome(d, i) == OUTCOME_OK;
	}
}

/* The client will send it again to those who failed: what they share with
 * nobody who got it is taken back. */
static enum smtp_outcome
settle_each(struct delivery *d)
{
	bool *wanted = mem_zalloc(d->count, sizeof *wanted), any = false;
	size_t i;

	mark_wanted(d, wanted);
	for (i = 0; i < d->count; i++) {
		any |= wanted[i];
		if (!wanted[i])
			take_back(d, &d->to[i]);
	}
	free(wanted);
	return any ? OUTCOME_OK : first_failure(d);
}

static bool
any_linked(const struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (d->to[i].linked)
			return true;
	return false;
}

/* All recipients share one reply: what some mailboxes could not be given is
 * kept for them, or nobody has it. */
static enum smtp_outcome
settle_all(struct delivery *d)
{
	enum smtp_outcome outcome = first_failure(d);
	size_t i;

	if (any_linked(d) && spooling_keep(d))
		return OUTCOME_OK;
	for (i = 0; i < d->count; i++)
		take_back(d, &d->to[i]);
	return outcome;
}

static enum smtp_outcome
settle(struct delivery *d)
{
	enum smtp_outcome outcome = OUTCOME_OK;

	if (first_failure(d) != OUTCOME_OK && !recipients_differ(d))
		return settle_all(d);
	if (first_failure(d) != OUTCOME_OK)
		outcome = settle_each(d);
	if (outcome == OUTCOME_OK)
		(void)spooling_keep(d); /* a report lost is no mail lost */
	return outcome;
}

static enum smtp_outcome
deliver_all(struct delivery *d, const struct wire_commit *how)
{
	enum smtp_outcome outcome;

	link_all(d, how);
	account_quota_gather(d->keeper->account, true);
	sync_all(d);
	outcome = settle(d);
	account_quota_gather(d->keeper->account, false);
	return outcome;
}

/* Takes the file from the front, whose descriptor is good for nothing from now
 * on. */
static enum smtp_outcome
seal(struct delivery *d)
{
	struct err err = { 0, "" };
	int rc = incoming_seal(d->in, d->store, &err);

	if (rc == 0)
		return OUTCOME_OK;
	log_error("cannot take the message: %s", err.text);
	return outcome_of(rc);
}

/* Now that the size is no longer an announcement. */
static enum smtp_outcome
check_size(struct delivery *d, uint64_t size)
{
	uint64_t max = (uint64_t)d->keeper->settings->smtp_max_message_size;

	if (d->said.bits & WIRE_MAIL_BINARYMIME)
		max = WIRE_BINARY_GROWN(max);
	if (size > max + FILE_SLACK)
		return OUTCOME_TOO_BIG;
	return recipients_weigh(d, size);
}

static enum smtp_outcome
check_file(struct delivery *d)
{
	struct stat st;

	if (fstat(incoming_fd(d->in), &st) < 0)
		return OUTCOME_TEMPFAIL;
	return check_size(d, (uint64_t)st.st_size);
}

/* The message that the front has written to the file. */
static enum smtp_outcome
take_file(struct delivery *d)
{
	enum smtp_outcome outcome = check_file(d);

	if (outcome == OUTCOME_OK)
		outcome = seal(d);
	if (outcome == OUTCOME_OK)
		outcome = check_file(d); /* it may have grown till then */
	return outcome;
}

/* A message that came whole, into a file that no front ever had. */
static enum smtp_outcome
take_whole(struct delivery *d, struct slice message)
{
	enum smtp_outcome outcome = check_size(d, message.len);
	struct err err = { 0, "" };
	int rc;

	if (outcome == OUTCOME_OK)
		outcome = delivery_file(d);
	if (outcome != OUTCOME_OK)
		return outcome;
	rc = incoming_write(d->in, message, &err);
	if (rc == 0)
		return OUTCOME_OK;
	log_error("cannot take the message: %s", err.text);
	return outcome_of(rc);
}

static enum smtp_outcome
commit(struct delivery *d, const struct wire_commit *how)
{
	enum smtp_outcome outcome =
	    d->in ? take_file(d) : take_whole(d, how->message);

	return outcome == OUTCOME_OK ? deliver_all(d, how) : outcome;
}

/* Is there a mailbox that is to get it? */
static bool
has_takers(const struct delivery *d)
{
	size_t i;

	for (i = 0; i < d->count && d->store; i++)
		if (!d->to[i].removed)
			return true;
	return false;
}

enum smtp_outcome
delivery_commit(
    struct delivery *d, const struct wire_commit *how, struct str *each)
{
	enum smtp_outcome overall = OUTCOME_DISCARD;
	size_t i;

	content_refuse(d, how);
	if (has_takers(d))
		overall = commit(d, how);
	for (i = 0; i < d->nrcpts; i++) {
		enum smtp_outcome own = recipients_outcome(d, i);

		if (own != OUTCOME_DISCARD &&
		    (own == OUTCOME_OK || !recipients_differ(d)))
			own = overall;
		str_append_char(each, (char)own);
	}
	return overall;
}

void
delivery_close(struct delivery *d)
{
	incoming_free(d->in);
	store_free(d->store);
	d->in = NULL;
	d->store = NULL;
}
