#include "cmd/imapd/thread.h"

#include <stdlib.h>

#include "cmd/imapd/response.h"
#include "common/base/mem.h"
#include "common/msg/base_subject.h"
#include "common/msg/casemap.h"
#include "common/msg/header.h"

/* What is put in order: by time, then by place. */
struct dated {
	int64_t time;
	uint32_t place, what;
};

void
thread_release(struct thread *thread)
{
	free(thread->messages);
	forest_release(&thread->forest);
	hash_index_release(&thread->ids);
	free(thread->present);
	hash_index_release(&thread->subjects);
	str_release(&thread->id);
	str_release(&thread->text);
	str_release(&thread->base);
	free(thread->nodes);
	free(thread->order);
	free(thread->roots);
	*thread = (struct thread){ .algorithm = thread->algorithm };
}

/* ---- adding ---- */

/* The hash of the base subject as it is compared (i;unicode-casemap). */
static void
learn_subject(
    struct thread *thread, struct slice field, struct thread_message *message)
{
	if (field.ptr == NULL)
		return;
	str_clear(&thread->text);
	str_clear(&thread->base);
	header_unfold(field, &thread->text);
	base_subject(str_slice(&thread->text), &thread->base, &message->reply);
	if (thread->base.len == 0)
		return;
	str_clear(&thread->text);
	casemap_order(str_slice(&thread->base), &thread->text);
	message->subject =
	    hash_index_hash(&thread->subjects, str_slice(&thread->text));
}

void
thread_add(
    struct thread *thread, uint32_t number, const struct thread_facts *facts)
{
	struct thread_message message = { .number = number,
		.sent = facts->sent };

	if (thread->algorithm != THREAD_REFS)
		learn_subject(thread, facts->subject, &message);
	thread->messages = mem_grow(thread->messages, &thread->cap,
	    thread->count + 1, sizeof *thread->messages);
	thread->messages[thread->count++] = message;
	if (thread->algorithm != THREAD_ORDEREDSUBJECT)
		thread_link(thread, facts);
}

/* ---- order ---- */

