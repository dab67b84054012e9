#include <idn2.h>

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

static bool
find_forms(const char *domain, struct idna_forms *forms)
{
	char *ascii = NULL, *utf8 = NULL;
	bool valid = idn2_to_ascii_8z(domain, &ascii, FLAGS) == IDN2_OK &&
		     idn2_to_unicode_8z8z(ascii, &utf8, FLAGS) == IDN2_OK &&
		     leads_back(utf8, ascii);

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
