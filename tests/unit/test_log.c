#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/fileio.h"
#include "tests/unit/unit.h"

/* What the fd sink wrote for one event, in out. */
static void
written(
    struct str *out, const char *text, const struct log_field *fields, size_t n)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	log_to(log_sink_fd, (void *)(intptr_t)ends[1]);
	log_event(LOG_LEVEL_WARNING, text, fields, n);
	log_to(NULL, NULL);
	fileio_close(&ends[1]);
	str_clear(out);
	str_reserve(out, 2 * LOG_LINE_MAX);
	out->len = (size_t)read(ends[0], out->ptr, 2 * LOG_LINE_MAX);
	out->ptr[out->len] = '\0';
	fileio_close(&ends[0]);
}

static void
lines(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *value, *line;
	} rows[] = {
		{ "plain", NULL, "plain\n" },
		{ "plain", "v", "plain name=v\n" },
		{ "plain", "", "plain name=\"\"\n" },
		{ "plain", "two words", "plain name=\"two words\"\n" },
		{ "a\nfake[1]: b", "x\r\ny",
		    "a\\x0afake[1]: b name=x\\x0d\\x0ay\n" },
		{ "esc \033[31m \177", "a=b", "esc \\x1b[31m \\x7f name=\"a=b\"\n" },
		{ "c1 \302\205", "\233", "c1 \\xc2\\x85 name=\\x9b\n" },
		{ "forged", "x\" user=\"root",
		    "forged name=\"x\\x22 user=\\x22root\"\n" },
		{ "back\\slash", "\\x22", "back\\slash name=\\x5cx22\n" },
	};
	/* clang-format on */
	STR_AUTO line = STR_INIT;
	size_t i;

	(void)state;
	log_prefix_level(true);
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		struct log_field field = { "name", rows[i].value };

		written(&line, rows[i].text, &field, 1);
		UNIT_CHECK(i, slice_starts(str_slice(&line), "<4>"));
		UNIT_CHECK(
		    i, slice_is(slice_skip(str_slice(&line), 3), rows[i].line));
	}
}

static void
head(void **state)
{
	STR_AUTO line = STR_INIT, want = STR_INIT;

	(void)state;
	log_program("njiwa-test");
	log_set_trace("0123456789012345678901234567890123456789");
	assert_int_equal(strlen(log_trace()), LOG_TRACE_MAX - 1);
	log_set_trace("abc");
	log_prefix_level(false);
	written(&line, "text", NULL, 0);
	str_appendf(&want, "njiwa-test[%d]: abc text\n", (int)getpid());
	assert_string_equal(str_cstr(&line), str_cstr(&want));
	log_set_trace("");
}

/* Whatever its parts, an event is one line of LOG_LINE_MAX octets at most. */
static void
cut(void **state)
{
	struct log_field fields[LOG_FIELDS_MAX + 5];
	STR_AUTO line = STR_INIT, text = STR_INIT;
	size_t i, len;

	(void)state;
	for (i = 0; i < UNIT_COUNT(fields); i++)
		fields[i] = (struct log_field){ "f", "\n\n\n\n" };
	for (len = LOG_LINE_MAX - 100; len < LOG_LINE_MAX + 100; len++) {
		str_clear(&text);
		for (i = 0; i < len; i++)
			str_append_char(&text, 'x');
		written(&line, str_cstr(&text), fields, UNIT_COUNT(fields));
		UNIT_CHECK(len, line.len <= LOG_LINE_MAX);
		UNIT_CHECK(
		    len, slice_find(str_slice(&line), '\n') == line.len - 1);
	}
}

struct seen {
	size_t events, fields;
	enum log_level level;
};

static void
see(void *ctx, const struct log_event *event)
{
	struct seen *seen = ctx;

	seen->events++;
	seen->fields = event->nfields;
	seen->level = event->level;
}

static void
levels(void **state)
{
	struct log_field fields[LOG_FIELDS_MAX + 1] = { { "a", "b" } };
	struct seen seen = { 0 };

	(void)state;
	log_error("nobody listens");
	log_to(see, &seen);
	log_debug("not at info");
	assert_int_equal(seen.events, 0);
	log_info("info %d", 1);
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("not any more");
	log_error("still");
	assert_int_equal(seen.events, 2);
	assert_int_equal(seen.level, LOG_LEVEL_ERROR);
	log_event(LOG_LEVEL_ERROR, "many", fields, UNIT_COUNT(fields));
	assert_int_equal(seen.fields, LOG_FIELDS_MAX);
	log_set_level(LOG_LEVEL_INFO);
	log_to(NULL, NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(head),
		cmocka_unit_test(cut),
		cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