static int
compare(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* Puts them in order; what they are, alone. */
static uint32_t *
sorted(struct dated *all, size_t count)
{
	uint32_t *what = mem_zalloc(count + 1, sizeof *what);
	size_t i;

	if (count)
		qsort(all, count, sizeof *all, compare);
	for (i = 0; i < count; i++)
		what[i] = all[i].what;
	free(all);
	return what;
}

static void
find_order(struct thread *thread)
{
	struct dated *all = mem_zalloc(thread->count + 1, sizeof *all);
	uint32_t i;

	for (i = 0; i < thread->count; i++)
		all[i] = (struct dated){ thread->messages[i].sent, i, i };
	thread->order = sorted(all, thread->count);
}

uint32_t
thread_new_node(struct thread *thread, uint32_t message)
{
	size_t count = thread->nodes_count ? thread->nodes_count : 1;

	thread->nodes = mem_grow(thread->nodes, &thread->nodes_cap, count + 1,
	    sizeof *thread->nodes);
	thread->nodes[0] = (struct thread_node){ .parent = FOREST_NONE };
	thread->nodes[count] = (struct thread_node){ .message = message };
	thread->nodes_count = count + 1;
	return (uint32_t)count;
}

/* A message becomes a root, or its dummy when it is that one's first child. */
static void
add_root(struct thread *thread, uint32_t node)
{
	const struct thread_node *nodes = thread->nodes;
	uint32_t parent = nodes[node].parent;

	if (parent == FOREST_NONE)
		thread->roots[thread->roots_count++] = node;
	else if (nodes[parent].message == 0 && nodes[parent].child == node)
		thread->roots[thread->roots_count++] = parent;
}

void
thread_arrange(struct thread *thread)
{
	struct thread_node *nodes = thread->nodes;
	size_t i;

	for (i = 0; i < thread->nodes_count; i++)
		nodes[i].child = nodes[i].next = FOREST_NONE;
	for (i = thread->count; i-- > 0;) {
		uint32_t node = thread->messages[thread->order[i]].node;
		uint32_t parent = nodes[node].parent;

		if (parent) {
			nodes[node].next = nodes[parent].child;
			nodes[parent].child = node;
		}
	}
	free(thread->roots);
	thread->roots = mem_zalloc(thread->count + 1, sizeof *thread->roots);
	thread->roots_count = 0;
	for (i = 0; i < thread->count; i++)
		add_root(thread, thread->messages[thread->order[i]].node);
}

/* Messages of one base subject: the first is the others' parent. */
static void
join_subjects(struct thread *thread)
{
	struct hash_index table = { .hashes = NULL };
	uint32_t i, *at;

	for (i = 0; i < thread->count; i++)
		thread->messages[i].node = thread_new_node(thread, i + 1);
	for (i = 0; i < thread->count; i++) {
		struct thread_message *m = &thread->messages[thread->order[i]];
		/* messages without a subject are a thread as well */
		at = hash_index_at(&table, m->subject ? m->subject : 1);
		if (*at)
			thread->nodes[m->node].parent = *at;
		else
			*at = m->node;
	}
	hash_index_release(&table);
}

/* The node behind this one in a walk through the thread below root, each
 * before its children; 0 at the end. */
static uint32_t
next_node(const struct thread *thread, uint32_t root, uint32_t node)
{
	const struct thread_node *nodes = thread->nodes;

	if (nodes[node].child)
		return nodes[node].child;
	while (node != root && nodes[node].next == FOREST_NONE)
		node = nodes[node].parent;
	return node == root ? FOREST_NONE : nodes[node].next;
}

static int64_t
newest(const struct thread *thread, uint32_t root)
{
	int64_t time = INT64_MIN;
	uint32_t node;

	for (node = root; node; node = next_node(thread, root, node)) {
		uint32_t message = thread->nodes[node].message;

		if (message && thread->messages[message - 1].sent > time)
			time = thread->messages[message - 1].sent;
	}
	return time;
}

/* REFS: the threads by their newest message. */
static void
sort_roots(struct thread *thread)
{
	struct dated *all = mem_zalloc(thread->roots_count + 1, sizeof *all);
	uint32_t i;

	for (i = 0; i < thread->roots_count; i++)
		all[i] = (struct dated){ newest(thread, thread->roots[i]), i,
			thread->roots[i] };
	free(thread->roots);
	thread->roots = sorted(all, thread->roots_count);
}

void
thread_finish(struct thread *thread)
{
	find_order(thread);
	if (thread->algorithm == THREAD_ORDEREDSUBJECT)
		join_subjects(thread);
	else
		thread_prune(thread);
	thread_arrange(thread);
	if (thread->algorithm == THREAD_REFERENCES) {
		thread_merge_subjects(thread);
		thread_arrange(thread);
	}
	if (thread->algorithm == THREAD_REFS)
		sort_roots(thread);
}

/* ---- printing ---- */

/* Is the node one of several children, each in parentheses of its own? */
static bool
in_parentheses(const struct thread_node *nodes, uint32_t node)
{
	return nodes[nodes[nodes[node].parent].child].next != FOREST_NONE;
}

/* What is printed when the walk comes to a node, and when it leaves it. */
static void
enter(const struct thread *thread, uint32_t node, struct str *out)
{
	const struct thread_node *n = &thread->nodes[node];

	if (n->message)
		response_number(out, thread->messages[n->message - 1].number);
	if (n->message && n->child)
		str_append_char(out, ' ');
	if (n->child && in_parentheses(thread->nodes, n->child))
		str_append_char(out, '(');
}

static void
leave(const struct thread *thread, uint32_t node, struct str *out)
{
	if (!in_parentheses(thread->nodes, node))
		return;
	str_append_char(out, ')');
	if (thread->nodes[node].next)
		str_append_char(out, '(');
}

static void
print_thread(const struct thread *thread, uint32_t root, struct str *out,
    void (*drain)(void *ctx), void *ctx)
{
	const struct thread_node *nodes = thread->nodes;
	uint32_t node = root;

	str_append_char(out, '(');
	for (;;) {
		enter(thread, node, out);
		if (nodes[node].child) {
			node = nodes[node].child;
			continue;
		}
		for (; node != root; node = nodes[node].parent) {
			leave(thread, node, out);
			drain(ctx);
			if (nodes[node].next)
				break;
		}
		if (node == root)
			break;
		node = nodes[node].next;
	}
	str_append_char(out, ')');
	drain(ctx);
}

void
thread_print(const struct thread *thread, struct str *out,
    void (*drain)(void *ctx), void *ctx)
{
	size_t i;

	for (i = 0; i < thread->roots_count; i++)
		print_thread(thread, thread->roots[i], out, drain, ctx);
}
