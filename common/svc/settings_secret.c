/* Secrets: in the setting itself, in a file of their own, or a credential of
 * systemd. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/secret.h"
#include "common/svc/settings_load.h"

#define CREDENTIAL "credential:"

/* A secret out of a file of its own, its first line; NULL with problem
 * filled. */
static const char *
read_secret(int dirfd, const char *path, struct str *problem)
{
	size_t len = 0;
	char *text = loading_read(dirfd, path, SETTINGS_SECRET_MAX, &len);

	if (text == NULL) {
		str_appendf(problem, "%s: %s", path, strerror(errno));
		return NULL;
	}
	len = slice_find(slice_of(text, len), '\n');
	if (len && text[len - 1] == '\r')
		len--;
	if (memchr(text, '\0', len)) {
		str_appendf(problem, "%s: holds a NUL", path);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

static bool
is_credential(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static const char *
read_credential(const char *name, struct str *problem)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	FD_AUTO dirfd = -1;

	if (!is_credential(name)) {
		str_appendf(problem, "\"%s\" is no name of a credential", name);
		return NULL;
	}
	if (dir == NULL) {
		str_appendf(problem,
		    "credential %s: CREDENTIALS_DIRECTORY is "
		    "not set; use LoadCredential= in the unit",
		    name);
		return NULL;
	}
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0) {
		str_appendf(problem, "%s: %s", dir, strerror(errno));
		return NULL;
	}
	return read_secret(dirfd, name, problem);
}

/* The secret that text means, in the arena; NULL with problem filled. */
static const char *
find_secret(const char *text, struct str *problem)
{
	const char *kept;

	if (strncmp(text, CREDENTIAL, strlen(CREDENTIAL)) == 0)
		return read_credential(text + strlen(CREDENTIAL), problem);
	if (strncmp(text, "file:/", 6) == 0)
		return read_secret(AT_FDCWD, text + 5, problem);
	if (strncmp(text, "file:", 5) == 0) {
		str_append_cstr(problem, "the path behind file: does not begin "
					 "with /");
		return NULL;
	}
	kept = secret_store(slice_from(text));
	if (kept == NULL)
		str_append_cstr(problem, "too much for the secrets' memory");
	return kept;
}

/* Is it a credential that is not here, though a service may have it? */
static bool
is_elsewhere(const char *text)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	STR_AUTO path = STR_INIT;

	if (strncmp(text, CREDENTIAL, strlen(CREDENTIAL)) != 0 ||
	    !is_credential(text + strlen(CREDENTIAL)))
		return false;
	if (dir == NULL)
		return true;
	str_appendf(&path, "%s/%s", dir, text + strlen(CREDENTIAL));
	return access(str_cstr(&path), F_OK) < 0 && errno == ENOENT;
}

/* Is the row's secret one of those that are to be read? */
static bool
is_wanted(const struct loading *load, const struct setting *row)
{
	switch (load->secrets) {
	case SETTINGS_NO_SECRETS:
		return false;
	case SETTINGS_TLS_SECRET:
		return row->offset ==
		       offsetof(struct settings, tls_key_password);
	case SETTINGS_DATABASE_SECRET:
		return row->offset == offsetof(struct settings, mysql_password);
	case SETTINGS_CHECK_SECRETS:
		return true;
	}
	return false;
}

bool
loading_secret(struct loading *load, const struct setting *row,
    const char *text, struct str *problem)
{
	const char *secret;

	if (!is_wanted(load, row))
		return true;
	if (load->secrets == SETTINGS_CHECK_SECRETS && is_elsewhere(text)) {
		loading_note(load, row->name,
		    "a credential, which only a service has: not looked at");
		secret = "-"; /* set, as far as anybody can say */
	} else {
		secret = find_secret(text, problem);
	}
	if (secret)
		memcpy((char *)load->settings + row->offset, &secret,
		    sizeof secret);
	return secret != NULL;
}
