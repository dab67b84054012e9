/* Giving up root for an owner of mail.  There is no way back. */
#ifndef NJIWA_SVC_IDENTITY_H
#define NJIWA_SVC_IDENTITY_H

#include <stdint.h>

/* Takes uid and gid for good when the process is root; 0 or -errno. */
int identity_take(uint32_t uid, uint32_t gid);

#endif
