#include <stdlib.h>

#include "cmd/imapd/thread.h"
#include "tests/unit/unit.h"

/* ---- the forest, beside one that walks ---- */

#define NODES 60

static bool
is_below(const uint32_t *parents, uint32_t node, uint32_t above)
{
	for (; node; node = parents[node])
		if (node == above)
			return true;
	return false;
}

static void
forest(void **state)
{
	struct forest f = { .nodes = NULL };
	uint32_t parents[NODES + 1] = { 0 };
	unsigned seed = 7, step, refused = 0;

	(void)state;
	for (step = 1; step <= NODES; step++)
		assert_int_equal(forest_add(&f), step);
	for (step = 0; step < 200000; step++) {
		uint32_t a = (uint32_t)rand_r(&seed) % NODES + 1;
		uint32_t b = (uint32_t)rand_r(&seed) % NODES + 1;

		if (parents[a]) {
			forest_cut(&f, a);
			parents[a] = 0;
		} else if (is_below(parents, b, a)) {
			assert_false(forest_link(&f, a, b));
			refused++;
		} else {
			assert_true(forest_link(&f, a, b));
			parents[a] = b;
		}
		assert_int_equal(forest_parent(&f, a), parents[a]);
	}
	assert_true(refused > 1000);
	forest_release(&f);
}

/* ---- threads ---- */

struct mail {
	int day;
	const char *subject, *id, *references, *reply;
};

static void
no_drain(void *ctx)
{
	(void)ctx;
}

static struct slice
field(const char *text)
{
	return text ? slice_from(text) : (struct slice){ NULL, 0 };
}

static void
add(struct thread *thread, const struct mail *mail)
{
	struct thread_facts facts = { .sent = mail->day,
		.subject = field(mail->subject),
		.message_id = field(mail->id),
		.references = field(mail->references),
		.in_reply_to = field(mail->reply) };

	thread_add(thread, (uint32_t)thread->count + 1, &facts);
}

static void
print(struct thread *thread, struct str *out)
{
	thread_finish(thread);
	thread_print(thread, out, no_drain, NULL);
	thread_release(thread);
}

#define MAILS 8

