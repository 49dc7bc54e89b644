// term.c - the terminal: the one place that knows curses.
// terminfo's own header has a `struct term` too; it goes under another name here.
#define term terminfo_term
#include <ncurses.h>
#include <term.h>
#undef term

#include "ui/term.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "ui/crash.h"

enum { ESC_DELAY_MS = 25 }; // an Esc that is no start of a key sequence is known after this

struct term {
    SCREEN *screen;
    WINDOW *keys; // a pad: reading keys from stdscr would refresh it behind our back
    const struct theme *theme;
    int rows, cols;
    int colors; // 256, 8 or 0
    bool utf8;
    bool plain_blocks; // the Linux console has no eighth blocks in its font
    bool can_mouse, mouse_on;
    bool away;           // left for a suspend
    bool repaint;        // what the terminal shows is not known
    struct canvas *last; // what the terminal shows; NULL: not known
    struct term_look {
        attr_t attr;
        short pair;
    } looks[STYLE_COUNT];
};

// A terminfo string, NULL when the terminal has no such capability.
static const char *capability(const char *name) {
    const char *s = tigetstr(name);
    return s && s != (const char *)-1 && *s ? s : NULL; // NOLINT: terminfo's own "not a string"
}

static int check_terminal(char *why, size_t size) {
    const char *name = getenv("TERM");
    if (!name || !*name) {
        snprintf(why, size, "TERM is not set; try shmtop --once");
        return -ENOTSUP;
    }
    int err = 0;
    if (setupterm(NULL, STDOUT_FILENO, &err) != OK) {
        if (err == 0)
            snprintf(why, size, "the terminal type of TERM is not known here; try shmtop --once");
        else
            snprintf(why, size, "the terminal database is missing or too big; try shmtop --once");
        return -ENOTSUP;
    }
    bool can = capability("cup") != NULL;
    del_curterm(cur_term);
    if (!can) {
        snprintf(why, size, "this terminal cannot move its cursor; try shmtop --once");
        return -ENOTSUP;
    }
    return 0;
}

// Appends a capability without its padding ($<5>): what is written by write(2) cannot pad.
static size_t append_capability(char *buf, size_t size, size_t at, const char *s) {
    while (s && *s && at < size) {
        if (s[0] == '$' && s[1] == '<') {
            const char *end = strchr(s, '>');
            if (end) {
                s = end + 1;
                continue;
            }
        }
        buf[at++] = *s++;
    }
    return at;
}

// Renders what brings the terminal back to a shell, in advance: a crash has no time for terminfo.
static void prepare_restore(const struct term *t) {
    char buf[CRASH_RESTORE_MAX];
    size_t n = 0, size = sizeof(buf);
    if (t->can_mouse) // one by one: some terminals heed only the first number of a joined list
        n = append_capability(buf, size, n, "\033[?1000l\033[?1006l");
    n = append_capability(buf, size, n, capability("sgr0"));
    n = append_capability(buf, size, n, capability("op"));
    n = append_capability(buf, size, n, capability("rmkx"));
    const char *cup = capability("cup");
    if (cup)
        n = append_capability(buf, size, n, tiparm(cup, t->rows - 1, 0));
    const char *rmcup = capability("rmcup");
    n = append_capability(buf, size, n, rmcup ? rmcup : "\r\n");
    n = append_capability(buf, size, n, capability("cnorm"));
    crash_prepare(buf, n);
}

static void set_up_looks(struct term *t, bool no_color) {
    bool default_colors = false;
    t->colors = 0;
    if (!no_color && has_colors() && start_color() == OK) {
        default_colors = use_default_colors() == OK;
        // Beyond 256 (xterm-direct) a colour number is an RGB value: the first 8 are safe.
        t->colors = COLORS == 256 ? 256 : COLORS >= 8 ? 8 : 0;
        if (COLOR_PAIRS <= STYLE_COUNT)
            t->colors = 0;
    }
    for (int s = 0; s < STYLE_COUNT; s++) {
        const struct look *look = theme_look(t->theme, (enum style)s, t->colors);
        attr_t attr = A_NORMAL;
        attr |= look->attr & ATTR_BOLD ? A_BOLD : A_NORMAL;
        attr |= look->attr & ATTR_DIM ? A_DIM : A_NORMAL;
        attr |= look->attr & ATTR_REVERSE ? A_REVERSE : A_NORMAL;
        attr |= look->attr & ATTR_UNDERLINE ? A_UNDERLINE : A_NORMAL;
        t->looks[s] = (struct term_look){attr, 0};
        if (t->colors == 0 || (look->fg < 0 && look->bg < 0))
            continue;
        short fg = look->fg, bg = look->bg;
        if (!default_colors) {
            fg = fg < 0 ? COLOR_WHITE : fg;
            bg = bg < 0 ? COLOR_BLACK : bg;
        }
        if (init_pair((short)(s + 1), fg, bg) == OK)
            t->looks[s].pair = (short)(s + 1);
    }
}

