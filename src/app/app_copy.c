// app_copy.c - handing text to the clipboard of the terminal.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/segname.h"

void app_copy(struct app *a, const void *bytes, size_t len, const char *what) {
    if (len > TERM_COPY_MAX) {
        app_message(a, ALERT_WARN, "%s: more than %d KiB are not copied", what,
                    TERM_COPY_MAX / 1024);
        return;
    }
    free(a->clipboard);
    a->clipboard = xcalloc(len + 1, 1);
    memcpy(a->clipboard, bytes, len);
    a->clipboard_len = len;
    app_message(a, ALERT_INFO, "copied: %s", what);
    app_do(a, EFFECT_COPY);
}

void app_copied(struct app *a, bool sent) {
    if (!sent)
        app_message(a, ALERT_WARN, "this terminal has no clipboard; the text is: %.400s",
                    a->clipboard_len && strlen(a->clipboard) == a->clipboard_len ? a->clipboard
                                                                                 : "(bytes)");
    free(a->clipboard);
    a->clipboard = NULL;
    a->clipboard_len = 0;
}

void copy_segment(struct app *a) {
    char seg[4200];
    const struct row *row = rows_selected(app_rows(a));
    if (a->view == VIEW_HEX)
        snprintf(seg, sizeof seg, "%s", a->hex.seg);
    else if (row)
        seg_format(row->seg, seg, sizeof seg);
    else {
        app_message(a, ALERT_INFO, "there is no segment here");
        return;
    }
    app_copy(a, seg, strlen(seg), seg);
}
