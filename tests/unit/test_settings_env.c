/* Settings out of the environment, and secrets. */
#include "common/base/secret.h"
#include "tests/unit/settings_fixture.h"

/* The environment is stronger than the file, ours than the predecessor's. */
static void
environment(void **state)
{
	struct place place;
	struct settings settings;
	STR_AUTO said = STR_INIT;

	(void)state;
	place_make(&place, "mysql_host = file\nmysql_port = 1\nhostname = f\n");
	assert_int_equal(setenv("NJIWA_CONFIG", place.file, 1), 0);
	assert_int_equal(setenv("MYSQL_HOST", "old", 1), 0);
	assert_int_equal(setenv("NJIWA_MYSQL_HOST", "new", 1), 0);
	assert_int_equal(setenv("MYSQL_DATABASE", "olddb", 1), 0);
	assert_int_equal(setenv("MYSQL_PORT", "x", 1), 0);
	assert_int_equal(setenv("NJIWA_MYSQL_USR", "x", 1), 0);
	assert_int_equal(unsetenv("HOSTNAME"), 0);
	assert_int_equal(
	    settings_load(NULL, SETTINGS_NO_SECRETS, &settings, collect, &said),
	    2);
	assert_string_equal(str_cstr(&said),
	    "MYSQL_PORT: mysql_port: \"x\" is not a number\n"
	    "NJIWA_MYSQL_USR: there is no such setting; did you mean "
	    "mysql_user?\n");
	assert_string_equal(settings.mysql_host, "new");
	assert_string_equal(settings.mysql_database, "olddb");
	assert_string_equal(settings.hostname, "f");
	assert_int_equal(settings.mysql_port, 1);
	settings_release(&settings);
	unsetenv("NJIWA_MYSQL_USR");
	unsetenv("NJIWA_MYSQL_HOST");
	unsetenv("MYSQL_HOST");
	unsetenv("MYSQL_DATABASE");
	unsetenv("MYSQL_PORT");
	unsetenv("NJIWA_CONFIG");
	place_remove(&place);
}

/* What orchestrators make of the predecessor's variables. */
struct old_row {
	const char *variable, *value;
	const char *complaint; /* behind the variable's name; NULL: none */
	const char *name, *is; /* a setting, and what it is to be */
};

static const struct old_row old_rows[] = {
	{ "MYSQL_PORT", "", NULL, "mysql_port", "7" },
	{ "MYSQL_HOST", "", NULL, "mysql_host", "file" },
	{ "MYSQL_PASS", "", NULL, "mysql_password", "(set)" },
	{ "HOSTNAME", "", NULL, "hostname", "f" },
	{ "MYSQL_PORT", "8", NULL, "mysql_port", "8" },
	{ "MYSQL_PORT", "tcp://10.0.0.1:3306", NULL, "mysql_port", "3306" },
	{ "MYSQL_PORT", "tcp://[fd00::1]:65535", NULL, "mysql_port", "65535" },
	{ "MYSQL_PORT", "tcp://10.0.0.1:65536",
	    ": mysql_port: 65536 is not in the range from 1 to 65535\n",
	    "mysql_port", "7" },
	{ "MYSQL_PORT", "tcp://10.0.0.1",
	    ": mysql_port: \"tcp://10.0.0.1\" is not a number\n", "mysql_port",
	    "7" },
	{ "MYSQL_PORT", "udp://10.0.0.1:53",
	    ": mysql_port: \"udp://10.0.0.1:53\" is not a number\n",
	    "mysql_port", "7" },
	{ "MYSQL_HOST", "tcp://10.0.0.1:1", NULL, "mysql_host",
	    "tcp://10.0.0.1:1" },
	{ "NJIWA_MYSQL_PORT", "", ": mysql_port: \"\" is not a number\n",
	    "mysql_port", "7" },
	{ "NJIWA_MYSQL_HOST", "", NULL, "mysql_host", "" },
};

static void
environment_of_orchestrators(void **state)
{
	struct place place;
	size_t i;

	(void)state;
	place_make(&place, "mysql_host = file\nmysql_port = 7\nhostname = f\n"
			   "mysql_password = x\n");
	assert_int_equal(unsetenv("HOSTNAME"), 0);
	for (i = 0; i < UNIT_COUNT(old_rows); i++) {
		const struct old_row *row = &old_rows[i];
		struct settings settings;
		STR_AUTO said = STR_INIT;
		STR_AUTO value = STR_INIT;
		int n;

		assert_int_equal(setenv(row->variable, row->value, 1), 0);
		n = settings_load(place.file, SETTINGS_CHECK_SECRETS, &settings,
		    collect, &said);
		UNIT_CHECK(i, n == (row->complaint != NULL));
		assert_string_equal(
		    row->complaint ? str_cstr(&said) + strlen(row->variable)
				   : str_cstr(&said),
		    row->complaint ? row->complaint : "");
		value_of(&settings, row->name, &value);
		assert_string_equal(str_cstr(&value), row->is);
		settings_release(&settings);
		secret_wipe();
		assert_int_equal(unsetenv(row->variable), 0);
	}
	place_remove(&place);
}