static void read_size(struct term *t) {
    struct winsize ws;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 && ws.ws_col > 0 &&
        (ws.ws_row != LINES || ws.ws_col != COLS))
        resize_term(ws.ws_row, ws.ws_col); // not resizeterm: that would type a key
    getmaxyx(stdscr, t->rows, t->cols);
}

static void set_modes(struct term *t) {
    raw(); // ^C, ^Z and ^\ are keys like all others; from outside they come as signals
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    keypad(t->keys, TRUE);
    nodelay(t->keys, TRUE);
    meta(t->keys, TRUE);
    curs_set(0);
}

void term_mouse(struct term *t, bool on) {
    if (!t->can_mouse)
        return;
    // Presses and wheel only, no motion: the terminal reports nothing else.
    mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
    mouseinterval(0); // no waiting for a second click
    t->mouse_on = on;
    fflush(stdout);
}

// curses takes over signals that the application handles by itself; they are given back.
static const int borrowed_signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
enum { BORROWED_COUNT = sizeof(borrowed_signals) / sizeof(borrowed_signals[0]) };

static SCREEN *new_screen(void) {
    struct sigaction before[BORROWED_COUNT];
    for (size_t i = 0; i < BORROWED_COUNT; i++)
        sigaction(borrowed_signals[i], NULL, &before[i]);
    SCREEN *screen = newterm(NULL, stdout, stdin);
    for (size_t i = 0; i < BORROWED_COUNT; i++)
        sigaction(borrowed_signals[i], &before[i], NULL);
    return screen;
}

int term_open(const struct term_options *opt, struct term **out, char *why, size_t why_size) {
    int rc = check_terminal(why, why_size);
    if (rc < 0)
        return rc;
    struct termios modes;
    if (tcgetattr(STDIN_FILENO, &modes) < 0) {
        snprintf(why, why_size, "stdin is no terminal; try shmtop --once");
        return -ENOTSUP;
    }
    struct term *t = calloc(1, sizeof(*t));
    if (!t) {
        snprintf(why, why_size, "out of memory");
        return -ENOMEM;
    }
    setlocale(LC_CTYPE, "");
    // On the Linux console curses would load libgpm, which writes on the screen when it finds no
    // size. Who wants that mouse names the terminal in this variable.
    setenv("NCURSES_GPM_TERMS", "", 0);
    const char *esc_delay = getenv("ESCDELAY");
    if (!esc_delay || !*esc_delay)
        set_escdelay(ESC_DELAY_MS);
    t->theme = opt->theme ? opt->theme : themes[0];
    t->utf8 = !opt->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const char *name = getenv("TERM");
    t->plain_blocks = name && strncmp(name, "linux", 5) == 0;
    t->screen = new_screen();
    t->keys = t->screen ? newpad(1, 1) : NULL;
    if (!t->keys) {
        if (t->screen) {
            endwin();
            delscreen(t->screen);
        }
        free(t);
        snprintf(why, why_size, "the terminal could not be set up; try shmtop --once");
        return -ENOTSUP;
    }
    set_modes(t);
    read_size(t);
    set_up_looks(t, opt->no_color);
    t->can_mouse = !opt->no_mouse && capability("kmous");
    term_mouse(t, true);
    crash_install(STDOUT_FILENO, &modes);
    prepare_restore(t);
    t->repaint = true;
    *out = t;
    return 0;
}

void term_close(struct term *t) {
    if (!t)
        return;
    crash_endable(true); // should the terminal not take the last bytes, the next signal ends it
    if (!t->away)
        endwin();
    crash_endable(false);
    crash_remove();
    delwin(t->keys);
    delscreen(t->screen);
    canvas_free(t->last);
    free(t);
}

void term_end_if_stuck(int code) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 0)
        crash_end(code);
}

void term_leave(struct term *t) {
    if (t->away)
        return;
    endwin();
    crash_prepare("", 0);
    t->away = true;
}

void term_enter(struct term *t) {
    if (!t->away)
        return;
    t->away = false;
    reset_prog_mode(); // keys typed before the first frame must not be echoed
    term_resized(t);
    t->repaint = true;
}

void term_size(const struct term *t, int *rows, int *cols) {
    *rows = t->rows;
    *cols = t->cols;
}

void term_resized(struct term *t) {
    read_size(t);
    t->repaint = true;
    if (!t->away)
        prepare_restore(t);
}

