#include "common/base/fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

/* Where the work at risk began; NULL: there is none.  A signal's handler gets
 * nothing but what belongs to the process. */
static sigjmp_buf *volatile fault_start;
static bool fault_installed;
static const char *volatile fault_files[2];

static void
leap(int number)
{
	size_t i;

	if (fault_start && number != SIGABRT)
		siglongjmp(*fault_start, 1);
	if (number == SIGALRM)
		return;
	for (i = 0; i < 2; i++)
		if (fault_files[i])
			(void)unlink(fault_files[i]); /* nobody is told */
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
	(void)sigaction(SIGSEGV, &action, NULL); /* none can fail */
	(void)sigaction(SIGBUS, &action, NULL);
	(void)sigaction(SIGABRT, &action, NULL);
	(void)sigaction(SIGALRM, &action, NULL);
	fault_installed = true;
}

void
fault_take_along(const char *one, const char *other)
{
	install();
	fault_files[0] = one;
	fault_files[1] = other;
}

void
fault_raise(void)
{
	if (fault_start)
		siglongjmp(*fault_start, 1);
	abort();
}

static void
limit(time_t seconds)
{
	const struct itimerval time = { { 0, 0 }, { seconds, 0 } };

	(void)setitimer(ITIMER_REAL, &time, NULL); /* cannot fail so */
}

bool
fault_guard(fault_work *work, void *ctx)
{
	volatile bool whole = false;
	sigjmp_buf start;

	install();
	fault_start = &start;
	limit(FAULT_SECONDS);
	if (sigsetjmp(start, 0) == 0) {
		work(ctx);
		whole = true;
	}
	limit(0);
	fault_start = NULL;
	return whole;
}
