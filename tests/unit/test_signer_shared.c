#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#include "common/base/clock.h"
#include "common/base/fileio.h"
#include "common/svc/signer.h"
#include "common/svc/signer_shared.h"

#define FRONTS 500 /* who may wait at once */
#define SOON_MS 60000

/* A driver whose key is its file, and whose signature is key and data. */
struct tls_key {
	struct str text;
};

static struct tls_key *
fake_load(struct slice pem, const char *password, struct err *err)
{
	struct tls_key *key = calloc(1, sizeof *key);

	(void)password;
	(void)err;
	str_append(&key->text, pem);
	return key;
}

static bool
fake_fits(const struct tls_key *key, const struct tls_server *server)
{
	(void)server;
	return str_slice(&key->text).len > 0;
}

static int
fake_sign(const struct tls_key *key, const struct tls_to_sign *what,
    struct str *signature)
{
	str_append(signature, str_slice(&key->text));
	str_append(signature, what->data);
	return 0;
}

static void
fake_free(struct tls_key *key)
{
	str_wipe(&key->text);
	free(key);
}

static const struct tls_driver fake_driver = { .key_load = fake_load,
	.key_fits = fake_fits,
	.key_sign = fake_sign,
	.key_free = fake_free };

struct fixture {
	struct connection c;
	char stem[3];
	int line;
	struct err err;
};

/* A signer with the key of that text; its result. */
static int
begin(struct fixture *f, const char *key, int64_t timeout)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	fputs(key, file);
	fflush(file);
	memset(f, 0, sizeof *f);
	strcpy(f->stem, "-l");
	f->c.stem = f->stem;
	f->c.driver = &fake_driver;
	f->c.key = fileno(file);
	f->c.settings.tls_handshake_timeout = timeout;
	f->line = signer_share(&f->c, &f->err);
	fclose(file);
	return f->line;
}

static void
end(struct fixture *f)
{
	int status;

	(void)close(f->line);
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
}

static bool
signs(int front, const char *data)
{
	const struct tls_to_sign what = { .data = slice_from(data) };
	STR_AUTO signature = STR_INIT;

	if (signer_ask(&front, &what, &signature) < 0)
		return false;
	assert_int_equal(
	    str_slice(&signature).len, strlen("key ") + strlen(data));
	return true;
}

static bool
is_hung_up(int front)
{
	struct ipc_msg msg = IPC_MSG_INIT;
	int rc = ipc_recv(front, &msg, clock_deadline(SOON_MS));

	ipc_msg_release(&msg);
	return rc == 0;
}

static void
test_each_front_has_one_signature(void **state)
{
	struct fixture f;
	int one, two;

	(void)state;
	assert_true(begin(&f, "key ", SOON_MS) >= 0);
	one = signer_share_ask(f.line);
	two = signer_share_ask(f.line);
	assert_true(signs(one, "a hash"));
	assert_false(signs(one, "another"));
	assert_true(signs(two, "a hash"));
	(void)close(one);
	(void)close(two);
	end(&f);
}

static void
test_rubbish_ends_its_front_alone(void **state)
{
	struct fixture f;
	int bad, good;

	(void)state;
	assert_true(begin(&f, "key ", SOON_MS) >= 0);
	bad = signer_share_ask(f.line);
	good = signer_share_ask(f.line);
	assert_int_equal(ipc_send(bad, 77, slice_from("x"), NULL, 0), 0);
	assert_true(is_hung_up(bad));
	assert_true(signs(good, "a hash"));
	(void)close(bad);
	(void)close(good);
	end(&f);
}

static void
test_fronts_that_say_nothing(void **state)
{
	struct fixture f;
	int silent;

	(void)state;
	assert_true(begin(&f, "key ", 50) >= 0);
	silent = signer_share_ask(f.line);
	assert_true(is_hung_up(silent));
	(void)close(silent);
	end(&f);
}

/* One more than there is room for: the oldest has to go. */
static void
test_limit(void **state)
{
	int fronts[FRONTS + 1], i;
	struct fixture f;

	(void)state;
	assert_true(begin(&f, "key ", 60000) >= 0);
	for (i = 0; i < FRONTS; i++) {
		/* it takes them as fast as it can */
		while ((fronts[i] = signer_share_ask(f.line)) == -EAGAIN)
			(void)usleep(1000);
		assert_true(fronts[i] >= 0);
	}
	assert_true(signs(fronts[FRONTS - 1], "the last"));
	fronts[FRONTS - 1] = signer_share_ask(f.line);
	fronts[FRONTS] = signer_share_ask(f.line);
	assert_true(signs(fronts[FRONTS], "one more"));
	assert_true(is_hung_up(fronts[0]));
	assert_true(signs(fronts[1], "the oldest"));
	for (i = 0; i <= FRONTS; i++)
		(void)close(fronts[i]);
	end(&f);
}

/* It outlives its loader while there is somebody to serve. */
static void
test_the_last_is_served(void **state)
{
	struct fixture f;
	int front;

	(void)state;
	assert_true(begin(&f, "key ", SOON_MS) >= 0);
	front = signer_share_ask(f.line);
	(void)close(f.line);
	assert_true(signs(front, "a hash"));
	(void)close(front);
	f.line = dup(STDIN_FILENO);
	end(&f);
}

static void
test_no_key(void **state)
{
	struct fixture f;

	(void)state;
	assert_true(begin(&f, "", SOON_MS) < 0);
	assert_non_null(strstr(f.err.text, "not that of the certificate"));
	assert_true(wait(NULL) > 0);
}

static void
test_killed(void **state)
{
	struct fixture f;
	int ends[2];

	(void)state;
	assert_int_equal(ipc_pair(ends), 0);
	f.line = ends[0];
	(void)close(ends[1]);
	assert_int_equal(signer_share_ask(f.line), -EPIPE);
	(void)close(f.line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_front_has_one_signature),
		cmocka_unit_test(test_rubbish_ends_its_front_alone),
		cmocka_unit_test(test_fronts_that_say_nothing),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_the_last_is_served),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
