#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/store/spool_envelope.h"

#define FIRST_LINE "njiwa-spool "
#define NUMBER_MAX (UINT64_MAX >> 2)
#define SUM_DIGITS 16

enum field_type { TEXT, NUMBER, WORD, BITS };

/* A line "key value"; offset is the field's in its struct. */
struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	const char *const *words; /* of WORD and BITS, NULL-ended */
};

static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const classes[] = { "mail", "report", "double", NULL };
static const char *const bodies[] = { "7bit", "8bitmime", "binarymime", NULL };
static const char *const rets[] = { "none", "full", "hdrs", NULL };
static const char *const routes[] = { "local", "remote", NULL };
static const char *const states[] = { "waiting", "deferred", "delivered",
	"relayed", "failed", NULL };
static const char *const notifies[] = { "never", "success", "failure", "delay",
	NULL };

#define ENV(name) offsetof(struct spool_envelope, name)
#define RCPT(name) offsetof(struct spool_rcpt, name)

/* The lines, in their order; each is there exactly once. */
/* clang-format off */
static const struct field head[] = {
	{ "arrived", NUMBER, ENV(arrived), NULL },
	{ "size",    NUMBER, ENV(size),    NULL },
	{ "from",    TEXT,   ENV(sender),  NULL },
	{ "class",   WORD,   ENV(class),   classes },
	{ "body",    WORD,   ENV(body),    bodies },
	{ "utf8",    WORD,   ENV(utf8),    yes_no },
	{ "ret",     WORD,   ENV(ret),     rets },
	{ "envid",   TEXT,   ENV(envid),   NULL },
	{ "login",   TEXT,   ENV(login),   NULL },
	{ "trace",   TEXT,   ENV(trace),   NULL },
	{ "helo",    TEXT,   ENV(helo),    NULL },
	{ "client",  TEXT,   ENV(client),  NULL },
	{ "held",    WORD,   ENV(held),    yes_no },
	{ "trying",  WORD,   ENV(trying),  yes_no },
	{ "reports", NUMBER, ENV(reports), NULL },
};
static const struct field each[] = {
	{ "to",     TEXT,   RCPT(address), NULL },
	{ "final",  TEXT,   RCPT(final),   NULL },
	{ "route",  WORD,   RCPT(route),   routes },
	{ "state",  WORD,   RCPT(state),   states },
	{ "folder", TEXT,   RCPT(folder),  NULL },
	{ "detail", TEXT,   RCPT(detail),  NULL },
	{ "orcpt",  TEXT,   RCPT(orcpt),   NULL },
	{ "notify", BITS,   RCPT(notify),  notifies },
	{ "told",   WORD,   RCPT(told),    yes_no },
	{ "warned", WORD,   RCPT(warned),  yes_no },
	{ "tries",  NUMBER, RCPT(tries),   NULL },
	{ "next",   NUMBER, RCPT(next),    NULL },
	{ "host",   TEXT,   RCPT(host),    NULL },
	{ "reply",  TEXT,   RCPT(reply),   NULL },
};
/* clang-format on */

#define HEAD_ROWS (sizeof head / sizeof head[0])
#define EACH_ROWS (sizeof each / sizeof each[0])

static char **
text_of(void *object, const struct field *field)
{
	return (char **)(void *)((char *)object + field->offset);
}

static uint64_t *
number_of(void *object, const struct field *field)
{
	return (uint64_t *)(void *)((char *)object + field->offset);
}

static void
init_texts(void *object, const struct field *fields, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (fields[i].type == TEXT)
			*text_of(object, &fields[i]) = mem_strdup("");
}

static void
free_texts(void *object, const struct field *fields, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (fields[i].type == TEXT)
			free(*text_of(object, &fields[i]));
}

void
spool_envelope_init(struct spool_envelope *env)
{
	*env = (struct spool_envelope){ 0 };
	init_texts(env, head, HEAD_ROWS);
}

void
spool_envelope_release(struct spool_envelope *env)
{
	while (env->count)
		free_texts(&env->rcpts[--env->count], each, EACH_ROWS);
	free(env->rcpts);
	free_texts(env, head, HEAD_ROWS);
	*env = (struct spool_envelope){ 0 };
}

