#include <stdint.h>

#include "common/base/enc.h"
#include "common/store/folder.h"
#include "common/store/mutf7.h"
#include "common/store/store.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name that is taken leads to a directory that leads back to it. */
static void
check_name(struct slice name)
{
	STR_AUTO dir = STR_INIT;
	STR_AUTO back = STR_INIT;

	if (!folder_to_dir(name, &dir))
		return;
	if (dir.ptr[0] != '.' || dir.len > STORE_NAME_MAX ||
	    strlen(dir.ptr) != dir.len || strchr(dir.ptr, '/') ||
	    strstr(dir.ptr, "..") || !folder_from_dir(str_slice(&dir), &back) ||
	    !slice_equal_nocase(name, str_slice(&back)))
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	STR_AUTO out = STR_INIT;

	check_name(text);
	if (folder_from_dir(text, &out))
		check_name(str_slice(&out));
	str_clear(&out);
	if (mutf7_decode(text, &out) && !enc_utf8_valid(str_slice(&out)))
		__builtin_trap();
	return 0;
}
