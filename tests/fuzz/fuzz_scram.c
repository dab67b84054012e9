/* The server's side of SCRAM: lines of the input are the mechanism (a letter)
 * and the client's messages. */
#include <stdint.h>
#include <string.h>

#include "common/account/scram.h"

/* The target itself (libFuzzer's interface). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct scram_driver njiwa_scram_driver;

static void
want(bool condition)
{
	if (!condition)
		__builtin_trap();
}

static bool
find(void *ctx, const char *user, struct scram_keys *ret_keys)
{
	static const struct scram_keys keys = {
		.iterations = 4096,
		.salt = "W22ZaJ0SNY7soEsUEjb6gQ==",
		.stored_key = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
		.server_key = "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
	};

	(void)ctx;
	if (user[0] == '?')
		return false;
	*ret_keys = keys;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct scram_driver *driver = &njiwa_scram_driver;
	struct slice rest = slice_of((const char *)data, size), line;
	struct scram_begin how = { .find = find };
	enum scram_result result = SCRAM_GOES_ON;
	struct scram *scram;
	struct err err;

	if (!slice_next(&rest, '\n', &line))
		return 0;
	how.plus = slice_starts(line, "p");
	how.unique = slice_head(slice_skip(line, 1), SCRAM_BINDING_MAX);
	how.exporter = how.plus ? slice_from("exported") : slice_from("");
	scram = driver->begin(&how, &err);
	want(scram != NULL);
	while (result == SCRAM_GOES_ON && slice_next(&rest, '\n', &line)) {
		STR_AUTO answer = STR_INIT;

		result = driver->step(scram, line, &answer);
		want((answer.len > 0) == (result != SCRAM_FAILED));
		want(result == SCRAM_FAILED || driver->user(scram) != NULL);
		/* nobody can prove that without the client's key */
		want(result != SCRAM_PROVEN);
	}
	driver->free(scram);
	return 0;
}
