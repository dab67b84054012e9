#include <stdlib.h>

#include "common/account/account.h"

void
account_user_release(struct account_user *user)
{
	free(user->name);
	free(user->home);
	*user = (struct account_user){ 0 };
}

void
account_target_release(struct account_target *target)
{
	account_user_release(&target->user);
	free(target->detail);
	free(target->address);
	*target = (struct account_target){ 0 };
}

void
account_targets_release(struct account_targets *targets)
{
	size_t i;

	for (i = 0; i < targets->count; i++)
		account_target_release(&targets->list[i]);
	free(targets->list);
	*targets = (struct account_targets){ 0 };
}
