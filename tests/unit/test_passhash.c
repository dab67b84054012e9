#include <errno.h>

#include "common/account/account.h"
#include "common/account/passhash.h"
#include "tests/unit/unit.h"

struct vector {
	const char *stored;
	const char *password;
	bool fits;
};

#define MD5 "$1$DpBbHS.2$vHGFpWG4V0aR24JpkiusC/" /* predecessor's README */
#define SHA256 "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"
#define SHA512                                                                 \
	"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJu"  \
	"esI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
#define BLF "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

static void
vectors(void **state)
{
	/* clang-format off */
	static const struct vector rows[] = {
		{ MD5,                       "thepassword",   true },
		{ "{MD5-CRYPT}" MD5,         "thepassword",   true },
		{ "{md5-crypt}" MD5,         "thepassword",   true },
		{ "{CRYPT}" MD5,             "thepassword",   true },
		{ MD5,                       "thepasswor",    false },
		{ MD5,                       "thepassword ",  false },
		{ MD5,                       "",              false },
		{ SHA256,                    "Hello world!",  true },
		{ "{SHA256-CRYPT}" SHA256,   "Hello world!",  true },
		{ SHA512,                    "Hello world!",  true },
		{ "{SHA512-CRYPT}" SHA512,   "Hello world?",  false },
		{ BLF,                       "U*U",           true },
		{ "{BLF-CRYPT}" BLF,         "U*U",           true },
		{ "{BLF-CRYPT}" BLF,         "U*V",           false },
		{ "{MD5-CRYPT}" BLF,         "U*U",           false },
		{ "{PLAIN}secret",           "secret",        true },
		{ "{PLAIN}secret",           "Secret",        false },
		{ "{PLAIN}",                 "",              false },
		{ "{CLEARTEXT}{x}",          "{x}",           true },
		{ "secret",                  "secret",        false },
		{ "",                        "",              false },
		{ "*",                       "*",             false },
		{ "!",                       "",              false },
		{ "*0",                      "x",             false },
		{ "{MD5-CRYPT",              "x",             false },
		{ "{NOSUCH}secret",          "secret",        false },
		{ "{}" MD5,                  "thepassword",   false },
		{ "$1$DpBbHS.2$",            "thepassword",   false },
		{ "$nosuch$x",               "x",             false },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(
		    i, passhash_check(slice_from(rows[i].stored),
			   slice_from(rows[i].password)) == rows[i].fits);
}

static void
nul_and_length(void **state)
{
	char stored[PASSHASH_TEXT_MAX + 2] = "{PLAIN}";
	char password[ACCOUNT_PASSWORD_MAX + 1];
	const size_t prefix = strlen("{PLAIN}");

	(void)state;
	memset(password, 'x', sizeof password);
	memset(stored + prefix, 'x', sizeof stored - prefix);
	assert_true(passhash_check(slice_of(stored, PASSHASH_TEXT_MAX),
	    slice_of(password, PASSHASH_TEXT_MAX - prefix)));
	assert_false(passhash_check(slice_of(stored, PASSHASH_TEXT_MAX + 1),
	    slice_of(password, PASSHASH_TEXT_MAX + 1 - prefix)));
	assert_false(
	    passhash_check(slice_from(MD5), slice_of("thepassword\0", 12)));
	assert_false(
	    passhash_check(slice_of("{PLAIN}a\0b", 10), slice_of("a\0b", 3)));
	assert_false(passhash_check(
	    slice_from(MD5), slice_of(password, sizeof password)));
}

static void
made_hash_fits(void **state)
{
	static const char *const prefixes[] = { "$1$", "$5$", "$6$", "$2b$",
		"$y$" };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(prefixes) || passhash_scheme_name(i); i++) {
		const char *scheme = i < UNIT_COUNT(prefixes)
					 ? prefixes[i]
					 : passhash_scheme_name(i);
		STR_AUTO made = STR_INIT;
		struct err err;

		UNIT_CHECK(i, passhash_make(scheme, slice_from("s3cr\xc3\xa9t"),
				  &made, &err) == 0);
		UNIT_CHECK(i, passhash_check(str_slice(&made),
				  slice_from("s3cr\xc3\xa9t")));
		UNIT_CHECK(
		    i, !passhash_check(str_slice(&made), slice_from("s3cret")));
		UNIT_CHECK(i, !passhash_is_weaker(str_slice(&made), scheme));
	}
	assert_string_equal(passhash_scheme_name(0), "YESCRYPT");
}

static void
names_are_kept_prefixes_not(void **state)
{
	STR_AUTO made = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(
	    passhash_make("md5-crypt", slice_from("x"), &made, &err), 0);
	assert_true(slice_starts(str_slice(&made), "{MD5-CRYPT}$1$"));
	str_clear(&made);
	assert_int_equal(passhash_make("$1$", slice_from("x"), &made, &err), 0);
	assert_true(slice_starts(str_slice(&made), "$1$"));
}

static void
refused_to_make(void **state)
{
	STR_AUTO made = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(
	    passhash_make("PLAIN", slice_from("x"), &made, &err), -EINVAL);
	assert_int_equal(
	    passhash_make("NOSUCH", slice_from("x"), &made, &err), -EINVAL);
	assert_int_equal(
	    passhash_make("$3$", slice_from("x"), &made, &err), -EINVAL);
	assert_int_equal(
	    passhash_make("$y$", slice_from(""), &made, &err), -EINVAL);
	assert_int_equal(
	    passhash_make("$y$", slice_of("a\0b", 3), &made, &err), -EINVAL);
	assert_int_equal(made.len, 0);
}

static void
weaker(void **state)
{
	static const struct {
		const char *stored, *scheme;
		bool weaker;
	} rows[] = {
		{ MD5, "$y$", true },
		{ "{MD5-CRYPT}" MD5, "$6$", true },
		{ "{PLAIN}x", "$1$", true },
		{ SHA512, "$5$", false },
		{ SHA512, "$6$", false },
		{ SHA512, "CRYPT", true },
		{ "$y$j9T$abc$def", "$6$", false },
		{ "{NOSUCH}x", "$y$", false },
		{ MD5, "NOSUCH", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++)
		UNIT_CHECK(i, passhash_is_weaker(slice_from(rows[i].stored),
				  rows[i].scheme) == rows[i].weaker);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(nul_and_length),
		cmocka_unit_test(made_hash_fits),
		cmocka_unit_test(names_are_kept_prefixes_not),
		cmocka_unit_test(refused_to_make),
		cmocka_unit_test(weaker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
