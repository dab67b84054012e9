/* The settings' part of njiwa.conf(5), out of their table.
 * Never knows a setting by name. */
#ifndef NJIWA_CMD_NJIWA_DOC_H
#define NJIWA_CMD_NJIWA_DOC_H

#include "common/base/str.h"

/* Appends all sections of settings as mdoc. */
void doc_settings(struct str *out);

#endif
