#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "cmd/init/listen.h"
#include "common/base/num.h"

#define PORT_MAX 65535

/* Fills the address from its text without brackets. */
static bool
set_address(struct listen_entry *entry, struct slice text, bool brackets)
{
	char name[INET6_ADDRSTRLEN];

	if (text.len == 0 || text.len >= sizeof name ||
	    memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';
	if (brackets) {
		entry->address.in6.sin6_family = AF_INET6;
		return inet_pton(
			   AF_INET6, name, &entry->address.in6.sin6_addr) == 1;
	}
	if (slice_is(text, "*")) {
		entry->dual = true;
		entry->address.in6.sin6_family = AF_INET6;
		entry->address.in6.sin6_addr = in6addr_any;
		return true;
	}
	entry->address.in.sin_family = AF_INET;
	return inet_pton(AF_INET, name, &entry->address.in.sin_addr) == 1;
}

/* Cuts `address:port` or `[address]:port`; why it is wrong, or NULL. */
static const char *
parse_place(struct slice place, struct listen_entry *entry)
{
	bool brackets = place.len && place.ptr[0] == '[';
	size_t end = brackets ? slice_find(place, ']') : slice_find(place, ':');
	struct slice address = slice_head(place, end);
	struct slice port = slice_skip(place, brackets ? end + 1 : end);
	uint64_t number;

	if (brackets)
		address = slice_skip(address, 1);
	if (port.len == 0 || port.ptr[0] != ':' ||
	    !num_parse(slice_skip(port, 1), PORT_MAX, &number) || number == 0)
		return "no port from 1 to 65535";
	if (!set_address(entry, address, brackets))
		return "no numeric address (IPv6 in brackets, * for all)";
	if (entry->address.any.sa_family == AF_INET)
		entry->address.in.sin_port = htons((uint16_t)number);
	else
		entry->address.in6.sin6_port = htons((uint16_t)number);
	return NULL;
}

static const char *
parse_path(struct slice path, struct listen_entry *entry)
{
	if (path.len >= sizeof entry->path || slice_find(path, '\0') < path.len)
		return "a path longer than a socket's may be";
	memcpy(entry->path, path.ptr, path.len);
	return NULL;
}

static const char *
parse_word(struct slice word, struct listen_entry *entry)
{
	size_t at = slice_find(word, '=');

	*entry = (struct listen_entry){ .dual = false };
	if (at == word.len)
		return "not service=address:port";
	entry->service = init_service_find(slice_head(word, at));
	if (entry->service == NULL)
		return "no such service";
	word = slice_skip(word, at + 1);
	return slice_starts(word, "/") ? parse_path(word, entry)
				       : parse_place(word, entry);
}

static bool
same_place(const struct listen_entry *a, const struct listen_entry *b)
{
	if (a->path[0] || b->path[0])
		return strcmp(a->path, b->path) == 0;
	if (a->dual != b->dual ||
	    a->address.any.sa_family != b->address.any.sa_family)
		return false;
	if (a->address.any.sa_family == AF_INET)
		return a->address.in.sin_port == b->address.in.sin_port &&
		       a->address.in.sin_addr.s_addr ==
			   b->address.in.sin_addr.s_addr;
	return a->address.in6.sin6_port == b->address.in6.sin6_port &&
	       IN6_ARE_ADDR_EQUAL(
		   &a->address.in6.sin6_addr, &b->address.in6.sin6_addr);
}

static bool
place_taken(const struct listen_list *list, const struct listen_entry *entry)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (same_place(&list->entry[i], entry))
			return true;
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cuts the next word off *rest; false when there is none. */
static bool
next_word(struct slice *rest, struct slice *ret_word)
{
	size_t n = 0;

	while (rest->len && is_blank(rest->ptr[0]))
		*rest = slice_skip(*rest, 1);
	while (n < rest->len && !is_blank(rest->ptr[n]))
		n++;
	*ret_word = slice_head(*rest, n);
	*rest = slice_skip(*rest, n);
	return n > 0;
}

int
listen_parse(struct slice text, struct listen_list *ret_list, struct err *err)
{
	struct slice word;
	struct listen_entry entry;
	const char *why;

	ret_list->count = 0;
	while (next_word(&text, &word)) {
		why = parse_word(word, &entry);
		if (why == NULL && place_taken(ret_list, &entry))
			why = "named twice";
		if (why == NULL && ret_list->count == LISTEN_MAX)
			why = "one word too many";
		if (why)
			return err_set(err, EINVAL, "listen: '%.*s': %s",
			    (int)(word.len > 80 ? 80 : word.len), word.ptr,
			    why);
		ret_list->entry[ret_list->count++] = entry;
	}
	return 0;
}

bool
listen_equal(const struct listen_entry *a, const struct listen_entry *b)
{
	return a->service == b->service && same_place(a, b);
}

socklen_t
listen_address_len(const struct listen_entry *entry)
{
	return entry->address.any.sa_family == AF_INET
		   ? sizeof entry->address.in
		   : sizeof entry->address.in6;
}

void
listen_print(const struct listen_entry *entry, char *text)
{
	char name[INET6_ADDRSTRLEN] = "*";
	bool ipv4 = entry->address.any.sa_family == AF_INET;
	const void *octets = ipv4 ? (const void *)&entry->address.in.sin_addr
				  : &entry->address.in6.sin6_addr;
	unsigned port = ntohs(
	    ipv4 ? entry->address.in.sin_port : entry->address.in6.sin6_port);
	bool brackets = !ipv4 && !entry->dual;

	if (entry->path[0]) {
		(void)snprintf(text, LISTEN_TEXT_MAX, "%s=%s", /* fits */
		    entry->service->name, entry->path);
		return;
	}
	if (!entry->dual)
		(void)inet_ntop(entry->address.any.sa_family, octets, name,
		    sizeof name); /* name has room for either */
	(void)snprintf(text, LISTEN_TEXT_MAX, "%s=%s%s%s:%u", /* fits */
	    entry->service->name, brackets ? "[" : "", name,
	    brackets ? "]" : "", port);
}
