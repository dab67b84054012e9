/* Messages of BODY=BINARYMIME made text: what is encoded, what is renamed, what
 * stays, and what cannot be converted. */
#include "common/base/str.h"
#include "common/msg/binarymime.h"
#include "common/msg/mime.h"
#include "tests/unit/unit.h"

#define CTE "Content-Transfer-Encoding: "
#define BINARY CTE "binary\r\n"
#define MIXED(cte) "Content-Type: multipart/mixed; boundary=b\r\n" cte "\r\n"
#define X100                                                                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X900 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define X98                                                                    \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                    \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct row {
	struct slice in;
	const char *out; /* NULL: cannot be converted */
	size_t encoded;
};

/* clang-format off */
static const struct row rows[] = {
	/* nothing says binary: nothing is changed, whatever it is */
	{ SLICE_LIT("A: b\r\n\r\nx\ny\rz"), "A: b\r\n\r\nx\ny\rz", 0 },
	{ SLICE_LIT(""), "", 0 },
	/* text that says binary is 8bit */
	{ SLICE_LIT(BINARY "\r\nx\r\n\xff\r\n"),
	    CTE "8bit\r\n\r\nx\r\n\xff\r\n", 0 },
	{ SLICE_LIT(BINARY "\r\n"), CTE "8bit\r\n\r\n", 0 },
	{ SLICE_LIT(BINARY), CTE "8bit\r\n", 0 },
	{ SLICE_LIT("Content-Transfer-Encoding:binary"), CTE "8bit", 0 },
	{ SLICE_LIT(BINARY "\r\n" X900 X98 "\r\n"),
	    CTE "8bit\r\n\r\n" X900 X98 "\r\n", 0 },
	/* what is not is base64 */
	{ SLICE_LIT(BINARY "\r\na\0b\r\n"), CTE "base64\r\n\r\nYQBiDQo=", 1 },
	{ SLICE_LIT(BINARY "\r\na\nb\r\n"), CTE "base64\r\n\r\nYQpiDQo=", 1 },
	{ SLICE_LIT(BINARY "\r\na\rb\r\n"), CTE "base64\r\n\r\nYQ1iDQo=", 1 },
	{ SLICE_LIT(BINARY "\r\n\n"), CTE "base64\r\n\r\nCg==", 1 },
	{ SLICE_LIT(BINARY "\r\na\r\r\n"), CTE "base64\r\n\r\nYQ0NCg==", 1 },
	/* ... so is what has no end, for it would get one */
	{ SLICE_LIT(BINARY "\r\nabc"), CTE "base64\r\n\r\nYWJj", 1 },
	/* ... and a line that is one too long */
	{ SLICE_LIT(MIXED("") "--b\r\n" BINARY "\r\n" X900 X98 "\r\n--b--\r\n"),
	    MIXED("") "--b\r\n" CTE "8bit\r\n\r\n" X900 X98 "\r\n--b--\r\n",
	    0 },
	{ SLICE_LIT(MIXED("") "--b\r\n" BINARY "\r\n\0" X100
	    "\r\n--b--\r\n"),
	    MIXED("") "--b\r\n" CTE "base64\r\n\r\n"
	    "AHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"
	    "eHh4eHh4\r\n"
	    "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=\r\n"
	    "--b--\r\n", 1 },
	/* fields: folded, with a comment, in any case, twice, with others */
	{ SLICE_LIT("A: b\r\ncontent-transfer-ENCODING:\r\n (x) BINARY\r\n"
	    "C: d\r\n" CTE "7bit\r\nE: f\r\n\r\n\0\r\n"),
	    "A: b\r\n" CTE "base64\r\nC: d\r\nE: f\r\n\r\nAA0K", 1 },
	{ SLICE_LIT(CTE "7bit\r\n" BINARY "\r\nx\r\n"),
	    CTE "7bit\r\n" BINARY "\r\nx\r\n", 0 },
	/* multiparts say 8bit, and only their parts are encoded */
	{ SLICE_LIT(MIXED(BINARY) "pre\r\n--b\r\n\r\ntext\r\n--b\r\n" BINARY
	    "\r\n\0\1\2\r\n--b\r\n" BINARY "\r\n--b\r\n" BINARY
	    "\r\n\r\n--b--\r\npost\r\n"),
	    MIXED(CTE "8bit\r\n") "pre\r\n--b\r\n\r\ntext\r\n--b\r\n" CTE
	    "base64\r\n\r\nAAEC\r\n--b\r\n" CTE "8bit\r\n\r\n--b\r\n" CTE
	    "8bit\r\n\r\n\r\n--b--\r\npost\r\n", 1 },
	/* what is like a boundary, but for its line end, is none */
	{ SLICE_LIT(MIXED("") "--b\r\n" BINARY "\r\nx\n--b--\r\ny\r--b\r\n"
	    "\n--b\r\n--bb\r\n\r\n--b--\r\n"),
	    MIXED("") "--b\r\n" CTE "base64\r\n\r\n"
	    "eAotLWItLQ0KeQ0tLWINCgotLWINCi0tYmINCg==\r\n--b--\r\n", 1 },
	/* messages within are converted inside */
	{ SLICE_LIT("Content-Type: message/rfc822\r\n" BINARY "\r\n"
	    MIXED(BINARY) "--b\r\n" BINARY "\r\n\xff\0\r\n--b--\r\n"),
	    "Content-Type: message/rfc822\r\n" CTE "8bit\r\n\r\n"
	    MIXED(CTE "8bit\r\n") "--b\r\n" CTE "base64\r\n\r\n/wA=\r\n"
	    "--b--\r\n", 1 },
	/* nested; the inner one is not closed */
	{ SLICE_LIT(MIXED("") "--b\r\nContent-Type: multipart/mixed; "
	    "boundary=c\r\n\r\n--c\r\n" BINARY "\r\n\0\r\n--b\r\n" BINARY
	    "\r\n\0--b--"),
	    MIXED("") "--b\r\nContent-Type: multipart/mixed; "
	    "boundary=c\r\n\r\n--c\r\n" CTE "base64\r\n\r\nAA==\r\n--b\r\n"
	    CTE "base64\r\n\r\nAC0tYi0t", 2 },
	/* a header with such octets keeps them */
	{ SLICE_LIT(CTE "binary\rC\n\r\no"), CTE "binary\rC\n\r\no", 0 },
	/* never encoded */
	{ SLICE_LIT("Content-Type: multipart/mixed\r\n" BINARY "\r\n\0\r\n"),
	    NULL, 0 },
	{ SLICE_LIT("Content-Type: message/partial\r\n" BINARY "\r\n\0\r\n"),
	    NULL, 0 },
	/* its readers would not agree where the part begins */
	{ SLICE_LIT("A: b\n" BINARY "\r\n\0\r\n"), NULL, 0 },
	{ SLICE_LIT(BINARY "A: b\rc\r\n\r\n\0\r\n"), NULL, 0 },
};
/* clang-format on */

