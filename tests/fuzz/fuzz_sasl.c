#include <stdint.h>

#include "common/base/enc.h"
#include "common/proto/sasl.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

static void
check_text(const struct str *text, size_t max)
{
	size_t i;

	want(text->len > 0 && text->len <= max);
	want(enc_utf8_valid(str_slice(text)));
	for (i = 0; i < text->len; i++)
		want((unsigned char)text->ptr[i] >= ' ');
}

/* The first line is AUTH's argument, the others are the client's answers. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of((const char *)data, size), line;
	struct sasl sasl = SASL_INIT;
	enum sasl_result result = SASL_BAD;
	bool first = true;

	while (slice_next(&rest, '\n', &line)) {
		result =
		    first ? sasl_start(&sasl, line) : sasl_feed(&sasl, line);
		first = false;
		if (result != SASL_CONTINUE)
			break;
		want(sasl.password.len == 0);
	}
	if (result == SASL_CREDENTIALS) {
		check_text(&sasl.user, SASL_NAME_MAX);
		check_text(&sasl.password, SASL_PASSWORD_MAX);
	} else if (result != SASL_CONTINUE) {
		want(sasl.user.ptr == NULL && sasl.password.ptr == NULL);
	}
	sasl_release(&sasl);
	return 0;
}
