/* A structured field of MIME: a value and its parameters, as in Content-Type
 * and Content-Disposition (RFC 2045 section 5.1, RFC 2183), the parameters put
 * together that RFC 2231 takes apart.
 * Never refuses one: what cannot be understood is left out. */
#ifndef NJIWA_MSG_MIME_VALUE_H
#define NJIWA_MSG_MIME_VALUE_H

#include "common/base/str.h"

#define MIME_VALUE_MAX 65536 /* octets of a field that are looked at */
#define MIME_PARAMS_MAX 100  /* parameters of one field */

struct mime_param {
	struct str name;  /* with a '*' at its end where value is encoded */
	struct str value; /* charset'language'%XX... where it is encoded */
};

struct mime_value {
	struct str main; /* "text/plain", "attachment"; "" for none */
	struct mime_param *params;
	size_t count, cap;
};

#define MIME_VALUE_INIT                                                        \
	{                                                                      \
		STR_INIT, NULL, 0, 0                                           \
	}

/* Parses the field's body, folded or not.  value is empty before. */
void mime_value_parse(struct slice body, struct mime_value *value);
void mime_value_release(struct mime_value *value);

/* The parameter of that name, in any case, borrowed; false when there is
 * none. */
bool mime_value_param(
    const struct mime_value *value, const char *name, struct slice *ret_text);

#endif
