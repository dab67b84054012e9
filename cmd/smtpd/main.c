#include "cmd/smtpd/keeper/keeper.h"
#include "cmd/smtpd/front/session.h"

int
main(int argc, char **argv)
{
	static const char *const profiles[] = { "mx", "submission",
		"submissions", "lmtp", NULL };
	static const char *const tls_profiles[] = { "submissions", NULL };
	static const struct service service = {
		.name = "smtp",
		.program = "njiwa-smtpd",
		.profiles = profiles,
		.tls_profiles = tls_profiles,
		.open_profile = "mx",
		.spools = true,
		.xclient = true,
		.front = smtp_front,
		.requests = smtp_requests,
		.keeper_prepare = smtp_keeper_prepare,
		.keeper_open = smtp_keeper_open,
		.keeper_close = smtp_keeper_close,
	};

	return service_main(&service, argc, argv);
}
