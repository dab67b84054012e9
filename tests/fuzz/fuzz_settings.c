#include "common/base/secret.h"
#include "common/svc/settings_table.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every complaint is one line. */
static void
look(void *ctx, const char *line)
{
	int *count = ctx;

	if (strchr(line, '\n'))
		__builtin_trap();
	++*count;
}

/* What is printed of a value is a value again. */
static void
check_rows(struct settings *settings)
{
	size_t i;

	for (i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];
		STR_AUTO text = STR_INIT;
		STR_AUTO problem = STR_INIT;

		settings_print(settings, row, &text);
		if (row->type != SETTING_SECRET &&
		    !settings_set(settings, row, str_cstr(&text), &problem))
			__builtin_trap();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct settings settings;
	STR_AUTO path = STR_INIT;
	int said = 0;

	if (settings_load_text(
		text, SETTINGS_NO_SECRETS, &settings, look, &said) != said)
		__builtin_trap();
	check_rows(&settings);
	/* a user's name leads nowhere else */
	if (settings_expand_path("/m/%d/%n/M", text, "/h", &path) &&
	    (strlen(str_cstr(&path)) != path.len || strstr(path.ptr, "/.")))
		__builtin_trap();
	settings_release(&settings);
	secret_wipe();
	return 0;
}
