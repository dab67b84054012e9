#include "cmd/init/services.h"

#define SMTP_FULL "421 4.7.0 Too many connections, try again later\r\n"
#define POP3_FULL "-ERR [SYS/TEMP] Too many connections, try again later\r\n"
#define IMAP_FULL "* BYE [UNAVAILABLE] Too many connections, try later\r\n"

/* clang-format off */
static const struct init_service services[] = {
	/* name           program         profile        when full  wait */
	{ "mx",          "njiwa-smtpd", "mx",          SMTP_FULL, false },
	{ "submission",  "njiwa-smtpd", "submission",  SMTP_FULL, false },
	{ "submissions", "njiwa-smtpd", "submissions", NULL,      false },
	{ "lmtp",        "njiwa-smtpd", "lmtp",        SMTP_FULL, false },
	{ "pop3",        "njiwa-pop3d", "pop3",        POP3_FULL, false },
	{ "pop3s",       "njiwa-pop3d", "pop3s",       NULL,      false },
	{ "imap",        "njiwa-imapd", "imap",        IMAP_FULL, false },
	{ "imaps",       "njiwa-imapd", "imaps",       NULL,      false },
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
