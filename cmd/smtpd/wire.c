#include "cmd/smtpd/wire.h"

void
wire_put_rcpt(const struct wire_rcpt *rcpt, struct str *body)
{
	ipc_put_u64(body, rcpt->size);
	ipc_put_text(body, rcpt->address);
}

bool
wire_get_rcpt(struct ipc_reader *args, struct wire_rcpt *ret_rcpt)
{
	struct wire_rcpt rcpt;

	rcpt.size = ipc_get_u64(args);
	rcpt.address = ipc_get_text(args, WIRE_ADDRESS_MAX);
	if (!ipc_reader_done(args) || rcpt.address.len == 0)
		return false;
	*ret_rcpt = rcpt;
	return true;
}

enum smtp_outcome
wire_outcome(const struct ipc_msg *answer, uint16_t type)
{
	struct ipc_reader in = { str_slice(&answer->body), false };
	uint32_t outcome = ipc_get_u32(&in);

	if (answer->type != type || !ipc_reader_done(&in) ||
	    outcome >= OUTCOME_COUNT)
		return OUTCOME_TEMPFAIL;
	return (enum smtp_outcome)outcome;
}