struct spool_rcpt *
spool_envelope_add(struct spool_envelope *env)
{
	struct spool_rcpt *rcpt;

	if (env->count == SPOOL_RCPTS_MAX)
		return NULL;
	env->rcpts =
	    mem_grow(env->rcpts, &env->cap, env->count + 1, sizeof *env->rcpts);
	rcpt = &env->rcpts[env->count++];
	*rcpt = (struct spool_rcpt){ 0 };
	init_texts(rcpt, each, EACH_ROWS);
	return rcpt;
}

void
spool_text_set(char **field, struct slice value)
{
	char *old = *field;

	value = slice_head(value, slice_find(value, '\0'));
	value = slice_head(value, SPOOL_TEXT_MAX);
	*field = mem_strndup(value.ptr, value.len);
	free(old);
}

/* ---- writing ---- */

/* An octet that would end a line, or begins an escape. */
static bool
is_escaped(unsigned char octet)
{
	return octet < ' ' || octet == 0x7f || octet == '%';
}

static void
put_text(const char *text, struct str *out)
{
	for (; *text; text++) {
		if (is_escaped((unsigned char)*text))
			str_appendf(out, "%%%02X", (unsigned char)*text);
		else
			str_append_char(out, *text);
	}
}

static void
put_bits(uint64_t bits, const char *const *words, struct str *out)
{
	const char *comma = "";
	size_t i;

	for (i = 0; words[i]; i++) {
		if (!(bits & 1U << i))
			continue;
		str_appendf(out, "%s%s", comma, words[i]);
		comma = ",";
	}
}

static void
put_fields(
    const void *object, const struct field *fields, size_t n, struct str *out)
{
	void *from = (void *)(uintptr_t)object; /* is only read */
	size_t i;

	for (i = 0; i < n; i++) {
		const struct field *field = &fields[i];

		str_appendf(out, "%s ", field->key);
		if (field->type == TEXT)
			put_text(*text_of(from, field), out);
		else if (field->type == NUMBER)
			str_appendf(out, "%llu",
			    (unsigned long long)*number_of(from, field));
		else if (field->type == WORD)
			str_append_cstr(
			    out, field->words[*number_of(from, field)]);
		else
			put_bits(*number_of(from, field), field->words, out);
		str_append_char(out, '\n');
	}
}

/* FNV-1a: tells a torn or edited file, and stops nobody. */
static uint64_t
checksum(struct slice text)
{
	uint64_t sum = 0xcbf29ce484222325;
	size_t i;

	for (i = 0; i < text.len; i++)
		sum = (sum ^ (unsigned char)text.ptr[i]) * 0x100000001b3;
	return sum;
}

void
spool_envelope_format(const struct spool_envelope *env, struct str *out)
{
	size_t start = out->len, i;

	str_appendf(out, FIRST_LINE "%d\n", SPOOL_VERSION);
	put_fields(env, head, HEAD_ROWS, out);
	for (i = 0; i < env->count; i++)
		put_fields(&env->rcpts[i], each, EACH_ROWS, out);
	str_appendf(out, "sum %016llx\n",
	    (unsigned long long)checksum(slice_skip(str_slice(out), start)));
}

/* ---- reading ---- */

static bool
get_text(struct slice value, char **ret_text)
{
	STR_AUTO text = STR_INIT;
	uint64_t octet;
	size_t i;

	for (i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (c != '%') {
			if (is_escaped((unsigned char)c))
				return false;
			str_append_char(&text, c);
			continue;
		}
		if (i + 2 >= value.len ||
		    !num_parse_hex(
			slice_of(value.ptr + i + 1, 2), UINT8_MAX, &octet) ||
		    !is_escaped((unsigned char)octet) || octet == 0)
			return false;
		str_append_char(&text, (char)octet);
		i += 2;
	}
	if (text.len > SPOOL_TEXT_MAX)
		return false;
	spool_text_set(ret_text, str_slice(&text));
	return true;
}

static bool
get_word(struct slice value, const char *const *words, uint64_t *ret_number)
{
	uint64_t i;

	for (i = 0; words[i]; i++) {
		if (slice_is(value, words[i])) {
			*ret_number = i;
			return true;
		}
	}
	return false;
}

/* Words in their order, each at most once. */
static bool
get_bits(struct slice value, const char *const *words, uint64_t *ret_bits)
{
	uint64_t bits = 0, bit;
	struct slice word;

	if (value.len == 0)
		value.ptr = NULL;
	while (slice_next(&value, ',', &word)) {
		if (!get_word(word, words, &bit) || bits >> bit)
			return false;
		bits |= 1U << bit;
	}
	*ret_bits = bits;
	return true;
}

