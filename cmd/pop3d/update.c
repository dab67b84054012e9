#include "cmd/pop3d/session.h"

#define OK_DELETED "+OK Marked to be deleted\r\n"
#define OK_RESET "+OK\r\n"
#define OK_BYE "+OK Bye\r\n"
#define NOT_DELETED "Some deleted messages were not removed"

void
pop3_dele(void *ctx, struct slice argument)
{
	struct pop3_session *pop3 = ctx;
	uint32_t number = pop3_message(pop3, argument);

	if (number == 0)
		return;
	maildrop_mark(&pop3->drop, number, MAILDROP_DELETED);
	stream_puts(pop3->session->client, OK_DELETED);
}

void
pop3_rset(void *ctx, struct slice argument)
{
	struct pop3_session *pop3 = ctx;

	(void)argument;
	maildrop_reset(&pop3->drop);
	stream_puts(pop3->session->client, OK_RESET);
}

/* The UPDATE state (RFC 1939 section 6); it ends the session either way. */
void
pop3_quit(void *ctx, struct slice argument)
{
	struct pop3_session *pop3 = ctx;
	struct err err = { .code = 0 };

	(void)argument;
	if (maildrop_update(&pop3->drop, &pop3->deleted, &err) < 0)
		pop3_failed(pop3, NOT_DELETED, &err);
	else
		stream_puts(pop3->session->client, OK_BYE);
	account_quota_flush(pop3->session->account);
	pop3->talk.over = TALK_QUIT;
}
