#include <stdint.h>

#include "common/msg/address.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SUITE                                                                  \
	(ADDRESS_ALLOW_NULL | ADDRESS_ALLOW_POSTMASTER | ADDRESS_ALLOW_UTF8)

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

/* What was taken for a mailbox stays one, and the same, in canonical form. */
static void
check_canonical(const struct address *address, unsigned flags)
{
	STR_AUTO once = STR_INIT;
	STR_AUTO twice = STR_INIT;
	struct address again;

	want(address->local.len <= ADDRESS_PATH_MAX - 2);
	want(address->domain.len <= ADDRESS_DOMAIN_MAX);
	address_canonical(address, &once);
	want(slice_find(str_slice(&once), '\n') == once.len);
	want(slice_find(str_slice(&once), '\0') == once.len);
	if (address->domain.len == 0)
		return;
	want(address_is_domain(address->domain, flags));
	want(address_parse(str_slice(&once), flags, &again) == ADDRESS_OK);
	address_canonical(&again, &twice);
	want(slice_equal(str_slice(&once), str_slice(&twice)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), rest;
	struct address address;
	unsigned flags;

	for (flags = 0; flags <= SUITE; flags++) {
		rest = text;
		if (address_parse_path(&rest, flags, &address) == ADDRESS_OK) {
			want(text.len - rest.len <= ADDRESS_PATH_MAX);
			check_canonical(&address, flags);
		}
		if (address_parse(text, flags, &address) == ADDRESS_OK)
			check_canonical(&address, flags);
		(void)address_is_domain(text, flags); /* must not crash */
	}
	return 0;
}
