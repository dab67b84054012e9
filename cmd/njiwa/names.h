/* Names that may be made: addresses and domains.  Never looks one up. */
#ifndef NJIWA_CMD_NJIWA_NAMES_H
#define NJIWA_CMD_NJIWA_NAMES_H

#include <stdbool.h>
#include "common/base/err.h"
#include "common/base/str.h"

#define NAMES_LOCAL_MAX 64   /* RFC 5321 section 4.5.3.1.1 */
#define NAMES_DOMAIN_MAX 253 /* RFC 1035, without the last dot */
#define NAMES_LABEL_MAX 63   /* RFC 1035 section 2.3.4 */

/* A domain as it is stored: labels of letters, digits and inner hyphens, in
 * lower case.  Replaces out; 0, or -EINVAL with err filled. */
int names_domain(const char *text, struct str *out, struct err *err);

/* An address as it is stored: a dot-atom (RFC 5322 section 3.2.3) that is also
 * safe in paths, lists and patterns (so without '/', '|', '%' and '*'), '@',
 * and a domain as above.
 * Replaces out; 0, or -EINVAL with err filled. */
int names_address(const char *text, struct str *out, struct err *err);

#endif
