// state_file.c - what the monitor remembers from one run to the next.
#include "app/state_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/userfile.h"

void state_load(struct remembered *now) {
    char path[PATH_MAX], *text = NULL;
    struct settings s;
    struct config_faults faults = {.count = 0};
    size_t len = 0;
    if (!userfile_path(USER_STATE, "state", path) || userfile_read(path, &text, &len))
        return;
    config_defaults(&s);
    config_parse(text, "", &s, &faults); // what it does not know is counted and left out
    if (s.given & SETTING_BIT(SORT))
        now->sort = s.sort;
    if (strstr(text, "inspector = no\n"))
        now->inspector = false;
    else if (strstr(text, "inspector = yes\n"))
        now->inspector = true;
    free(text);
}

// The nearest directory on the way to the file that is there belongs to us.
static bool is_ours(const char *path) {
    char way[PATH_MAX];
    struct stat st;
    snprintf(way, sizeof way, "%s", path);
    for (char *slash = strrchr(way, '/'); slash && slash > way; slash = strrchr(way, '/')) {
        *slash = '\0';
        if (stat(way, &st) == 0)
            return st.st_uid == geteuid();
    }
    return false;
}

void state_save(const struct remembered *now) {
    char path[PATH_MAX], sort[SETTING_TEXT], text[SETTING_TEXT + 64];
    struct settings s;
    config_defaults(&s);
    s.sort = now->sort;
    if (!userfile_path(USER_STATE, "state", path) || !is_ours(path))
        return;
    int len = snprintf(text, sizeof text, "sort = %s\ninspector = %s\n",
                       setting_text(&s, SETTING_SORT, sort), now->inspector ? "yes" : "no");
    (void)!userfile_write(path, text, (size_t)len);
}
