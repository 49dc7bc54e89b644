// messages.c - everything that went wrong while looking: what is not on the other screens, and why.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fault.h"
#include "core/fmt.h"
#include "core/segname.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

static void draw_coverage(struct canvas *c, int y, const struct snapshot *snap) {
    const struct coverage *cov = &snap->coverage;
    char age[16], old[16], older[64] = "", text[384];
    // Of a hundred thousand rows only those on the screen are asked about each time.
    if (cov->object_age_ns >= 1000000000)
        snprintf(older, sizeof older, ", rows off the screen %s ago",
                 fmt_age(cov->object_age_ns, old));
    snprintf(text, sizeof(text),
             "%" PRIu32 " processes: %" PRIu32 " read, %" PRIu32 " denied, %" PRIu32
             " gone while reading; holders seen %s ago%s, scan took %.1f ms",
             cov->processes, cov->scanned, cov->denied, cov->gone, fmt_age(cov->holder_age_ns, age),
             older, (double)cov->scan_ns / 1e6);
    canvas_fit(c, y, 1, c->cols - 2, cov->denied ? STYLE_WARN : STYLE_DIM, text);
    snprintf(text, sizeof(text), "not looked for:%s%s%s%s",
             cov->private_maps ? "" : " private maps,", cov->descriptors ? "" : " descriptors,",
             cov->locks ? "" : " locks,", cov->complete ? "" : " holders in other pid namespaces,");
    size_t len = strlen(text);
    text[len - 1] = '\0'; // the last comma, or the colon
    canvas_fit(c, y + 1, 1, c->cols - 2, STYLE_DIM,
               cov->private_maps && cov->descriptors && cov->locks && cov->complete
                   ? "everything was looked for"
                   : text);
}

static void draw_note(struct canvas *c, int y, const struct note *note) {
    char object[1200] = "", err[16];
    const char *bytes = NULL;
    size_t len = 0;
    if (strv_get(note->object, &bytes, &len) == WHY_KNOWN)
        name_escape(bytes, len, false, object, sizeof(object));
    canvas_textf(c, y, 1, 7, STYLE_STRONG, "%7" PRIu64, note->count);
    canvas_fit(c, y, 9, 10, STYLE_NORMAL, note->probe);
    canvas_fit(c, y, 20, 11, note->why == WHY_DENIED ? STYLE_WARN : STYLE_NORMAL,
               why_name(note->why));
    if (c->cols >= 60) {
        canvas_fit(c, y, 32, 12, STYLE_NORMAL, note->err ? errno_name(note->err, err) : "-");
        canvas_fit(c, y, 45, c->cols - 46, STYLE_NORMAL, object);
    } else {
        canvas_fit(c, y, 32, c->cols - 33, STYLE_NORMAL, object);
    }
}

void messages_draw(struct canvas *c, const struct view_messages *v) {
    const struct snapshot *snap = v->frame->snap;
    if (layout_too_small(c->rows, c->cols)) {
        too_small_draw(c);
        return;
    }
    canvas_clear(c);
    canvas_fill(c, (struct rect){0, 0, 1, c->cols}, STYLE_TITLE, ' ');
    canvas_textf(c, 0, 1, c->cols - 2, STYLE_TITLE, "Messages  %zu kinds of trouble while looking",
                 snap ? snap->note_count : 0);
    int y = 1, end = c->rows - 2;
    if (snap && c->rows >= 10) {
        draw_coverage(c, y, snap);
        y += 2;
    }
    canvas_fill(c, (struct rect){y, 0, 1, c->cols}, STYLE_HEAD, ' ');
    canvas_text(c, y++, 1, c->cols - 1, STYLE_HEAD,
                c->cols >= 60 ? "  COUNT PROBE      WHY         ERRNO        FIRST OBJECT"
                              : "  COUNT PROBE      WHY         OBJECT");
    if (!snap || snap->note_count == 0)
        canvas_text(c, y, 9, c->cols - 10, STYLE_DIM,
                    snap ? "Nothing went wrong." : "Looking\u2026");
    size_t room = end > y ? (size_t)(end - y) : 0, n = snap ? snap->note_count : 0, top = v->top;
    if (top + room > n)
        top = n > room ? n - room : 0;
    for (size_t i = top; i < n && y < end; i++)
        draw_note(c, y++, &snap->notes[i]);
    if (v->frame->message[0])
        message_draw(c, (struct rect){c->rows - 2, 0, 1, c->cols}, v->frame->message_alert,
                     v->frame->message);
    footer_draw(c, (struct rect){c->rows - 1, 0, 1, c->cols}, VIEW_MESSAGES, v->frame->read_only);
}
