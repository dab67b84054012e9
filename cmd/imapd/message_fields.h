/* The header fields that messages are sorted and threaded by, found in one pass
 * over a header.
 * Never copies them. */
#ifndef NJIWA_CMD_IMAPD_MESSAGE_FIELDS_H
#define NJIWA_CMD_IMAPD_MESSAGE_FIELDS_H

#include <stdint.h>
#include "common/base/slice.h"

enum message_field {
	FIELD_CC,
	FIELD_DATE,
	FIELD_FROM,
	FIELD_IN_REPLY_TO,
	FIELD_MESSAGE_ID,
	FIELD_REFERENCES,
	FIELD_SUBJECT,
	FIELD_TO,
	FIELD_COUNT
};

/* The first field of each name, as header_field.body; ptr NULL for none. */
struct message_fields {
	struct slice bodies[FIELD_COUNT];
};

/* Finds the fields of the set wanted (1 << FIELD_...) in a header. */
void message_fields_find(
    struct slice header, unsigned wanted, struct message_fields *ret_fields);

/* The time in a Date field, in UTC; false when it is none. */
bool message_fields_date(
    const struct message_fields *fields, int64_t *ret_time);

#endif
