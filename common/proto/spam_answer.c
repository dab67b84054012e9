#include <errno.h>

#include "common/base/enc.h"
#include "common/base/num.h"
#include "common/proto/spam_answer.h"

#define EX_TEMPFAIL 75    /* of sysexits(3), by which spamd answers */
#define EX_TIMEOUT 79     /* spamd's own */
#define SCORE_MAX 1000000 /* points; more is rubbish */
#define FRACTION_DIGITS 9
#define SHOWN_MAX 100 /* octets of an odd line in an error */

void
spam_verdict_release(struct spam_verdict *verdict)
{
	str_release(&verdict->headers);
	*verdict = (struct spam_verdict)SPAM_VERDICT_INIT;
}

static bool
eat(struct slice *rest, const char *text)
{
	if (!slice_starts_nocase(*rest, text))
		return false;
	*rest = slice_skip(*rest, strlen(text));
	return true;
}

static void
eat_blanks(struct slice *rest)
{
	while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
		*rest = slice_skip(*rest, 1);
}

/* Eats a number such as -1.25, whatever the locale. */
static bool
eat_score(struct slice *rest, double *ret_score)
{
	bool negative = eat(rest, "-");
	uint64_t whole, fraction;
	struct slice digits;
	double score, unit = 1;
	size_t n;

	if (!num_eat(rest, SCORE_MAX, &whole))
		return false;
	score = (double)whole;
	if (eat(rest, ".")) {
		digits = slice_head(*rest, FRACTION_DIGITS);
		n = digits.len;
		if (!num_eat(&digits, UINT64_MAX, &fraction))
			return false;
		n -= digits.len;
		*rest = slice_skip(*rest, n);
		while (n--)
			unit *= 10;
		score += (double)fraction / unit;
	}
	*ret_score = negative ? -score : score;
	return true;
}

/* Does the text end here, or go on with another word? */
static bool
at_word_end(struct slice rest)
{
	return rest.len == 0 || strchr(" \t\r\n", rest.ptr[0]) != NULL;
}

/* The rest of "Spam: True ; 15.0 / 5.0". */
static bool
parse_spamd(struct slice rest, double *ret_score, double *ret_threshold)
{
	eat_blanks(&rest);
	if (!eat(&rest, "True") && !eat(&rest, "False") && !eat(&rest, "Yes") &&
	    !eat(&rest, "No"))
		return false;
	eat_blanks(&rest);
	if (!eat(&rest, ";"))
		return false;
	eat_blanks(&rest);
	if (!eat_score(&rest, ret_score))
		return false;
	eat_blanks(&rest);
	if (!eat(&rest, "/"))
		return false;
	eat_blanks(&rest);
	return eat_score(&rest, ret_threshold) && at_word_end(rest);
}

/* "Yes, score=15.0 required=5.0 tests=...". */
static bool
parse_status(struct slice rest, double *ret_score, double *ret_threshold)
{
	eat_blanks(&rest);
	if (!eat(&rest, "Yes,") && !eat(&rest, "No,"))
		return false;
	eat_blanks(&rest);
	if (!eat(&rest, "score=") && !eat(&rest, "hits="))
		return false;
	if (!eat_score(&rest, ret_score) || !at_word_end(rest))
		return false;
	eat_blanks(&rest);
	return eat(&rest, "required=") && eat_score(&rest, ret_threshold) &&
	       at_word_end(rest);
}

bool
spam_parse_score(struct slice line, struct spam_verdict *verdict)
{
	double score = 0, threshold = 0;
	bool good;

	if (eat(&line, "Spam:"))
		good = parse_spamd(line, &score, &threshold);
	else
		good = parse_status(line, &score, &threshold);
	if (!good)
		return false;
	verdict->checked = true;
	verdict->score = score;
	verdict->threshold = threshold;
	return true;
}

void
spam_answer_init(struct spam_answer *answer, bool from_spamd)
{
	memset(answer, 0, sizeof *answer);
	answer->state = from_spamd ? SPAM_ANSWER_STATUS : SPAM_ANSWER_HEADER;
}

void
spam_answer_release(struct spam_answer *answer)
{
	spam_verdict_release(&answer->verdict);
	str_release(&answer->line);
}

/* Fills err: what is wrong, and the line that shows it. */
static int
bad_line(struct err *err, int code, const char *what, struct slice line)
{
	STR_AUTO shown = STR_INIT;

	enc_printable(slice_head(line, SHOWN_MAX), &shown);
	return err_set(err, code, "%s: %s", what, str_cstr(&shown));
}

/* "SPAMD/1.1 0 EX_OK" */
static int
take_status(struct spam_answer *answer, struct slice line, struct err *err)
{
	struct slice rest = line;
	uint64_t number;

	if (!eat(&rest, "SPAMD/") || !num_eat(&rest, 99, &number) ||
	    !eat(&rest, ".") || !num_eat(&rest, 99, &number) ||
	    !eat(&rest, " "))
		return bad_line(err, EPROTO, "this is not spamd", line);
	eat_blanks(&rest);
	if (!num_eat(&rest, 255, &number) || !at_word_end(rest))
		return bad_line(err, EPROTO, "this is not spamd", line);
	if (number == EX_TEMPFAIL || number == EX_TIMEOUT)
		return bad_line(err, EAGAIN, "spamd cannot check now", line);
	if (number != 0)
		return bad_line(err, EPROTO, "spamd refuses to check", line);
	answer->state = SPAM_ANSWER_PROTOCOL;
	return 0;
}

/* The empty line behind spamd's own lines. */
static int
end_protocol(struct spam_answer *answer, struct err *err)
{
	if (!answer->verdict.checked)
		return err_set(err, EPROTO, "spamd gives no verdict");
	answer->state = answer->counted && answer->left == 0
			    ? SPAM_ANSWER_DONE
			    : SPAM_ANSWER_HEADER;
	return 0;
}

