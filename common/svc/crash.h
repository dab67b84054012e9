/* How an attempt to take a process over ends when it fails: the signals of
 * broken memory and of forbidden calls. */
#ifndef NJIWA_SVC_CRASH_H
#define NJIWA_SVC_CRASH_H

#include <stdbool.h>
#include <sysexits.h>

/* The exit status of a process that has seen a crash of one of its own. */
#define CRASH_STATUS EX_SOFTWARE

/* Does the status, of wait(2), tell of a crash, its own or one that it saw? */
bool crash_seen(int status);

#endif
