#include <stdlib.h>

#include "cmd/smtpd/keeper/transaction.h"
#include "common/base/mem.h"

void
transaction_begin(struct transaction_said *said, const struct wire_mail *mail)
{
	str_set(&said->sender, mail->sender);
	str_set(&said->helo, mail->helo);
	str_set(&said->envid, mail->envid);
	said->size = mail->size;
	said->bits = mail->bits;
}

void
transaction_add(struct transaction_said *said, const struct wire_rcpt *rcpt)
{
	said->rcpts = mem_grow(
	    said->rcpts, &said->cap, said->count + 1, sizeof *said->rcpts);
	said->rcpts[said->count++] = (struct transaction_rcpt){
		.address = mem_strndup(rcpt->address.ptr, rcpt->address.len),
		.orcpt = mem_strndup(rcpt->orcpt.ptr, rcpt->orcpt.len),
		.notify = rcpt->notify,
	};
}

void
transaction_drop_last(struct transaction_said *said)
{
	struct transaction_rcpt *rcpt = &said->rcpts[--said->count];

	free(rcpt->address);
	free(rcpt->orcpt);
}

bool
transaction_is_full(const struct transaction_said *said)
{
	return said->count >= TRANSACTION_RCPTS_MAX;
}

void
transaction_clear(struct transaction_said *said)
{
	while (said->count)
		transaction_drop_last(said);
	str_clear(&said->sender);
	str_clear(&said->helo);
	str_clear(&said->envid);
	said->size = 0;
	said->bits = 0;
}

void
transaction_release(struct transaction_said *said)
{
	transaction_clear(said);
	str_release(&said->sender);
	str_release(&said->helo);
	str_release(&said->envid);
	free(said->rcpts);
}
