// procs_libproc2.c - command lines by libproc2; the only file that knows the library.
//
// Of all the library offers only what anybody may read is taken: it turns what was denied into 0.
// Results belong to its context and are copied at once.
#include <errno.h>
#include <libproc2/pids.h>
#include <stdlib.h>
#include <string.h>

#include "probes/facts.h"
#include "probes/procs.h"

// libproc2 4.0.5 dropped the last argument.
#ifdef PROC2_VALUE_WITHOUT_INFO
#define VALUE(item, type, stack, info) PIDS_VAL(item, type, stack)
#else
#define VALUE(item, type, stack, info) PIDS_VAL(item, type, stack, info)
#endif

enum { ITEM_PID, ITEM_CMDLINE, ITEMS };
enum { BATCH = 200 }; // the library takes 255 pids at a time

struct command_lines {
    struct pids_info *info;
};

int command_lines_new(struct command_lines **out) {
    enum pids_item items[ITEMS] = {PIDS_ID_PID, PIDS_CMDLINE_V};
    struct command_lines *c = calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    int err = procps_pids_new(&c->info, items, ITEMS);
    if (err < 0) {
        free(c);
        return err;
    }
    *out = c;
    return 0;
}

void command_lines_free(struct command_lines *c) {
    if (!c)
        return;
    procps_pids_unref(&c->info);
    free(c);
}

static struct proc *find(struct proc *const *procs, size_t count, int pid) {
    for (size_t i = 0; i < count; i++)
        if (procs[i]->pid == pid)
            return procs[i];
    return NULL;
}

static int take(struct proc *p, char *const *argv) {
    char text[CMDLINE_MAX];
    size_t len = 0;
    for (size_t i = 0; argv && argv[i] && len < sizeof text; i++) {
        size_t n = strnlen(argv[i], sizeof text - len);
        memcpy(text + len, argv[i], n);
        len += n;
        if (len < sizeof text)
            text[len++] = '\0';
    }
    return command_line_set(p, text, len);
}

static int read_batch(struct command_lines *c, struct proc *const *procs, size_t count) {
    unsigned pids[BATCH];
    for (size_t i = 0; i < count; i++) {
        pids[i] = (unsigned)procs[i]->pid;
        procs[i]->facts.cmdline_why = WHY_GONE; // unless the library finds it
    }
    struct pids_fetch *got = procps_pids_select(c->info, pids, (int)count, PIDS_SELECT_PID);
    if (!got)
        return errno ? -errno : -EIO;
    for (int i = 0; i < got->counts->total; i++) {
        struct pids_stack *stack = got->stacks[i];
        struct proc *p = find(procs, count, VALUE(ITEM_PID, s_int, stack, c->info));
        int err = p ? take(p, VALUE(ITEM_CMDLINE, strv, stack, c->info)) : 0;
        if (err)
            return err;
    }
    return 0;
}

int command_lines_read(struct command_lines *c, struct proc *const *procs, size_t count) {
    int err = 0;
    for (size_t at = 0; at < count && !err; at += BATCH)
        err = read_batch(c, procs + at, count - at < BATCH ? count - at : BATCH);
    return err;
}
