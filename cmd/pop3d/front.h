/* The verbs before login.  Never sees a mailbox. */
#ifndef NJIWA_CMD_POP3D_FRONT_H
#define NJIWA_CMD_POP3D_FRONT_H

#include "cmd/pop3d/talk.h"
#include "common/svc/service.h"

/* The states of the table before login. */
enum {
	POP3_STRANGER = 1 << 0,
	POP3_NAMED = 1 << 1 /* USER was said */
};

struct pop3_front {
	struct front *front;
	struct talk talk;
	struct str name; /* of USER */
};

/* The verbs of login, in login.c. */
command_handler pop3_user, pop3_pass, pop3_auth;

#endif
