/* Faults of memory that somebody else can pull away: a file that is mapped and
 * is cut short, or holds rubbish that is followed.  Never hides a fault of
 * anything but the work that was said to be at risk. */
#ifndef NJIWA_BASE_FAULT_H
#define NJIWA_BASE_FAULT_H

#include <stdbool.h>

typedef void fault_work(void *ctx);

/* Runs work(ctx).  False when it ended with SIGSEGV, SIGBUS or fault_raise: it
 * was left where it was, and what it held is not given back.  One at a time. */
bool fault_guard(fault_work *work, void *ctx);

/* Ends the work that is being done; without one, the process. */
_Noreturn void fault_raise(void);

#endif