static bool
get_field(void *object, const struct field *field, struct slice value)
{
	switch (field->type) {
	case TEXT:
		return get_text(value, text_of(object, field));
	case NUMBER:
		return (value.len < 2 || value.ptr[0] != '0') &&
		       num_parse(value, NUMBER_MAX, number_of(object, field));
	case WORD:
		return get_word(value, field->words, number_of(object, field));
	case BITS:
		return get_bits(value, field->words, number_of(object, field));
	}
	return false;
}

/* Cuts the line "key value" off *rest. */
static bool
next_line(struct slice *rest, const char *key, struct slice *ret_value)
{
	size_t end = slice_find(*rest, '\n'), len = strlen(key);

	if (end == rest->len || end <= len || !slice_starts(*rest, key) ||
	    rest->ptr[len] != ' ')
		return false;
	*ret_value = slice_skip(slice_head(*rest, end), len + 1);
	*rest = slice_skip(*rest, end + 1);
	return true;
}

static int
get_fields(struct slice *rest, void *object, const struct field *fields,
    size_t n, struct err *err)
{
	struct slice value;
	size_t i;

	for (i = 0; i < n; i++)
		if (!next_line(rest, fields[i].key, &value) ||
		    !get_field(object, &fields[i], value))
			return err_set(err, EBADMSG,
			    "no line, or a bad one, where \"%s\" belongs",
			    fields[i].key);
	return 0;
}

static int
get_sum(struct slice rest, struct slice whole, struct err *err)
{
	struct slice before = slice_head(whole, whole.len - rest.len), value;
	uint64_t sum;

	if (!next_line(&rest, "sum", &value) || rest.len ||
	    value.len != SUM_DIGITS ||
	    !num_parse_hex(value, UINT64_MAX, &sum) || sum != checksum(before))
		return err_set(err, EBADMSG,
		    "the checksum is not there or "
		    "not that of the text");
	return 0;
}

static int
get_all(struct slice *rest, struct spool_envelope *env, struct err *err)
{
	int rc = get_fields(rest, env, head, HEAD_ROWS, err);

	while (rc == 0 && slice_starts(*rest, "to ")) {
		struct spool_rcpt *rcpt = spool_envelope_add(env);

		if (rcpt == NULL)
			return err_set(err, EBADMSG, "too many recipients");
		rc = get_fields(rest, rcpt, each, EACH_ROWS, err);
	}
	if (rc == 0 && env->count == 0) /* it would be done at once */
		return err_set(err, EBADMSG, "no recipients");
	return rc;
}

int
spool_envelope_parse(
    struct slice text, struct spool_envelope *ret_env, struct err *err)
{
	struct slice rest = text, value;
	uint64_t version;
	int rc;

	if (text.len > SPOOL_ENVELOPE_MAX ||
	    !next_line(&rest, "njiwa-spool", &value) ||
	    !num_parse(value, UINT32_MAX, &version))
		return err_set(err, EBADMSG, "not an envelope");
	if (version != SPOOL_VERSION)
		return err_set(err, EPROTONOSUPPORT,
		    "an envelope of version %u, which another njiwa wrote",
		    (unsigned)version);
	spool_envelope_init(ret_env);
	rc = get_all(&rest, ret_env, err);
	if (rc == 0)
		rc = get_sum(rest, text, err);
	if (rc < 0)
		spool_envelope_release(ret_env);
	return rc;
}

/* ---- what it means ---- */

bool
spool_rcpt_is_final(const struct spool_rcpt *rcpt)
{
	return rcpt->state != SPOOL_WAITING && rcpt->state != SPOOL_DEFERRED;
}

uint64_t
spool_envelope_due(const struct spool_envelope *env)
{
	uint64_t due = UINT64_MAX;
	size_t i;

	if (env->held)
		return UINT64_MAX;
	for (i = 0; i < env->count; i++) {
		const struct spool_rcpt *rcpt = &env->rcpts[i];

		if (spool_rcpt_is_final(rcpt) && !rcpt->told)
			return 0;
		if (!spool_rcpt_is_final(rcpt) && rcpt->next < due)
			due = rcpt->next;
	}
	return due == UINT64_MAX ? 0 : due;
}

const char *
spool_state_name(uint64_t state)
{
	return states[state];
}

const char *
spool_route_name(uint64_t route)
{
	return routes[route];
}
