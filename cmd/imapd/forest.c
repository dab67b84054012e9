#include "cmd/imapd/forest.h"

#include <stdlib.h>

#include "common/base/mem.h"

/*
 * Each tree is cut into paths that lead upwards; a path's nodes are in a splay
 * tree by their depth, the root's side to the left.  The top of a splay tree
 * has as up the node that the path's first node is a child of, which does not
 * know it as left or right.
 */

void
forest_release(struct forest *forest)
{
	free(forest->nodes);
	*forest = (struct forest){ .nodes = NULL };
}

uint32_t
forest_add(struct forest *forest)
{
	size_t count = forest->count ? forest->count : 1;

	forest->nodes = mem_grow(
	    forest->nodes, &forest->cap, count + 1, sizeof *forest->nodes);
	forest->nodes[0] = (struct forest_node){ .parent = FOREST_NONE };
	forest->nodes[count] = forest->nodes[0];
	forest->count = count + 1;
	return (uint32_t)count;
}

uint32_t
forest_parent(const struct forest *forest, uint32_t node)
{
	return forest->nodes[node].parent;
}

static bool
is_top(const struct forest_node *nodes, uint32_t node)
{
	uint32_t up = nodes[node].up;

	return up == FOREST_NONE ||
	       (nodes[up].left != node && nodes[up].right != node);
}

/* Turns the node above the one that is above it. */
static void
rotate(struct forest_node *nodes, uint32_t node)
{
	uint32_t above = nodes[node].up, top = nodes[above].up, inner;

	if (!is_top(nodes, above)) {
		if (nodes[top].left == above)
			nodes[top].left = node;
		else
			nodes[top].right = node;
	}
	if (nodes[above].left == node) {
		inner = nodes[above].left = nodes[node].right;
		nodes[node].right = above;
	} else {
		inner = nodes[above].right = nodes[node].left;
		nodes[node].left = above;
	}
	if (inner)
		nodes[inner].up = above;
	nodes[above].up = node;
	nodes[node].up = top;
}

/* Brings the node to the top of its splay tree. */
static void
splay(struct forest_node *nodes, uint32_t node)
{
	while (!is_top(nodes, node)) {
		uint32_t above = nodes[node].up;

		if (!is_top(nodes, above)) {
			bool straight = (nodes[above].left == node) ==
					(nodes[nodes[above].up].left == above);

			rotate(nodes, straight ? above : node);
		}
		rotate(nodes, node);
	}
}

/* Makes the way from the tree's root to the node one path, and the node the top
 * of its splay tree. */
static void
expose(struct forest_node *nodes, uint32_t node)
{
	uint32_t at, below = FOREST_NONE;

	for (at = node; at; at = nodes[at].up) {
		splay(nodes, at);
		nodes[at].right = below;
		below = at;
	}
	splay(nodes, node);
}

static uint32_t
root_of(struct forest_node *nodes, uint32_t node)
{
	expose(nodes, node);
	while (nodes[node].left)
		node = nodes[node].left;
	splay(nodes, node); /* or the way to it would not get shorter */
	return node;
}

bool
forest_link(struct forest *forest, uint32_t child, uint32_t parent)
{
	struct forest_node *nodes = forest->nodes;

	if (child == parent || root_of(nodes, parent) == child)
		return false;
	expose(nodes, child);
	nodes[child].up = parent;
	nodes[child].parent = parent;
	return true;
}

void
forest_cut(struct forest *forest, uint32_t node)
{
	struct forest_node *nodes = forest->nodes;
	uint32_t above;

	if (nodes[node].parent == FOREST_NONE)
		return;
	expose(nodes, node);
	above = nodes[node].left;
	nodes[above].up = FOREST_NONE;
	nodes[node].left = FOREST_NONE;
	nodes[node].parent = FOREST_NONE;
}
