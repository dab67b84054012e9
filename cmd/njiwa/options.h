/* The options of the command line.  Never decides what they mean. */
#ifndef NJIWA_CMD_NJIWA_OPTIONS_H
#define NJIWA_CMD_NJIWA_OPTIONS_H

#include "cmd/njiwa/tool.h"

/* Reads those of verb (NULL: of the program itself, up to the first word) from
 * argv, whose first element is passed over, into tool->option.  The index of
 * the first operand, or -1 when one is wrong, which has been said. */
int options_read(
    struct tool *tool, const struct verb *verb, int argc, char **argv);

#endif
