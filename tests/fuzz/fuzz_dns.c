#include <stdint.h>

#include "common/net/dns_message.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

/* The question that the corpus answers: the type by the first octet, the id
 * and the name taken from the message itself, lest nothing ever fits. */
static void
ask_for(struct slice message, enum dns_type type, struct dns_question *question)
{
	static const char name[] = "www.example.org";

	*question = (struct dns_question){ .type = type, .edns = true };
	memcpy(question->name, name, sizeof name);
	if (message.len >= 2)
		question->id = (uint16_t)((uint8_t)message.ptr[0] << 8 |
					  (uint8_t)message.ptr[1]);
	question->by_name = message.len & 1;
}

static void
check(const struct dns_answer *answer, enum dns_type type)
{
	size_t i;

	want(answer->status == DNS_FOUND ? answer->count > 0
					 : answer->count == 0);
	for (i = 0; i < answer->count; i++) {
		size_t len = answer->records[i].data.len;

		want(type != DNS_A || len == 4);
		want(type != DNS_AAAA || len == 16);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_PTR, DNS_MX, DNS_TXT,
		DNS_AAAA };
	struct dns_answer answer = { .status = DNS_PENDING };
	char next[DNS_NAME_MAX + 1];
	struct dns_question question;
	struct slice message;
	enum dns_reading what;

	if (size == 0)
		return 0;
	message = slice_of((const char *)data + 1, size - 1);
	ask_for(message, types[data[0] % 5], &question);
	what = dns_message_read(&question, message, &answer, next);
	if (what == DNS_READ_ANSWER)
		check(&answer, question.type);
	else
		want(answer.count == 0 && answer.status == DNS_PENDING);
	if (what == DNS_READ_ALIAS)
		want(dns_name_valid(slice_from(next)));
	dns_answer_release(&answer);
	return 0;
}
