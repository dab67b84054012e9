#include "cmd/imapd/message_fields.h"

#include "common/msg/date.h"
#include "common/msg/header.h"

static const struct slice names[FIELD_COUNT] = {
	[FIELD_CC] = SLICE_LIT("Cc"),
	[FIELD_DATE] = SLICE_LIT("Date"),
	[FIELD_FROM] = SLICE_LIT("From"),
	[FIELD_IN_REPLY_TO] = SLICE_LIT("In-Reply-To"),
	[FIELD_MESSAGE_ID] = SLICE_LIT("Message-ID"),
	[FIELD_REFERENCES] = SLICE_LIT("References"),
	[FIELD_SUBJECT] = SLICE_LIT("Subject"),
	[FIELD_TO] = SLICE_LIT("To"),
};

static unsigned
field_of(struct slice name)
{
	unsigned i;

	for (i = 0; i < FIELD_COUNT; i++)
		if (slice_equal_nocase(name, names[i]))
			break;
	return i;
}

void
message_fields_find(
    struct slice header, unsigned wanted, struct message_fields *ret_fields)
{
	struct header_field field;

	*ret_fields = (struct message_fields){ .bodies = { { NULL, 0 } } };
	while (wanted && header_next(&header, &field)) {
		unsigned i = field_of(field.name);

		if (!(wanted >> i & 1))
			continue;
		ret_fields->bodies[i] = field.body;
		wanted &= ~(1u << i);
	}
}

bool
message_fields_date(const struct message_fields *fields, int64_t *ret_time)
{
	STR_AUTO text = STR_INIT;
	time_t when;

	if (fields->bodies[FIELD_DATE].ptr == NULL)
		return false;
	header_unfold(fields->bodies[FIELD_DATE], &text);
	if (!date_parse_sent(str_slice(&text), &when))
		return false;
	*ret_time = when;
	return true;
}
