/* Trees that are linked and cut, and asked for their roots: a link-cut forest
 * (Sleator, Tarjan, 1983), in which each step takes logarithmic time over many,
 * whatever shape the trees are given.  Nodes are numbers from 1.
 * Never knows what they stand for. */
#ifndef NJIWA_CMD_IMAPD_FOREST_H
#define NJIWA_CMD_IMAPD_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREST_NONE 0

/* A node's place: the parent in the tree, and where it is in the splay tree of
 * its path. */
struct forest_node {
	uint32_t parent;
	uint32_t up, left, right;
};

/* Zeroed is empty. */
struct forest {
	struct forest_node *nodes; /* nodes[0] is nobody */
	size_t count;              /* with nobody */
	size_t cap;
};

void forest_release(struct forest *forest);

/* Adds a node without parent and children; its number. */
uint32_t forest_add(struct forest *forest);

/* The node's parent, FOREST_NONE for a root. */
uint32_t forest_parent(const struct forest *forest, uint32_t node);

/* Makes child, a root, a child of parent; false, and nothing is changed, when
 * parent is child or stands below it. */
bool forest_link(struct forest *forest, uint32_t child, uint32_t parent);

/* Makes the node a root, if it is none. */
void forest_cut(struct forest *forest, uint32_t node);

#endif
