/* Time.  Deadlines are absolute, in milliseconds of the monotonic clock, so
 * that a slow peer cannot stretch them; 0 never is a deadline. */
#ifndef NJIWA_BASE_CLOCK_H
#define NJIWA_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER INT64_MAX
#define CLOCK_PAST (-1) /* has always passed: nobody waits until then */

/* Milliseconds of the monotonic clock. */
int64_t clock_ms(void);

/* The deadline that is ms milliseconds away. */
int64_t clock_deadline(int64_t ms);

/* Milliseconds until deadline for poll(2): 0 when it has passed, -1 for
 * CLOCK_NEVER, INT_MAX at most. */
int clock_left(int64_t deadline);

/* The time of day; tests may set it with clock_fake. */
struct timespec clock_now(void);

/* From now on clock_now says t (a test's clock); t.tv_sec < 0 ends that. */
void clock_fake(struct timespec t);

#endif
