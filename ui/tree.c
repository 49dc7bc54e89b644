// tree.c - the segment table with the holders of a segment standing below it.
#include <inttypes.h>
#include <stdio.h>

#include "core/fmt.h"
#include "core/procfacts.h"
#include "core/proclist.h"
#include "ui/widgets.h"

// Of one segment no more than these stand below it; the detail and the processes show all.
enum { HOLDERS_MAX = 8 };

static uint32_t below(const struct view_segments *v, size_t index) {
    const struct row *row = index < v->rows->count ? &v->rows->items[index] : NULL;
    if (!row || !row->seg || !v->folds || !folds_open(v->folds, &row->id))
        return 0;
    return row->seg->holding_count > HOLDERS_MAX ? HOLDERS_MAX + 1 : row->seg->holding_count;
}

size_t tree_first(const struct view_segments *v, int height) {
    size_t first = v->rows->top, lines = 0;
    if (!v->folds || (!v->folds->open && v->folds->count == 0))
        return first;
    // From the selected row upwards, as long as it stays on the screen with what is below it.
    size_t room = height > 0 ? (size_t)height : 1, i = v->rows->selected;
    lines = 1 + below(v, i);
    for (; i > first; i--) {
        lines += 1 + below(v, i - 1);
        if (lines > room)
            break;
    }
    return i;
}

struct tree_line tree_line_at(const struct view_segments *v, size_t first, int y) {
    struct tree_line line = {.row = first, .holder = -1};
    for (int left = y; line.row < v->rows->count; line.row++) {
        uint32_t n = below(v, line.row);
        if (left == 0)
            return line;
        if (left <= (int)n) {
            line.holder = left - 1;
            return line;
        }
        left -= 1 + (int)n;
    }
    return line;
}

void tree_holder_draw(struct canvas *c, struct rect r, const struct row *row, int holder) {
    const struct segment *seg = row->seg;
    char user[64], command[1024], size[16];
    uint32_t n = seg->holding_count;
    bool more = n > HOLDERS_MAX && holder == HOLDERS_MAX;
    bool last = more || (uint32_t)holder + 1 == n;
    int x = r.x + 3, end = r.x + r.cols - 1;
    x += canvas_text(c, r.y, x, end - x, STYLE_BORDER, last ? "\u2514\u2500 " : "\u251c\u2500 ");
    if (more) {
        canvas_textf(c, r.y, x, end - x, STYLE_DIM, "%" PRIu32 " more (a: all of them)",
                     n - HOLDERS_MAX);
        return;
    }
    const struct holding *h = &row->snap->holdings[seg->first_holding + (uint32_t)holder];
    const struct process *p = &row->snap->processes[h->process];
    proc_command(p, command, sizeof command);
    x += canvas_textf(c, r.y, x, end - x, STYLE_NORMAL, "%7d ", (int)p->id.pid);
    if (r.cols >= 60) {
        user_text(row->snap, p->uid, user, sizeof user);
        canvas_fit(c, r.y, x, 9, STYLE_NORMAL, user);
        x += 10;
        canvas_text(c, r.y, x, 4, STYLE_NORMAL,
                    h->is_private ? "priv" : access_word(holding_access(h)));
        x += 5;
        canvas_text_right(c, r.y, x, 7, STYLE_STRONG,
                          h->mappings ? fmt_size(h->mapped_bytes, size)
                          : h->fds    ? "open"
                                      : "locked");
        x += 8;
    }
    canvas_fit(c, r.y, x, end - x, STYLE_DIM, command);
}
