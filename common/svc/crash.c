#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "common/svc/crash.h"

bool
crash_seen(int status)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE,
		SIGSYS, SIGTRAP };
	size_t i;

	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (WIFSIGNALED(status) && WTERMSIG(status) == signals[i])
			return true;
	return WIFEXITED(status) && WEXITSTATUS(status) == CRASH_STATUS;
}
