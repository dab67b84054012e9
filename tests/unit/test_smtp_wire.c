/* What a keeper takes from a front that is not itself: no line ends in what it
 * hands on a line each. */
#include "cmd/smtpd/wire_content.h"
#include "tests/unit/unit.h"

/* Texts, and whether one may stand in a line. */
static const struct {
	struct slice text;
	bool good;
} rows[] = {
	{ { "a@b.example", 11 }, true },
	{ { "\"a b\"@b", 7 }, true },
	{ { "\303\244@b", 4 }, true },
	{ { "a\nuser root", 11 }, false },
	{ { "a\r", 2 }, false },
	{ { "a\0b", 3 }, false },
	{ { "a\tb", 3 }, false },
	{ { "a\177", 2 }, false },
};

#define ROWS (sizeof rows / sizeof rows[0])

static void
mail(void **state)
{
	const struct slice good = { "x", 1 };
	size_t i, k;

	(void)state;
	for (i = 0; i < 3 * ROWS; i++) {
		struct slice text = rows[i / 3].text;
		const struct wire_mail given = {
			.sender = i % 3 == 0 ? text : good,
			.helo = i % 3 == 1 ? text : good,
			.envid = i % 3 == 2 ? text : good,
		};
		struct wire_mail taken;
		STR_AUTO body = STR_INIT;
		struct ipc_reader in;

		wire_put_mail(&given, &body);
		in = (struct ipc_reader){ str_slice(&body), false };
		k = i / 3;
		assert_int_equal(wire_get_mail(&in, &taken), rows[k].good);
	}
}

static void
rcpt(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ROWS; i++) {
		const struct slice good = { "x", 1 }, text = rows[i / 2].text;
		const struct wire_rcpt given = {
			.address = i % 2 ? good : text,
			.orcpt = i % 2 ? text : good,
		};
		struct wire_rcpt taken;
		STR_AUTO body = STR_INIT;
		struct ipc_reader in;

		wire_put_rcpt(&given, &body);
		in = (struct ipc_reader){ str_slice(&body), false };
		assert_int_equal(wire_get_rcpt(&in, &taken), rows[i / 2].good);
	}
}

static void
edit(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		const struct wire_edit given = { WIRE_EDIT_SENDER,
			rows[i].text };
		struct wire_edit taken;
		STR_AUTO body = STR_INIT;
		struct ipc_reader in;

		wire_put_edit(&given, &body);
		in = (struct ipc_reader){ str_slice(&body), false };
		assert_int_equal(wire_get_edit(&in, &taken), rows[i].good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail),
		cmocka_unit_test(rcpt),
		cmocka_unit_test(edit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
