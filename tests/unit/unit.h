/* cmocka with the headers it wants before it.  Tests are tables of input and
 * expectation; UNIT_ROWS loops over one and names the row that failed. */
#ifndef NJIWA_TESTS_UNIT_H
#define NJIWA_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#define UNIT_COUNT(table) (sizeof(table) / sizeof(table)[0])

/* Fails the test naming row i of the table when the condition is false. */
#define UNIT_CHECK(i, cond)                                                    \
	do {                                                                   \
		if (!(cond))                                                   \
			fail_msg("row %zu: %s", (size_t)(i), #cond);           \
	} while (0)

#endif
