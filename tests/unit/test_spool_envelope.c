#include <errno.h>

#include "common/store/spool_envelope.h"
#include "tests/unit/unit.h"

static void
fill(struct spool_envelope *env)
{
	struct spool_rcpt *rcpt;

	spool_envelope_init(env);
	env->arrived = 1700000000;
	env->size = 12;
	env->class = SPOOL_REPORT;
	env->ret = SPOOL_RET_HDRS;
	env->utf8 = 1;
	spool_text_set(&env->sender, slice_from("a b%c\x01@test.dev"));
	spool_text_set(&env->envid, slice_from("QQ+2B"));
	rcpt = spool_envelope_add(env);
	spool_text_set(&rcpt->address, slice_from("r@test.dev"));
	spool_text_set(
	    &rcpt->reply, slice_from("451 4.3.0 two\nlines \xc3\xa4"));
	rcpt->state = SPOOL_DEFERRED;
	rcpt->notify = SPOOL_NOTIFY_SUCCESS | SPOOL_NOTIFY_DELAY;
	rcpt->next = 1700000300;
	(void)spool_envelope_add(env);
}

static void
round_trip(void **state)
{
	struct spool_envelope env, back;
	STR_AUTO text = STR_INIT;
	STR_AUTO again = STR_INIT;
	struct err err;

	(void)state;
	fill(&env);
	spool_envelope_format(&env, &text);
	assert_non_null(
	    strstr(str_cstr(&text), "\nfrom a b%25c%01@test.dev\n"));
	assert_non_null(strstr(str_cstr(&text), "\nnotify success,delay\n"));
	assert_int_equal(
	    spool_envelope_parse(str_slice(&text), &back, &err), 0);
	assert_int_equal(back.count, 2);
	assert_string_equal(back.sender, env.sender);
	assert_string_equal(back.rcpts[0].reply, env.rcpts[0].reply);
	assert_int_equal(back.rcpts[0].notify, env.rcpts[0].notify);
	spool_envelope_format(&back, &again);
	assert_string_equal(str_cstr(&text), str_cstr(&again));
	spool_envelope_release(&env);
	spool_envelope_release(&back);
}

/* Every truncation, and every octet changed, is found. */
static void
damage(void **state)
{
	struct spool_envelope env, back;
	STR_AUTO text = STR_INIT;
	struct err err;
	size_t i;

	(void)state;
	fill(&env);
	spool_envelope_format(&env, &text);
	spool_envelope_release(&env);
	for (i = 0; i < text.len; i++)
		assert_int_equal(
		    spool_envelope_parse(slice_of(text.ptr, i), &back, &err),
		    -EBADMSG);
	for (i = 0; i < text.len; i++) {
		int rc;

		text.ptr[i] ^= 1;
		rc = spool_envelope_parse(str_slice(&text), &back, &err);
		assert_true(rc == -EBADMSG || rc == -EPROTONOSUPPORT);
		text.ptr[i] ^= 1;
	}
	str_append_char(&text, '\n');
	assert_int_equal(
	    spool_envelope_parse(str_slice(&text), &back, &err), -EBADMSG);
}

static void
limits(void **state)
{
	struct spool_envelope env, back;
	char longest[SPOOL_TEXT_MAX + 1];
	STR_AUTO text = STR_INIT;
	struct err err;
	size_t i;

	(void)state;
	memset(longest, 'x', sizeof longest);
	spool_envelope_init(&env);
	for (i = 0; i < SPOOL_RCPTS_MAX; i++)
		assert_non_null(spool_envelope_add(&env));
	assert_null(spool_envelope_add(&env));
	spool_text_set(&env.sender, slice_of(longest, sizeof longest));
	assert_int_equal(strlen(env.sender), SPOOL_TEXT_MAX);
	spool_text_set(&env.helo, slice_of("a\0b", 3));
	assert_string_equal(env.helo, "a");
	spool_envelope_format(&env, &text);
	assert_int_equal(
	    spool_envelope_parse(str_slice(&text), &back, &err), 0);
	assert_int_equal(back.count, SPOOL_RCPTS_MAX);
	spool_envelope_release(&back);
	spool_envelope_release(&env);
}

/* Its message would be done at the first look, and removed. */
static void
nobody(void **state)
{
	struct spool_envelope env, back;
	STR_AUTO text = STR_INIT;
	struct err err;

	(void)state;
	spool_envelope_init(&env);
	spool_envelope_format(&env, &text);
	assert_int_equal(
	    spool_envelope_parse(str_slice(&text), &back, &err), -EBADMSG);
	spool_envelope_release(&env);
}

static void
times(void **state)
{
	struct spool_envelope env;

	(void)state;
	fill(&env);
	assert_int_equal(spool_envelope_due(&env), 0); /* the second one */
	env.rcpts[1].next = 1700000400;
	assert_int_equal(spool_envelope_due(&env), 1700000300);
	env.rcpts[0].state = SPOOL_FAILED;
	assert_int_equal(spool_envelope_due(&env), 0); /* to be reported */
	env.rcpts[0].told = 1;
	assert_int_equal(spool_envelope_due(&env), 1700000400);
	env.held = 1;
	assert_true(spool_envelope_due(&env) == UINT64_MAX);
	env.held = 0;
	env.rcpts[1].state = SPOOL_RELAYED;
	env.rcpts[1].told = 1;
	assert_int_equal(spool_envelope_due(&env), 0); /* to be removed */
	spool_envelope_release(&env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(damage),
		cmocka_unit_test(nobody),
		cmocka_unit_test(limits),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
