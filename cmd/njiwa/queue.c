/* queue: what is in the spool, and what is to become of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cmd/njiwa/handlers.h"
#include "common/base/clock.h"
#include "common/base/enc.h"
#include "common/base/fileio.h"
#include "common/store/spool.h"

#define TIME_MAX 32

/* What a verb does to one locked message; an exit status. */
typedef int queue_work(struct tool *tool, struct spool_entry *entry);

static int
open_spool(struct tool *tool, struct spool *spool)
{
	struct err err = { 0, "" };
	int rc = tool_load(tool);

	if (rc != EX_OK)
		return rc;
	rc = spool_open(tool->settings.spool_dir, SPOOL_MUST_EXIST,
	    tool->settings.fsync, spool, &err);
	return rc < 0 ? tool_fail_err(tool, NULL, rc, &err) : EX_OK;
}

static const char *
format_time(uint64_t when, char text[TIME_MAX])
{
	time_t seconds = (time_t)when;
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL ||
	    strftime(text, TIME_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return "?";
	return text;
}

/* What strangers wrote must not speak to the terminal. */
static void
print_safely(const char *before, const char *text, const char *after)
{
	STR_AUTO safe = STR_INIT;

	enc_printable(slice_from(text), &safe);
	printf("%s%s%s", before, str_cstr(&safe), after);
}

/* ---- list ---- */

static void
print_rcpt(const struct spool_rcpt *rcpt)
{
	char next[TIME_MAX];

	print_safely("\t", rcpt->address, "");
	if (rcpt->final[0] && strcmp(rcpt->final, rcpt->address) != 0)
		print_safely(" -> ", rcpt->final, "");
	printf("\t%s\t%s", spool_route_name(rcpt->route),
	    spool_state_name(rcpt->state));
	if (!spool_rcpt_is_final(rcpt) && rcpt->next)
		printf("\tnext %s", format_time(rcpt->next, next));
	if (rcpt->reply[0])
		print_safely("\n\t\t(", rcpt->reply, ")");
	printf("\n");
}

static void
print_message(const char *id, const struct spool_envelope *env)
{
	char arrived[TIME_MAX];
	size_t i;

	printf("%s%s\t%llu\t%s\t", id, env->held ? "!" : "",
	    (unsigned long long)env->size, format_time(env->arrived, arrived));
	print_safely("<", env->sender, ">\n");
	for (i = 0; i < env->count; i++)
		print_rcpt(&env->rcpts[i]);
}

/* A message that is gone meanwhile is not missed. */
static int
list_one(
    struct tool *tool, struct spool *spool, const char *id, uint64_t *octets)
{
	struct spool_envelope env = { 0 };
	struct err err = { 0, "" };
	int rc = spool_peek(spool, id, &env, &err);

	if (rc == 0) {
		print_message(id, &env);
		*octets += env.size;
	}
	spool_envelope_release(&env);
	return rc < 0 && rc != -ENOENT ? tool_fail_err(tool, id, rc, &err)
				       : EX_OK;
}

int
cmd_queue_list(struct tool *tool)
{
	struct spool spool = SPOOL_INIT;
	struct spool_list list = { NULL, 0, 0 };
	struct err err = { 0, "" };
	uint64_t octets = 0;
	int status = open_spool(tool, &spool), one, rc;
	size_t i;

	if (status != EX_OK)
		return status;
	rc = spool_scan(&spool, 0, 0, &list, &err);
	if (rc < 0)
		status = tool_fail_err(tool, NULL, rc, &err);
	for (i = 0; i < list.count; i++) {
		one = list_one(tool, &spool, list.list[i].id, &octets);
		status = one == EX_OK ? status : one;
	}
	printf("%zu messages, %llu octets\n", list.count,
	    (unsigned long long)octets);
	spool_list_release(&list);
	spool_close(&spool);
	return status;
}

/* ---- show ---- */

static int
print_file(struct tool *tool, int fd)
{
	char octets[BUFSIZ];
	ssize_t n;

	while ((n = read(fd, octets, sizeof octets)) > 0)
		(void)fwrite(octets, 1, (size_t)n, stdout); /* see finish */
	return n < 0 ? tool_fail(tool, EX_IOERR, "%s", strerror(errno)) : EX_OK;
}

int
cmd_queue_show(struct tool *tool)
{
	struct spool spool = SPOOL_INIT;
	struct spool_envelope env = { 0 };
	struct err err = { 0, "" };
	STR_AUTO text = STR_INIT;
	FD_AUTO fd = -1;
	const char *id = tool->operands[0];
	int status = open_spool(tool, &spool), rc;

	if (status != EX_OK)
		return status;
	rc = spool_peek(&spool, id, &env, &err);
	if (rc == 0) {
		fd = rc = spool_open_message(&spool, id);
		if (rc < 0)
			(void)err_sys(&err, -rc, "%s: its message", id);
	}
	if (rc < 0) {
		status = tool_fail_err(tool, id, rc, &err);
	} else {
		spool_envelope_format(&env, &text);
		printf("%s\n", str_cstr(&text));
		status = print_file(tool, fd);
	}
	spool_envelope_release(&env);
	spool_close(&spool);
	return status;
}

/* ---- changes ---- */

static int
change_one(
    struct tool *tool, struct spool *spool, const char *id, queue_work *work)
{
	struct spool_entry entry = SPOOL_ENTRY_INIT;
	struct err err = { 0, "" };
	int rc = spool_lock(spool, id, &entry, &err), status;

	if (rc == -EAGAIN)
		(void)err_set(&err, EAGAIN, "is being delivered just now");
	if (rc < 0)
		return tool_fail_err(tool, id, rc, &err);
	status = work(tool, &entry);
	spool_unlock(&entry);
	return status;
}

static int
change_all(struct tool *tool, struct spool *spool, queue_work *work)
{
	struct spool_list list = { NULL, 0, 0 };
	struct err err = { 0, "" };
	int rc = spool_scan(spool, 0, 0, &list, &err), status = EX_OK, one;
	size_t i;

	if (rc < 0)
		return tool_fail_err(tool, NULL, rc, &err);
	for (i = 0; i < list.count; i++) {
		one = change_one(tool, spool, list.list[i].id, work);
		status = one == EX_OK ? status : one;
	}
	spool_list_release(&list);
	return status;
}

/* Envelopes stay the property of the spool's owner: what root would write anew
 * nobody else could read. */
static int
be_owner(struct tool *tool)
{
	const struct settings *s = &tool->settings;

	if (geteuid() != 0 || s->mail_uid < 0)
		return EX_OK;
	if (setegid((gid_t)s->mail_gid) < 0 || seteuid((uid_t)s->mail_uid) < 0)
		return tool_fail(
		    tool, EX_OSERR, "mail_uid, mail_gid: %s", strerror(errno));
	return EX_OK;
}

/* The messages that are named, or all with --all. */
static int
change(struct tool *tool, queue_work *work)
{
	struct spool spool = SPOOL_INIT;
	int i, status, one;

	if ((tool->option['a'] != NULL) == (tool->count > 0))
		return tool_fail(
		    tool, EX_USAGE, "name messages, or say --all for all");
	status = tool_load(tool);
	if (status == EX_OK)
		status = be_owner(tool);
	if (status == EX_OK)
		status = open_spool(tool, &spool);
	if (status != EX_OK)
		return status;
	if (tool->count == 0)
		status = change_all(tool, &spool, work);
	for (i = 0; i < tool->count; i++) {
		one = change_one(tool, &spool, tool->operands[i], work);
		status = one == EX_OK ? status : one;
	}
	spool_close(&spool);
	return status;
}

static int
update(struct tool *tool, struct spool_entry *entry)
{
	struct err err = { 0, "" };
	int rc = spool_update(entry, &err);

	return rc < 0 ? tool_fail_err(tool, entry->id, rc, &err) : EX_OK;
}

static int
retry(struct tool *tool, struct spool_entry *entry)
{
	size_t i;

	/* nothing sends to other hosts: each run would look at it in vain */
	for (i = 0; i < entry->env.count; i++)
		if (entry->env.rcpts[i].route == SPOOL_LOCAL)
			entry->env.rcpts[i].next = 0;
	return update(tool, entry);
}

static int
hold(struct tool *tool, struct spool_entry *entry)
{
	entry->env.held = 1;
	return update(tool, entry);
}

static int
let_go(struct tool *tool, struct spool_entry *entry)
{
	entry->env.held = 0;
	return update(tool, entry);
}

static int
remove_one(struct tool *tool, struct spool_entry *entry)
{
	struct err err = { 0, "" };
	int rc = spool_remove(entry, &err);

	return rc < 0 ? tool_fail_err(tool, entry->id, rc, &err) : EX_OK;
}

int
cmd_queue_retry(struct tool *tool)
{
	return change(tool, retry);
}

int
cmd_queue_hold(struct tool *tool)
{
	return change(tool, hold);
}

int
cmd_queue_release(struct tool *tool)
{
	return change(tool, let_go);
}

int
cmd_queue_remove(struct tool *tool)
{
	return change(tool, remove_one);
}
