// capture_root.c - captures this machine, for tests and bug reports, into a directory for --root.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/capture.h"

enum { PIDS_MAX = 4096 };

static int usage(void) {
    fputs(
        "usage: capture_root [--content BYTES] DIR [PID...]\n"
        "Writes what shmtop reads of this machine into DIR, which must not exist yet. With PIDs,\n"
        "only those processes. Contents of objects are left out unless asked for.\n",
        stderr);
    return 2;
}

int main(int argc, char **argv) {
    static pid_t pids[PIDS_MAX];
    struct capture_options opt = {.pids = pids};
    char error[512];
    int i = 1;
    if (i + 1 < argc && strcmp(argv[i], "--content") == 0) {
        opt.content = strtoul(argv[i + 1], NULL, 0);
        i += 2;
    }
    if (i >= argc || argv[i][0] == '-')
        return usage();
    const char *dir = argv[i++];
    for (; i < argc && opt.pid_count < PIDS_MAX; i++)
        pids[opt.pid_count++] = (pid_t)strtol(argv[i], NULL, 10);
    struct root *root;
    int err = root_open(NULL, &root);
    if (err < 0) {
        fprintf(stderr, "capture_root: /proc: %s\n", strerror(-err));
        return 1;
    }
    err = capture_root(root, dir, &opt, error, sizeof(error));
    if (err < 0)
        fprintf(stderr, "capture_root: %s\n", error);
    root_close(root);
    return err < 0;
}