static const struct {
	const char *what;
	enum thread_algorithm algorithm;
	const char *printed;
	struct mail mails[MAILS]; /* up to one of day 0 */
} rows[] = {
	/* clang-format off */
	{ "nothing", THREAD_REFERENCES, "", { { 0 } } },
	{ "answers", THREAD_REFERENCES, "(1 2 (3)(4))",
	  { { 1, "a", "<1@x>", NULL, NULL },
	    { 2, "b", "<2@x>", "<1@x>", NULL },
	    { 3, "c", "<3@x>", "<1@x> <2@x>", NULL },
	    { 4, "d", "<4@x>", NULL, "<2@x>" } } },
	{ "answers come first", THREAD_REFERENCES, "(3 2 1)",
	  { { 3, "c", "<3@x>", "<1@x> <2@x>", NULL },
	    { 2, "b", "<2@x>", "<1@x>", NULL },
	    { 1, "a", "<1@x>", NULL, NULL } } },
	{ "References count before In-Reply-To", THREAD_REFERENCES, "(1 3)(2)",
	  { { 1, "a", "<1@x>", NULL, NULL },
	    { 2, "b", "<2@x>", NULL, NULL },
	    { 3, "c", "<3@x>", "<1@x>", "<2@x>" } } },
	{ "unless they have none", THREAD_REFERENCES, "(1)(2 3)",
	  { { 1, "a", "<1@x>", NULL, NULL },
	    { 2, "b", "<2@x>", NULL, NULL },
	    { 3, "c", "<3@x>", "1@x", "<2@x> <1@x>" } } },
	{ "of In-Reply-To the first", THREAD_REFERENCES, "(1 3)(2)",
	  { { 1, "a", "<1@x>", NULL, NULL },
	    { 2, "b", "<2@x>", NULL, NULL },
	    { 3, "c", "<3@x>", NULL, "<1@x> <2@x>" } } },
	{ "quotes in identifiers", THREAD_REFERENCES, "(1 2)",
	  { { 1, "a", "<\"1\"@x>", NULL, NULL },
	    { 2, "b", "<2@x>", "<1@x>", NULL } } },
	{ "a parent that is missing", THREAD_REFERENCES, "((1)(2))",
	  { { 1, "a", "<1@x>", "<0@x>", NULL },
	    { 2, "b", "<2@x>", "<0@x>", NULL } } },
	{ "with one child", THREAD_REFERENCES, "(1)",
	  { { 1, "a", "<1@x>", "<0@x>", NULL } } },
	{ "missing in the middle", THREAD_REFERENCES, "(1 (2)(3))",
	  { { 1, "a", "<1@x>", NULL, NULL },
	    { 2, "b", "<2@x>", "<1@x> <0@x>", NULL },
	    { 3, "c", "<3@x>", "<1@x> <0@x>", NULL } } },
	{ "missing ones below each other", THREAD_REFERENCES, "((1)(2))",
	  { { 1, "a", "<1@x>", "<7@x> <8@x> <9@x>", NULL },
	    { 2, "b", "<2@x>", "<7@x>", NULL } } },
	{ "what was said of it is taken back", THREAD_REFERENCES, "(2 1)(3)",
	  { { 1, "b", "<2@x>", "<9@x> <1@x>", NULL },
	    { 2, "a", "<1@x>", NULL, NULL },
	    { 3, "c", "<3@x>", "<9@x>", NULL } } },
	{ "what was said first stays", THREAD_REFERENCES, "(2 (1)(3))",
	  { { 1, "a", NULL, "<2@x> <9@x>", NULL },
	    { 2, "b", "<2@x>", NULL, NULL },
	    { 3, "c", NULL, "<8@x> <9@x>", NULL } } },
	{ "its own word counts more", THREAD_REFERENCES, "(3 (1 2)(4))",
	  { { 1, "a", "<1@x>", "<3@x>", NULL },
	    { 2, "b", "<2@x>", "<9@x> <1@x>", NULL },
	    { 3, "c", "<3@x>", NULL, NULL },
	    { 4, "d", "<4@x>", "<3@x>", NULL } } },
	{ "a circle of two", THREAD_REFERENCES, "(2 1)",
	  { { 1, "a", "<1@x>", "<2@x>", NULL },
	    { 2, "b", "<2@x>", "<1@x>", NULL } } },
	{ "a circle of three", THREAD_REFERENCES, "(3 2 1)",
	  { { 1, "a", "<1@x>", "<2@x>", NULL },
	    { 2, "b", "<2@x>", "<3@x>", NULL },
	    { 3, "c", "<3@x>", "<1@x>", NULL } } },
	{ "a message that answers itself", THREAD_REFERENCES, "(1)",
	  { { 1, "a", "<1@x>", "<1@x> <1@x>", NULL } } },
	{ "one identifier twice", THREAD_REFERENCES, "(1 3)(2)",
	  { { 1, "a", "<1@x>", NULL, NULL },
	    { 2, "b", "<1@x>", NULL, NULL },
	    { 3, "c", "<3@x>", "<1@x>", NULL } } },
	{ "no identifiers", THREAD_REFERENCES, "(1)(2)(3)",
	  { { 1, "a", NULL, NULL, NULL },
	    { 2, "b", "", NULL, NULL },
	    { 3, "c", "<>", "<>", "x" } } },
	{ "in order of days", THREAD_REFERENCES, "(4)(1 (3)(2))",
	  { { 2, "a", "<1@x>", NULL, NULL },
	    { 9, "b", "<2@x>", "<1@x>", NULL },
	    { 3, "c", "<3@x>", "<1@x>", NULL },
	    { 1, "d", "<4@x>", NULL, NULL } } },
	{ "a dummy's day is its first child's", THREAD_REFERENCES,
	  "(3)((2)(1))",
	  { { 9, "a", "<1@x>", "<0@x>", NULL },
	    { 2, "b", "<2@x>", "<0@x>", NULL },
	    { 1, "c", "<3@x>", NULL, NULL } } },
	{ "on one day in their order", THREAD_REFERENCES, "(1)(2)(3)",
	  { { 5, "a", "<1@x>", NULL, NULL },
	    { 5, "b", "<2@x>", NULL, NULL },
	    { 5, "c", "<3@x>", NULL, NULL } } },
	/* step 5 */
	{ "one subject: a dummy", THREAD_REFERENCES, "((1)(2)(3))",
	  { { 1, "a", NULL, NULL, NULL },
	    { 2, "A", NULL, NULL, NULL },
	    { 3, " [x] a ", NULL, NULL, NULL } } },
	{ "answers below it", THREAD_REFERENCES, "(1 (2)(3))",
	  { { 1, "a", NULL, NULL, NULL },
	    { 2, "Re: a", NULL, NULL, NULL },
	    { 3, "fwd: a", NULL, NULL, NULL } } },
	{ "answers that came before it", THREAD_REFERENCES, "(2 (1)(3))",
	  { { 1, "Re: a", NULL, NULL, NULL },
	    { 2, "a", NULL, NULL, NULL },
	    { 3, "Re: a", NULL, NULL, NULL } } },
	{ "answers alone", THREAD_REFERENCES, "((1)(2))",
	  { { 1, "Re: a", NULL, NULL, NULL },
	    { 2, "Re: a", NULL, NULL, NULL } } },
	{ "an answer, and two that are none", THREAD_REFERENCES, "((1)(2)(3))",
	  { { 1, "a", NULL, NULL, NULL },
	    { 2, "a", NULL, NULL, NULL },
	    { 3, "Re: a", NULL, NULL, NULL } } },
	{ "to a dummy", THREAD_REFERENCES, "((1)(2)(3))",
	  { { 1, "a", "<1@x>", "<0@x>", NULL },
	    { 2, "b", "<2@x>", "<0@x>", NULL },
	    { 3, "a", NULL, NULL, NULL } } },
	{ "two dummies", THREAD_REFERENCES, "((1)(2)(3)(4))",
	  { { 1, "a", "<1@x>", "<8@x>", NULL },
	    { 2, "b", "<2@x>", "<8@x>", NULL },
	    { 3, "Re: a", "<3@x>", "<9@x>", NULL },
	    { 4, "c", "<4@x>", "<9@x>", NULL } } },
	{ "whole threads", THREAD_REFERENCES, "(1 (2)(3 4))",
	  { { 1, "a", "<1@x>", NULL, NULL },
	    { 2, "b", "<2@x>", "<1@x>", NULL },
	    { 3, "Re: a", "<3@x>", NULL, NULL },
	    { 4, "a", "<4@x>", "<3@x>", NULL } } },
	{ "no subject is no subject", THREAD_REFERENCES, "(1)(2)(3)",
	  { { 1, NULL, NULL, NULL, NULL },
	    { 2, "", NULL, NULL, NULL },
	    { 3, "Re:", NULL, NULL, NULL } } },
	/* the others */
	{ "REFS: no subjects", THREAD_REFS, "(1)(2)",
	  { { 1, "a", NULL, NULL, NULL },
	    { 2, "Re: a", NULL, NULL, NULL } } },
	{ "REFS: news last", THREAD_REFS, "(2)(4)(1 3)",
	  { { 1, "a", "<1@x>", NULL, NULL },
	    { 2, "b", NULL, NULL, NULL },
	    { 9, "c", NULL, "<1@x>", NULL },
	    { 3, "d", NULL, NULL, NULL } } },
	{ "REFS: below a dummy", THREAD_REFS, "(3)((1)(2))",
	  { { 1, "a", NULL, "<0@x>", NULL },
	    { 9, "b", NULL, "<0@x>", NULL },
	    { 2, "c", NULL, NULL, NULL } } },
	{ "ORDEREDSUBJECT", THREAD_ORDEREDSUBJECT, "(3)(2 (5)(1))(4)",
	  { { 9, "Re: a", "<1@x>", NULL, NULL },
	    { 2, "a", "<2@x>", NULL, NULL },
	    { 1, "b", "<3@x>", "<1@x>", NULL },
	    { 4, "", "<4@x>", NULL, NULL },
	    { 3, "A", "<5@x>", NULL, NULL } } },
	/* clang-format on */
};

