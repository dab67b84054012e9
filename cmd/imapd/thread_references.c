#include "cmd/imapd/thread.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/msg/msgid.h"

/* The references of a message as hashes: a ring of the last ones. */
struct references {
	uint64_t ring[THREAD_REFERENCES_MAX];
	size_t count; /* that there were */
};

/* ---- step 1: who answers whom ---- */

static uint32_t
add_node(struct thread *thread, uint32_t present)
{
	uint32_t node = forest_add(&thread->forest);

	thread->present = mem_grow(thread->present, &thread->present_cap,
	    (size_t)node + 1, sizeof *thread->present);
	thread->present[node] = present;
	return node;
}

/* The node of the message that was added last: the one that others have
 * referred to, unless an earlier message has the same identifier. */
static uint32_t
own_node(struct thread *thread, struct slice field)
{
	uint32_t present = (uint32_t)thread->count, node, *at;

	if (field.ptr == NULL || !msgid_next(&field, &thread->id))
		return add_node(thread, present);
	at = hash_index_at(&thread->ids,
	    hash_index_hash(&thread->ids, str_slice(&thread->id)));
	if (*at && thread->present[*at])
		return add_node(thread, present);
	if (*at) {
		thread->present[*at] = present;
		thread->missing--;
		return *at;
	}
	node = add_node(thread, present);
	*at = node;
	return node;
}

/* The node of a message that is referred to; FOREST_NONE when it is not there
 * and too many are not. */
static uint32_t
referred_node(struct thread *thread, uint64_t hash)
{
	uint32_t node = hash_index_find(&thread->ids, hash);

	if (node || thread->missing == THREAD_MISSING_MAX)
		return node;
	node = add_node(thread, 0);
	*hash_index_at(&thread->ids, hash) = node;
	thread->missing++;
	return node;
}

static void
read_references(
    struct thread *thread, struct slice field, size_t max, struct references *r)
{
	while (field.ptr && r->count < max && msgid_next(&field, &thread->id))
		r->ring[r->count++ % THREAD_REFERENCES_MAX] =
		    hash_index_hash(&thread->ids, str_slice(&thread->id));
}

/* Step 1.A: each the child of the one before it, unless it is another's child
 * already.  The last one. */
static uint32_t
link_references(struct thread *thread, const struct references *r)
{
	size_t i = 0;
	uint32_t last = FOREST_NONE, node;

	if (r->count > THREAD_REFERENCES_MAX)
		i = r->count - THREAD_REFERENCES_MAX;
	for (; i < r->count; i++) {
		node =
		    referred_node(thread, r->ring[i % THREAD_REFERENCES_MAX]);
		if (node == FOREST_NONE)
			continue;
		if (last && forest_parent(&thread->forest, node) == FOREST_NONE)
			(void)forest_link(
			    &thread->forest, node, last); /* or a loop */
		last = node;
	}
	return last;
}

void
thread_link(struct thread *thread, const struct thread_facts *facts)
{
	struct references r;
	uint32_t node = own_node(thread, facts->message_id), last;

	r.count = 0;
	read_references(thread, facts->references, SIZE_MAX, &r);
	if (r.count == 0)
		read_references(thread, facts->in_reply_to, 1, &r);
	thread->messages[thread->count - 1].node = node;
	last = link_references(thread, &r);
	if (last && forest_parent(&thread->forest, node) == last)
		return;
	/* step 1.B: what others say of it counts less than what it says */
	forest_cut(&thread->forest, node);
	if (last)
		(void)forest_link(&thread->forest, node, last); /* or a loop */
}

/* ---- step 3: messages that are not there ---- */

/* The node that a message is below once dummies are taken out: a message, or
 * the dummy at the root.  Ways through dummies are shortened, or many messages
 * at the end of a long one would take too long. */
static uint32_t
find_parent(struct thread_node *nodes, uint32_t node)
{
	uint32_t top = nodes[node].parent, at = top, above;

	while (top && nodes[top].message == 0 && nodes[top].parent)
		top = nodes[top].parent;
	while (at != top) {
		above = nodes[at].parent;
		nodes[at].parent = top;
		at = above;
	}
	return top;
}

