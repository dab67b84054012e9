#include <errno.h>

#include "cmd/smtpd/front/checks.h"
#include "cmd/smtpd/wire.h"

_Static_assert(CHECK_KEPT_MAX == WIRE_KEPT_MAX, "what is kept fits");

/* The resolver's way to the name servers: by the keeper (dns_open). */
static int
open_dns(void *ctx, int server, int fds[DNS_SERVERS_MAX])
{
	struct ipc_msg answer = IPC_MSG_INIT;
	STR_AUTO body = STR_INIT;
	size_t i, n = 0;

	ipc_put_u32(&body, server < 0 ? WIRE_DNS_UDP : (uint32_t)server);
	if (smtp_ask(ctx, SMTP_DNS, str_slice(&body), &answer) == OUTCOME_OK)
		n = answer.nfds;
	if (n > DNS_SERVERS_MAX || (server >= 0 && n > 1))
		n = 0;
	for (i = 0; i < n; i++)
		fds[i] = ipc_msg_take_fd(&answer, i);
	ipc_msg_release(&answer);
	return n ? (int)n : -ENOENT;
}

static void
recall(void *ctx, struct str *out)
{
	struct smtp *s = ctx;
	struct ipc_msg answer = IPC_MSG_INIT;
	STR_AUTO body = STR_INIT;
	struct ipc_reader in;

	ipc_put_text(&body, slice_from(s->front->peer->address));
	if (front_ask(s->front, SMTP_RECALL, str_slice(&body), &answer) < 0) {
		s->over = true;
	} else {
		in = (struct ipc_reader){ str_slice(&answer.body), false };
		(void)ipc_get_u32(&in); /* the outcome: always good */
		str_append(out, ipc_get_text(&in, IPC_BODY_MAX));
	}
	ipc_msg_release(&answer);
}

static void
remember(void *ctx, uint32_t ttl, struct slice kept)
{
	struct smtp *s = ctx;
	STR_AUTO body = STR_INIT;

	ipc_put_text(&body, slice_from(s->front->peer->address));
	ipc_put_u32(&body, ttl);
	ipc_put_text(&body, kept);
	if (front_ask(s->front, SMTP_REMEMBER, str_slice(&body), NULL) < 0)
		s->over = true;
}

bool
smtp_checks_connect(struct smtp *s)
{
	const struct checks_about about = { .settings = s->settings,
		.peer = s->front->peer,
		.helo = &s->helo,
		.sender = &s->tx.sender,
		/* behind STARTTLS it is known already */
		.stream = s->front->resumed ? NULL : s->front->client,
		.early = &s->early };
	const struct checks_host host = { open_dns, recall, remember, s };
	const struct reply *no;
	struct slice reason;

	if (s->submission || s->lmtp)
		return true;
	s->checks = checks_new(&about, &host);
	no = checks_closing(s->checks, &reason);
	if (no)
		smtp_say_with(s, no, reason);
	return no == NULL;
}

void
smtp_checks_end(struct smtp *s)
{
	checks_free(s->checks);
	s->checks = NULL;
}
