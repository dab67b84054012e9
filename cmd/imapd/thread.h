/* Threads of messages (RFC 5256 section 3; REFS: draft-ietf-morg-inthread):
 * messages are added in their order, then put together, then printed.
 * Never keeps a header, and never recurses: a thread may be as deep as there
 * are messages. */
#ifndef NJIWA_CMD_IMAPD_THREAD_H
#define NJIWA_CMD_IMAPD_THREAD_H

#include "cmd/imapd/forest.h"
#include "cmd/imapd/hash_index.h"
#include "common/base/str.h"

/* References of one message that count, the last ones: those nearest to it. */
#define THREAD_REFERENCES_MAX 1000
/* Messages that are referred to but not there, which hold together those that
 * are; above that an unknown reference is left out. */
#define THREAD_MISSING_MAX 400000

enum thread_algorithm {
	THREAD_ORDEREDSUBJECT,
	THREAD_REFERENCES,
	THREAD_REFS, /* no look at subjects, the thread with news last */
	THREAD_ALGORITHMS
};

/* What a message is threaded by: its sent date, and the bodies of its fields,
 * ptr NULL for none. */
struct thread_facts {
	int64_t sent;
	struct slice subject, message_id, references, in_reply_to;
};

struct thread_message {
	uint32_t number; /* as it is printed */
	uint32_t node;
	int64_t sent;
	uint64_t subject; /* hash of its base subject, 0 when that is empty */
	bool reply;       /* or forwarded (section 2.1) */
};

/* A node of the finished tree, numbered as in the forest; 0 is nobody. */
struct thread_node {
	uint32_t parent, child, next; /* first child, next sibling */
	uint32_t message;             /* index and 1; 0: a dummy */
};

/* Zeroed but for the algorithm at the start. */
struct thread {
	enum thread_algorithm algorithm;
	struct thread_message *messages;
	size_t count, cap;
	/* while messages are added: */
	struct forest forest;
	struct hash_index ids; /* message identifiers to nodes */
	uint32_t *present;     /* node to message's index and 1 */
	size_t present_cap;
	size_t missing;
	struct hash_index subjects;
	struct str id, text, base; /* scratch */
	/* when finished: */
	struct thread_node *nodes;
	size_t nodes_count, nodes_cap;
	uint32_t *order; /* messages' indices by sent date */
	uint32_t *roots; /* nodes */
	size_t roots_count;
};

void thread_release(struct thread *thread);

/* Adds the next message. */
void thread_add(
    struct thread *thread, uint32_t number, const struct thread_facts *facts);

/* Puts the threads together; nothing may be added any more. */
void thread_finish(struct thread *thread);

/* Appends "(1 2)(3)", nothing for no messages; drain is called again and again
 * and may empty out. */
void thread_print(const struct thread *thread, struct str *out,
    void (*drain)(void *ctx), void *ctx);

/* thread_references.c: the message that was added last gets its place in the
 * forest (step 1 of the algorithm). */
void thread_link(struct thread *thread, const struct thread_facts *facts);

/* Takes dummies out of the finished forest, into nodes (step 3). */
void thread_prune(struct thread *thread);

/* Merges threads of one subject (step 5); thread_arrange was called, and has to
 * be called again. */
void thread_merge_subjects(struct thread *thread);

/* thread.c: makes lists of children and of roots in order of sent dates, out of
 * the nodes' parents (steps 4 and 6). */
void thread_arrange(struct thread *thread);

/* A new node with this message (index and 1), or a dummy; its number. */
uint32_t thread_new_node(struct thread *thread, uint32_t message);

#endif
