/* njiwa-imapd: serves one IMAP connection on standard input and output. */
#include "cmd/imapd/front.h"
#include "cmd/imapd/imap.h"
#include "cmd/imapd/learner.h"

static const char *const profiles[] = { "imap", "imaps", NULL };
static const char *const tls_profiles[] = { "imaps", NULL };

static const struct service imapd = {
	.name = "imap",
	.program = "njiwa-imapd",
	.profiles = profiles,
	.tls_profiles = tls_profiles,
	.front = imap_front,
	.session = imap_session,
	.helper = learner_run,
	.keeper_prepare = learner_prepare,
};

int
main(int argc, char **argv)
{
	return service_main(&imapd, argc, argv);
}
