/* Loading: defaults, the file, the environment. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/base/fileio.h"
#include "common/base/secret.h"
#include "common/svc/settings_fresh.h"
#include "common/svc/settings_load.h"

void
loading_note(struct loading *load, const char *where, const char *note)
{
	STR_AUTO line = STR_INIT;

	if (load->complain == NULL)
		return;
	str_appendf(&line, "%s: %s", where, note);
	load->complain(load->ctx, str_cstr(&line));
}

void
loading_complain(struct loading *load, const char *where, const char *problem)
{
	load->mistakes++;
	loading_note(load, where, problem);
}

/* A read of fd until its end or until the room of size octets is full; the
 * octets read, or -errno. */
static ssize_t
read_all(int fd, char *room, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, room + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* More than the file's octets, or 0 with errno set when those are too many or
 * it is no file at all. */
static size_t
room_for(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return max + 1;
	if (S_ISREG(st.st_mode) && st.st_size <= (off_t)max)
		return (size_t)st.st_size + 1;
	errno = S_ISDIR(st.st_mode) ? EISDIR : EFBIG;
	return 0;
}

char *
loading_read(int dirfd, const char *path, size_t max, size_t *ret_len)
{
	FD_AUTO fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t size = fd < 0 ? 0 : room_for(fd, max);
	char *room = size ? secret_room(size + 1) : NULL;
	int code = errno;
	ssize_t len;

	if (dirfd == AT_FDCWD)
		settings_fresh_note(path, fd);
	errno = code;
	if (room == NULL)
		return NULL;
	len = read_all(fd, room, size);
	if (len < 0 || (size_t)len == size) {
		secret_give_back(room);
		errno = len < 0 ? (int)-len : EFBIG;
		return NULL;
	}
	*ret_len = (size_t)len;
	return room;
}

void
loading_set(struct loading *load, const struct setting *row, const char *where,
    const char *text)
{
	STR_AUTO problem = STR_INIT;
	bool good;

	str_appendf(&problem, "%s: ", row->name);
	if (row->type == SETTING_SECRET)
		good = loading_secret(load, row, text, &problem);
	else
		good = settings_set(load->settings, row, text, &problem);
	if (!good)
		loading_complain(load, where, str_cstr(&problem));
}

static void
set_defaults(struct loading *load)
{
	STR_AUTO problem = STR_INIT;
	size_t i;

	memset(load->settings, 0, sizeof *load->settings);
	for (i = 0; i < settings_count; i++) {
		const struct setting *row = &settings_table[i];

		/* the table's own values are good, which is tested */
		(void)settings_set(load->settings, row, row->initial, &problem);
	}
}

/* The machine's name where the settings have none. */
static void
complete_hostname(struct loading *load)
{
	const struct setting *row = settings_find(slice_from("hostname"));
	struct settings *settings = load->settings;
	STR_AUTO problem = STR_INIT;
	struct utsname machine;

	if (settings->hostname[0])
		return;
	if (uname(&machine) < 0 || machine.nodename[0] == '\0' ||
	    !settings_set(settings, row, machine.nodename, &problem))
		/* a machine may be called anything; this name is good */
		(void)settings_set(settings, row, "localhost", &problem);
}

/* The part of mail_location that is every user's: up to the last slash before
 * the first sign; "" when there is none. */
static struct slice
fixed_folder(const char *location)
{
	struct slice folder = slice_of(location, strcspn(location, "%"));

	while (folder.len && folder.ptr[folder.len - 1] != '/')
		folder.len--;
	if (folder.len > 1)
		folder.len--; /* the slash itself */
	return folder.len > 1 ? folder : slice_from("");
}

/* Is the folder path, or something below it? */
static bool
is_below(struct slice folder, const char *path)
{
	size_t len = strlen(path);

	return slice_starts(folder, path) &&
	       (folder.len == len || folder.ptr[len] == '/');
}

/* The folder of all mail where the settings have none, and whether it is. */
static void
complete_mail_root(struct loading *load)
{
	struct settings *settings = load->settings;
	struct slice fixed = fixed_folder(settings->mail_location);
	const struct setting *row = settings_find(slice_from("mail_root"));
	STR_AUTO text = STR_INIT, problem = STR_INIT;

	if (settings->mail_root[0] == '\0' && fixed.len) {
		str_append(&text, fixed);
		/* a part of a good path is one */
		(void)settings_set(settings, row, str_cstr(&text), &problem);
	} else if (settings->mail_root[0] == '\0') {
		loading_complain(load, row->name,
		    "must say where the folders of mail_location are");
	} else if (fixed.len && !is_below(fixed, settings->mail_root)) {
		loading_complain(
		    load, row->name, "mail_location is not below it");
	}
}

/* What the settings leave to be found out. */
static void
complete(struct loading *load)
{
	complete_hostname(load);
	complete_mail_root(load);
}

const char *
settings_path(const char *path)
{
	const char *env = getenv("NJIWA_CONFIG");

	if (path)
		return path;
	return env && env[0] ? env : NJIWA_CONFIG_FILE;
}

/* Reads and takes the file; -ENOENT is fine when nobody asked for one. */
static int
load_file(struct loading *load, const char *path)
{
	const char *name = settings_path(path);
	size_t len = 0;
	char *text = loading_read(AT_FDCWD, name, SETTINGS_FILE_MAX, &len);

	if (text == NULL && errno == ENOENT &&
	    strcmp(name, NJIWA_CONFIG_FILE) == 0)
		return 0;
	if (text == NULL)
		return -errno;
	loading_text(load, name, slice_of(text, len));
	if (load->secrets == SETTINGS_NO_SECRETS)
		secret_give_back(text);
	else
		explicit_bzero(text, len); /* the secrets are behind it */
	secret_wipe_stack();
	return 0;
}

int
settings_load(const char *path, enum settings_secrets secrets,
    struct settings *ret_settings, settings_complain *complain, void *ctx)
{
	struct loading load = { ret_settings, secrets, complain, ctx, 0 };
	int rc;

	settings_fresh_begin();
	set_defaults(&load);
	rc = load_file(&load, path);
	loading_environment(&load);
	complete(&load);
	return rc < 0 ? rc : load.mistakes;
}

int
settings_load_text(struct slice text, enum settings_secrets secrets,
    struct settings *ret_settings, settings_complain *complain, void *ctx)
{
	struct loading load = { ret_settings, secrets, complain, ctx, 0 };

	set_defaults(&load);
	loading_text(&load, "text", text);
	complete(&load);
	return load.mistakes;
}
