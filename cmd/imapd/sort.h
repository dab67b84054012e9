/* Puts messages in order (RFC 5256 section 3): added one by one with their
 * keys, then sorted.  A message costs eight octets, and eight for each key;
 * texts that several have are kept once (sort_texts.h). Never looks at a
 * message. */
#ifndef NJIWA_CMD_IMAPD_SORT_H
#define NJIWA_CMD_IMAPD_SORT_H

#include "cmd/imapd/sort_keys.h"
#include "cmd/imapd/sort_texts.h"

/* What a message is sorted by; only what the criteria name has to be there. */
struct sort_facts {
	int64_t arrival, sent;
	uint64_t size;
	struct message_fields fields;
};

/* Zeroed but for criteria and texts.max at the start. */
struct sort {
	const struct sort_criteria *criteria;
	struct sort_texts texts;
	uint64_t *rows; /* the keys' values, then the sequence number */
	size_t count, cap;
	struct str text; /* scratch */
};

void sort_release(struct sort *sort);

/* Adds a message; sequence numbers must ascend.  False when its texts do not
 * fit in any more. */
bool sort_add(struct sort *sort, uint32_t seq, const struct sort_facts *facts);

/* Sorts them; where keys are the same the order is that of the mailbox. */
void sort_finish(struct sort *sort);

/* The sequence number of the message at a place from 0 to count - 1. */
uint32_t sort_seq(const struct sort *sort, size_t place);

#endif
