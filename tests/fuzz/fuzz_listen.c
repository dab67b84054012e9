#include <string.h>

#include "cmd/init/listen.h"
#include "cmd/init/timers.h"
#include "common/base/str.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was accepted prints as something that means the same. */
static void
check_again(const struct listen_list *list)
{
	STR_AUTO again = STR_INIT;
	static struct listen_list second;
	char text[LISTEN_TEXT_MAX];
	size_t i;

	for (i = 0; i < list->count; i++) {
		listen_print(&list->entry[i], text);
		str_append_cstr(&again, text);
		str_append_char(&again, ' ');
	}
	if (listen_parse(str_slice(&again), &second, NULL) < 0 ||
	    second.count != list->count)
		__builtin_trap();
	for (i = 0; i < list->count; i++)
		if (!listen_equal(&list->entry[i], &second.entry[i]))
			__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct listen_list list;
	static struct timers timers;
	struct slice text = slice_of((const char *)data, size);

	if (listen_parse(text, &list, NULL) == 0)
		check_again(&list);
	if (timers_parse(text, &timers, NULL) == 0 && timers.count > TIMERS_MAX)
		__builtin_trap();
	timers_release(&timers);
	return 0;
}
