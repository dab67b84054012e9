/* njiwa-pop3d: one POP3 connection on standard input and output. */
#include "cmd/pop3d/pop3.h"

int
main(int argc, char **argv)
{
	static const char *const profiles[] = { "pop3", "pop3s", NULL };
	static const char *const tls_profiles[] = { "pop3s", NULL };
	static const struct service service = {
		.name = "pop3",
		.program = "njiwa-pop3d",
		.profiles = profiles,
		.tls_profiles = tls_profiles,
		.front = pop3_front,
		.session = pop3_session,
	};

	return service_main(&service, argc, argv);
}
