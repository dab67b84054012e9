#include "common/base/num.h"
#include "common/store/uidlist.h"

/* Cuts the next field off *rest; blanks around it are eaten. */
static bool
eat_field(struct slice *rest, struct slice *ret_field)
{
	size_t end;

	while (rest->len && rest->ptr[0] == ' ')
		*rest = slice_skip(*rest, 1);
	end = slice_find(*rest, ' ');
	*ret_field = slice_head(*rest, end);
	*rest = slice_skip(*rest, end);
	return end > 0;
}

static bool
parse_u32(struct slice text, uint32_t *ret_value)
{
	uint64_t value;

	if (!num_parse(text, UINT32_MAX, &value))
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

static bool
is_guid(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (strchr("0123456789abcdefABCDEF", text.ptr[i]) == NULL ||
		    text.ptr[i] == '\0')
			return false;
	return text.len == UIDLIST_GUID_LEN;
}

/* The run of unknown fields grows to hold field, when it is next to it; a
 * known one in between is cut out by starting at the later run. */
static void
add_extra(struct uidlist_header *header, struct slice field)
{
	if (header->extras.ptr == NULL)
		header->extras = field;
	else
		header->extras.len =
		    (size_t)(field.ptr + field.len - header->extras.ptr);
}

static bool
header_v3(struct slice rest, struct uidlist_header *header)
{
	struct slice field;

	while (eat_field(&rest, &field)) {
		struct slice value = slice_skip(field, 1);

		switch (field.ptr[0]) {
		case 'V':
			if (!parse_u32(value, &header->uidvalidity))
				return false;
			break;
		case 'N':
			if (!parse_u32(value, &header->nextuid))
				return false;
			break;
		case 'G':
			if (is_guid(value))
				memcpy(header->guid, value.ptr, value.len);
			break;
		default:
			add_extra(header, field);
		}
	}
	return true;
}

static bool
header_v1(struct slice rest, struct uidlist_header *header)
{
	struct slice validity, next;

	return eat_field(&rest, &validity) && eat_field(&rest, &next) &&
	       parse_u32(validity, &header->uidvalidity) &&
	       parse_u32(next, &header->nextuid);
}

bool
uidlist_eat_header(struct slice *rest, struct uidlist_header *ret_header)
{
	struct uidlist_header header = { .version = 0 };
	size_t end = slice_find(*rest, '\n');
	struct slice line = slice_head(*rest, end);
	bool good;

	if (end == rest->len || end > UIDLIST_LINE_MAX)
		return false;
	if (slice_starts(line, "3 "))
		header.version = 3;
	else if (slice_starts(line, "1 "))
		header.version = 1;
	else
		return false;
	line = slice_skip(line, 2);
	good = header.version == 3 ? header_v3(line, &header)
				   : header_v1(line, &header);
	if (!good || header.uidvalidity == 0 || header.nextuid == 0)
		return false;
	*ret_header = header;
	*rest = slice_skip(*rest, end + 1);
	return true;
}

/* Are all fields a key with a value? */
static bool
fields_valid(struct slice fields)
{
	struct slice field;

	while (eat_field(&fields, &field))
		if ((unsigned char)field.ptr[0] < 'A')
			return false;
	return true;
}

/* The fields between uid and " :" of a version 3 line. */
static bool
eat_fields(struct slice *rest, struct slice *ret_fields)
{
	size_t colon;

	if (rest->len && rest->ptr[0] == ':') {
		*ret_fields = slice_of("", 0);
		*rest = slice_skip(*rest, 1);
		return true;
	}
	for (colon = 1; colon < rest->len; colon++)
		if (rest->ptr[colon] == ':' && rest->ptr[colon - 1] == ' ')
			break;
	if (colon >= rest->len)
		return false;
	*ret_fields = slice_trim(slice_head(*rest, colon - 1));
	*rest = slice_skip(*rest, colon + 1);
	return fields_valid(*ret_fields);
}

/* Is it the base name of a message? */
static bool
base_valid(struct slice base)
{
	return base.len > 0 && base.len <= 255 && base.ptr[0] != '.' &&
	       memchr(base.ptr, '/', base.len) == NULL &&
	       memchr(base.ptr, '\0', base.len) == NULL;
}

static bool
parse_line(struct slice line, unsigned version, struct uidlist_entry *ret_entry)
{
	uint64_t uid;

	if (line.len > UIDLIST_LINE_MAX ||
	    !num_eat(&line, UIDLIST_UID_MAX, &uid) || uid == 0 ||
	    line.len == 0 || line.ptr[0] != ' ')
		return false;
	ret_entry->uid = (uint32_t)uid;
	ret_entry->fields = slice_of("", 0);
	while (line.len && line.ptr[0] == ' ')
		line = slice_skip(line, 1);
	if (version == 3 && !eat_fields(&line, &ret_entry->fields))
		return false;
	ret_entry->base = slice_head(line, slice_find(line, ':'));
	return base_valid(ret_entry->base);
}

/* The text ends inside a line, which may have given out its uid. */
static void
take_torn(struct uidlist_reader *reader)
{
	uint64_t uid;

	reader->torn = true;
	if (num_eat(&reader->rest, UIDLIST_UID_MAX, &uid) &&
	    uid > reader->last_uid)
		reader->last_uid = (uint32_t)uid;
	reader->rest = slice_of(NULL, 0);
}

bool
uidlist_next(struct uidlist_reader *reader, struct uidlist_entry *ret_entry)
{
	while (reader->rest.len) {
		size_t end = slice_find(reader->rest, '\n');
		struct slice line = slice_head(reader->rest, end);

		if (end == reader->rest.len) {
			take_torn(reader);
			return false;
		}
		reader->rest = slice_skip(reader->rest, end + 1);
		if (!parse_line(line, reader->version, ret_entry) ||
		    ret_entry->uid <= reader->last_uid) {
			reader->damaged = true;
			continue;
		}
		reader->last_uid = ret_entry->uid;
		reader->entries++;
		return true;
	}
	return false;
}

struct slice
uidlist_field(const struct uidlist_entry *entry, char key)
{
	struct slice rest = entry->fields, field;

	while (eat_field(&rest, &field))
		if (field.ptr[0] == key)
			return slice_skip(field, 1);
	return slice_of(NULL, 0);
}

/* Appends the fields of extras that are not ours. */
static void
put_extras(struct slice extras, struct str *out)
{
	struct slice field;

	while (extras.len && eat_field(&extras, &field)) {
		if (strchr("VNG", field.ptr[0]) != NULL)
			continue;
		str_append_char(out, ' ');
		str_append(out, field);
	}
}

void
uidlist_put_header(const struct uidlist_header *header, struct str *out)
{
	str_appendf(out, "3 V%u N%u G%s", header->uidvalidity, header->nextuid,
	    header->guid);
	put_extras(header->extras, out);
	str_append_char(out, '\n');
}

void
uidlist_put_entry(const struct uidlist_entry *entry, struct str *out)
{
	char number[16];
	size_t at = sizeof number;
	uint32_t uid = entry->uid;

	do
		number[--at] = (char)('0' + uid % 10);
	while (uid /= 10);
	str_append_mem(out, number + at, sizeof number - at);
	if (entry->fields.len) {
		str_append_char(out, ' ');
		str_append(out, entry->fields);
	}
	str_append_mem(out, " :", 2);
	str_append(out, entry->base);
	str_append_char(out, '\n');
}

/* The entry in the last line of tail, which ends with a line end. */
static bool
last_entry(struct slice tail, unsigned version, struct uidlist_entry *ret_entry)
{
	const char *start;

	if (tail.len == 0 || tail.ptr[tail.len - 1] != '\n')
		return false;
	tail.len--;
	start = memrchr(tail.ptr, '\n', tail.len);
	if (start == NULL)
		return false;
	tail = slice_skip(tail, (size_t)(start + 1 - tail.ptr));
	return parse_line(tail, version, ret_entry);
}

bool
uidlist_peek(struct slice head, struct slice tail,
    struct uidlist_header *ret_header, uint32_t *ret_nextuid)
{
	struct slice rest = head;
	struct uidlist_entry entry;
	struct uidlist_header header;
	uint32_t next;

	if (!uidlist_eat_header(&rest, &header) || header.version != 3 ||
	    header.guid[0] == '\0')
		return false;
	next = header.nextuid;
	if (rest.len != 0 || !slice_equal(head, tail)) {
		if (!last_entry(tail, header.version, &entry))
			return false;
		if (entry.uid >= next)
			next = entry.uid + 1;
	}
	*ret_header = header;
	*ret_nextuid = next;
	return true;
}
