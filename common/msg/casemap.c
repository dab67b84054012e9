#include <stdlib.h>
#include <unicase.h>
#include <uninorm.h>

#include "common/msg/casemap.h"

static bool
is_ascii(struct slice text)
{
	unsigned char all = 0;
	size_t i;

	for (i = 0; i < text.len; i++)
		all |= (unsigned char)text.ptr[i];
	return all < 0x80;
}

/* Most text is that, and this loop is many times quicker. */
static void
fold_ascii(struct slice text, struct str *out)
{
	char *to;
	size_t i;

	str_reserve(out, text.len);
	to = out->ptr + out->len;
	for (i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		to[i] = (char)(c + (c >= 'A' && c <= 'Z' ? 0x20 : 0));
	}
	out->len += text.len;
	out->ptr[out->len] = '\0';
}

void
casemap_fold(struct slice text, struct str *out)
{
	uint8_t *folded;
	size_t len;

	if (is_ascii(text)) {
		fold_ascii(text, out);
		return;
	}
	folded = u8_casefold((const uint8_t *)text.ptr, text.len, NULL,
	    UNINORM_NFKD, NULL, &len);
	if (folded == NULL) { /* no memory; or no UTF-8 in spite of all */
		fold_ascii(text, out);
		return;
	}
	str_append_mem(out, folded, len);
	free(folded);
}
