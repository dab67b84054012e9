#include <stdint.h>
#include <string.h>

#include "common/store/spool_envelope.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SUM_LINE 21 /* octets of the last one */

/* The text with the checksum that belongs to it, which no fuzzer guesses. */
static void
mend_sum(struct slice text, struct str *out)
{
	uint64_t sum = 0xcbf29ce484222325;
	size_t i;

	for (i = 0; i < text.len; i++)
		sum = (sum ^ (unsigned char)text.ptr[i]) * 0x100000001b3;
	str_append(out, text);
	str_appendf(out, "sum %016llx\n", (unsigned long long)sum);
}

/* What was read is written, and read back as the same. */
static void
try(struct slice text)
{
	struct spool_envelope env = { 0 }, back = { 0 };
	STR_AUTO once = STR_INIT;
	STR_AUTO twice = STR_INIT;
	struct err err;

	if (spool_envelope_parse(text, &env, &err) < 0)
		return;
	(void)spool_envelope_due(&env);
	spool_envelope_format(&env, &once);
	if (spool_envelope_parse(str_slice(&once), &back, &err) < 0)
		__builtin_trap();
	spool_envelope_format(&back, &twice);
	if (!slice_equal(str_slice(&once), str_slice(&twice)))
		__builtin_trap();
	spool_envelope_release(&env);
	spool_envelope_release(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	STR_AUTO mended = STR_INIT;

	try(text);
	if (size > SUM_LINE)
		text.len -= SUM_LINE;
	mend_sum(text, &mended);
	try(str_slice(&mended));
	return 0;
}
