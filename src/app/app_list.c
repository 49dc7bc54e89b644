// app_list.c - what screens made of lines do alike: moving, scrolling, telling what was found.
#include "app/app_parts.h"

bool list_moves(enum command cmd, size_t height, size_t count, long *delta) {
    long page = height > 1 ? (long)height - 1 : 1, all = (long)count;
    switch (cmd) {
    case CMD_UP:
    case CMD_DOWN:
        *delta = cmd == CMD_UP ? -1 : 1;
        return true;
    case CMD_PAGE_UP:
    case CMD_PAGE_DOWN:
        *delta = cmd == CMD_PAGE_UP ? -page : page;
        return true;
    case CMD_TOP:
    case CMD_BOTTOM:
        *delta = cmd == CMD_TOP ? -all : all;
        return true;
    default:
        return false;
    }
}

bool app_scroll(struct app *a, enum command cmd, size_t *top, size_t lines, size_t page) {
    size_t last = lines > page ? lines - page : 0;
    size_t step = cmd == CMD_UP || cmd == CMD_DOWN ? 1 : page;
    switch (cmd) {
    case CMD_UP:
    case CMD_PAGE_UP:
        *top -= *top < step ? *top : step;
        break;
    case CMD_DOWN:
    case CMD_PAGE_DOWN:
        *top += step;
        break;
    case CMD_TOP:
        *top = 0;
        break;
    case CMD_BOTTOM:
        *top = last;
        break;
    default:
        return false;
    }
    if (*top > last)
        *top = last;
    app_do(a, EFFECT_DRAW);
    return true;
}

void list_say_found(struct app *a, const char *text, size_t nth, size_t total, const char *where) {
    if (!text[0])
        app_message(a, ALERT_INFO, "nothing to search for yet: / asks");
    else if (total == 0)
        app_message(a, ALERT_WARN, "\"%s\" is in no %s", text, where);
    else
        app_message(a, ALERT_INFO, "\"%s\" %zu of %zu   n next  N previous", text, nth, total);
}

int list_tabs(const struct app *a) {
    return a->screen_rows >= 14 ? 1 : -1;
}
