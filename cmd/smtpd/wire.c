#include "cmd/smtpd/wire.h"

bool
wire_is_line(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < ' ' || c == 0x7f)
			return false;
	}
	return true;
}

void
wire_put_mail(const struct wire_mail *mail, struct str *body)
{
	ipc_put_u32(body, mail->bits);
	ipc_put_u64(body, mail->size);
	ipc_put_text(body, mail->sender);
	ipc_put_text(body, mail->helo);
	ipc_put_text(body, mail->envid);
}

bool
wire_get_mail(struct ipc_reader *args, struct wire_mail *ret_mail)
{
	struct wire_mail mail;

	mail.bits = ipc_get_u32(args);
	mail.size = ipc_get_u64(args);
	mail.sender = ipc_get_text(args, WIRE_ADDRESS_MAX);
	mail.helo = ipc_get_text(args, WIRE_HELO_MAX);
	mail.envid = ipc_get_text(args, WIRE_ENVID_MAX);
	if (!ipc_reader_done(args) || (mail.bits & ~(uint32_t)WIRE_MAIL_ALL) ||
	    !wire_is_line(mail.sender) || !wire_is_line(mail.helo) ||
	    !wire_is_line(mail.envid))
		return false;
	*ret_mail = mail;
	return true;
}

void
wire_put_rcpt(const struct wire_rcpt *rcpt, struct str *body)
{
	ipc_put_u32(body, rcpt->notify);
	ipc_put_u32(body, rcpt->suspicious);
	ipc_put_text(body, rcpt->address);
	ipc_put_text(body, rcpt->orcpt);
}

bool
wire_get_rcpt(struct ipc_reader *args, struct wire_rcpt *ret_rcpt)
{
	struct wire_rcpt rcpt;
	uint32_t suspicious;

	rcpt.notify = ipc_get_u32(args);
	suspicious = ipc_get_u32(args);
	rcpt.address = ipc_get_text(args, WIRE_ADDRESS_MAX);
	rcpt.orcpt = ipc_get_text(args, WIRE_ORCPT_MAX);
	if (!ipc_reader_done(args) || rcpt.address.len == 0 || suspicious > 1 ||
	    (rcpt.notify & ~(uint32_t)WIRE_NOTIFY_ALL) ||
	    !wire_is_line(rcpt.address) || !wire_is_line(rcpt.orcpt))
		return false;
	rcpt.suspicious = suspicious == 1;
	*ret_rcpt = rcpt;
	return true;
}

void
wire_put_committed(const struct wire_committed *committed, struct str *body)
{
	ipc_put_u32(body, (uint32_t)committed->overall);
	ipc_put_text(body, committed->each);
}

bool
wire_get_committed(
    const struct ipc_msg *answer, struct wire_committed *ret_committed)
{
	struct ipc_reader in = { str_slice(&answer->body), false };
	uint32_t overall = ipc_get_u32(&in);
	struct slice each = ipc_get_text(&in, IPC_BODY_MAX);

	if (answer->type != SMTP_COMMIT || !ipc_reader_done(&in) ||
	    overall >= OUTCOME_COUNT)
		return false;
	ret_committed->overall = (enum smtp_outcome)overall;
	ret_committed->each = each;
	return true;
}

enum smtp_outcome
wire_committed_at(const struct wire_committed *committed, size_t i)
{
	unsigned char octet = OUTCOME_TEMPFAIL;

	if (i < committed->each.len)
		octet = (unsigned char)committed->each.ptr[i];
	return octet < OUTCOME_COUNT ? (enum smtp_outcome)octet
				     : OUTCOME_TEMPFAIL;
}

enum smtp_outcome
wire_outcome(const struct ipc_msg *answer, uint16_t type)
{
	struct wire_committed committed;
	struct ipc_reader in = { str_slice(&answer->body), false };
	uint32_t outcome;

	if (type == SMTP_COMMIT)
		return wire_get_committed(answer, &committed)
			   ? committed.overall
			   : OUTCOME_TEMPFAIL;
	outcome = ipc_get_u32(&in);
	if (outcome == OUTCOME_GREYLISTED)
		(void)ipc_get_u32(&in); /* wire_seconds tells it */
	if (answer->type != type || !ipc_reader_done(&in) ||
	    outcome >= OUTCOME_COUNT)
		return OUTCOME_TEMPFAIL;
	return (enum smtp_outcome)outcome;
}

uint32_t
wire_seconds(const struct ipc_msg *answer)
{
	struct ipc_reader in = { str_slice(&answer->body), false };

	return ipc_get_u32(&in) == OUTCOME_GREYLISTED ? ipc_get_u32(&in) : 0;
}
