/* The services that njiwa-init knows: which program serves each, and how one
 * who cannot be served is told so.  Never starts anything. */
#ifndef NJIWA_CMD_INIT_SERVICES_H
#define NJIWA_CMD_INIT_SERVICES_H

#include "common/base/slice.h"

/* The few lines of a protocol that are said without its program. */
struct init_protocol {
	const char *full;     /* reply to one too many */
	const char *greeting; /* how it begins */
	const char *goodbye;  /* what a client leaves with */
};

struct init_service {
	const char *name;    /* in `listen` and in LISTEN_FDNAMES */
	const char *program; /* in libexec_dir */
	const char *profile; /* argument of -p; NULL: no arguments */
	const struct init_protocol *protocol; /* NULL: TLS comes first */
	bool wait; /* takes the listening socket, as descriptor 3 */
};

/* The row called name, NULL when there is none. */
const struct init_service *init_service_find(struct slice name);

/* The row of njiwa-accountd, which is not in `listen`. */
extern const struct init_service init_service_account;

#endif
