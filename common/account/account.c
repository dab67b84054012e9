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
account_targets_release(struct account_targets *targets)
{
	size_t i;

	for (i = 0; i < targets->count; i++) {
		account_user_release(&targets->list[i].user);
		free(targets->list[i].address);
	}
	free(targets->list);
	*targets = (struct account_targets){ 0 };
}
