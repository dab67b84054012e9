/* Names: found, or the nearest one named.  Never changes anything. */
#include <ctype.h>

#include "common/svc/settings_table.h"

#define FAR 1000 /* a distance beyond all that count as near */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int
lower_at(struct slice text, size_t i)
{
	return tolower((unsigned char)text.ptr[i]);
}

/* How many letters to insert, remove, replace or swap with their neighbour
 * make b of a. */
static size_t
distance(struct slice a, struct slice b)
{
	size_t rows[3][SETTING_NAME_MAX + 1];
	size_t i, j;

	if (a.len > SETTING_NAME_MAX || b.len > SETTING_NAME_MAX)
		return FAR;
	for (j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (i = 1; i <= a.len; i++) {
		size_t *now = rows[i % 3], *up = rows[(i + 2) % 3];
		const size_t *up2 = rows[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= b.len; j++) {
			bool same = lower_at(a, i - 1) == lower_at(b, j - 1);

			now[j] = least(
			    least(up[j], now[j - 1]) + 1, up[j - 1] + !same);
			if (i > 1 && j > 1 &&
			    lower_at(a, i - 1) == lower_at(b, j - 2) &&
			    lower_at(a, i - 2) == lower_at(b, j - 1))
				now[j] = least(now[j], up2[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

/* The distance up to which a misspelt word still means another. */
static size_t
near_enough(struct slice word)
{
	return 1 + word.len / 4;
}

const struct setting *
settings_find(struct slice name)
{
	size_t i;

	for (i = 0; i < settings_count; i++) {
		if (slice_is_nocase(name, settings_table[i].name))
			return &settings_table[i];
	}
	return NULL;
}

const char *
settings_nearest(struct slice name)
{
	size_t i, best = near_enough(name) + 1;
	const char *nearest = NULL;

	for (i = 0; i < settings_count; i++) {
		const char *other = settings_table[i].name;
		size_t far = distance(name, slice_from(other));

		if (far < best) {
			best = far;
			nearest = other;
		}
	}
	return nearest;
}

struct slice
settings_nearest_word(struct slice word, const char *words)
{
	struct slice rest = slice_from(words), other, nearest = { words, 0 };
	size_t best = near_enough(word) + 1;

	while (slice_next(&rest, ' ', &other)) {
		size_t far = distance(word, other);

		if (far < best) {
			best = far;
			nearest = other;
		}
	}
	return nearest;
}
