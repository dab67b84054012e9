#include <errno.h>
#include <stdlib.h>

#include "cmd/queue/queue.h"
#include "common/base/fileio.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/msg/received.h"
#include "common/store/detail.h"
#include "common/store/incoming.h"
#include "common/store/mailbox.h"
#include "common/store/store.h"
#include "common/svc/expire.h"
#include "common/svc/service.h"
#include "common/svc/verdict.h"

#define POSTMASTER "postmaster"
#define BACKOFF_DOUBLINGS                                                      \
	20 /* more would overflow before the setting ends it */
#define REPORT_MAX                                                             \
	(16 << 20) /* octets of a report of ours, on SPOOL_RCPTS_MAX */

/* What became of one try. */
static void
settle(struct spool_rcpt *rcpt, enum spool_state state, const char *reply)
{
	rcpt->state = state;
	rcpt->tries++;
	spool_text_set(&rcpt->host, slice_from(""));
	spool_text_set(&rcpt->reply, slice_from(reply));
}

/* Milliseconds until the next try, the tries-th having failed. */
static uint64_t
backoff(const struct settings *settings, uint64_t tries)
{
	uint64_t most = (uint64_t)settings->queue_max_backoff;
	uint64_t ms = (uint64_t)settings->queue_min_backoff;

	if (tries > BACKOFF_DOUBLINGS)
		tries = BACKOFF_DOUBLINGS;
	while (tries-- > 1 && ms < most)
		ms *= 2;
	return ms < most ? ms : most;
}

void
local_defer(const struct queue *q, struct spool_rcpt *rcpt, const char *reply)
{
	settle(rcpt, SPOOL_DEFERRED, reply);
	rcpt->next = q->now + backoff(q->settings, rcpt->tries) / 1000;
}

static void
defer_for(const struct queue *q, struct spool_rcpt *rcpt, const char *code,
    const struct err *err)
{
	STR_AUTO reply = STR_INIT;

	str_appendf(&reply, "%s %s", code, err->text);
	local_defer(q, rcpt, str_cstr(&reply));
}

/* ---- addresses that are yet to be looked up: those of reports ---- */

/* As RCPT does: the postmaster of this host or of the domain it stands in. */
static enum account_outcome
resolve(struct queue *q, const char *address, struct account_targets *targets,
    struct err *err)
{
	struct slice host = slice_from(q->settings->hostname);
	enum account_outcome outcome = ACCOUNT_NOT_LOCAL;
	int level;

	if (strcmp(address, POSTMASTER) != 0)
		return account_resolve(
		    q->account, slice_from(address), targets, err);
	for (level = 0; level < 2 && host.len; level++) {
		STR_AUTO full = STR_INIT;

		str_appendf(&full, POSTMASTER "@%.*s", SLICE_FMT(host));
		outcome =
		    account_resolve(q->account, str_slice(&full), targets, err);
		if (outcome == ACCOUNT_FOUND || outcome == ACCOUNT_TEMPFAIL)
			break;
		host = slice_skip(host, slice_find(host, '.') + 1);
	}
	return outcome == ACCOUNT_NOT_LOCAL ? ACCOUNT_UNKNOWN : outcome;
}

/* It leaves this host: outbound delivery takes it from here. */
static void
make_remote(const struct queue *q, const struct spool_envelope *env,
    struct spool_rcpt *rcpt, const char *address)
{
	rcpt->route = SPOOL_REMOTE;
	rcpt->state = SPOOL_WAITING;
	rcpt->next =
	    env->arrived + (uint64_t)q->settings->queue_lifetime / 1000;
	spool_text_set(&rcpt->final, slice_from(address));
}

static void
set_target(const struct queue *q, struct spool_envelope *env, size_t i,
    const struct account_target *target)
{
	struct spool_rcpt *rcpt = &env->rcpts[i];

	if (!target->local) {
		make_remote(q, env, rcpt, target->address);
		return;
	}
	spool_text_set(&rcpt->final, slice_from(target->user.name));
	if (target->detail)
		spool_text_set(&rcpt->detail, slice_from(target->detail));
}