static void
gather(void *ctx, struct slice text)
{
	str_append(ctx, text);
}

static void
conversions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < UNIT_COUNT(rows); i++) {
		STR_AUTO out = STR_INIT;
		size_t encoded = 99;
		bool good =
		    binarymime_convert(rows[i].in, gather, &out, &encoded);

		UNIT_CHECK(i, good == (rows[i].out != NULL));
		if (!good)
			continue;
		UNIT_CHECK(i, encoded == rows[i].encoded);
		if (!slice_is(str_slice(&out), rows[i].out))
			fail_msg("row %zu:\n%s---- got\n%s", i, rows[i].out,
			    str_cstr(&out));
	}
}

/* A line of 999 octets is none of 8bit. */
static void
line_limit(void **state)
{
	static const char text[] = BINARY "\r\n" X900 X98 "y\r\n";
	STR_AUTO out = STR_INIT;
	size_t encoded;

	(void)state;
	assert_true(
	    binarymime_convert(slice_from(text), gather, &out, &encoded));
	assert_int_equal(encoded, 1);
}

/* As many messages within messages as are taken apart, and one more: that one
 * is data, and may not be encoded. */
static bool
converts_depth(size_t depth, size_t *ret_encoded)
{
	STR_AUTO in = STR_INIT;
	STR_AUTO out = STR_INIT;
	size_t i;

	for (i = 0; i < depth; i++)
		str_append_cstr(
		    &in, "Content-Type: message/rfc822\r\n" BINARY "\r\n");
	str_append_cstr(&in, BINARY "\r\n");
	str_append_char(&in, '\0');
	return binarymime_convert(str_slice(&in), gather, &out, ret_encoded);
}

static void
depth_limit(void **state)
{
	size_t encoded;

	(void)state;
	assert_true(converts_depth(MIME_DEPTH_MAX, &encoded));
	assert_int_equal(encoded, 1);
	assert_false(converts_depth(MIME_DEPTH_MAX + 1, &encoded));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversions),
		cmocka_unit_test(line_limit),
		cmocka_unit_test(depth_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
