#include <arpa/inet.h>

#include "common/net/dns.h"

#define LABEL_MAX 63

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '/';
}

bool
dns_name_valid(struct slice name)
{
	size_t i, label = 0;

	if (name.len && name.ptr[name.len - 1] == '.')
		name.len--;
	for (i = 0; i < name.len; i++) {
		if (name.ptr[i] == '.' && label == 0)
			return false;
		label = name.ptr[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX || (label && !is_name_char(name.ptr[i])))
			return false;
	}
	return label > 0 && name.len <= DNS_NAME_MAX;
}

static bool
put_reversed(const char *address, struct str *out)
{
	unsigned char octets[16];
	int i;

	if (inet_pton(AF_INET, address, octets) == 1) {
		str_appendf(out, "%u.%u.%u.%u.", octets[3], octets[2],
		    octets[1], octets[0]);
		return true;
	}
	if (inet_pton(AF_INET6, address, octets) != 1)
		return false;
	for (i = 15; i >= 0; i--)
		str_appendf(out, "%x.%x.", octets[i] & 15U, octets[i] >> 4);
	return true;
}

bool
dns_name_in_zone(const char *address, struct slice zone, struct str *out)
{
	if (!put_reversed(address, out))
		return false;
	str_append(out, zone);
	return true;
}

bool
dns_name_reverse(const char *address, struct str *out)
{
	bool ipv6 = strchr(address, ':') != NULL;

	return dns_name_in_zone(
	    address, slice_from(ipv6 ? "ip6.arpa" : "in-addr.arpa"), out);
}