/* Secrets leave the environment in both modes; a second load has them. */
static void
secrets_of_environment(void **state)
{
	static char entry[] = "MYSQL_PASS=geheim ;#x";
	struct place place;
	struct settings settings;
	const char *const *env;

	(void)state;
	place_make(&place, "");
	assert_int_equal(putenv(entry), 0);
	assert_int_equal(settings_load(place.file, SETTINGS_NO_SECRETS,
			     &settings, NULL, NULL),
	    0);
	assert_string_equal(settings.mysql_password, "");
	assert_null(getenv("MYSQL_PASS"));
	assert_null(strstr(entry, "geheim"));
	assert_string_equal(entry, "MYSQL_PASS=");
	env = settings_secret_env();
	assert_string_equal(env[0], "MYSQL_PASS=geheim ;#x");
	assert_null(env[1]);
	settings_release(&settings);
	assert_int_equal(settings_load(place.file, SETTINGS_CHECK_SECRETS,
			     &settings, NULL, NULL),
	    0);
	assert_string_equal(settings.mysql_password, "geheim ;#x");
	settings_release(&settings);
	place_remove(&place);
}

/* A secret in a file of its own, and as a credential. */
static void
secrets_of_files(void **state)
{
	static const char *const ways[] = { "file:%s", "credential:conf" };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(ways); i++) {
		struct place place;
		struct settings settings;
		STR_AUTO text = STR_INIT;

		place_make(&place, "pass word\r\nx\n");
		setenv("CREDENTIALS_DIRECTORY", place.folder, 1);
		str_append_cstr(&text, "tls_key_password = ");
		str_append_cstr(&text, i ? ways[1] : "file:");
		if (i == 0)
			str_append_cstr(&text, place.file);
		assert_int_equal(
		    settings_load_text(str_slice(&text), SETTINGS_CHECK_SECRETS,
			&settings, NULL, NULL),
		    0);
		assert_string_equal(settings.tls_key_password, "pass word");
		settings_release(&settings);
		place_remove(&place);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* VARIABLE_FILE names the file of a secret; each row is set, then gone. */
static void
secrets_of_named_files(void **state)
{
	static const struct {
		const char *variable;
		const char *also; /* set to "other" */
		const char *complaint, *is;
	} rows[] = {
		{ "MYSQL_PASS_FILE", NULL, "", "(set)" },
		{ "NJIWA_MYSQL_PASSWORD_FILE", NULL, "", "(set)" },
		{ "NJIWA_MYSQL_PASSWORD_FILE", "MYSQL_PASS", "", "(set)" },
		{ "MYSQL_PASS_FILE", "MYSQL_PASS",
		    "MYSQL_PASS_FILE: the variable without _FILE is set as "
		    "well\n",
		    "(set)" },
		{ "MYSQL_USER_FILE", NULL, "", "" },
		{ "_FILE", NULL, "", "" },
	};
	size_t i;

	(void)state;
	secret_wipe(); /* what an earlier test has set */
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct place place;
		struct settings settings;
		STR_AUTO said = STR_INIT;
		STR_AUTO value = STR_INIT;

		place_make(&place, "pass word\n");
		assert_int_equal(setenv(rows[i].variable, place.file, 1), 0);
		if (rows[i].also)
			assert_int_equal(setenv(rows[i].also, "other", 1), 0);
		(void)settings_load("/dev/null", SETTINGS_CHECK_SECRETS,
		    &settings, collect, &said); /* said tells */
		assert_string_equal(str_cstr(&said), rows[i].complaint);
		value_of(&settings, "mysql_password", &value);
		assert_string_equal(str_cstr(&value), rows[i].is);
		if (value.len && rows[i].complaint[0] == '\0')
			assert_string_equal(
			    settings.mysql_password, "pass word");
		assert_non_null(getenv(rows[i].variable));
		settings_release(&settings);
		secret_wipe();
		assert_int_equal(unsetenv(rows[i].variable), 0);
		place_remove(&place);
	}
}

