#include "common/base/log.h"
#include "common/svc/service.h"

bool
service_mail_path(const struct settings *settings,
    const struct account_user *user, struct str *out)
{
	return settings_expand_path(
	    settings->mail_location, slice_from(user->name), user->home, out);
}

bool
service_user_is_usable(
    const struct settings *settings, const struct account_user *user)
{
	if (settings->mail_uid >= 0 ||
	    (user->uid >= (uint64_t)settings->first_valid_uid &&
		user->uid != 0 && user->gid != 0))
		return true;
	log_error("uid %u, gid %u of %s: root's, or below first_valid_uid",
	    user->uid, user->gid, user->name);
	return false;
}