static void
take_nodes(struct thread *thread)
{
	size_t i;

	for (i = 1; i < thread->forest.count; i++) {
		uint32_t node = thread_new_node(thread, thread->present[i]);

		thread->nodes[node].parent =
		    forest_parent(&thread->forest, node);
	}
	forest_release(&thread->forest);
	hash_index_release(&thread->ids);
	free(thread->present);
	thread->present = NULL;
}

void
thread_prune(struct thread *thread)
{
	struct thread_node *nodes;
	uint32_t node, parent;
	size_t i;

	take_nodes(thread);
	nodes = thread->nodes;
	for (i = 0; i < thread->count; i++) {
		node = thread->messages[i].node;
		parent = find_parent(nodes, node);
		nodes[node].parent = parent;
		nodes[parent].next++; /* counts, for now */
	}
	/* a dummy's only child goes to the root */
	for (i = 0; i < thread->count; i++) {
		node = thread->messages[i].node;
		parent = nodes[node].parent;
		if (parent && nodes[parent].message == 0 &&
		    nodes[parent].next == 1)
			nodes[node].parent = FOREST_NONE;
	}
}

/* ---- step 5: threads of one subject ---- */

/* The message that a thread's subject is of: a dummy's first child. */
static const struct thread_message *
subject_of(const struct thread *thread, uint32_t root)
{
	if (thread->nodes[root].message == 0)
		root = thread->nodes[root].child;
	return &thread->messages[thread->nodes[root].message - 1];
}

static bool
is_dummy(const struct thread *thread, uint32_t node)
{
	return thread->nodes[node].message == 0;
}

/* Is the node better to have a subject's thread below it than the one that was
 * found before (step 5.B.iv)? */
static bool
is_better(const struct thread *thread, uint32_t node, uint32_t than)
{
	if (is_dummy(thread, than))
		return false;
	return is_dummy(thread, node) || (subject_of(thread, than)->reply &&
					     !subject_of(thread, node)->reply);
}

/* Makes the children of one dummy those of another. */
static void
adopt_children(struct thread *thread, uint32_t from, uint32_t to)
{
	uint32_t child;

	for (child = thread->nodes[from].child; child;
	     child = thread->nodes[child].next)
		thread->nodes[child].parent = to;
	thread->nodes[from].parent = to; /* it is no root any more */
}

/* Step 5.C.iv: the thread at node goes to the one in the table, *at. */
static void
merge(struct thread *thread, uint32_t node, uint32_t *at)
{
	uint32_t into = *at, dummy;

	if (is_dummy(thread, node)) {
		adopt_children(thread, node, into);
	} else if (is_dummy(thread, into) ||
		   (subject_of(thread, node)->reply &&
		       !subject_of(thread, into)->reply)) {
		thread->nodes[node].parent = into;
	} else {
		dummy = thread_new_node(thread, 0);
		thread->nodes[node].parent = dummy;
		thread->nodes[into].parent = dummy;
		*at = dummy;
	}
}

void
thread_merge_subjects(struct thread *thread)
{
	struct hash_index table = { .hashes = NULL };
	uint64_t subject;
	uint32_t *at, root;
	size_t i;

	for (i = 0; i < thread->roots_count; i++) {
		root = thread->roots[i];
		subject = subject_of(thread, root)->subject;
		if (subject == 0)
			continue;
		at = hash_index_at(&table, subject);
		if (*at == 0 || is_better(thread, root, *at))
			*at = root;
	}
	for (i = 0; i < thread->roots_count; i++) {
		root = thread->roots[i];
		subject = subject_of(thread, root)->subject;
		if (subject == 0 || thread->nodes[root].parent)
			continue;
		at = hash_index_at(&table, subject);
		if (*at != root)
			merge(thread, root, at);
	}
	hash_index_release(&table);
}
