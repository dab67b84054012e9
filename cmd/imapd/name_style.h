/* How names of mailboxes stand on the wire of one connection.
 * Never says anything of the store, where they are UTF-8 with '/'. */
#ifndef NJIWA_CMD_IMAPD_NAME_STYLE_H
#define NJIWA_CMD_IMAPD_NAME_STYLE_H

#include <stdbool.h>

struct name_style {
	char separator; /* of levels; NUL is '/' */
	bool utf8;      /* no modified UTF-7 */
};

#endif
