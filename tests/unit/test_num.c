#include "common/base/num.h"
#include "tests/unit/unit.h"

struct row {
	const char *text;
	bool good;
	uint64_t value;
};

static void
sizes(void **state)
{
	static const struct row rows[] = {
		{ "0", true, 0 },
		{ "10485760", true, 10485760 },
		{ "10M", true, 10485760 },
		{ "10 MB", true, 10485760 },
		{ "1g", true, 1 << 30 },
		{ "", false, 0 },
		{ "M", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ "1x", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "18014398509481984k", false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		uint64_t value = 0;
		bool good = num_parse_size(
		    slice_from(rows[i].text), UINT64_MAX, &value);

		UNIT_CHECK(i, good == rows[i].good);
		UNIT_CHECK(i, value == rows[i].value);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
