// command.c - the table of everything a person can ask the monitor to do.
#include "core/command.h"

#include <string.h>

static const struct command_info commands[CMD_COUNT] = {[CMD_NONE] = {"", "", "", "", 0, CMD_PLAIN},
#define X(id, name, keys, label, help, views, flags)                                               \
    [CMD_##id] = {name, keys, label, help, views, flags},
                                                        COMMAND_LIST(X)
#undef X
};

const struct command_info *command_info(enum command cmd) {
    return &commands[(unsigned)cmd < CMD_COUNT ? (unsigned)cmd : CMD_NONE];
}

enum command command_by_name(const char *name) {
    for (unsigned i = CMD_NONE + 1; i < CMD_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return (enum command)i;
    return CMD_NONE;
}
