/* Parameters of MAIL and RCPT (RFC 5321 section 4.1.1.11) as rows: name,
 * and what takes its value.  Never says a reply. */
#ifndef NJIWA_CMD_SMTPD_FRONT_PARAMS_H
#define NJIWA_CMD_SMTPD_FRONT_PARAMS_H

#include "cmd/smtpd/front/session.h"

/* Takes a parameter's value ("" when there is none, which *has_value tells);
 * NULL, or the reply that refuses it. */
typedef const struct reply *param_handler(
    struct smtp *s, bool has_value, struct slice value);

struct param {
	const char *name; /* upper case */
	bool submission;  /* known only where users log in */
	param_handler *take;
};

/* The parameters of MAIL, and those of RCPT. */
extern const struct param params_mail[];
extern const size_t params_mail_count;
extern const struct param params_rcpt[];
extern const size_t params_rcpt_count;

/*
 * Takes all parameters in text, which begins with a blank unless it is empty.
 * NULL, or the reply for the first that is refused, *ret_name being its name.
 */
const struct reply *params_take(struct smtp *s, const struct param *table,
    size_t n, struct slice text, struct slice *ret_name);

#endif
