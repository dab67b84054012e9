#include <crypt.h>
#include <errno.h>
#include <stdlib.h>

#include "common/account/account.h"
#include "common/account/passhash.h"
#include "common/base/enc.h"
#include "common/base/mem.h"

/* The methods by their prefix in crypt(5), and as `doveadm pw` names them.
 * A higher rank is harder to guess.  made is what new hashes begin with. */
struct scheme {
	const char *name;   /* of {NAME}; NULL: known by its prefix alone */
	const char *prefix; /* of hashes; NULL: any */
	const char *made;   /* NULL: not for new ones */
	int rank;
};

/* clang-format off */
static const struct scheme schemes[] = {
	{ "YESCRYPT",     "$y$",  "$y$",  6 },
	{ NULL,           "$gy$", NULL,   6 },
	{ NULL,           "$7$",  NULL,   6 },
	{ "BLF-CRYPT",    "$2",   "$2b$", 5 },
	{ "SHA512-CRYPT", "$6$",  "$6$",  4 },
	{ "SHA256-CRYPT", "$5$",  "$5$",  3 },
	{ "MD5-CRYPT",    "$1$",  "$1$",  2 },
	{ "CRYPT",        NULL,   "$y$",  1 },
	{ "PLAIN",        NULL,   NULL,   0 },
	{ "CLEARTEXT",    NULL,   NULL,   0 },
};
/* clang-format on */

#define SCHEMES (sizeof schemes / sizeof schemes[0])
#define RANK_PLAIN 0

/* What unknown users are checked against when nothing else is known. */
static const char waste_setting[] = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$";

/* A stored hash, taken apart. */
struct parsed {
	const struct scheme *scheme; /* NULL: none that we know */
	struct slice hash;           /* without {SCHEME} */
};

static const struct scheme *
scheme_by_name(struct slice name)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (schemes[i].name && slice_is_nocase(name, schemes[i].name))
			return &schemes[i];
	return NULL;
}

/* The method that a bare hash was made with; CRYPT for what has no prefix. */
static const struct scheme *
scheme_by_hash(struct slice hash)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (schemes[i].prefix && slice_starts(hash, schemes[i].prefix))
			return &schemes[i];
	return scheme_by_name(slice_from("CRYPT"));
}

static struct parsed
parse(struct slice stored)
{
	struct parsed p = { NULL, stored };
	const struct scheme *named;
	size_t end;

	if (stored.len == 0 || stored.len > PASSHASH_TEXT_MAX ||
	    memchr(stored.ptr, '\0', stored.len))
		return p;
	if (stored.ptr[0] != '{') {
		p.scheme = scheme_by_hash(stored);
		return p;
	}
	end = slice_find(stored, '}');
	named = scheme_by_name(slice_skip(slice_head(stored, end), 1));
	p.hash = slice_skip(stored, end + 1);
	if (named == NULL || named->rank == RANK_PLAIN)
		p.scheme = named;
	else if (named->prefix == NULL || slice_starts(p.hash, named->prefix))
		p.scheme = scheme_by_hash(p.hash);
	return p;
}

/* Does crypt(3) make hash of password, with hash as its setting?  False also
 * for a setting that crypt does not know. */
static bool
crypt_fits(const char *hash, const char *password)
{
	struct crypt_data *data = mem_zalloc(1, sizeof *data);
	const char *made = crypt_rn(password, hash, data, (int)sizeof *data);
	bool fits = made && made[0] != '*' &&
		    enc_equal_secret(slice_from(made), slice_from(hash));

	explicit_bzero(data, sizeof *data);
	free(data);
	return fits;
}

static bool
password_possible(struct slice password)
{
	return password.len <= ACCOUNT_PASSWORD_MAX &&
	       (password.len == 0 ||
		   memchr(password.ptr, '\0', password.len) == NULL);
}