static void
secrets_of_bad_files(void **state)
{
	static const struct {
		const char *variable, *value, *complaint;
	} rows[] = {
		{ "SSL_KEY_PASSWORD_FILE", "/nowhere/t",
		    ": tls_key_password: /nowhere/t: No such file or "
		    "directory\n" },
		{ "SSL_KEY_PASSWORD_FILE", "", "" },
		{ "SSL_KEY_PASSWORD_FILE", "t",
		    ": tls_key_password: the path behind file: does not begin "
		    "with /\n" },
		{ "NJIWA_TLS_KEY_PASSWORD_FILE", "",
		    ": tls_key_password: the path behind file: does not begin "
		    "with /\n" },
	};
	size_t i;

	(void)state;
	secret_wipe(); /* what an earlier test has set */
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct settings settings;
		STR_AUTO said = STR_INIT;
		STR_AUTO wanted = STR_INIT;

		if (rows[i].complaint[0])
			str_appendf(&wanted, "%s%s", rows[i].variable,
			    rows[i].complaint);
		assert_int_equal(setenv(rows[i].variable, rows[i].value, 1), 0);
		(void)settings_load("/dev/null", SETTINGS_TLS_SECRET, &settings,
		    collect, &said); /* said tells */
		assert_string_equal(str_cstr(&said), str_cstr(&wanted));
		settings_release(&settings);
		/* nor does who needs another secret look for it */
		str_clear(&said);
		(void)settings_load("/dev/null", SETTINGS_DATABASE_SECRET,
		    &settings, collect, &said); /* likewise */
		assert_string_equal(str_cstr(&said), "");
		settings_release(&settings);
		assert_int_equal(unsetenv(rows[i].variable), 0);
	}
}

/* Each program reads the secret that it needs, and needs no other's. */
static void
secrets_by_need(void **state)
{
	static const char text[] = "mysql_password = file:/nowhere/m\n"
				   "tls_key_password = file:/nowhere/t\n";
	static const char mysql[] = "text:1: mysql_password: /nowhere/m: No "
				    "such file or directory\n";
	static const char tls[] = "text:2: tls_key_password: /nowhere/t: No "
				  "such file or directory\n";
	static const struct {
		enum settings_secrets secrets;
		const char *first, *second; /* what is said */
	} rows[] = {
		{ SETTINGS_NO_SECRETS, "", "" },
		{ SETTINGS_TLS_SECRET, "", tls },
		{ SETTINGS_DATABASE_SECRET, mysql, "" },
		{ SETTINGS_CHECK_SECRETS, mysql, tls },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct settings settings;
		STR_AUTO said = STR_INIT;
		STR_AUTO wanted = STR_INIT;
		int n = settings_load_text(slice_from(text), rows[i].secrets,
		    &settings, collect, &said);

		str_appendf(&wanted, "%s%s", rows[i].first, rows[i].second);
		assert_string_equal(str_cstr(&said), str_cstr(&wanted));
		UNIT_CHECK(i, n == !!rows[i].first[0] + !!rows[i].second[0]);
		settings_release(&settings);
	}
}

/* A credential that is not here: a note for who checks, a mistake for who
 * wants to log in with it. */
static void
secrets_elsewhere(void **state)
{
	static const char text[] = "mysql_password = credential:gone";
	static const char note[] = "mysql_password: a credential, which only a "
				   "service has: not looked at\n";
	static const char *const folders[] = { NULL, "/tmp" };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(folders); i++) {
		struct settings settings;
		STR_AUTO said = STR_INIT;
		STR_AUTO value = STR_INIT;

		if (folders[i])
			setenv("CREDENTIALS_DIRECTORY", folders[i], 1);
		assert_int_equal(
		    settings_load_text(slice_from(text), SETTINGS_CHECK_SECRETS,
			&settings, collect, &said),
		    0);
		assert_string_equal(str_cstr(&said), note);
		value_of(&settings, "mysql_password", &value);
		assert_string_equal(str_cstr(&value), "(set)");
		settings_release(&settings);
		assert_int_equal(
		    settings_load_text(slice_from(text),
			SETTINGS_DATABASE_SECRET, &settings, NULL, NULL),
		    1);
		assert_string_equal(settings.mysql_password, "");
		settings_release(&settings);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment),
		cmocka_unit_test(environment_of_orchestrators),
		cmocka_unit_test(secrets_of_environment),
		cmocka_unit_test(secrets_of_files),
		cmocka_unit_test(secrets_of_named_files),
		cmocka_unit_test(secrets_of_bad_files),
		cmocka_unit_test(secrets_by_need),
		cmocka_unit_test(secrets_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
