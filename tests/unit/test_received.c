#include <string.h>

#include "common/msg/received.h"
#include "tests/unit/unit.h"

#define DATE ";\n\tThu, 01 Jan 1970 00:00:00 +0000\n"
#define TLS "TLSv1.3 TLS_AES_256_GCM_SHA384"

static void
formats(void **state)
{
	static const struct {
		struct received how;
		const char *field;
	} rows[] = {
		/* clang-format off */
		{ { .helo = SLICE_LIT("c.example"), .client = "192.0.2.1",
		    .host = "mx.example", .id = "t1", .tls = "",
		    .recipient = SLICE_LIT("a@b"), .extended = true },
		  "Received: from c.example ([192.0.2.1])\n"
		  "\tby mx.example with ESMTP id t1\n\tfor <a@b>" DATE },
		{ { .helo = SLICE_LIT("[IPv6:::1]"), .client = "2001:db8::1",
		    .host = "mx.example", .id = "t1", .tls = TLS,
		    .extended = true },
		  "Received: from [IPv6:::1] ([IPv6:2001:db8::1])\n"
		  "\tby mx.example with ESMTPS id t1\n"
		  "\ttls TLS_AES_256_GCM_SHA384" DATE },
		{ { .helo = SLICE_LIT("h"), .client = "192.0.2.1",
		    .client_name = "far.example", .host = "mx", .id = "t1",
		    .tls = "", .extended = true, .lmtp = true },
		  "Received: from h (far.example [192.0.2.1])\n"
		  "\tby mx with LMTP id t1" DATE },
		{ { .helo = SLICE_LIT(""), .client = "", .host = "mx",
		    .id = "t1", .tls = "" },
		  "Received: from unknown (local)\n\tby mx with SMTP id t1" DATE },
		{ { .helo = SLICE_LIT("a b\r\nX: (\xff\0"), .client = "1.2.3.4",
		    .host = "mx", .id = "t1", .tls = "odd",
		    .recipient = SLICE_LIT("a\n\x7f@b") },
		  "Received: from a?b??X:???? ([1.2.3.4])\n"
		  "\tby mx with SMTP id t1\n\tfor <a??@b>" DATE },
		{ { .helo = SLICE_LIT("h"), .client = "1.2.3.4", .host = "mx",
		    .id = "t1", .tls = "", .extended = true,
		    .recipient = SLICE_LIT("\xc3\xa4@b") },
		  "Received: from h ([1.2.3.4])\n\tby mx with ESMTP id t1" DATE },
		{ { .helo = SLICE_LIT("h"), .client = "1.2.3.4", .host = "mx",
		    .id = "t1", .tls = "", .extended = true, .utf8 = true,
		    .recipient = SLICE_LIT("\xc3\xa4@b") },
		  "Received: from h ([1.2.3.4])\n\tby mx with UTF8SMTP id t1\n"
		  "\tfor <\xc3\xa4@b>" DATE },
		/* clang-format on */
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;

		received_format(&rows[i].how, &out);
		UNIT_CHECK(i, slice_is(str_slice(&out), rows[i].field));
	}
}

static void
words(void **state)
{
	static const struct {
		const char *word;
		bool extended, lmtp, tls, authenticated, utf8;
	} rows[] = {
		{ "SMTP", false, false, false, false, false },
		{ "SMTP", false, false, true, false, false },
		{ "ESMTP", true, false, false, false, false },
		{ "ESMTPS", true, false, true, false, false },
		{ "ESMTPA", true, false, false, true, false },
		{ "ESMTPSA", true, false, true, true, false },
		{ "LMTP", true, true, false, false, false },
		{ "LMTP", false, true, false, false, false },
		{ "LMTPS", true, true, true, false, false },
		{ "LMTPA", true, true, false, true, false },
		{ "LMTPSA", true, true, true, true, false },
		{ "UTF8SMTP", true, false, false, false, true },
		{ "UTF8SMTPSA", true, false, true, true, true },
		{ "UTF8LMTPS", true, true, true, false, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct received how = { .tls = rows[i].tls ? TLS : "",
			.extended = rows[i].extended,
			.lmtp = rows[i].lmtp,
			.authenticated = rows[i].authenticated,
			.utf8 = rows[i].utf8 };

		UNIT_CHECK(i, strcmp(received_with(&how), rows[i].word) == 0);
	}
}

/* A HELO name is cut at its bound, and no line is too long for mail. */
static void
bounds(void **state)
{
	static const size_t lengths[] = { RECEIVED_NAME_MAX,
		RECEIVED_NAME_MAX + 1 };
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(lengths); i++) {
		STR_AUTO helo = STR_INIT;
		STR_AUTO out = STR_INIT;
		struct received how = {
			.client = "1.2.3.4", .host = "mx", .id = "t1", .tls = ""
		};

		while (helo.len < lengths[i])
			str_append_char(&helo, 'h');
		how.helo = str_slice(&helo);
		received_format(&how, &out);
		UNIT_CHECK(i, slice_find(str_slice(&out), '\n') ==
				  strlen("Received: from  ([1.2.3.4])") +
				      RECEIVED_NAME_MAX);
	}
}

static void
others(void **state)
{
	STR_AUTO out = STR_INIT;

	(void)state;
	received_return_path(slice_from("a@b"), &out);
	received_return_path(slice_from(""), &out);
	received_delivered_to(slice_from("a@b\r\nX: y"), &out);
	assert_string_equal(str_cstr(&out),
	    "Return-Path: <a@b>\nReturn-Path: <>\n"
	    "Delivered-To: a@b??X: y\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(words),
		cmocka_unit_test(bounds),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
