/* The part of the settings that common/account wants.
 * Never copies a text: the settings outlive what is filled from them. */
#ifndef NJIWA_SVC_ACCOUNT_SETTINGS_H
#define NJIWA_SVC_ACCOUNT_SETTINGS_H

#include "common/account/account_config.h"
#include "common/svc/settings.h"

/* Fills config from settings that were loaded WITH_SECRETS. */
void account_settings(
    const struct settings *settings, struct account_config *ret_config);

#endif
