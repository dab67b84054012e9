/* The part of IMAP before login: greeting, STARTTLS, LOGIN, AUTHENTICATE.
 * Runs confined, without files; what it knows it asks the keeper. */
#ifndef NJIWA_CMD_IMAPD_FRONT_H
#define NJIWA_CMD_IMAPD_FRONT_H

#include "common/svc/service.h"

/* Runs the conversation until the login, which ends this process's part, or
 * the end. */
void imap_front(struct front *front);

#endif
