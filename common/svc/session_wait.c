#include <signal.h>

#include "common/account/account_client_session.h"
#include "common/base/clock.h"
#include "common/svc/service.h"

/* session.c leaves the signal ignored that told us. */
static bool
was_told_to_end(void)
{
	struct sigaction now;

	return sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

const char *
session_end_reason(const struct session *session)
{
	if (was_told_to_end())
		return "Shutting down";
	if (account_heard(session->account))
		return "Another session of yours needs the place";
	return NULL;
}

/* The service rings: is it the end? */
static void
hear(struct session *session)
{
	if (account_heard(session->account))
		stream_end_input(session->client);
	stream_set_bell(session->client, account_bell(session->account));
}

int
session_wait(struct session *session, int watch, int64_t deadline)
{
	int64_t rest = clock_deadline(SESSION_REST_MS);
	int got;

	do {
		bool early = rest < deadline;

		got = stream_wait(
		    session->client, watch, early ? rest : deadline);
		if (got == STREAM_WAIT_TIMEOUT && early) {
			account_rest(session->account, true);
			rest = CLOCK_NEVER;
			got = 0;
		}
		if (got & STREAM_WAIT_BELL)
			hear(session);
		got &= ~STREAM_WAIT_BELL;
	} while (got == 0);
	if (got & STREAM_WAIT_INPUT)
		account_rest(session->account, false);
	return got;
}
