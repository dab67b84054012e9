#include <idn2.h>
#include <string.h>
#include <strings.h>

#include "common/account/idna.h"

#define FLAGS (IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL)

/* What the A-labels stand for must lead back to them: else they are no form of
 * anything, and two names could be one. */
static bool
leads_back(const char *utf8, const char *ascii)
{
	char *back = NULL;
	bool same = idn2_to_ascii_8z(utf8, &back, FLAGS) == IDN2_OK &&
		    strcmp(back, ascii) == 0;

	idn2_free(back);
	return same;
}

/* Characters of a text in UTF-8. */
static size_t
characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

/* Letters may be capitals, but nothing may be left out on the way, or made of
 * several: what looks like another name to nobody is no name (RFC 6531 section
 * 3.7.1 wants U-labels as they are). */
static bool
is_as_written(const char *domain, const char *ascii, const char *utf8)
{
	return strcasecmp(domain, ascii) == 0 ||
	       characters(domain) == characters(utf8);
}

static bool
find_forms(const char *domain, struct idna_forms *forms)
{
	char *ascii = NULL, *utf8 = NULL;
	bool valid = idn2_to_ascii_8z(domain, &ascii, FLAGS) == IDN2_OK &&
		     idn2_to_unicode_8z8z(ascii, &utf8, FLAGS) == IDN2_OK &&
		     leads_back(utf8, ascii) &&
		     is_as_written(domain, ascii, utf8);

	if (valid) {
		str_append_cstr(&forms->ascii, ascii);
		str_append_cstr(&forms->utf8, utf8);
	}
	idn2_free(ascii);
	idn2_free(utf8);
	return valid;
}

extern const struct idna_driver njiwa_idna_driver;
__attribute__((visibility("default")))
const struct idna_driver njiwa_idna_driver = { .forms = find_forms };
