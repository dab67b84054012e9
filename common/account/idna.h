/* The two forms of an internationalized domain (RFC 5890): what is asked of the
 * driver idn2.so, loaded when a name has such a domain.
 * Never looks anything up. */
#ifndef NJIWA_ACCOUNT_IDNA_H
#define NJIWA_ACCOUNT_IDNA_H

#include "common/account/account_user.h"
#include "common/base/err.h"
#include "common/base/str.h"

struct idna_forms {
	struct str ascii; /* in A-labels, lower case */
	struct str utf8;  /* in U-labels, normal; as ascii where there are
			   * none */
};

/* What the driver exports as njiwa_idna_driver. */
struct idna_driver {
	/* Appends both forms of a domain in either, or in none that is normal
	 * (IDNA2008, mapped by UTS 46, not transitional).  False when it is no
	 * valid one. */
	bool (*forms)(const char *domain, struct idna_forms *forms);
};

#define IDNA_DRIVER "idn2"
#define IDNA_DRIVER_SYMBOL "njiwa_idna_driver"

/* Has the domain, in lower case, octets that are not ASCII, or a label that
 * begins with xn--? */
bool idna_is_needed(struct slice domain);

/* Fills forms, which are zeroed before.  FOUND; UNKNOWN when the domain is none
 * that can be; TEMPFAIL with err filled. */
enum account_outcome idna_find_forms(
    struct slice domain, struct idna_forms *forms, struct err *err);
void idna_forms_release(struct idna_forms *forms);

#endif
