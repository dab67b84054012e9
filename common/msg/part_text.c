#include "common/msg/part_text.h"

#include "common/msg/header.h"

void
part_text_init(struct part_text *text, struct slice header)
{
	struct mime_value encoding = MIME_VALUE_INIT;
	struct header_field field;

	*text = (struct part_text){ .charset = slice_from("") };
	if (header_find(header, "Content-Type", &field))
		mime_value_parse(field.body, &text->type);
	if (header_find(header, "Content-Transfer-Encoding", &field))
		mime_value_parse(field.body, &encoding);
	text->encoding = transfer_encoding_of(str_slice(&encoding.main));
	(void)mime_value_param(&text->type, "charset", &text->charset);
	mime_value_release(&encoding);
}

void
part_text_release(struct part_text *text)
{
	mime_value_release(&text->type);
}
