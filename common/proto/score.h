/* Points of a spam filter as whole thousandths, so that they compare the same
 * everywhere.  Never depends on the locale. */
#ifndef NJIWA_PROTO_SCORE_H
#define NJIWA_PROTO_SCORE_H

#include <stdbool.h>
#include <stdint.h>
#include "common/base/slice.h"

#define SCORE_NEVER INT64_MAX /* a threshold that nothing reaches */
#define SCORE_MAX 1000000     /* points, up or down; more is no score */

/* "5", "-1.25", "never"; what is less than a thousandth is cut off.  False for
 * anything else. */
bool score_parse(struct slice text, int64_t *ret_score);

/* A threshold as settings have it: "" is SCORE_NEVER, and so is what is no
 * score. */
int64_t score_of_setting(const char *text);

/* Points of a filter's own arithmetic. */
int64_t score_of_points(double points);

#endif
