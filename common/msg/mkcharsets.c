/* Writes the tables of charset.c to standard output, from what this machine's
 * iconv knows: a confined process cannot load iconv's own. */
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/msg/charset_tables.h"

#define UNKNOWN 0xfffd
#define PER_LINE 10

/* Name here, and at iconv. */
static const struct {
	const char *name, *iconv;
} singles[] = {
	{ "windows1250", "CP1250" },
	{ "windows1251", "CP1251" },
	{ "windows1252", "CP1252" },
	{ "windows1253", "CP1253" },
	{ "windows1254", "CP1254" },
	{ "windows1255", "CP1255" },
	{ "windows1256", "CP1256" },
	{ "windows1257", "CP1257" },
	{ "windows1258", "CP1258" },
	{ "windows874", "CP874" },
	{ "iso88592", "ISO-8859-2" },
	{ "iso88593", "ISO-8859-3" },
	{ "iso88594", "ISO-8859-4" },
	{ "iso88595", "ISO-8859-5" },
	{ "iso88596", "ISO-8859-6" },
	{ "iso88597", "ISO-8859-7" },
	{ "iso88598", "ISO-8859-8" },
	{ "iso885910", "ISO-8859-10" },
	{ "iso885913", "ISO-8859-13" },
	{ "iso885914", "ISO-8859-14" },
	{ "iso885915", "ISO-8859-15" },
	{ "iso885916", "ISO-8859-16" },
	{ "koi8r", "KOI8-R" },
	{ "koi8u", "KOI8-U" },
	{ "macintosh", "MACINTOSH" },
	{ "ibm437", "CP437" },
	{ "ibm850", "CP850" },
	{ "ibm852", "CP852" },
	{ "ibm866", "CP866" },
}, doubles[] = {
	{ "gbk", "CP936" },
	{ "big5", "CP950" },
	{ "euckr", "CP949" },
	{ "shiftjis", "CP932" },
	{ "eucjp", "EUC-JP" },
};

/* The one character of n octets, UNKNOWN when they are none. */
static unsigned
convert(iconv_t to, const unsigned char *octets, size_t n)
{
	char in[2] = { (char)octets[0], (char)octets[1] };
	unsigned char out[8];
	char *from = in, *into = (char *)out;
	size_t left = n, room = sizeof out;

	(void)iconv(to, NULL, NULL, NULL, NULL); /* begins anew */
	if (iconv(to, &from, &left, &into, &room) == (size_t)-1 || left ||
	    room != sizeof out - 2)
		return UNKNOWN;
	return out[0] | (unsigned)out[1] << 8;
}

static void
print(unsigned value, unsigned *column)
{
	printf("%s0x%04x,", *column % PER_LINE ? " " : "\n\t", value);
	++*column;
}

static iconv_t
begin(const char *name, const char *from)
{
	iconv_t to = iconv_open("UTF-16LE", from);

	if (to == (iconv_t)-1) {
		fprintf(stderr, "mkcharsets: iconv knows no %s\n", from);
		exit(EXIT_FAILURE);
	}
	printf("static const uint16_t table_%s[] = {", name);
	return to;
}

static void
end(iconv_t to)
{
	(void)iconv_close(to); /* was only used */
	printf("\n};\n\n");
}

static void
print_single(const char *name, const char *from)
{
	iconv_t to = begin(name, from);
	unsigned column = 0, c;

	for (c = CHARSET_HIGH; c <= 0xff; c++) {
		unsigned char octets[2] = { (unsigned char)c, 0 };

		print(convert(to, octets, 1), &column);
	}
	end(to);
}

static void
print_double(const char *name, const char *from)
{
	iconv_t to = begin(name, from);
	unsigned column = 0, lead, trail;

	for (lead = CHARSET_LEAD_MIN; lead <= CHARSET_LEAD_MAX; lead++)
		for (trail = CHARSET_TRAIL_MIN; trail <= CHARSET_TRAIL_MAX;
		     trail++) {
			unsigned char octets[2] = { (unsigned char)lead,
				(unsigned char)trail };

			print(convert(to, octets, 2), &column);
		}
	end(to);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof singles / sizeof singles[0]; i++)
		print_single(singles[i].name, singles[i].iconv);
	for (i = 0; i < sizeof doubles / sizeof doubles[0]; i++)
		print_double(doubles[i].name, doubles[i].iconv);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