/* "Spam: ...", "Content-length: ..." */
static int
take_protocol(struct spam_answer *answer, struct slice line, struct err *err)
{
	struct slice rest = line;

	if (line.len == 0)
		return end_protocol(answer, err);
	if (++answer->lines > SPAM_PROTOCOL_LINES_MAX)
		return err_set(err, EPROTO, "spamd says too much");
	if (eat(&rest, "Content-length:")) {
		if (!num_parse(slice_trim(rest), UINT64_MAX, &answer->left))
			return bad_line(err, EPROTO, "spamd miscounts", line);
		answer->counted = true;
	} else if (slice_starts_nocase(line, "Spam:") &&
		   !spam_parse_score(line, &answer->verdict)) {
		return bad_line(err, EPROTO, "spamd gives no score", line);
	}
	return 0;
}

/* Forgets the field that is being taken. */
static void
drop_field(struct spam_answer *answer)
{
	str_truncate(&answer->verdict.headers, answer->field_start);
	answer->in_field = false;
}

/* Appends a line of an X-Spam-... field, control characters as '?'. */
static void
put_line(struct spam_answer *answer, struct slice line)
{
	struct str *out = &answer->verdict.headers;
	size_t i;

	if (out->len + line.len + 1 > SPAMD_HEADERS_MAX) {
		drop_field(answer);
		answer->full = true;
		return;
	}
	for (i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.ptr[i];
		bool control = (c < ' ' && c != '\t') || c == 0x7f;

		str_append_char(out, control ? '?' : (char)c);
	}
	str_append_char(out, '\n');
}

/* A line of the marked message's header. */
static void
take_header(struct spam_answer *answer, struct slice line)
{
	struct slice value = line;

	if (line.len == 0) {
		answer->state = SPAM_ANSWER_DONE;
		return;
	}
	if (line.ptr[0] != ' ' && line.ptr[0] != '\t') {
		answer->in_field = !answer->full &&
				   slice_starts_nocase(line, "X-Spam-") &&
				   slice_find(line, ':') < line.len;
		answer->field_start = answer->verdict.headers.len;
		if (!answer->verdict.checked && eat(&value, "X-Spam-Status:"))
			(void)spam_parse_score(
			    value, &answer->verdict); /* or the end says so */
	}
	if (answer->in_field)
		put_line(answer, line);
}

/* A whole line, without its line end. */
static int
take_line(struct spam_answer *answer, struct slice line, struct err *err)
{
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	switch (answer->state) {
	case SPAM_ANSWER_STATUS:
		return take_status(answer, line, err);
	case SPAM_ANSWER_PROTOCOL:
		return take_protocol(answer, line, err);
	case SPAM_ANSWER_HEADER:
		take_header(answer, line);
		break;
	case SPAM_ANSWER_DONE:
		break;
	}
	return 0;
}

/* Adds octets to the begun line; too many of them drop it. */
static int
add_to_line(struct spam_answer *answer, struct slice octets, struct err *err)
{
	bool own = answer->state != SPAM_ANSWER_HEADER;
	size_t max = own ? SPAMD_LINE_MAX : SPAM_FIELD_LINE_MAX;

	if (answer->line.len + octets.len <= max) {
		str_append(&answer->line, octets);
		return 0;
	}
	if (own)
		return err_set(err, EPROTO, "spamd sends a line too long");
	answer->overlong = true;
	return 0;
}

/* The begun line is complete. */
static int
end_line(struct spam_answer *answer, struct err *err)
{
	int result = 0;

	if (!answer->overlong)
		result = take_line(answer, str_slice(&answer->line), err);
	else if (answer->in_field)
		drop_field(answer);
	answer->overlong = false;
	str_clear(&answer->line);
	return result;
}

/* Takes octets of one line; with_end when its end is behind them. */
static int
take_piece(struct spam_answer *answer, struct slice piece, bool with_end,
    struct err *err)
{
	int result = answer->overlong ? 0 : add_to_line(answer, piece, err);

	if (result == 0 && with_end)
		result = end_line(answer, err);
	return result;
}

int
spam_answer_feed(
    struct spam_answer *answer, struct slice octets, struct err *err)
{
	while (octets.len && answer->state != SPAM_ANSWER_DONE) {
		bool body = answer->state == SPAM_ANSWER_HEADER;
		size_t end = slice_find(octets, '\n');
		bool with_end = end < octets.len;
		size_t n = end + with_end;
		int result;

		if (body && answer->counted && n > answer->left) {
			n = end = (size_t)answer->left;
			with_end = false;
		}
		result =
		    take_piece(answer, slice_head(octets, end), with_end, err);
		if (result < 0)
			return result;
		octets = slice_skip(octets, n);
		answer->left -= body && answer->counted ? n : 0;
		if (body && answer->counted && answer->left == 0)
			return spam_answer_end(answer, err);
	}
	return 0;
}

int
spam_answer_end(struct spam_answer *answer, struct err *err)
{
	if (answer->state == SPAM_ANSWER_HEADER && answer->counted &&
	    answer->left > 0)
		return err_set(err, EPROTO, "spamd's answer is cut off");
	if (answer->state == SPAM_ANSWER_HEADER &&
	    (answer->line.len || answer->overlong))
		(void)end_line(answer, err); /* a header's line is no error */
	if (answer->state == SPAM_ANSWER_STATUS ||
	    answer->state == SPAM_ANSWER_PROTOCOL)
		return err_set(err, EPROTO, "spamd closed without an answer");
	if (!answer->verdict.checked)
		return err_set(err, EPROTO, "the filter gave no verdict");
	answer->state = SPAM_ANSWER_DONE;
	return 0;
}
