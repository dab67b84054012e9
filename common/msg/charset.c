#include <stdint.h>

#include "common/base/enc.h"
#include "common/msg/charset.h"
#include "common/msg/charset_tables.h"

#include "common/msg/charset_tables.inc"

#define NAME_MAX_OCTETS 40
#define REPLACEMENT 0xfffd
#define ESC '\x1b'

typedef void convert_text(
    const uint16_t *table, struct slice text, struct str *out);

static convert_text from_ascii, from_utf8, from_single, from_double,
    from_shiftjis, from_iso2022jp, from_utf16, from_utf16le;

/* Names without what is neither letter nor digit, in lower case.  Of several
 * for one charset the wider is taken: what is called ISO-8859-1 is
 * Windows-1252, GB2312 is GBK. */
static const struct charset {
	const char *name;
	convert_text *convert;
	const uint16_t *table;
} charsets[] = {
	/* clang-format off */
	{ "utf8", from_utf8, NULL },
	{ "usascii", from_ascii, table_windows1252 },
	{ "ascii", from_ascii, table_windows1252 },
	{ "ansix341968", from_ascii, table_windows1252 },
	{ "unicode11utf8", from_utf8, NULL },
	{ "utf16", from_utf16, NULL },
	{ "utf16be", from_utf16, NULL },
	{ "utf16le", from_utf16le, NULL },
	{ "iso88591", from_single, table_windows1252 },
	{ "latin1", from_single, table_windows1252 },
	{ "windows1252", from_single, table_windows1252 },
	{ "cp1252", from_single, table_windows1252 },
	{ "windows1250", from_single, table_windows1250 },
	{ "cp1250", from_single, table_windows1250 },
	{ "windows1251", from_single, table_windows1251 },
	{ "cp1251", from_single, table_windows1251 },
	{ "windows1253", from_single, table_windows1253 },
	{ "windows1254", from_single, table_windows1254 },
	{ "iso88599", from_single, table_windows1254 },
	{ "latin5", from_single, table_windows1254 },
	{ "windows1255", from_single, table_windows1255 },
	{ "windows1256", from_single, table_windows1256 },
	{ "windows1257", from_single, table_windows1257 },
	{ "windows1258", from_single, table_windows1258 },
	{ "windows874", from_single, table_windows874 },
	{ "tis620", from_single, table_windows874 },
	{ "iso885911", from_single, table_windows874 },
	{ "iso88592", from_single, table_iso88592 },
	{ "latin2", from_single, table_iso88592 },
	{ "iso88593", from_single, table_iso88593 },
	{ "iso88594", from_single, table_iso88594 },
	{ "iso88595", from_single, table_iso88595 },
	{ "iso88596", from_single, table_iso88596 },
	{ "iso88597", from_single, table_iso88597 },
	{ "iso88598", from_single, table_iso88598 },
	{ "iso88598i", from_single, table_iso88598 },
	{ "iso885910", from_single, table_iso885910 },
	{ "iso885913", from_single, table_iso885913 },
	{ "iso885914", from_single, table_iso885914 },
	{ "iso885915", from_single, table_iso885915 },
	{ "latin9", from_single, table_iso885915 },
	{ "iso885916", from_single, table_iso885916 },
	{ "koi8r", from_single, table_koi8r },
	{ "koi8u", from_single, table_koi8u },
	{ "macintosh", from_single, table_macintosh },
	{ "ibm437", from_single, table_ibm437 },
	{ "cp437", from_single, table_ibm437 },
	{ "ibm850", from_single, table_ibm850 },
	{ "cp850", from_single, table_ibm850 },
	{ "ibm852", from_single, table_ibm852 },
	{ "ibm866", from_single, table_ibm866 },
	{ "cp866", from_single, table_ibm866 },
	{ "gb2312", from_double, table_gbk },
	{ "gbk", from_double, table_gbk },
	{ "cp936", from_double, table_gbk },
	{ "gb18030", from_double, table_gbk },
	{ "big5", from_double, table_big5 },
	{ "cp950", from_double, table_big5 },
	{ "euckr", from_double, table_euckr },
	{ "ksc56011987", from_double, table_euckr },
	{ "cp949", from_double, table_euckr },
	{ "eucjp", from_double, table_eucjp },
	{ "shiftjis", from_shiftjis, table_shiftjis },
	{ "xsjis", from_shiftjis, table_shiftjis },
	{ "cp932", from_shiftjis, table_shiftjis },
	{ "windows31j", from_shiftjis, table_shiftjis },
	{ "iso2022jp", from_iso2022jp, table_eucjp },
	/* clang-format on */
};

static bool
is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static const struct charset *
find(struct slice name)
{
	char plain[NAME_MAX_OCTETS + 1];
	size_t n = 0, i;

	for (i = 0; i < name.len && n < NAME_MAX_OCTETS; i++)
		if (is_letter_or_digit(name.ptr[i]))
			plain[n++] = name.ptr[i];
	for (i = 0; i < sizeof charsets / sizeof charsets[0]; i++)
		if (slice_is_nocase(slice_of(plain, n), charsets[i].name))
			return &charsets[i];
	return NULL;
}

bool
charset_is_known(struct slice name)
{
	return find(name) != NULL;
}

/* ---- characters ---- */

