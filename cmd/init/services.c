#include "cmd/init/services.h"

static const struct init_protocol smtp = {
	"421 4.7.0 Too many connections, try again later\r\n", "220", "QUIT\r\n"
};
static const struct init_protocol pop3 = {
	"-ERR [SYS/TEMP] Too many connections, try again later\r\n", "+OK",
	"QUIT\r\n"
};
static const struct init_protocol imap = {
	"* BYE [UNAVAILABLE] Too many connections, try later\r\n", "* OK",
	"0 LOGOUT\r\n"
};

/* clang-format off */
static const struct init_service services[] = {
	/* name           program         profile        protocol  wait */
	{ "mx",          "njiwa-smtpd", "mx",          &smtp, false },
	{ "submission",  "njiwa-smtpd", "submission",  &smtp, false },
	{ "submissions", "njiwa-smtpd", "submissions", NULL,  false },
	{ "lmtp",        "njiwa-smtpd", "lmtp",        &smtp, false },
	{ "pop3",        "njiwa-pop3d", "pop3",        &pop3, false },
	{ "pop3s",       "njiwa-pop3d", "pop3s",       NULL,  false },
	{ "imap",        "njiwa-imapd", "imap",        &imap, false },
	{ "imaps",       "njiwa-imapd", "imaps",       NULL,  false },
};

const struct init_service init_service_account = {
	"account", "njiwa-accountd", NULL, NULL, true
};
/* clang-format on */

const struct init_service *
init_service_find(struct slice name)
{
	size_t i;

	for (i = 0; i < sizeof services / sizeof services[0]; i++)
		if (slice_is(name, services[i].name))
			return &services[i];
	return NULL;
}
