#include "common/svc/expire.h"
#include "common/base/log.h"
#include "common/base/num.h"

/* Is the folder the rule's, which may end in a '*'? */
static bool
fits(struct slice rule, struct slice folder)
{
	if (slice_is_nocase(rule, "INBOX"))
		return slice_is_nocase(folder, "INBOX");
	if (rule.len == 0 || rule.ptr[rule.len - 1] != '*')
		return slice_equal(rule, folder);
	rule.len--;
	return folder.len >= rule.len &&
	       slice_equal(slice_head(folder, rule.len), rule);
}

unsigned
expire_days(const char *rules, struct slice folder)
{
	struct slice rest = slice_from(rules), rule;

	while (slice_next(&rest, ',', &rule)) {
		struct slice name = slice_trim(rule), days;
		size_t at = name.len;
		uint64_t value;

		while (at && name.ptr[at - 1] != '=')
			at--;
		if (at == 0)
			continue;
		days = slice_trim(slice_skip(name, at));
		name = slice_trim(slice_head(name, at - 1));
		if (name.len && num_parse(days, EXPIRE_DAYS_MAX, &value) &&
		    fits(name, folder))
			return (unsigned)value;
	}
	return 0;
}

void
expire_tell(const struct settings *settings, struct account_client *account,
    const char *user, const struct account_expiry *expiry)
{
	struct err err = { 0, "" };

	if (expire_days(settings->expire_folders, expiry->mailbox) == 0)
		return;
	if (account_expire(account, user, expiry, &err) != ACCOUNT_FOUND)
		log_warning("expires of %s, %.*s: %s", user,
		    SLICE_FMT(expiry->mailbox), err.text);
}
