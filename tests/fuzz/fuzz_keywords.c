#include <stdint.h>

#include "common/store/keywords.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct keywords keywords = { { NULL } };
	STR_AUTO once = STR_INIT;
	STR_AUTO twice = STR_INIT;

	keywords_parse(text, &keywords);
	keywords_format(&keywords, &once);
	keywords_parse(str_slice(&once), &keywords);
	keywords_format(&keywords, &twice);
	if (!slice_equal(str_slice(&once), str_slice(&twice)))
		__builtin_trap();
	if (keywords_add(&keywords, text, 0) >= 0 &&
	    keywords_find(&keywords, text) < 0)
		__builtin_trap();
	keywords_release(&keywords);
	return 0;
}
