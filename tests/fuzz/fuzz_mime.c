#include <stdint.h>

#include "common/msg/mime.h"
#include "common/msg/mime_value.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

/* A part lies in its parent, behind the sibling before it. */
static void
check_part(const struct mime *m, uint32_t i, size_t size)
{
	const struct mime_part *part = &m->parts[i], *other;

	want(part->header_at <= part->body_at);
	want(part->body_at <= part->end_at && part->end_at <= size);
	want(part->header <= part->body && part->body <= part->end);
	want(part->end_at - part->body_at <= part->end - part->body);
	want(part->lines <= part->end_at - part->body_at);
	want(part->depth <= MIME_DEPTH_MAX);
	want((part->kind == MIME_LEAF) <= (part->child == MIME_NONE));
	if (part->next != MIME_NONE) {
		other = &m->parts[part->next];
		want(part->next > i && other->parent == part->parent);
		want(part->end_at <= other->header_at);
	}
	if (part->parent != MIME_NONE) {
		other = &m->parts[part->parent];
		want(part->parent < i && other->kind != MIME_LEAF);
		want(part->header_at >= other->body_at);
		want(part->end_at <= other->end_at);
	}
}

static void
check_value(struct slice text)
{
	struct mime_value value = MIME_VALUE_INIT;

	mime_value_parse(text, &value);
	want(value.count <= MIME_PARAMS_MAX);
	want(slice_find(str_slice(&value.main), '\n') == value.main.len);
	mime_value_release(&value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct mime m = { NULL, 0, 0 };
	uint32_t numbers[3] = { 1, 1, 1 }, i;

	mime_parse(text, &m);
	want(m.count > 0 && m.count <= MIME_PARTS_MAX);
	want(m.parts[0].end_at == size);
	for (i = 0; i < m.count; i++)
		check_part(&m, i, size);
	for (i = 0; i <= 3; i++)
		(void)mime_find(&m, numbers, i); /* must not crash */
	mime_release(&m);
	check_value(text);
	return 0;
}
