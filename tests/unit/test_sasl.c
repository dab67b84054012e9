#include <stdlib.h>
#include <string.h>

#include "common/base/enc.h"
#include "common/proto/sasl.h"
#include "tests/unit/unit.h"

#define LINES_MAX 3

/* Octets of a response, "~" standing for NUL, in base64. */
static void
encode(const char *text, struct str *out)
{
	STR_AUTO octets = STR_INIT;
	size_t i;

	str_append_cstr(&octets, text);
	for (i = 0; i < octets.len; i++)
		if (octets.ptr[i] == '~')
			octets.ptr[i] = '\0';
	enc_base64(str_slice(&octets), out);
}

static const struct {
	const char *argument;
	const char *lines[LINES_MAX]; /* fed while it goes on */
	const char *challenges[LINES_MAX];
	enum sasl_result end;
	const char *user, *password;
} exchange_rows[] = {
	/* clang-format off */
	{ "PLAIN AGEAYg==", { 0 }, { 0 }, SASL_CREDENTIALS, "a", "b" },
	{ "plain  AGEAYg== ", { 0 }, { 0 }, SASL_CREDENTIALS, "a", "b" },
	{ "PLAIN", { "AGEAYg==" }, { "" }, SASL_CREDENTIALS, "a", "b" },
	{ "PLAIN", { "*" }, { "" }, SASL_CANCELLED, 0, 0 },
	{ "PLAIN", { "" }, { "" }, SASL_BAD, 0, 0 },
	{ "PLAIN", { "=" }, { "" }, SASL_BAD, 0, 0 },
	{ "PLAIN", { "AGEAYg==x" }, { "" }, SASL_BAD, 0, 0 },
	{ "PLAIN =", { 0 }, { 0 }, SASL_BAD, 0, 0 },
	{ "PLAIN *", { 0 }, { 0 }, SASL_BAD, 0, 0 },
	{ "PLAIN AGEAYg", { 0 }, { 0 }, SASL_BAD, 0, 0 },
	{ "PLAIN AGEA Yg==", { 0 }, { 0 }, SASL_BAD, 0, 0 },
	{ "LOGIN", { "YQ==", "Yg==" },
	  { "VXNlcm5hbWU6", "UGFzc3dvcmQ6" }, SASL_CREDENTIALS, "a", "b" },
	{ "LOGIN YQ==", { "Yg==" }, { "UGFzc3dvcmQ6" },
	  SASL_CREDENTIALS, "a", "b" },
	{ "LOGIN", { "*" }, { "VXNlcm5hbWU6" }, SASL_CANCELLED, 0, 0 },
	{ "LOGIN", { "YQ==", "*" }, { "VXNlcm5hbWU6", "UGFzc3dvcmQ6" },
	  SASL_CANCELLED, 0, 0 },
	{ "LOGIN =", { 0 }, { 0 }, SASL_BAD, 0, 0 },
	{ "LOGIN", { "" }, { "VXNlcm5hbWU6" }, SASL_BAD, 0, 0 },
	{ "LOGIN YQ==", { "" }, { "UGFzc3dvcmQ6" }, SASL_BAD, 0, 0 },
	{ "LOGIN YQ==", { "AA==" }, { "UGFzc3dvcmQ6" }, SASL_BAD, 0, 0 },
	{ "LOGIN YQ==", { "gA==" }, { "UGFzc3dvcmQ6" }, SASL_BAD, 0, 0 },
	{ "CRAM-MD5", { 0 }, { 0 }, SASL_UNKNOWN, 0, 0 },
	{ "PLAINX AGEAYg==", { 0 }, { 0 }, SASL_UNKNOWN, 0, 0 },
	{ "", { 0 }, { 0 }, SASL_UNKNOWN, 0, 0 },
	/* clang-format on */
};

static void
exchanges(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < UNIT_COUNT(exchange_rows); i++) {
		struct sasl sasl = SASL_INIT;
		enum sasl_result result =
		    sasl_start(&sasl, slice_from(exchange_rows[i].argument));

		for (j = 0; result == SASL_CONTINUE; j++) {
			UNIT_CHECK(
			    i, j < LINES_MAX && exchange_rows[i].lines[j]);
			UNIT_CHECK(i, strcmp(sasl_challenge(&sasl),
					  exchange_rows[i].challenges[j]) == 0);
			result = sasl_feed(
			    &sasl, slice_from(exchange_rows[i].lines[j]));
		}
		UNIT_CHECK(i, result == exchange_rows[i].end);
		UNIT_CHECK(
		    i, j == LINES_MAX || exchange_rows[i].lines[j] == NULL);
		UNIT_CHECK(
		    i, slice_is(str_slice(&sasl.user),
			   exchange_rows[i].user ? exchange_rows[i].user : ""));
		UNIT_CHECK(
		    i, slice_is(str_slice(&sasl.password),
			   exchange_rows[i].password ? exchange_rows[i].password
						     : ""));
		UNIT_CHECK(
		    i, sasl_feed(&sasl, slice_from("AGEAYg==")) == SASL_BAD);
		sasl_release(&sasl);
	}
}

