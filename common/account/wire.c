#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "common/account/wire.h"
#include "common/base/fileio.h"
#include "common/base/mem.h"

void
wire_put_head(struct str *body, const struct wire_head *head)
{
	ipc_put_u32(body, (uint32_t)head->outcome);
	ipc_put_u32(body, head->more);
	ipc_put_u32(body, head->count);
	ipc_put_text(body, slice_head(head->text, ERR_TEXT_MAX));
}

bool
wire_get_head(struct ipc_reader *in, struct wire_head *ret_head)
{
	uint32_t outcome = ipc_get_u32(in);
	uint32_t more = ipc_get_u32(in);
	uint32_t count = ipc_get_u32(in);
	struct slice text = ipc_get_text(in, ERR_TEXT_MAX);

	if (in->bad || outcome > ACCOUNT_DISABLED || more > 1 ||
	    count > ACCOUNT_TARGETS_MAX)
		return false;
	*ret_head = (struct wire_head){ (enum account_outcome)outcome,
		more == 1, count, text };
	return true;
}

void
wire_put_user(struct str *body, const struct account_user *user)
{
	ipc_put_text(body, slice_from(user->name));
	ipc_put_text(body, slice_head(slice_from(user->home), WIRE_HOME_MAX));
	ipc_put_u32(body, user->uid);
	ipc_put_u32(body, user->gid);
	ipc_put_u64(body, user->quota_limit);
	ipc_put_u64(body, (uint64_t)user->quota_used);
	ipc_put_u64(body, (uint64_t)user->quota_messages);
	ipc_put_u32(body, user->disabled);
}

static char *
get_copy(struct ipc_reader *in, size_t max)
{
	struct slice text = ipc_get_text(in, max);

	if (text.len && memchr(text.ptr, '\0', text.len))
		in->bad = true;
	return mem_strndup(text.ptr, text.len);
}

bool
wire_get_user(struct ipc_reader *in, struct account_user *ret_user)
{
	struct account_user user = { 0 };
	uint64_t used, messages;
	uint32_t disabled;

	user.name = get_copy(in, ACCOUNT_NAME_MAX);
	user.home = get_copy(in, WIRE_HOME_MAX);
	user.uid = ipc_get_u32(in);
	user.gid = ipc_get_u32(in);
	user.quota_limit = ipc_get_u64(in);
	used = ipc_get_u64(in);
	messages = ipc_get_u64(in);
	disabled = ipc_get_u32(in);
	if (in->bad || disabled > 1 || user.name[0] == '\0' ||
	    used > INT64_MAX || messages > INT64_MAX) {
		account_user_release(&user);
		return false;
	}
	user.quota_used = (int64_t)used;
	user.quota_messages = (int64_t)messages;
	user.disabled = disabled == 1;
	*ret_user = user;
	return true;
}

void
wire_put_target(struct str *body, const struct account_target *target)
{
	ipc_put_u32(body, target->local);
	if (target->local) {
		wire_put_user(body, &target->user);
		ipc_put_text(
		    body, slice_from(target->detail ? target->detail : ""));
	} else {
		ipc_put_text(body, slice_from(target->address));
	}
}

static bool
get_local(struct ipc_reader *in, struct account_target *target)
{
	if (!wire_get_user(in, &target->user))
		return false;
	target->detail = get_copy(in, ACCOUNT_NAME_MAX);
	if (target->detail[0] == '\0') {
		free(target->detail);
		target->detail = NULL;
	}
	return !in->bad;
}

static bool
get_elsewhere(struct ipc_reader *in, struct account_target *target)
{
	target->address = get_copy(in, ACCOUNT_NAME_MAX);
	return !in->bad && target->address[0] != '\0';
}

bool
wire_get_target(struct ipc_reader *in, struct account_target *ret_target)
{
	struct account_target target = { 0 };
	uint32_t local = ipc_get_u32(in);

	if (in->bad || local > 1)
		return false;
	target.local = local == 1;
	if (!(target.local ? get_local : get_elsewhere)(in, &target)) {
		account_target_release(&target);
		return false;
	}
	*ret_target = target;
	return true;
}

void
wire_put_spam_prefs(struct str *body, const struct account_spam_prefs *prefs)
{
	ipc_put_text(body, slice_from(prefs->tag));
	ipc_put_text(body, slice_from(prefs->junk));
	ipc_put_text(body, slice_from(prefs->reject));
}

static void
get_score(struct ipc_reader *in, char score[ACCOUNT_SCORE_MAX])
{
	struct slice text = ipc_get_text(in, ACCOUNT_SCORE_MAX - 1);

	memcpy(score, text.ptr, text.len);
	score[text.len] = '\0';
}

bool
wire_get_spam_prefs(struct ipc_reader *in, struct account_spam_prefs *ret_prefs)
{
	struct account_spam_prefs prefs = { .tag = "" };

	get_score(in, prefs.tag);
	get_score(in, prefs.junk);
	get_score(in, prefs.reject);
	if (in->bad)
		return false;
	*ret_prefs = prefs;
	return true;
}

int
wire_send(int fd, uint16_t type, struct slice body, int64_t deadline)
{
	int rc;

	while ((rc = ipc_send_at_once(fd, type, body, NULL, 0)) == -EAGAIN) {
		rc = fileio_wait(fd, POLLOUT, deadline);
		if (rc < 0)
			break;
	}
	return rc;
}

void
wire_put_trace(struct str *body, const char *trace)
{
	ipc_put_text(body, slice_from(trace));
}

static bool
is_trace(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z'))
			return false;
	}
	return true;
}

bool
wire_take_trace(struct str *body, char ret_trace[LOG_TRACE_MAX])
{
	struct ipc_reader in = { str_slice(body), false };
	struct slice trace = ipc_get_text(&in, LOG_TRACE_MAX - 1);
	size_t all = body->len;

	if (in.bad || !is_trace(trace))
		return false;
	memcpy(ret_trace, trace.ptr, trace.len);
	ret_trace[trace.len] = '\0';
	str_drop(body, body->len - in.rest.len);
	/* what moved may be a password */
	explicit_bzero(body->ptr + body->len, all - body->len);
	return true;
}
