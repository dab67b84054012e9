/* A password from whoever runs the tool: option, standard input or terminal.
 * Never keeps one outside the arena of base/secret.h. */
#ifndef NJIWA_CMD_NJIWA_PASSWORD_H
#define NJIWA_CMD_NJIWA_PASSWORD_H

#include "cmd/njiwa/tool.h"

enum password_ask {
	PASSWORD_ONCE,
	PASSWORD_TWICE /* at a terminal: a new one, typed twice */
};

/*
 * The password of -p; else the first line of standard input when that is what
 * -i says or it is no terminal; else asked for at the terminal, unseen.  EX_OK
 * and ret_password, borrowed from the arena; else a status, and it has been
 * said.
 */
int password_get(
    struct tool *tool, enum password_ask ask, const char **ret_password);

#endif