/* One row for each target; the first has the recipient's own. */
static void
set_targets(const struct queue *q, struct spool_envelope *env, size_t i,
    const struct account_targets *targets)
{
	size_t k;

	set_target(q, env, i, &targets->list[0]);
	for (k = 1; k < targets->count; k++) {
		struct spool_rcpt *row = spool_envelope_add(env), *from;

		if (row == NULL)
			return; /* thousands get it as it is */
		from = &env->rcpts[i];
		spool_text_set(&row->address, slice_from(from->address));
		spool_text_set(&row->orcpt, slice_from(from->orcpt));
		row->notify = from->notify;
		row->next = q->now;
		set_target(q, env, env->count - 1, &targets->list[k]);
	}
}

void
local_look_up(struct queue *q, struct spool_envelope *env, size_t i)
{
	struct account_targets targets = { NULL, 0 };
	struct spool_rcpt *rcpt = &env->rcpts[i];
	struct err err = { 0, "" };

	switch (resolve(q, rcpt->address, &targets, &err)) {
	case ACCOUNT_FOUND:
		set_targets(q, env, i, &targets);
		break;
	case ACCOUNT_NOT_LOCAL:
		make_remote(q, env, rcpt, rcpt->address);
		break;
	case ACCOUNT_DROP: /* its owner wants none */
		settle(rcpt, SPOOL_RELAYED, "250 2.1.5 dropped");
		break;
	case ACCOUNT_UNKNOWN:
	case ACCOUNT_DENIED:
		settle(rcpt, SPOOL_FAILED, "550 5.1.1 no such mailbox here");
		break;
	case ACCOUNT_DISABLED: /* perhaps not for ever */
		local_defer(q, rcpt, "450 4.2.1 the mailbox is switched off");
		break;
	case ACCOUNT_TEMPFAIL:
		defer_for(q, rcpt, "451 4.3.0", &err);
		break;
	}
	account_targets_release(&targets);
}

/* ---- into the mailbox ---- */

/* A recipient who is being delivered to. */
struct attempt {
	struct queue *q;
	const struct spool_entry *entry;
	struct spool_rcpt *rcpt;
	size_t number;
	struct account_user user;
};

static void
count_quota(void *ctx, int64_t octets, int64_t messages)
{
	const struct attempt *a = ctx;

	account_quota_add(a->q->account, a->user.name, octets, messages);
}

static void
note_first(void *ctx, struct slice folder, int64_t saved, bool added)
{
	const struct attempt *a = ctx;
	const struct account_expiry expiry = { folder, saved, added };

	expire_tell(a->q->settings, a->q->account, a->user.name, &expiry);
}

static int
open_store(struct attempt *a, struct store **ret_store, struct err *err)
{
	const struct settings *settings = a->q->settings;
	struct store_config config = {
		.sync = settings->fsync,
		.host = settings->hostname,
		.quota_ignore = settings->quota_ignore,
		.quota = count_quota,
		.first = settings->expire_folders[0] ? note_first : NULL,
		.quota_ctx = a,
		.trusted = settings->mail_root,
		.uid = settings->mail_uid < 0 ? a->user.uid : 0,
		.gid = settings->mail_uid < 0 ? a->user.gid : 0,
	};
	STR_AUTO path = STR_INIT;

	if (!service_user_is_usable(settings, &a->user) ||
	    !service_mail_path(settings, &a->user, &path))
		return err_set(
		    err, EINVAL, "no folder for the mail of %s", a->user.name);
	return store_open(
	    str_cstr(&path), STORE_CREATE, &config, ret_store, err);
}

/* The same at every try, so that a second delivery finds the first. */
static void
put_name(const struct attempt *a, struct str *out)
{
	str_appendf(out, "%llu.M0R%zu.%s",
	    (unsigned long long)a->entry->env.arrived, a->number, a->entry->id);
}

/* Who delivers finally says whom it came from (RFC 5321 section 4.4); what came
 * by SMTP has it already. */
static int
copy_report(const struct attempt *a, struct store *store,
    struct incoming **ret_in, struct err *err)
{
	STR_AUTO text = STR_INIT;
	int rc;

	received_return_path(slice_from(""), &text);
	rc = fileio_read_fd(a->entry->message, REPORT_MAX, &text, err);
	if (rc == 0)
		rc = incoming_open(store, ret_in, err);
	if (rc == 0) {
		rc = fileio_write(incoming_fd(*ret_in), str_slice(&text));
		if (rc < 0)
			(void)err_sys(err, -rc, "write");
	}
	return rc;
}

