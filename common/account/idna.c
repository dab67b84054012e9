#include <stdlib.h>

#include "common/account/idna.h"
#include "common/base/driver.h"
#include "common/base/mem.h"

bool
idna_is_needed(struct slice domain)
{
	struct slice rest = domain, label;
	size_t i;

	for (i = 0; i < domain.len; i++)
		if ((unsigned char)domain.ptr[i] >= 0x80)
			return true;
	while (slice_next(&rest, '.', &label))
		if (slice_starts_nocase(label, "xn--"))
			return true;
	return false;
}

enum account_outcome
idna_find_forms(struct slice domain, struct idna_forms *forms, struct err *err)
{
	const struct idna_driver *driver =
	    driver_load(IDNA_DRIVER, IDNA_DRIVER_SYMBOL, err);
	char *text;
	bool valid;

	if (driver == NULL)
		return ACCOUNT_TEMPFAIL;
	text = mem_strndup(domain.ptr, domain.len);
	valid = driver->forms(text, forms);
	free(text);
	return valid ? ACCOUNT_FOUND : ACCOUNT_UNKNOWN;
}

void
idna_forms_release(struct idna_forms *forms)
{
	str_release(&forms->ascii);
	str_release(&forms->utf8);
}
