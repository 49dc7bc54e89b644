// app_dialog_sort.c - the menu of sort columns.
#include <stdio.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

static const enum column offered[] = {
    COL_LABEL, COL_KIND,    COL_SIZE, COL_RESIDENT, COL_SWAPPED, COL_ATT,    COL_HOLDERS,
    COL_USER,  COL_PERM,    COL_AGE,  COL_STATE,    COL_VERDICT, COL_ORIGIN, COL_ID,
    COL_KEY,   COL_CREATOR, COL_LAST, COL_ATTACH,   COL_DETACH,  COL_CHANGE, COL_HIDDEN,
};
enum { OFFERED = sizeof offered / sizeof offered[0] };

static void refresh(struct app *a, struct dialog *d) {
    const struct rows *rows = app_rows(a);
    for (size_t i = 0; i < OFFERED; i++) {
        d->field[i].choice = offered[i] == rows->sort;
        dialog_remark(&d->field[i], ALERT_NONE, "%s",
                      offered[i] != rows->sort ? ""
                      : rows->invert           ? "turned round"
                                               : "now");
    }
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    if (button == 0 && d->focus < OFFERED) {
        enum column column = offered[d->focus];
        struct rows *rows = app_rows(a);
        bool again = column == rows->sort;
        xcheck(rows_sort(rows, column, again && !rows->invert));
    }
    return true;
}

void dialog_sort_open(struct app *a) {
    static const struct dialog_kind kind = {
        .name = "sort", .refresh = refresh, .press = press, .menu = true};
    struct dialog *d = dialog_new(&kind, NULL);
    snprintf(d->title, sizeof d->title, "Sort by (Enter chooses; again turns it round)");
    for (size_t i = 0; i < OFFERED; i++) {
        struct dialog_input *f = dialog_add_check(d, "", false);
        textedit_set(&f->edit, column_info(offered[i])->head);
        if (offered[i] == app_rows(a)->sort)
            d->focus = i;
    }
    dialog_add_button(d, "Sort", 0);
    dialog_add_button(d, "Cancel", 0);
    app_open_dialog(a, d);
}