bool term_utf8(const struct term *t) {
    return t->utf8;
}

int term_colors(const struct term *t) {
    return t->colors;
}

void term_looks(struct term *t, const struct theme *theme, bool no_color) {
    t->theme = theme;
    set_up_looks(t, no_color);
    t->repaint = true;
}

// The Linux console shows a hollow box for the lower blocks from one to seven eighths.
static uint32_t console_char(const struct term *t, uint32_t cp) {
    return t->plain_blocks && cp >= 0x2581 && cp <= 0x2587 && cp != 0x2584 ? canvas_ascii(cp) : cp;
}

static void put_cell(const struct term *t, int y, int x, const struct cell *cell) {
    const struct term_look *look = &t->looks[cell->style < STYLE_COUNT ? cell->style : 0];
    wchar_t text[4] = {(wchar_t)console_char(t, cell->ch[0])};
    cchar_t cc;
    // curses lays out by the C library's idea of width; where that differs from ours the character
    // would push its neighbours aside, so a stand-in is shown.
    bool agreed = wcwidth(text[0]) == cell->width;
    if (!agreed)
        text[0] = L'?';
    for (int i = 1, n = 1; agreed && i < 3 && cell->ch[i]; i++) {
        if (wcwidth((wchar_t)cell->ch[i]) == 0)
            text[n++] = (wchar_t)cell->ch[i];
    }
    if (setcchar(&cc, text, look->attr, look->pair, NULL) != OK)
        return;
    mvadd_wch(y, x, &cc);
    if (!agreed && cell->width == 2)
        mvadd_wch(y, x + 1, &cc);
}

static bool cell_same(const struct cell *a, const struct cell *b) {
    return memcmp(a->ch, b->ch, sizeof(a->ch)) == 0 && a->style == b->style && a->width == b->width;
}

// Hands the cells that differ to curses. A wide character goes with both its halves.
static bool draw_row(const struct term *t, const struct canvas *c, int y, int cols) {
    const struct cell *now = c->cells + (size_t)y * (size_t)c->cols;
    const struct cell *old = t->last ? t->last->cells + (size_t)y * (size_t)c->cols : NULL;
    int first = 0, last = cols - 1;
    if (old) {
        while (first < cols && cell_same(&now[first], &old[first]))
            first++;
        while (last > first && cell_same(&now[last], &old[last]))
            last--;
        if (first == cols)
            return false;
        while (first > 0 && (now[first].width == 0 || old[first].width == 0))
            first--;
        while (last + 1 < cols && (now[last + 1].width == 0 || old[last + 1].width == 0))
            last++;
    }
    for (int x = first; x <= last; x++) {
        if (now[x].width > 0 && x + now[x].width <= cols)
            put_cell(t, y, x, &now[x]);
    }
    return true;
}

static void remember(struct term *t, const struct canvas *c) {
    if (!t->last)
        t->last = canvas_new(c->rows, c->cols, c->utf8);
    if (!t->last)
        return; // no memory: the next frame hands every cell to curses
    memcpy(t->last->cells, c->cells, (size_t)c->rows * (size_t)c->cols * sizeof(*c->cells));
    t->last->cursor_y = c->cursor_y;
    t->last->cursor_x = c->cursor_x;
}

bool term_draw(struct term *t, const struct canvas *c, bool whole) {
    if (t->away)
        return false;
    whole = whole || t->repaint ||
            (t->last && (t->last->rows != c->rows || t->last->cols != c->cols));
    bool cursor_same = t->last && t->last->cursor_y == c->cursor_y &&
                       t->last->cursor_x == c->cursor_x;
    if (whole) {
        canvas_free(t->last);
        t->last = NULL;
        erase();
        clearok(curscr, TRUE);
    }
    int rows = c->rows < t->rows ? c->rows : t->rows;
    int cols = c->cols < t->cols ? c->cols : t->cols;
    bool differs = whole || !cursor_same;
    for (int y = 0; y < rows; y++)
        differs = draw_row(t, c, y, cols) || differs;
    if (!differs)
        return false;
    bool cursor = c->cursor_y >= 0 && c->cursor_x >= 0 && c->cursor_y < rows && c->cursor_x < cols;
    curs_set(cursor ? 1 : 0);
    leaveok(stdscr, cursor ? FALSE : TRUE);
    if (cursor)
        move(c->cursor_y, c->cursor_x);
    wnoutrefresh(stdscr);
    crash_endable(true);
    doupdate();
    crash_endable(false);
    t->repaint = false;
    remember(t, c);
    return true;
}

// --- the clipboard

// Terminals that print an operating system command instead of heeding or skipping it.
static bool shows_commands(void) {
    static const char *const names[] = {"linux", "vt", "ansi", "cons25", "dumb"};
    const char *name = getenv("TERM");
    for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    }
    return !name;
}