static void
algorithms(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct thread thread = { .algorithm = rows[i].algorithm };
		STR_AUTO out = STR_INIT;

		for (j = 0; j < MAILS && rows[i].mails[j].day; j++)
			add(&thread, &rows[i].mails[j]);
		print(&thread, &out);
		if (!slice_is(str_slice(&out), rows[i].printed))
			fail_msg("%s: %s, not %s", rows[i].what, str_cstr(&out),
			    rows[i].printed);
	}
}

/* ---- ceilings ---- */

#define MANY 100000

/* What a hostile mailbox may look like; each as long as a mailbox is. */
enum shape {
	CHAIN,    /* each answers the one before */
	BACKWARD, /* each answers the one behind */
	CIRCLES,  /* a long chain, and all the others say that its top, which is
		   * missing, answers its end */
	SAME_ID,
	SAME_SUBJECT,
	DUMMIES, /* each below a dummy of its own, of one subject */
	SHAPES
};

static void
add_shape(struct thread *thread, enum shape shape, unsigned i)
{
	char id[32], references[64] = "<none>";
	struct mail mail = { .day = (int)i + 1, .id = id };

	(void)snprintf(id, sizeof id, "<%u@x>", i); /* fits in */
	mail.references = references;
	if (shape == CHAIN || (shape == CIRCLES && i < MANY / 2))
		(void)snprintf(references, sizeof references, "<%u@x>", i - 1);
	else if (shape == BACKWARD)
		(void)snprintf(references, sizeof references, "<%u@x>", i + 1);
	else if (shape == CIRCLES)
		(void)snprintf(references, sizeof references, "<%u@x> <%u@x>",
		    MANY / 2 - 1, UINT32_MAX);
	else if (shape == SAME_ID)
		mail.id = "<1@x>";
	else if (shape == SAME_SUBJECT)
		mail.subject = i % 2 ? "Re: a" : "a";
	else
		(void)snprintf(references, sizeof references, "<%u@y>", i / 2);
	if (shape == DUMMIES)
		mail.subject = "a";
	add(thread, &mail);
}

