/* Faults of memory that somebody else can pull away: a file that is mapped and
 * is cut short, or holds rubbish that is followed.  Never hides a fault of
 * anything but the work that was said to be at risk: of that the process dies,
 * and may take along the files that it is likely due to. */
#ifndef NJIWA_BASE_FAULT_H
#define NJIWA_BASE_FAULT_H

#include <stdbool.h>

#define FAULT_SECONDS 15 /* that guarded work may take */

typedef void fault_work(void *ctx);

/* Runs work(ctx).  False when it ended with SIGSEGV, SIGBUS or fault_raise, or
 * did not end in time (a lock in a file may be held by nobody for ever): it was
 * left where it was, and what it held is not given back.  One at a time. */
bool fault_guard(fault_work *work, void *ctx);

/* Should the process die of SIGSEGV, SIGBUS or SIGABRT, both files are removed
 * (NULL: none): who maps rubbish may find his heap spoiled long after, and the
 * next one shall not.  The paths are borrowed until the next call. */
void fault_take_along(const char *one, const char *other);

/* Ends the work that is being done; without one, the process. */
_Noreturn void fault_raise(void);

#endif
