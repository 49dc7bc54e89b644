// procs_files.c - the command line of a process from its file, for captured roots and as a
// fallback.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probes/facts.h"
#include "probes/procs.h"
#include "probes/root.h"

int command_line_set(struct proc *p, const char *args, size_t len) {
    // A program that shows a title in place of its arguments pads it with zeros.
    while (len > 0 && args[len - 1] == '\0')
        len--;
    if (len > CMDLINE_MAX)
        len = CMDLINE_MAX;
    if (len == 0) {
        p->facts.cmdline_why = WHY_NONE;
        return 0;
    }
    char *line = malloc(len);
    if (!line)
        return -ENOMEM;
    for (size_t i = 0; i < len; i++)
        line[i] = args[i] ? args[i] : ' ';
    free(p->facts.cmdline);
    p->facts.cmdline = line;
    p->facts.cmdline_len = (uint32_t)len;
    p->facts.cmdline_why = WHY_KNOWN;
    return 0;
}

int command_line_from_file(const struct root *root, struct proc *p) {
    char path[64], text[CMDLINE_MAX + 1];
    size_t len = 0;
    int err = root_read(root, ROOT_PROC, proc_path(path, p->pid, "cmdline"), text, sizeof text,
                        &len);
    if (!err || err == -EFBIG)
        return command_line_set(p, text, err ? CMDLINE_MAX : len);
    p->facts.cmdline_why = why_from_errno(-err);
    return 0;
}