static void
hostile(void **state)
{
	unsigned shape, i;

	(void)state;
	for (shape = 0; shape < SHAPES; shape++) {
		struct thread thread = { .algorithm = THREAD_REFERENCES };
		STR_AUTO out = STR_INIT;
		size_t numbers = 0, at;

		for (i = 0; i < MANY; i++)
			add_shape(&thread, (enum shape)shape, i);
		print(&thread, &out);
		for (at = 0; at < out.len; at++)
			numbers +=
			    out.ptr[at] >= '0' && out.ptr[at] <= '9' &&
			    (out.ptr[at + 1] < '0' || out.ptr[at + 1] > '9');
		UNIT_CHECK(shape, numbers == MANY);
	}
}

/* One message's References: the last ones count. */
static void
many_references(void **state)
{
	unsigned excess, i;

	(void)state;
	for (excess = 0; excess < 2; excess++) {
		struct thread thread = { .algorithm = THREAD_REFS };
		STR_AUTO references = STR_INIT;
		STR_AUTO out = STR_INIT;
		struct mail first = { .day = 1, .id = "<0@x>" };
		struct mail last = { .day = 2 };

		for (i = 0; i < THREAD_REFERENCES_MAX + excess; i++)
			str_appendf(&references, "<%u@x> ", i);
		last.references = str_cstr(&references);
		add(&thread, &first);
		add(&thread, &last);
		print(&thread, &out);
		assert_string_equal(
		    str_cstr(&out), excess ? "(1)(2)" : "(1 2)");
	}
}

/* Beyond so many that are missing, another one holds nothing together. */
static void
many_missing(void **state)
{
	unsigned excess, i;

	(void)state;
	for (excess = 0; excess < 2; excess++) {
		struct thread thread = { .algorithm = THREAD_REFS };
		STR_AUTO out = STR_INIT;
		char references[32];
		struct mail mail = { .day = 1, .references = references };

		for (i = 1; i < THREAD_MISSING_MAX + excess; i++) {
			(void)snprintf(
			    references, sizeof references, "<%u@x>", i);
			add(&thread, &mail);
		}
		(void)snprintf(references, sizeof references, "<last@x>");
		add(&thread, &mail);
		add(&thread, &mail);
		assert_int_equal(thread.missing, THREAD_MISSING_MAX);
		print(&thread, &out);
		assert_true(!strstr(str_cstr(&out), "((") == (excess == 1));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forest),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(hostile),
		cmocka_unit_test(many_references),
		cmocka_unit_test(many_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
