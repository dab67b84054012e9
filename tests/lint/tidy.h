/* What clang-tidy cannot see by itself, put before every source by tidy: a
 * function that fills an error never returns 0. */
#ifndef NJIWA_LINT_TIDY_H
#define NJIWA_LINT_TIDY_H

#include "common/base/err.h"

#define err_set(...) ((void)err_set(__VA_ARGS__), -1)
#define err_sys(...) ((void)err_sys(__VA_ARGS__), -1)

#endif