bool
passhash_check(struct slice stored, struct slice password)
{
	struct parsed p = parse(stored);
	struct str clear = STR_INIT;
	STR_AUTO hash = STR_INIT;
	bool fits;

	if (p.scheme == NULL || p.hash.len == 0 || !password_possible(password))
		return false;
	if (p.scheme->rank == RANK_PLAIN)
		return enc_equal_secret(p.hash, password);
	str_append(&hash, p.hash);
	str_reserve(&clear, password.len + 1); /* never moved: wiped whole */
	str_append(&clear, password);
	fits = crypt_fits(str_cstr(&hash), str_cstr(&clear));
	str_wipe(&clear);
	return fits;
}

bool
passhash_is_usable(struct slice stored)
{
	struct parsed p = parse(stored);
	STR_AUTO hash = STR_INIT;
	int rc;

	if (p.scheme == NULL || p.hash.len == 0)
		return false;
	if (p.scheme->rank == RANK_PLAIN)
		return true;
	str_append(&hash, p.hash);
	rc = crypt_checksalt(str_cstr(&hash));
	return rc != CRYPT_SALT_INVALID && rc != CRYPT_SALT_METHOD_DISABLED;
}

void
passhash_waste(struct slice stored, struct slice password)
{
	if (!passhash_is_usable(stored))
		stored = slice_from(waste_setting);
	(void)passhash_check(stored, password); /* only its time is wanted */
}

/* The row that makes new hashes for scheme, a name or a prefix. */
static const struct scheme *
scheme_to_make(const char *scheme, bool *ret_named)
{
	const struct scheme *row = NULL;
	size_t i;

	*ret_named = scheme[0] != '$';
	if (*ret_named)
		row = scheme_by_name(slice_from(scheme));
	for (i = 0; !*ret_named && i < SCHEMES && row == NULL; i++)
		if (schemes[i].made && strcmp(scheme, schemes[i].made) == 0)
			row = &schemes[i];
	return row && row->made ? row : NULL;
}

static int
make_bare(
    const char *made, const char *password, struct str *out, struct err *err)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data;
	const char *hash;
	int rc = 0;

	if (!crypt_gensalt_rn(made, 0, NULL, 0, setting, sizeof setting))
		return err_sys(err, errno, "scheme %s", made);
	data = mem_zalloc(1, sizeof *data);
	hash = crypt_rn(password, setting, data, (int)sizeof *data);
	if (hash && hash[0] != '*')
		str_append_cstr(out, hash);
	else
		rc = err_sys(err, errno, "scheme %s", made);
	explicit_bzero(data, sizeof *data);
	free(data);
	return rc;
}

int
passhash_make(
    const char *scheme, struct slice password, struct str *out, struct err *err)
{
	bool named;
	const struct scheme *row = scheme_to_make(scheme, &named);
	struct str clear = STR_INIT;
	size_t before = out->len;
	int rc;

	if (row == NULL)
		return err_set(err, EINVAL, "unknown scheme: %s", scheme);
	if (password.len == 0 || !password_possible(password))
		return err_set(err, EINVAL, "that cannot be a password");
	if (named)
		str_appendf(out, "{%s}", row->name);
	str_reserve(&clear, password.len + 1);
	str_append(&clear, password);
	rc = make_bare(row->made, str_cstr(&clear), out, err);
	str_wipe(&clear);
	if (rc < 0)
		str_truncate(out, before);
	return rc;
}

bool
passhash_is_weaker(struct slice stored, const char *scheme)
{
	bool named;
	const struct scheme *row = scheme_to_make(scheme, &named);
	struct parsed p = parse(stored);

	if (row && row->prefix == NULL)
		row = scheme_by_hash(slice_from(row->made));
	return row && p.scheme && p.scheme->rank < row->rank;
}

const char *
passhash_scheme_name(size_t i)
{
	size_t k;

	for (k = 0; k < SCHEMES; k++)
		if (schemes[k].name && schemes[k].made && i-- == 0)
			return schemes[k].name;
	return NULL;
}
