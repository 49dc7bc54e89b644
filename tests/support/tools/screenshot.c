// screenshot.c - plays keys to shmtop in a terminal and writes its screen as an SVG picture.
// usage: screenshot OUT.svg ROWSxCOLS dark|light [KEY | =TEXT | ?WAIT-FOR-TEXT]... -- COMMAND...
// With OUT "-" the screen is printed as text.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/vt.h"

static int fail(struct vt *vt, const char *what) {
    fprintf(stderr, "screenshot: %s\n", what);
    if (vt)
        fputs(vt_screen(vt), stderr);
    vt_free(vt);
    return 1;
}

int main(int argc, char **argv) {
    int rows = 0, cols = 0, cmd = 4;
    while (cmd < argc && strcmp(argv[cmd], "--") != 0)
        cmd++;
    if (cmd + 1 >= argc || sscanf(argv[2], "%dx%d", &rows, &cols) != 2)
        return fail(NULL, "usage: OUT.svg ROWSxCOLS dark|light [KEY|=TEXT|?TEXT]... -- COMMAND...");
    const char *term = getenv("SHOT_TERM");
    struct vt *vt = vt_new(&(struct vt_start){(const char *const *)(uintptr_t)(argv + cmd + 1),
                                              term, rows, cols, NULL});
    if (!vt)
        return fail(NULL, "cannot start the program");
    for (int i = 4; i < cmd; i++) {
        bool ok = argv[i][0] == '?' && argv[i][1]   ? vt_wait(vt, argv[i] + 1)
                  : argv[i][0] == '=' && argv[i][1] ? vt_type(vt, argv[i] + 1)
                                                    : vt_key(vt, argv[i]);
        if (!ok)
            return fail(vt, argv[i]);
    }
    int rc = 0;
    if (strcmp(argv[1], "-") == 0)
        fputs(vt_screen(vt), stdout);
    else
        rc = vt_svg(vt, argv[1], strcmp(argv[3], "light") == 0);
    vt_free(vt);
    return rc == 0 ? 0 : 1;
}
