/* gsasl.so: keys as in RFC 7677, digests, and what an exchange refuses.  That
 * clients can log in is shown by tests/e2e/test_sasl_scram.py. */
#include <errno.h>

#include "common/account/scram.h"
#include "common/base/enc.h"
#include "tests/unit/unit.h"

extern const struct scram_driver njiwa_scram_driver;
static const struct scram_driver *const driver = &njiwa_scram_driver;

/* The keys of section 3's example: whoever has the password "pencil" with this
 * salt gets the proof and the signature there. */
static const struct scram_keys example = {
	.iterations = 4096,
	.salt = "W22ZaJ0SNY7soEsUEjb6gQ==",
	.stored_key = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
	.server_key = "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
};

static void
derives(void **state)
{
	struct scram_keys made = { .iterations = 4096,
		.salt = "W22ZaJ0SNY7soEsUEjb6gQ==" };
	struct scram_keys other = { .iterations = 4096 };
	struct err err;

	(void)state;
	assert_int_equal(driver->derive("pencil", &made, &err), 0);
	assert_string_equal(made.stored_key, example.stored_key);
	assert_string_equal(made.server_key, example.server_key);
	assert_string_equal(made.salt, example.salt);
	/* a soft hyphen is nothing (RFC 4013 section 3) */
	assert_int_equal(driver->derive("pen\xc2\xad"
					"cil",
			     &made, &err),
	    0);
	assert_string_equal(made.stored_key, example.stored_key);
	assert_int_equal(driver->derive("pencil", &other, &err), 0);
	assert_int_equal(strlen(other.salt), 24);
	assert_string_not_equal(other.salt, example.salt);
	assert_string_not_equal(other.stored_key, example.stored_key);
}

static void
prepares(void **state)
{
	static const char *const bad[] = { "", "\xc2\xad", "a\x07", "\xff",
		"a\xc2\x80", "\xef\xbf\xbd" };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(bad); i++) {
		struct scram_keys keys = { .iterations = 4096 };
		struct err err = { 0, "" };

		UNIT_CHECK(i, driver->derive(bad[i], &keys, &err) == -EINVAL);
		UNIT_CHECK(i, err.text[0] != '\0');
		UNIT_CHECK(i, keys.stored_key[0] == '\0');
	}
}

static void
digests(void **state)
{
	char a[SCRAM_TEXT_MAX], b[SCRAM_TEXT_MAX];

	(void)state;
	assert_int_equal(driver->digest("key", slice_from("text"), a), 0);
	assert_int_equal(driver->digest("key", slice_from("text"), b), 0);
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), 44);
	assert_int_equal(driver->digest("key", slice_from("texu"), b), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(driver->digest("kez", slice_from("text"), b), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(driver->random(a), 0);
	assert_int_equal(driver->random(b), 0);
	assert_string_not_equal(a, b);
}

static bool
find(void *ctx, const char *user, struct scram_keys *ret_keys)
{
	bool *asked = ctx;

	*asked = true;
	if (strcmp(user, "user") != 0)
		return false;
	*ret_keys = example;
	return true;
}

/* What becomes of a first message. */
static enum scram_result
begin(bool plus, const char *exporter, struct slice message)
{
	bool asked = false;
	const struct scram_begin how = { plus, { "", 0 }, slice_from(exporter),
		find, &asked };
	struct err err;
	struct scram *scram = driver->begin(&how, &err);
	enum scram_result result;
	STR_AUTO answer = STR_INIT;

	assert_non_null(scram);
	assert_null(driver->user(scram));
	result = driver->step(scram, message, &answer);
	if (result == SCRAM_GOES_ON) {
		assert_true(asked);
		assert_string_equal(driver->user(scram), "user");
		assert_true(slice_starts(str_slice(&answer), "r=abc"));
		assert_non_null(strstr(
		    str_cstr(&answer), ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
		result = driver->step(
		    scram, slice_from("c=biws,r=abc,p=AAAA"), &answer);
		assert_int_equal(result, SCRAM_FAILED);
		result = SCRAM_GOES_ON;
	}
	driver->free(scram);
	return result;
}

static void
first_messages(void **state)
{
	static const struct {
		bool plus;
		const char *exporter, *message;
		enum scram_result result;
	} rows[] = {
		{ false, "", "n,,n=user,r=abc", SCRAM_GOES_ON },
		{ false, "", "y,,n=user,r=abc", SCRAM_GOES_ON },
		{ false, "", "n,a=user,n=user,r=abc", SCRAM_GOES_ON },
		{ false, "", "n,a=other,n=user,r=abc", SCRAM_FAILED },
		{ false, "", "n,,n=other,r=abc", SCRAM_FAILED },
		{ false, "", "p=tls-exporter,,n=user,r=abc", SCRAM_FAILED },
		{ false, "", "n,,m=x,n=user,r=abc", SCRAM_FAILED },
		{ false, "", "n,,n=user", SCRAM_FAILED },
		{ false, "", "", SCRAM_FAILED },
		{ false, "",
		    "n,,n=us\xff"
		    "er,r=abc",
		    SCRAM_FAILED },
		/* RFC 5802 section 6: we had said that we can */
		{ false, "octets", "n,,n=user,r=abc", SCRAM_GOES_ON },
		{ false, "octets", "y,,n=user,r=abc", SCRAM_FAILED },
		{ false, "octets", "p=tls-exporter,,n=user,r=abc",
		    SCRAM_FAILED },
		{ true, "octets", "p=tls-exporter,,n=user,r=abc",
		    SCRAM_GOES_ON },
		{ true, "octets", "p=tls-unique,,n=user,r=abc", SCRAM_FAILED },
		{ true, "octets", "p=other,,n=user,r=abc", SCRAM_FAILED },
		{ true, "octets", "n,,n=user,r=abc", SCRAM_FAILED },
		{ true, "octets", "y,,n=user,r=abc", SCRAM_FAILED },
		{ true, "", "p=tls-exporter,,n=user,r=abc", SCRAM_FAILED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(
		    i, begin(rows[i].plus, rows[i].exporter,
			   slice_from(rows[i].message)) == rows[i].result);
	assert_int_equal(
	    begin(false, "", slice_of("n,,n=user\0,r=abc", 16)), SCRAM_FAILED);
}

static void
limits(void **state)
{
	STR_AUTO text = STR_INIT;

	(void)state;
	str_append_cstr(&text, "n,,n=user,r=abc");
	while (text.len < SCRAM_MESSAGE_MAX)
		str_append_char(&text, 'x');
	assert_int_equal(begin(false, "", str_slice(&text)), SCRAM_GOES_ON);
	str_append_char(&text, 'x');
	assert_int_equal(begin(false, "", str_slice(&text)), SCRAM_FAILED);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(derives),
		cmocka_unit_test(prepares),
		cmocka_unit_test(digests),
		cmocka_unit_test(first_messages),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
