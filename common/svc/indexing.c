#include "common/svc/indexing.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fileio.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define MODE_ONE_OWNER 0700
#define MODE_MANY_OWNERS 0711 /* of the folders below it each is one's */

void
indexing_read_boot(char boot[INDEXING_BOOT_MAX])
{
	FD_AUTO fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, INDEXING_BOOT_MAX - 1);

	boot[n > 0 ? n : 0] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
}

void
indexing_make_dir(const struct settings *settings)
{
	bool one = settings->mail_uid >= 0;

	if (!settings->index || settings->index_dir[0] == '\0' ||
	    mkdir(settings->index_dir,
		one ? MODE_ONE_OWNER : MODE_MANY_OWNERS) < 0 ||
	    !one || geteuid() != 0)
		return;
	/* if not, the account's folder cannot be made, and that is told */
	(void)!chown(settings->index_dir, (uid_t)settings->mail_uid,
	    (gid_t)settings->mail_gid);
}

/* Can it be a folder's? */
static bool
is_name(const char *account)
{
	return account[0] != '.' && account[0] != '\0' &&
	       strchr(account, '/') == NULL;
}

int
indexing_find(const struct settings *settings, const char *account,
    const char *mail, struct str *out)
{
	if (settings->index_dir[0] == '\0')
		str_appendf(out, "%s/%s", mail, STORE_INDEX_DIR);
	else if (is_name(account))
		str_appendf(out, "%s/%s", settings->index_dir, account);
	else
		return -EINVAL;
	return 0;
}

int
indexing_make_own(const struct settings *settings, const char *account,
    const uint32_t owner[2], struct str *out)
{
	FD_AUTO fd = -1;
	STR_AUTO path = STR_INIT;

	if (settings->index_dir[0] == '\0')
		return 0;
	if (!is_name(account))
		return -EINVAL;
	str_appendf(&path, "%s/%s", settings->index_dir, account);
	if (mkdir(str_cstr(&path), MODE_ONE_OWNER) < 0 && errno != EEXIST)
		return -errno;
	fd = open(
	    str_cstr(&path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (geteuid() == 0 && fchown(fd, owner[0], owner[1]) < 0)
		return -errno;
	str_append(out, str_slice(&path));
	return 0;
}
