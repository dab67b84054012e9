#include "common/base/siphash.h"
#include "tests/unit/unit.h"

static void
hashes(void **state)
{
	/* the vectors of the paper's authors: octets 0, 1, 2, ... */
	static const struct {
		size_t octets;
		uint64_t hash;
	} rows[] = {
		{ 0, 0x726fdb47dd0e0e31U },
		{ 7, 0xab0200f58b01d137U },
		{ 8, 0x93f5f5799a932462U },
		{ 15, 0xa129ca6149be45e5U },
	};
	const uint64_t key[] = { 0x0706050403020100U, 0x0f0e0d0c0b0a0908U };
	char octets[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof octets; i++)
		octets[i] = (char)i;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_true(siphash(key, slice_of(octets, rows[i].octets)) ==
			    rows[i].hash);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