/* Of two octets; REPLACEMENT when they are no character. */
static uint32_t
of_two(const uint16_t *table, unsigned lead, unsigned trail)
{
	if (lead < CHARSET_LEAD_MIN || lead > CHARSET_LEAD_MAX ||
	    trail < CHARSET_TRAIL_MIN || trail > CHARSET_TRAIL_MAX)
		return REPLACEMENT;
	return table[(lead - CHARSET_LEAD_MIN) * CHARSET_TRAILS + trail -
		     CHARSET_TRAIL_MIN];
}

/* Octets of the sequence at the start of text that is as long as one can be
 * and no character yet: at least one. */
static size_t
bad_utf8(struct slice text)
{
	size_t n = 1;

	while (n < text.len && n < 4 && (text.ptr[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t
utf8_length(unsigned char first)
{
	return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* ---- charsets ---- */

static void
from_utf8(const uint16_t *table, struct slice text, struct str *out)
{
	(void)table;
	if (enc_utf8_valid(text)) {
		str_append(out, text);
		return;
	}
	while (text.len) {
		size_t n = utf8_length((unsigned char)text.ptr[0]);

		if (n <= text.len && enc_utf8_valid(slice_head(text, n))) {
			str_append(out, slice_head(text, n));
		} else {
			n = bad_utf8(text);
			enc_utf8_put(out, REPLACEMENT);
		}
		text = slice_skip(text, n);
	}
}

static void
from_single(const uint16_t *table, struct slice text, struct str *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		enc_utf8_put(
		    out, c < CHARSET_HIGH ? c : table[c - CHARSET_HIGH]);
	}
}

static void
from_ascii(const uint16_t *table, struct slice text, struct str *out)
{
	if (enc_utf8_valid(text))
		str_append(out, text);
	else
		from_single(table, text, out);
}

/* A lead whose trail is none is lost alone: the trail may be ASCII. */
static void
from_double(const uint16_t *table, struct slice text, struct str *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		uint32_t found = REPLACEMENT;

		if (c < CHARSET_HIGH) {
			enc_utf8_put(out, c);
			continue;
		}
		if (i + 1 < text.len)
			found =
			    of_two(table, c, (unsigned char)text.ptr[i + 1]);
		enc_utf8_put(out, found);
		if (found != REPLACEMENT)
			i++;
	}
}

/* With the half-width letters, which are one octet. */
static void
from_shiftjis(const uint16_t *table, struct slice text, struct str *out)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		size_t n =
		    c >= CHARSET_HIGH && !(c >= 0xa1 && c <= 0xdf) ? 2 : 1;

		if (c >= 0xa1 && c <= 0xdf)
			enc_utf8_put(out, 0xff61u + c - 0xa1u);
		else
			from_double(
			    table, slice_head(slice_skip(text, i), n), out);
		i += n - 1;
	}
}

/* RFC 1468: escapes turn between ASCII and two octets of seven bits. */
static void
from_iso2022jp(const uint16_t *table, struct slice text, struct str *out)
{
	bool kanji = false;
	size_t i;

	for (i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c == ESC && i + 2 < text.len) {
			kanji = text.ptr[i + 1] == '$';
			i += 2;
		} else if (kanji && c > ' ' && i + 1 < text.len) {
			unsigned char d = (unsigned char)text.ptr[++i];

			enc_utf8_put(out, of_two(table, c | 0x80u, d | 0x80u));
		} else {
			enc_utf8_put(out, c < CHARSET_HIGH ? c : REPLACEMENT);
		}
	}
}

static uint32_t
unit(struct slice text, size_t i, bool little)
{
	unsigned char a = (unsigned char)text.ptr[i];
	unsigned char b = (unsigned char)text.ptr[i + 1];

	return little ? a | (uint32_t)b << 8 : b | (uint32_t)a << 8;
}

/* The character that two surrogates are; 0 when the second is none. */
static uint32_t
of_surrogates(uint32_t high, uint32_t low)
{
	if (high >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
		return 0;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static void
from_units(struct slice text, bool little, struct str *out)
{
	size_t i;

	for (i = 0; i + 1 < text.len; i += 2) {
		uint32_t c = unit(text, i, little), whole = 0;

		if (c < 0xd800 || c >= 0xe000) {
			enc_utf8_put(out, c);
			continue;
		}
		if (i + 3 < text.len)
			whole = of_surrogates(c, unit(text, i + 2, little));
		enc_utf8_put(out, whole ? whole : REPLACEMENT);
		i += whole ? 2 : 0;
	}
	if (i < text.len)
		enc_utf8_put(out, REPLACEMENT);
}

/* Big-endian where no mark says another thing (RFC 2781 section 4.3). */
static void
from_utf16(const uint16_t *table, struct slice text, struct str *out)
{
	bool little = slice_starts(text, "\xff\xfe");

	(void)table;
	if (little || slice_starts(text, "\xfe\xff"))
		text = slice_skip(text, 2);
	from_units(text, little, out);
}

static void
from_utf16le(const uint16_t *table, struct slice text, struct str *out)
{
	(void)table;
	from_units(text, true, out);
}

void
charset_to_utf8(struct slice name, struct slice text, struct str *out)
{
	const struct charset *charset = find(name);

	if (charset)
		charset->convert(charset->table, text, out);
	else
		from_ascii(table_windows1252, text, out);
}
