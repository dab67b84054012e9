#include "common/base/fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

/* Where the work at risk began; NULL: there is none.  A signal's handler gets
 * nothing but what belongs to the process. */
static sigjmp_buf *volatile fault_start;
static bool fault_installed;

static void
leap(int number)
{
	if (fault_start)
		siglongjmp(*fault_start, 1);
	/* not ours: the instruction is tried again, and ends the process */
	(void)signal(number, SIG_DFL); /* cannot fail */
}

/* Once: the handlers do nothing but what the system does when no work is at
 * risk, and two calls for each look at a file would be dear. */
static void
install(void)
{
	static const struct sigaction action = { .sa_handler = leap,
		.sa_flags = SA_NODEFER };

	if (fault_installed)
		return;
	(void)sigaction(SIGSEGV, &action, NULL); /* neither can fail */
	(void)sigaction(SIGBUS, &action, NULL);
	fault_installed = true;
}

void
fault_raise(void)
{
	if (fault_start)
		siglongjmp(*fault_start, 1);
	abort();
}

bool
fault_guard(fault_work *work, void *ctx)
{
	volatile bool whole = false;
	sigjmp_buf start;

	install();
	fault_start = &start;
	if (sigsetjmp(start, 0) == 0) {
		work(ctx);
		whole = true;
	}
	fault_start = NULL;
	return whole;
}
