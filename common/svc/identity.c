#include <errno.h>
#include <grp.h>
#include <unistd.h>

#include "common/svc/identity.h"

int
identity_take(uint32_t uid, uint32_t gid)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}