static void
plain_responses(void **state)
{
	static const struct {
		const char *response; /* ~ is NUL */
		enum sasl_result result;
	} rows[] = {
		{ "~user~pass", SASL_CREDENTIALS },
		{ "user~user~pass", SASL_CREDENTIALS },
		{ "other~user~pass", SASL_REFUSED },
		{ "User~user~pass", SASL_REFUSED },
		{ "ot\nher~user~pass", SASL_BAD },
		{ "\xff~user~pass", SASL_BAD },
		{ "user~pass", SASL_BAD },
		{ "user", SASL_BAD },
		{ "", SASL_BAD },
		{ "~~", SASL_BAD },
		{ "~~pass", SASL_BAD },
		{ "~user~", SASL_BAD },
		{ "~user~pass~", SASL_BAD },
		{ "~user~pass~more", SASL_BAD },
		{ "~us\ter~pass", SASL_BAD },
		{ "~us\177er~pass", SASL_BAD },
		{ "~user~pa\nss", SASL_BAD },
		{ "~us\xc3\xa4r~p\xc3\xa4ss w\"'\\", SASL_CREDENTIALS },
		{ "~us\xc2\x85r~pass", SASL_BAD },
		{ "~us\xc2\xa0r~pass", SASL_CREDENTIALS },
		{ "~us\xe4r~pass", SASL_BAD },
		{ "~user~p\xe4ss", SASL_BAD },
		{ "~user~p\xed\xa0\x80", SASL_BAD },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct sasl sasl = SASL_INIT;
		STR_AUTO text = STR_INIT;

		encode(rows[i].response, &text);
		UNIT_CHECK(
		    i, sasl_start(&sasl, slice_from("PLAIN")) == SASL_CONTINUE);
		UNIT_CHECK(
		    i, sasl_feed(&sasl, str_slice(&text)) == rows[i].result);
		UNIT_CHECK(i, (sasl.password.len > 0) ==
				  (rows[i].result == SASL_CREDENTIALS));
		sasl_release(&sasl);
	}
}

/* PLAIN with a name and a password of these lengths. */
static enum sasl_result
sized(size_t user, size_t password)
{
	struct sasl sasl = SASL_INIT;
	STR_AUTO octets = STR_INIT;
	STR_AUTO text = STR_INIT;
	enum sasl_result result;

	str_append_char(&octets, '\0');
	while (user--)
		str_append_char(&octets, 'u');
	str_append_char(&octets, '\0');
	while (password--)
		str_append_char(&octets, 'p');
	enc_base64(str_slice(&octets), &text);
	(void)sasl_start(&sasl, slice_from("PLAIN")); /* cannot fail */
	result = sasl_feed(&sasl, str_slice(&text));
	sasl_release(&sasl);
	return result;
}

static void
limits(void **state)
{
	(void)state;
	assert_int_equal(sized(SASL_NAME_MAX, 1), SASL_CREDENTIALS);
	assert_int_equal(sized(SASL_NAME_MAX + 1, 1), SASL_BAD);
	assert_int_equal(sized(1, SASL_PASSWORD_MAX), SASL_CREDENTIALS);
	assert_int_equal(sized(1, SASL_PASSWORD_MAX + 1), SASL_BAD);
	assert_int_equal(sized(1, SASL_LINE_MAX), SASL_BAD);
}

/* A second exchange knows nothing of the first. */
static void
starts_anew(void **state)
{
	struct sasl sasl = SASL_INIT;

	(void)state;
	assert_int_equal(
	    sasl_start(&sasl, slice_from("LOGIN YQ==")), SASL_CONTINUE);
	assert_int_equal(sasl_start(&sasl, slice_from("LOGIN")), SASL_CONTINUE);
	assert_int_equal(sasl_feed(&sasl, slice_from("eA==")), SASL_CONTINUE);
	assert_int_equal(
	    sasl_feed(&sasl, slice_from("eQ==")), SASL_CREDENTIALS);
	assert_string_equal(str_cstr(&sasl.user), "x");
	sasl_release(&sasl);
	assert_null(sasl.password.ptr);
}

