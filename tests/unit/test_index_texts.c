#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/index/mailboxes.h"
#include "tests/unit/unit.h"

#define HASH 8        /* octets that a text has before it */
#define TEXT "a text" /* with them 14 */
#define MAX 56        /* octets: four of them */

static const struct index_config config = { .boot = "boot", .octets = 1 << 20 };

/* What is done in one transaction. */
struct step {
	index_work *work;
	uint32_t mailbox, uid;
	uint8_t kind;
	const char *base, *text;
	uint64_t octets; /* of all, as it ended */
	uint32_t last;   /* a walk: uids up to there */
	uint32_t found;  /* how many of them were whole */
};

static int
put(struct index_txn *txn, void *ctx)
{
	struct step *step = ctx;
	const struct index_text text = { step->uid, step->kind,
		slice_from(step->base), slice_from(step->text) };
	struct index_texts texts = { 0, MAX };

	assert_int_equal(index_texts_begin(txn, &texts), 0);
	assert_int_equal(index_text_put(txn, step->mailbox, &text, &texts), 0);
	step->octets = texts.octets;
	return index_texts_end(txn, &texts);
}

static int
count(void *ctx, uint32_t uid, struct slice value)
{
	struct step *step = ctx;
	struct slice text;

	assert_true(uid >= step->uid && uid <= step->last);
	if (!index_text_read(value, slice_from(step->base), &text))
		return 0;
	assert_true(slice_is(text, step->text));
	step->found++;
	return 0;
}

static int
walk(struct index_txn *txn, void *ctx)
{
	struct step *step = ctx;
	const struct index_text_walk way = { step->uid, step->last, step->kind,
		count, step };

	return index_text_walk(txn, step->mailbox, &way) < 0 ? -1 : 0;
}

static uint64_t
put_one(struct index *index, uint32_t mailbox, uint32_t uid, const char *text)
{
	struct step step = { .mailbox = mailbox,
		.uid = uid,
		.kind = 1,
		.base = "base",
		.text = text };

	assert_int_equal(index_write(index, put, &step), 0);
	return step.octets;
}

static uint32_t
find(struct index *index, uint32_t mailbox, uint32_t first, uint32_t last)
{
	struct step step = { .mailbox = mailbox,
		.uid = first,
		.last = last,
		.kind = 1,
		.base = "base",
		.text = TEXT };

	assert_int_equal(index_read(index, walk, &step), 0);
	return step.found;
}

/* The oldest of the mailbox go first, and when it has none any. */
static void
ceiling(void **state)
{
	struct index *index = *state;
	char large[MAX - HASH + 2];

	assert_int_equal(put_one(index, 1, 1, TEXT), 14);
	assert_int_equal(put_one(index, 1, 2, TEXT), 28);
	assert_int_equal(put_one(index, 1, 2, TEXT), 28); /* again */
	assert_int_equal(put_one(index, 2, 1, TEXT), 42);
	assert_int_equal(put_one(index, 2, 2, TEXT), MAX);
	assert_int_equal(find(index, 1, 1, 9), 2);
	assert_int_equal(find(index, 2, 1, 9), 2);
	assert_true(put_one(index, 1, 3, TEXT) <= MAX);
	assert_int_equal(find(index, 1, 1, 2), 0);
	assert_int_equal(find(index, 1, 3, 3), 1);
	assert_int_equal(find(index, 2, 1, 9), 2);
	memset(large, 'x', sizeof large);
	large[MAX - HASH] = '\0';
	assert_int_equal(put_one(index, 3, 1, large), MAX); /* all there is */
	assert_int_equal(find(index, 1, 1, 9) + find(index, 2, 1, 9), 0);
	large[MAX - HASH] = 'x';
	large[MAX - HASH + 1] = '\0';
	assert_int_equal(put_one(index, 3, 2, large), MAX); /* not this one */
	assert_int_equal(put_one(index, 3, 3, TEXT), 14);
}

/* Only the range that is asked for, only the kind, and only of that file. */
static void
walks(void **state)
{
	struct index *index = *state;
	struct step other = {
		.mailbox = 1, .uid = 2, .kind = 2, .base = "other", .text = TEXT
	};

	(void)put_one(index, 1, 1, TEXT);
	(void)put_one(index, 1, 3, TEXT);
	assert_int_equal(index_write(index, put, &other), 0);
	assert_int_equal(find(index, 1, 1, 3), 2);
	assert_int_equal(find(index, 1, 2, 3), 1);
	assert_int_equal(find(index, 1, 1, 2), 1);
	assert_int_equal(find(index, 2, 1, 3), 0);
	other.last = 9;
	assert_int_equal(index_read(index, walk, &other), 0);
	assert_int_equal(other.found, 1);
	other.base = "base";
	other.found = 0;
	assert_int_equal(index_read(index, walk, &other), 0);
	assert_int_equal(other.found, 0);
}

/* Every octet counts. */
static int
damage(struct index_txn *txn, void *ctx)
{
	struct slice value, text;
	struct index_key key;
	char copy[64];
	size_t i;

	(void)ctx;
	index_key_text(&key, 1, 1, 1);
	assert_int_equal(index_get(txn, index_key_slice(&key), &value), 0);
	assert_true(value.len == HASH + strlen(TEXT));
	for (i = 0; i <= value.len; i++) {
		memcpy(copy, value.ptr, value.len);
		copy[i] ^= 1; /* the last one is behind it */
		assert_int_equal(index_text_read(slice_of(copy, value.len),
				     slice_from("base"), &text),
		    i == value.len);
		assert_int_equal(index_text_read(slice_of(value.ptr, i),
				     slice_from("base"), &text),
		    i == value.len);
	}
	return 0;
}

static void
damaged(void **state)
{
	struct index *index = *state;

	(void)put_one(index, 1, 1, TEXT);
	assert_int_equal(index_read(index, damage, NULL), 0);
}

static char folder[] = "/tmp/njiwa-texts-XXXXXX";

static int
set_up(void **state)
{
	struct index *index;
	struct err err;

	if (mkdtemp(folder) == NULL ||
	    index_open(folder, &config, &index, &err) < 0)
		return -1;
	*state = index;
	return 0;
}

static int
tear_down(void **state)
{
	struct index *index = *state;

	index_drop(index);
	index_close(index);
	(void)rmdir(folder);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ceiling, set_up, tear_down),
		cmocka_unit_test_setup_teardown(walks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