static size_t base64(const uint8_t *in, size_t len, char *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16;
        bits |= have > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        bits |= have > 2 ? (uint32_t)in[i + 2] : 0;
        out[n++] = digits[bits >> 18];
        out[n++] = digits[bits >> 12 & 63];
        out[n++] = have > 1 ? digits[bits >> 6 & 63] : '=';
        out[n++] = have > 2 ? digits[bits & 63] : '=';
    }
    return n;
}

bool term_copy(struct term *t, const void *bytes, size_t len) {
    static const char begin[] = "\033]52;c;";
    if (t->away || len > TERM_COPY_MAX || shows_commands())
        return false;
    char *buf = malloc(sizeof(begin) + (len + 2) / 3 * 4 + 1);
    if (!buf)
        return false;
    size_t n = sizeof(begin) - 1, done = 0;
    memcpy(buf, begin, n);
    n += base64(bytes, len, buf + n);
    buf[n++] = '\a';
    crash_endable(true);
    while (done < n) {
        ssize_t rc = write(STDOUT_FILENO, buf + done, n - done);
        if (rc < 0 && errno != EINTR)
            break;
        done += rc > 0 ? (size_t)rc : 0;
    }
    crash_endable(false);
    free(buf);
    return done == n;
}

static const struct {
    int curses;
    enum key_code code;
} key_table[] = {
    {KEY_UP, KEY_UP_},         {KEY_DOWN, KEY_DOWN_},
    {KEY_LEFT, KEY_LEFT_},     {KEY_RIGHT, KEY_RIGHT_},
    {KEY_PPAGE, KEY_PGUP_},    {KEY_NPAGE, KEY_PGDN_},
    {KEY_HOME, KEY_HOME_},     {KEY_FIND, KEY_HOME_},
    {KEY_END, KEY_END_},       {KEY_SELECT, KEY_END_},
    {KEY_LL, KEY_END_},        {KEY_ENTER, KEY_ENTER_},
    {KEY_BTAB, KEY_BACKTAB_},  {KEY_BACKSPACE, KEY_BACKSPACE_},
    {KEY_DC, KEY_DELETE_},     {KEY_IC, KEY_INSERT_},
    {KEY_RESIZE, KEY_RESIZE_},
};

static bool mouse_key(struct key *out) {
    MEVENT ev;
    if (getmouse(&ev) != OK)
        return false;
    int button = ev.bstate & BUTTON1_PRESSED   ? 1
                 : ev.bstate & BUTTON4_PRESSED ? 4
                 : ev.bstate & BUTTON5_PRESSED ? 5
                                               : 0;
    *out = (struct key){.code = KEY_MOUSE_, .y = ev.y, .x = ev.x, .button = button};
    return button != 0;
}

static struct key function_key(int code) {
    if (code > KEY_F(0) && code <= KEY_F(12))
        return (struct key){.code = KEY_FN_, .ch = (uint32_t)(code - KEY_F(0))};
    for (size_t i = 0; i < sizeof(key_table) / sizeof(key_table[0]); i++) {
        if (key_table[i].curses == code)
            return (struct key){.code = key_table[i].code};
    }
    return (struct key){.code = KEY_NONE_};
}

static struct key char_key(uint32_t ch) {
    switch (ch) {
    case '\r':
    case '\n':
        return (struct key){.code = KEY_ENTER_};
    case '\t':
        return (struct key){.code = KEY_TAB_};
    case '\b':
    case 0x7f:
        return (struct key){.code = KEY_BACKSPACE_};
    case 0x1b:
        return (struct key){.code = KEY_ESC_};
    default:
        return (struct key){.code = KEY_CHAR, .ch = ch};
    }
}

// No key has arrived: is there still somebody to type one? A hung-up terminal reads as end of file
// or EIO for ever, and poll(2) says so without end.
static bool hung_up(void) {
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&p, 1, 0) <= 0)
        return false;
    if (p.revents & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    int waiting = 0;
    return (p.revents & POLLIN) && ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0;
}

bool term_key(struct term *t, struct key *out, bool *eof) {
    *eof = false;
    if (t->away)
        return false;
    for (;;) {
        wint_t ch = 0;
        int rc = wget_wch(t->keys, &ch);
        if (rc == ERR) {
            *eof = hung_up();
            return false;
        }
        if (rc == KEY_CODE_YES && ch == KEY_MOUSE) {
            if (mouse_key(out))
                return true;
            continue; // a release, or a button that means nothing
        }
        *out = rc == KEY_CODE_YES ? function_key((int)ch) : char_key((uint32_t)ch);
        return true;
    }
}
