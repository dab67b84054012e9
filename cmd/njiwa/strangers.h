/* What explain says of the rates and the greylist.  Never changes them. */
#ifndef NJIWA_CMD_NJIWA_STRANGERS_H
#define NJIWA_CMD_NJIWA_STRANGERS_H

#include "cmd/njiwa/tool.h"

/* Prints what the address and its network have done lately (tally.c). */
void strangers_print_rates(const struct tool *tool, const char *ip);

/* Prints what is known of the triplet where greylisting is on (greylist.c);
 * the recipient is canonical. */
void strangers_print_greylist(
    struct tool *tool, const char *ip, const char *from, const char *recipient);

#endif