/* Where it goes: as it was said at reception, or as the detail says now. */
static void
choose_folder(const struct attempt *a, struct store *store, struct str *folder)
{
	const struct settings *settings = a->q->settings;
	const struct detail detail = {
		.text = slice_from(a->rcpt->detail),
		.delimiters = settings->subaddress_delimiter,
		.never = settings->spam_folder,
	};
	struct err err = { 0, "" };

	str_append_cstr(folder, a->rcpt->folder);
	if (folder->len == 0 && detail.text.len &&
	    detail_folder(store, &detail, folder, &err) < 0)
		log_error("cannot look for a folder of %s: %s", a->user.name,
		    err.text);
	if (folder->len == 0)
		str_append_cstr(folder, "INBOX");
}

static int
put(const struct attempt *a, struct store *store, struct slice folder,
    struct err *err)
{
	STR_AUTO name = STR_INIT;
	struct incoming_target target = { .store = store,
		.folder = folder,
		.flags = FLAG_RECENT,
		.create = true };
	struct incoming *in = NULL;
	int rc;

	put_name(a, &name);
	target.name = str_slice(&name);
	if (a->entry->env.class == SPOOL_MAIL)
		rc = incoming_adopt(store, a->entry->message, &in, err);
	else
		rc = copy_report(a, store, &in, err);
	if (rc == 0)
		rc = incoming_deliver(in, &target, NULL, NULL, err);
	incoming_free(in);
	return rc == -EEXIST ? 0 : rc; /* a run before this one did it */
}

/* Is it there already, by a run that was cut off, or that could neither bring
 * it to the disk nor take it back? */
static int
was_put(const struct attempt *a, struct store *store, struct slice folder,
    struct err *err)
{
	STR_AUTO name = STR_INIT;

	put_name(a, &name);
	/* the sizes follow; a report's id begins with its message's */
	str_append_char(&name, ',');
	return store_has_message(store, folder, str_slice(&name), err);
}

static const char *
code_of(int rc)
{
	return rc == -ENOSPC || rc == -EDQUOT ? "452 4.3.1" : "451 4.3.0";
}

static void
deliver(struct attempt *a, bool again)
{
	uint64_t size = a->entry->env.size;
	STR_AUTO folder = STR_INIT;
	struct err err = { 0, "" };
	struct store *store = NULL;
	int rc = open_store(a, &store, &err);
	bool full;

	if (rc == 0)
		choose_folder(a, store, &folder);
	if (rc == 0 && (again || a->rcpt->tries))
		rc = was_put(a, store, str_slice(&folder), &err);
	full = rc == 0 && !verdict_has_room(a->q->settings, &a->user, size);
	if (rc == 0 && !full)
		rc = put(a, store, str_slice(&folder), &err);
	store_free(store);
	if (full)
		local_defer(a->q, a->rcpt, "452 4.2.2 the mailbox is full");
	else if (rc >= 0)
		settle(a->rcpt, SPOOL_DELIVERED, "250 2.1.5 delivered");
	else
		defer_for(a->q, a->rcpt, code_of(rc), &err);
}

void
local_try(struct queue *q, struct spool_entry *entry, size_t i, bool again)
{
	struct attempt a = { .q = q,
		.entry = entry,
		.rcpt = &entry->env.rcpts[i],
		.number = i };
	struct err err = { 0, "" };
	enum account_outcome outcome;

	outcome = account_lookup(
	    q->account, slice_from(a.rcpt->final), &a.user, &err);
	if (outcome == ACCOUNT_FOUND && a.user.disabled)
		local_defer(q, a.rcpt, "450 4.2.1 the mailbox is switched off");
	else if (outcome == ACCOUNT_FOUND)
		deliver(&a, again);
	else if (outcome == ACCOUNT_TEMPFAIL)
		defer_for(q, a.rcpt, "451 4.3.0", &err);
	else
		settle(a.rcpt, SPOOL_FAILED,
		    "550 5.1.1 the mailbox is not there any more");
	/* additions are sent with the user's name at once */
	account_user_release(&a.user);
}
