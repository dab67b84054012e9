#include <stdlib.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "common/msg/casemap.h"

/* Most text is that, and this loop is many times quicker: first to last, 'A' to
 * 'Z' or 'a' to 'z', become the other case. */
static void
turn_ascii(struct slice text, char first, char last, struct str *out)
{
	char *to;
	size_t i;

	str_reserve(out, text.len);
	to = out->ptr + out->len;
	for (i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		to[i] = (char)(c ^ (c >= first && c <= last ? 0x20 : 0));
	}
	out->len += text.len;
	out->ptr[out->len] = '\0';
}

static void
fold_ascii(struct slice text, struct str *out)
{
	turn_ascii(text, 'A', 'Z', out);
}

void
casemap_fold(struct slice text, struct str *out)
{
	uint8_t *folded;
	size_t len;

	if (slice_is_ascii(text)) {
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

/* Each character in its title case, by itself. */
static void
title(struct slice text, struct str *out)
{
	const uint8_t *at = (const uint8_t *)text.ptr, *end = at + text.len;
	uint8_t octets[6];

	while (at < end) {
		ucs4_t c;
		int n;

		at += u8_mbtouc(&c, at, (size_t)(end - at));
		n = u8_uctomb(octets, uc_totitle(c), sizeof octets);
		str_append_mem(out, octets, n > 0 ? (size_t)n : 0);
	}
}

void
casemap_order(struct slice text, struct str *out)
{
	STR_AUTO titled = STR_INIT;
	uint8_t *parts;
	size_t len;

	if (slice_is_ascii(text)) {
		turn_ascii(text, 'a', 'z', out);
		return;
	}
	title(text, &titled);
	parts = u8_normalize(
	    UNINORM_NFKD, (const uint8_t *)titled.ptr, titled.len, NULL, &len);
	if (parts == NULL) { /* no memory; or no UTF-8 in spite of all */
		str_append(out, str_slice(&titled));
		return;
	}
	str_append_mem(out, parts, len);
	free(parts);
}

void
casemap_compose(struct slice text, struct str *out)
{
	size_t len = 0;
	uint8_t *composed = u8_normalize(
	    UNINORM_NFC, (const uint8_t *)text.ptr, text.len, NULL, &len);

	if (composed == NULL)
		str_append(out, text); /* no memory, or not UTF-8 */
	else
		str_append_mem(out, composed, len);
	free(composed);
}
