#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/init/children.h"
#include "common/base/mem.h"

/*
 * A plain array, walked from end to end: a thousand children are looked
 * through in a microsecond, and starting one takes five hundred.
 */

void
children_release(struct children *children)
{
	free(children->list);
	*children = (struct children){ NULL, 0, 0 };
}

void
children_add(struct children *children, const struct child *child)
{
	children->list = mem_grow(children->list, &children->cap,
	    children->count + 1, sizeof *children->list);
	children->list[children->count++] = *child;
}

bool
children_take(struct children *children, pid_t pid, struct child *ret_child)
{
	size_t i;

	for (i = 0; i < children->count; i++) {
		if (children->list[i].pid != pid)
			continue;
		*ret_child = children->list[i];
		children->list[i] = children->list[--children->count];
		return true;
	}
	return false;
}

void
children_disown(struct children *children, unsigned kinds)
{
	size_t i;

	for (i = 0; i < children->count; i++)
		if (children->list[i].kind & kinds)
			children->list[i].owner = NULL;
}

size_t
children_count(const struct children *children, unsigned kinds)
{
	size_t i, n = 0;

	for (i = 0; i < children->count; i++)
		n += (children->list[i].kind & kinds) != 0;
	return n;
}

size_t
children_from(
    const struct children *children, const struct child_network *network)
{
	size_t i, n = 0;

	for (i = 0; i < children->count; i++) {
		const struct child *child = &children->list[i];

		n += child->kind == CHILD_CONNECTION &&
		     child->network.bits == network->bits &&
		     child->network.ipv4 == network->ipv4;
	}
	return n;
}

size_t
children_signal(const struct children *children, unsigned kinds, int signal)
{
	size_t i, denied = 0;

	for (i = 0; i < children->count; i++)
		/* else it fails only for a child that has ended meanwhile */
		if ((children->list[i].kind & kinds) &&
		    kill(children->list[i].pid, signal) < 0 && errno == EPERM)
			denied++;
	return denied;
}

struct child_network
child_network_of(const struct sockaddr *address)
{
	struct child_network network = { 0, true };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof in);
		network.bits = in.sin_addr.s_addr;
		return network;
	}
	memcpy(&in6, address, sizeof in6);
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		memcpy(&in.sin_addr, &in6.sin6_addr.s6_addr[12], 4);
		network.bits = in.sin_addr.s_addr;
		return network;
	}
	network.ipv4 = false;
	memcpy(&network.bits, in6.sin6_addr.s6_addr, sizeof network.bits);
	return network;
}
