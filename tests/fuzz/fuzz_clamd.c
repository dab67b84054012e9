/* Answers of clamd: what they mean, and that a find is always told as one. */
#include <stdint.h>
#include <stdlib.h>

#include "common/proto/clamd.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_signature(const struct clamd_verdict *verdict)
{
	size_t i;

	for (i = 0; verdict->signature[i]; i++)
		if (verdict->signature[i] <= ' ' || verdict->signature[i] > '~')
			abort();
	if ((i > 0) != (verdict->result == CLAMD_INFECTED) ||
	    i > CLAMD_SIGNATURE_MAX)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice answer = slice_of((const char *)data, size);
	struct clamd_verdict verdict;
	struct err err = { 0, "" };
	int rc = clamd_parse(answer, &verdict, &err);

	if ((rc < 0) != (err.text[0] != '\0'))
		abort();
	if (rc == 0)
		check_signature(&verdict);
	if (rc == 0 && verdict.result == CLAMD_CLEAN &&
	    !slice_is(answer, "stream: OK"))
		abort();
	return 0;
}
