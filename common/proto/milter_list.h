/* The setting milters: addresses with options, as Postfix writes them.
 * Never connects and never resolves a name. */
#ifndef NJIWA_PROTO_MILTER_LIST_H
#define NJIWA_PROTO_MILTER_LIST_H

#include "common/net/endpoint.h"

#define MILTERS_MAX 8 /* of one connection */

/* What becomes of a message when its milter fails. */
enum milter_failure {
	MILTER_FAIL_TEMPFAIL,
	MILTER_FAIL_ACCEPT,
	MILTER_FAIL_REJECT,
	MILTER_FAIL_QUARANTINE
};

/* Whose mail it sees. */
enum milter_audience {
	MILTER_FOR_ALL,
	MILTER_FOR_STRANGERS, /* who did not log in */
	MILTER_FOR_USERS
};

/* When it is connected to, at the latest. */
enum milter_contact {
	MILTER_FROM_MAIL, /* with the first message */
	MILTER_FROM_HELO,
	MILTER_FROM_CONNECT /* before the greeting */
};

struct milter_spec {
	struct endpoint at;
	struct slice name; /* the address as it is written */
	enum milter_failure failure;
	enum milter_audience audience;
	enum milter_contact contact;
	int64_t connect_ms, command_ms, content_ms;
};

/*
 * Parses the list: addresses (endpoint.h), or { address, name=value, ... },
 * with blanks or commas between them.  Names are default_action (tempfail,
 * accept, reject, quarantine), for (all, strangers, users), contact (mail,
 * helo, connect), connect_timeout, command_timeout, content_timeout.  What an
 * entry leaves out it has from defaults.  The slices borrow from text.  The
 * number of milters, or -EINVAL with err filled.
 */
int milter_list_parse(const char *text, const struct milter_spec *defaults,
    struct milter_spec ret_specs[MILTERS_MAX], struct err *err);

/* The failure that a word of default_action stands for; false for another. */
bool milter_failure_parse(struct slice word, enum milter_failure *ret_failure);

/* The same of contact. */
bool milter_contact_parse(struct slice word, enum milter_contact *ret_contact);

#endif