/* The frame of SCRAM: what is in it is for others to judge. */
static void
scram(void **state)
{
	struct sasl sasl = SASL_INIT;

	(void)state;
	assert_int_equal(
	    sasl_start(&sasl, slice_from("SCRAM-SHA-256")), SASL_UNKNOWN);
	sasl.offered = SASL_OFFER_SCRAM;
	assert_int_equal(
	    sasl_start(&sasl, slice_from("SCRAM-SHA-256-PLUS")), SASL_UNKNOWN);
	assert_int_equal(
	    sasl_start(&sasl, slice_from("scram-sha-256")), SASL_CONTINUE);
	assert_string_equal(sasl_challenge(&sasl), "");
	assert_int_equal(sasl_answer(&sasl, slice_from("early")), SASL_BAD);
	assert_int_equal(sasl_feed(&sasl, slice_from("YQ==")), SASL_SCRAM);
	assert_int_equal(sasl.step, SASL_STEP_FIRST);
	assert_false(sasl.plus);
	assert_string_equal(str_cstr(&sasl.message), "a");
	assert_int_equal(sasl_answer(&sasl, slice_from("b")), SASL_CONTINUE);
	assert_string_equal(sasl_challenge(&sasl), "Yg==");
	assert_int_equal(sasl_feed(&sasl, slice_from("Yw==")), SASL_SCRAM);
	assert_int_equal(sasl.step, SASL_STEP_PROOF);
	assert_int_equal(sasl_answer(&sasl, slice_from("d")), SASL_CONTINUE);
	assert_int_equal(sasl_feed(&sasl, slice_from("")), SASL_SCRAM);
	assert_int_equal(sasl.step, SASL_STEP_END);
	sasl_release(&sasl);
}

static enum sasl_result
scram_sized(size_t len)
{
	struct sasl sasl = SASL_INIT;
	STR_AUTO octets = STR_INIT;
	STR_AUTO text = STR_INIT;
	enum sasl_result result;

	while (octets.len < len)
		str_append_char(&octets, 'n');
	enc_base64(str_slice(&octets), &text);
	sasl.offered = SASL_OFFER_SCRAM | SASL_OFFER_PLUS;
	(void)sasl_start(&sasl, slice_from("SCRAM-SHA-256-PLUS"));
	result = sasl_feed(&sasl, str_slice(&text));
	if (result == SASL_SCRAM)
		assert_true(sasl.plus);
	sasl_release(&sasl);
	return result;
}

static void
scram_limits(void **state)
{
	struct sasl sasl = SASL_INIT;

	(void)state;
	assert_int_equal(scram_sized(0), SASL_BAD);
	assert_int_equal(scram_sized(SASL_SCRAM_MAX), SASL_SCRAM);
	assert_int_equal(scram_sized(SASL_SCRAM_MAX + 1), SASL_BAD);
	sasl.offered = SASL_OFFER_SCRAM;
	(void)sasl_start(&sasl, slice_from("SCRAM-SHA-256 YQ=="));
	(void)sasl_answer(&sasl, slice_from("b"));
	(void)sasl_feed(&sasl, slice_from("Yw=="));
	(void)sasl_answer(&sasl, slice_from("d"));
	assert_int_equal(sasl_feed(&sasl, slice_from("ZQ==")), SASL_BAD);
	(void)sasl_start(&sasl, slice_from("SCRAM-SHA-256 YQ=="));
	(void)sasl_answer(&sasl, slice_from("b"));
	assert_int_equal(sasl_feed(&sasl, slice_from("*")), SASL_CANCELLED);
	sasl_release(&sasl);
}

static void
lists(void **state)
{
	STR_AUTO out = STR_INIT;

	(void)state;
	sasl_list(0, " AUTH=", &out);
	assert_string_equal(str_cstr(&out), " AUTH=PLAIN AUTH=LOGIN");
	str_clear(&out);
	sasl_list(SASL_OFFER_SCRAM, " ", &out);
	assert_string_equal(str_cstr(&out), " SCRAM-SHA-256 PLAIN LOGIN");
	str_clear(&out);
	sasl_list(SASL_OFFER_SCRAM | SASL_OFFER_PLUS, " ", &out);
	assert_string_equal(
	    str_cstr(&out), " SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(exchanges),
		cmocka_unit_test(plain_responses),
		cmocka_unit_test(limits),
		cmocka_unit_test(starts_anew),
		cmocka_unit_test(scram),
		cmocka_unit_test(scram_limits),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
