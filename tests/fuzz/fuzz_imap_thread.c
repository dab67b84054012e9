#include <stdint.h>

#include "cmd/imapd/sort.h"
#include "cmd/imapd/thread.h"
#include "common/base/enc.h"
#include "common/msg/base_subject.h"
#include "common/msg/header.h"
#include "common/msg/msgid.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

static void
no_drain(void *ctx)
{
	(void)ctx;
}

/* A base subject is shorter than the subject, and its own base subject, but
 * for what only shows once encoded words are decoded. */
static void
subjects(struct slice text)
{
	STR_AUTO base = STR_INIT;
	STR_AUTO again = STR_INIT;
	bool reply;

	base_subject(text, &base, &reply);
	want(enc_utf8_valid(str_slice(&base)));
	if (memmem(base.ptr ? base.ptr : "", base.len, "=?", 2))
		return;
	base_subject(str_slice(&base), &again, &reply);
	want(slice_equal(str_slice(&base), str_slice(&again)) && !reply);
}

static void
ids(struct slice text)
{
	STR_AUTO id = STR_INIT;
	struct slice rest = text;

	while (msgid_next(&rest, &id)) {
		want(id.len && id.len <= MSGID_MAX);
		want(slice_find(str_slice(&id), '@') < id.len);
		want(rest.len < text.len);
	}
}

/* The messages of a mailbox, parted by a line with a dot, in this algorithm:
 * each is printed once, in parentheses that match. */
static void
thread(struct slice text, enum thread_algorithm algorithm)
{
	struct thread t = { .algorithm = algorithm };
	struct message_fields f;
	struct thread_facts facts;
	STR_AUTO out = STR_INIT;
	size_t i, count, depth = 0, seen = 0;

	for (count = 0; text.len; count++) {
		const char *end = memmem(text.ptr, text.len, "\n.\n", 3);
		size_t n = end ? (size_t)(end - text.ptr) + 1 : text.len;

		message_fields_find(slice_head(text, n), 0xff, &f);
		if (!message_fields_date(&f, &facts.sent))
			facts.sent = 0;
		facts.subject = f.bodies[FIELD_SUBJECT];
		facts.message_id = f.bodies[FIELD_MESSAGE_ID];
		facts.references = f.bodies[FIELD_REFERENCES];
		facts.in_reply_to = f.bodies[FIELD_IN_REPLY_TO];
		thread_add(&t, 7, &facts);
		text = slice_skip(text, n + 2);
	}
	thread_finish(&t);
	thread_print(&t, &out, no_drain, NULL);
	for (i = 0; i < out.len; i++) {
		seen += out.ptr[i] == '7';
		depth += out.ptr[i] == '(';
		want(out.ptr[i] != ')' || depth-- > 0);
	}
	want(seen == count && depth == 0);
	thread_release(&t);
}

/* Keys of any header fit in, and sort. */
static void
sort(struct slice text)
{
	struct sort_criteria criteria = { .count = 0 };
	struct sort s = { .criteria = &criteria, .texts = { .max = 1 << 20 } };
	struct sort_facts facts = { .arrival = 0 };
	uint32_t seq;

	for (criteria.count = 0; criteria.count < SORT_KEYS; criteria.count++)
		criteria.list[criteria.count].key =
		    (enum sort_key)criteria.count;
	for (seq = 1; text.len && seq < 50; seq++) {
		message_fields_find(text, 0xff, &facts.fields);
		want(sort_add(&s, seq, &facts));
		text = slice_skip(text, slice_find(text, '\n') + 1);
	}
	sort_finish(&s);
	want(s.count == seq - 1);
	sort_release(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);

	subjects(text);
	ids(text);
	thread(text, THREAD_REFERENCES);
	thread(text, THREAD_REFS);
	thread(text, THREAD_ORDEREDSUBJECT);
	sort(text);
	return 0;
}
