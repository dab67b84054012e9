#include "common/base/num.h"

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Eats digits of the base; true when there was one and the value fits. */
static bool
eat_digits(struct slice *rest, unsigned base, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t n;

	for (n = 0; n < rest->len; n++) {
		unsigned digit = (unsigned)digit_value(rest->ptr[n]);

		if (digit >= base)
			break;
		if (digit > max || value > (max - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (n == 0)
		return false;
	*rest = slice_skip(*rest, n);
	*ret_value = value;
	return true;
}

bool
num_eat(struct slice *rest, uint64_t max, uint64_t *ret_value)
{
	return eat_digits(rest, 10, max, ret_value);
}

bool
num_parse(struct slice text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;

	if (!eat_digits(&text, 10, max, &value) || text.len)
		return false;
	*ret_value = value;
	return true;
}

bool
num_parse_hex(struct slice text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;

	if (!eat_digits(&text, 16, max, &value) || text.len)
		return false;
	*ret_value = value;
	return true;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* A number with one of the units behind it, in the units' smallest. */
static bool
parse_with_unit(struct slice text, const struct unit *units, uint64_t max,
    uint64_t *ret_value)
{
	uint64_t value;

	if (!num_eat(&text, UINT64_MAX, &value))
		return false;
	text = slice_trim(text);
	for (; units->name; units++) {
		if (!slice_is_nocase(text, units->name))
			continue;
		if (value > max / units->factor)
			return false;
		*ret_value = value * units->factor;
		return true;
	}
	return false;
}

bool
num_parse_size(struct slice text, uint64_t max, uint64_t *ret_octets)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "b", 1 },
		{ "k", 1 << 10 },
		{ "kb", 1 << 10 },
		{ "kib", 1 << 10 },
		{ "m", 1 << 20 },
		{ "mb", 1 << 20 },
		{ "mib", 1 << 20 },
		{ "g", 1 << 30 },
		{ "gb", 1 << 30 },
		{ "gib", 1 << 30 },
		{ "t", 1ULL << 40 },
		{ "tb", 1ULL << 40 },
		{ NULL, 0 },
	};

	return parse_with_unit(text, units, max, ret_octets);
}

bool
num_parse_time(struct slice text, uint64_t max_ms, uint64_t *ret_ms)
{
	static const struct unit units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "min", 60 * 1000 },
		{ "h", 3600 * 1000 },
		{ "d", 24 * 3600 * 1000 },
		{ NULL, 0 },
	};

	return parse_with_unit(text, units, max_ms, ret_ms);
}
