#include "cmd/smtpd/wire_content.h"

void
wire_put_limits(const struct wire_limits *limits, struct str *body)
{
	ipc_put_u64(body, (uint64_t)limits->tag);
	ipc_put_u64(body, (uint64_t)limits->reject);
}

bool
wire_get_limits(const struct ipc_msg *answer, struct wire_limits *ret_limits)
{
	struct ipc_reader in = { str_slice(&answer->body), false };
	uint32_t outcome = ipc_get_u32(&in);
	struct wire_limits limits;

	limits.tag = (int64_t)ipc_get_u64(&in);
	limits.reject = (int64_t)ipc_get_u64(&in);
	if (answer->type != SMTP_LIMITS || !ipc_reader_done(&in) ||
	    outcome != OUTCOME_OK)
		return false;
	*ret_limits = limits;
	return true;
}

void
wire_put_edit(const struct wire_edit *edit, struct str *body)
{
	ipc_put_u32(body, (uint32_t)edit->kind);
	ipc_put_text(body, edit->address);
}

bool
wire_get_edit(struct ipc_reader *args, struct wire_edit *ret_edit)
{
	uint32_t kind = ipc_get_u32(args);
	struct slice address = ipc_get_text(args, WIRE_ADDRESS_MAX);

	if (!ipc_reader_done(args) || kind > WIRE_EDIT_REMOVE ||
	    (kind != WIRE_EDIT_SENDER && address.len == 0) ||
	    !wire_is_line(address))
		return false;
	ret_edit->kind = (enum wire_edit_kind)kind;
	ret_edit->address = address;
	return true;
}

void
wire_put_commit(const struct wire_commit *commit, struct str *body)
{
	ipc_put_u32(body, commit->bits);
	ipc_put_u64(body, (uint64_t)commit->score);
	ipc_put_text(body, commit->message);
}

bool
wire_get_commit(struct ipc_reader *args, struct wire_commit *ret_commit)
{
	struct wire_commit commit;

	commit.bits = ipc_get_u32(args);
	commit.score = (int64_t)ipc_get_u64(args);
	commit.message = ipc_get_text(args, WIRE_MESSAGE_MAX);
	if (!ipc_reader_done(args) ||
	    (commit.bits & ~(uint32_t)WIRE_COMMIT_ALL))
		return false;
	*ret_commit = commit;
	return true;
}
