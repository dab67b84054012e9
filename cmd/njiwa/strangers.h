/* What explain says of the rates and the greylist.  Never changes them. */
#ifndef NJIWA_CMD_NJIWA_STRANGERS_H
#define NJIWA_CMD_NJIWA_STRANGERS_H

#include "cmd/njiwa/tool.h"
#include "common/net/peer.h"
#include "common/proto/reply.h"

/* Prints what the address and its network have done lately (tally.c).  What
 * they are told if that is too much; NULL: nothing. */
const struct reply *strangers_print_rates(
    const struct tool *tool, const struct peer *peer);

/* Prints what is known of the triplet where greylisting is on (greylist.c);
 * from (NULL: not said) and recipient are canonical.  For how many seconds the
 * recipient is refused to one who has done nothing suspicious. */
uint64_t strangers_print_greylist(
    struct tool *tool, const char *ip, const char *from, const char *recipient);

#endif
