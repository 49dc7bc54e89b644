// vt.c - a pty with libvterm behind it. See vt.h.
#include "support/vt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum { DEADLINE_MS = 10000, STATUS_FD = 9 };

struct vt {
    VTerm *term;
    VTermScreen *screen;
    int master, frames_fd;
    pid_t pid;
    bool ended, alt, cursor;
    int status;
    int rows, cols;
    uint64_t frames, keys, keys_sent, bytes, key_ns;
    char line[4096];
    char *text;
    char pending[256]; // an unfinished line of the frame pipe
    size_t pending_len;
    char clip[4096]; // what was handed to the clipboard last, as it was sent
    size_t clip_len, clip_match;
    bool clip_done;
};

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void on_output(const char *s, size_t len, void *user) {
    struct vt *vt = user;
    while (len > 0) {
        ssize_t n = write(vt->master, s, len);
        if (n <= 0)
            return;
        s += n;
        len -= (size_t)n;
    }
}

static int on_prop(VTermProp prop, VTermValue *val, void *user) {
    struct vt *vt = user;
    if (prop == VTERM_PROP_ALTSCREEN)
        vt->alt = val->boolean;
    else if (prop == VTERM_PROP_CURSORVISIBLE)
        vt->cursor = val->boolean;
    return 1;
}

static void child(const struct vt_start *start, int frames_out) {
    char fd_env[32];
    const char *home = getenv("HOME"), *state = getenv("XDG_STATE_HOME");
    char home_env[512], state_env[600];
    snprintf(home_env, sizeof home_env, "HOME=%s", home ? home : "/");
    clearenv();
    putenv(home_env);
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    // Files of the user who runs the tests are none of theirs.
    setenv("XDG_CONFIG_HOME", "/dev/null/none", 1);
    // What one program remembers is nothing to the next.
    snprintf(state_env, sizeof state_env, "%s/vt-%d", state ? state : "/dev/null/none",
             (int)getpid());
    setenv("XDG_STATE_HOME", state_env, 1);
    setenv("TERM", start->term ? start->term : "xterm-256color", 1);
    if (frames_out >= 0) {
        dup2(frames_out, STATUS_FD);
        snprintf(fd_env, sizeof fd_env, "%d", STATUS_FD);
        setenv("SHMTOP_TEST_FD", fd_env, 1);
    }
    for (const char *const *e = start->env; e && *e; e++)
        putenv(strdup(*e));
    for (int fd = 3; fd < 256; fd++)
        if (fd != STATUS_FD)
            close(fd);
    execvp(start->argv[0], (char *const *)(uintptr_t)start->argv);
    _exit(127);
}

struct vt *vt_new(const struct vt_start *start) {
    static const VTermScreenCallbacks callbacks = {.settermprop = on_prop};
    struct vt *vt = calloc(1, sizeof *vt);
    int frames[2];
    if (!vt || pipe2(frames, O_CLOEXEC | O_NONBLOCK) < 0) {
        free(vt);
        return NULL;
    }
    vt->rows = start->rows ? start->rows : 24;
    vt->cols = start->cols ? start->cols : 80;
    vt->cursor = true;
    vt->frames_fd = frames[0];
    vt->term = vterm_new(vt->rows, vt->cols);
    vterm_set_utf8(vt->term, 1);
    vterm_output_set_callback(vt->term, on_output, vt);
    vt->screen = vterm_obtain_screen(vt->term);
    vterm_screen_set_callbacks(vt->screen, &callbacks, vt);
    vterm_screen_enable_altscreen(vt->screen, 1);
    vterm_screen_reset(vt->screen, 1);
    struct winsize ws = {.ws_row = (unsigned short)vt->rows, .ws_col = (unsigned short)vt->cols};
    vt->pid = forkpty(&vt->master, NULL, NULL, &ws);
    if (vt->pid == 0) {
        int flags = fcntl(frames[1], F_GETFL);
        fcntl(frames[1], F_SETFL, flags & ~O_NONBLOCK);
        child(start, frames[1]);
    }
    close(frames[1]);
    if (vt->pid < 0) {
        vt->ended = true;
        vt->master = -1;
        vt_free(vt);
        return NULL;
    }
    fcntl(vt->master, F_SETFL, O_NONBLOCK);
    fcntl(vt->master, F_SETFD, FD_CLOEXEC);
    return vt;
}

void vt_free(struct vt *vt) {
    if (!vt)
        return;
    if (!vt->ended) {
        kill(vt->pid, SIGKILL);
        waitpid(vt->pid, NULL, 0);
    }
    if (vt->master >= 0)
        close(vt->master);
    if (vt->frames_fd >= 0)
        close(vt->frames_fd);
    vterm_free(vt->term);
    free(vt->text);
    free(vt);
}

// Takes in "FRAME KEYS" lines.
static void take_frames(struct vt *vt) {
    char buf[4096];
    ssize_t n;
    while ((n = read(vt->frames_fd, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (buf[i] != '\n') {
                if (vt->pending_len < sizeof vt->pending - 1)
                    vt->pending[vt->pending_len++] = buf[i];
                continue;
            }
            vt->pending[vt->pending_len] = 0;
            vt->pending_len = 0;
            sscanf(vt->pending, "%lu %lu", &vt->frames, &vt->keys);
        }
    }
    if (n == 0) {
        close(vt->frames_fd);
        vt->frames_fd = -1;
    }
}

// Watches for OSC 52, which libvterm does not tell.
static void take_clipboard(struct vt *vt, const char *bytes, size_t len) {
    static const char begin[] = "\033]52;c;";
    for (size_t i = 0; i < len; i++) {
        if (vt->clip_match < sizeof begin - 1) {
            vt->clip_match = bytes[i] == begin[vt->clip_match] ? vt->clip_match + 1
                                                               : bytes[i] == '\033';
            vt->clip_len = 0;
        } else if (bytes[i] == '\a') {
            vt->clip[vt->clip_len] = '\0';
            vt->clip_match = 0;
            vt->clip_done = true;
        } else if (vt->clip_len < sizeof vt->clip - 1) {
            vt->clip[vt->clip_len++] = bytes[i];
        }
    }
}

const char *vt_clipboard(const struct vt *vt) {
    return vt->clip_done ? vt->clip : "";
}

static bool drain_pty(struct vt *vt) {
    char buf[65536];
    bool any = false;
    for (;;) {
        ssize_t n = read(vt->master, buf, sizeof buf);
        if (n > 0) {
            vt->bytes += (uint64_t)n;
            take_clipboard(vt, buf, (size_t)n);
            vterm_input_write(vt->term, buf, (size_t)n);
            any = true;
        } else {
            return any;
        }
    }
}

// Waits up to ms for output, frames or the end, and takes it in. False: nothing came.
static bool pump(struct vt *vt, int ms) {
    struct pollfd fds[2] = {{vt->master, POLLIN, 0}, {vt->frames_fd, POLLIN, 0}};
    int n = poll(fds, vt->frames_fd >= 0 ? 2 : 1, ms);
    if (vt->frames_fd >= 0)
        take_frames(vt);
    drain_pty(vt);
    if (!vt->ended && waitpid(vt->pid, &vt->status, WNOHANG) == vt->pid) {
        vt->ended = true;
        drain_pty(vt);
    }
    if (n > 0 && (fds[0].revents & POLLHUP) && !vt->ended) {
        waitpid(vt->pid, &vt->status, 0);
        vt->ended = true;
    }
    return n > 0;
}

typedef bool (*predicate)(struct vt *vt, const void *arg);
static bool wait_for(struct vt *vt, predicate p, const void *arg) {
    uint64_t end = now_ns() + (uint64_t)DEADLINE_MS * 1000000u;
    for (;;) {
        pump(vt, 0);
        if (p(vt, arg))
            return true;
        if (vt->ended || now_ns() > end)
            return false;
        pump(vt, 50);
    }
}

static bool keys_handled(struct vt *vt, const void *arg) {
    (void)arg;
    return vt->keys >= vt->keys_sent;
}

// The bytes a key sends in xterm's normal cursor mode, which is what terminfo's kcuu1 of the
// application mode differs from; ncurses switches to application mode, so SS3 forms are used.
static const struct {
    const char *name, *bytes;
} key_bytes[] = {
    {"Up", "\033OA"},      {"Down", "\033OB"},    {"Right", "\033OC"}, {"Left", "\033OD"},
    {"Home", "\033OH"},    {"End", "\033OF"},     {"PgUp", "\033[5~"}, {"PgDn", "\033[6~"},
    {"Delete", "\033[3~"}, {"Insert", "\033[2~"}, {"F1", "\033OP"},    {"F2", "\033OQ"},
    {"F3", "\033OR"},      {"F4", "\033OS"},      {"F5", "\033[15~"},  {"F6", "\033[17~"},
    {"F7", "\033[18~"},    {"F8", "\033[19~"},    {"F9", "\033[20~"},  {"F10", "\033[21~"},
    {"F11", "\033[23~"},   {"F12", "\033[24~"},   {"Esc", "\033"},     {"Enter", "\r"},
    {"Tab", "\t"},         {"S-Tab", "\033[Z"},   {"Space", " "},      {"Backspace", "\177"},
};

void vt_send(struct vt *vt, const char *bytes, size_t len) {
    on_output(bytes, len, vt);
}

static bool send_key(struct vt *vt, const char *bytes, size_t len) {
    uint64_t begin = now_ns();
    vt->keys_sent++;
    vt_send(vt, bytes, len);
    bool ok = wait_for(vt, keys_handled, NULL);
    vt->key_ns = now_ns() - begin;
    return ok;
}

bool vt_key(struct vt *vt, const char *name) {
    for (size_t i = 0; i < sizeof key_bytes / sizeof key_bytes[0]; i++)
        if (!strcmp(key_bytes[i].name, name))
            return send_key(vt, key_bytes[i].bytes, strlen(key_bytes[i].bytes));
    if (name[0] == '^' && name[1] && !name[2]) {
        char c = (char)(name[1] & 0x1f);
        return send_key(vt, &c, 1);
    }
    return send_key(vt, name, strlen(name)); // one character, UTF-8 included
}

bool vt_type(struct vt *vt, const char *text) {
    while (*text) {
        size_t n = 1;
        while ((text[n] & 0xc0) == 0x80)
            n++;
        if (!send_key(vt, text, n))
            return false;
        text += n;
    }
    return true;
}

bool vt_click(struct vt *vt, int y, int x) {
    char buf[64];
    int n = snprintf(buf, sizeof buf, "\033[<0;%d;%dM\033[<0;%d;%dm", x + 1, y + 1, x + 1, y + 1);
    return send_key(vt, buf, (size_t)n);
}

void vt_resize(struct vt *vt, int rows, int cols) {
    struct winsize ws = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    vt->rows = rows;
    vt->cols = cols;
    vterm_set_size(vt->term, rows, cols);
    ioctl(vt->master, TIOCSWINSZ, &ws);
}

void vt_idle(struct vt *vt, int ms) {
    pump(vt, ms);
}

static bool shows(struct vt *vt, const void *text) {
    return vt_shows(vt, text);
}
static bool hides(struct vt *vt, const void *text) {
    return !vt_shows(vt, text);
}
bool vt_wait(struct vt *vt, const char *text) {
    return wait_for(vt, shows, text);
}
bool vt_wait_gone(struct vt *vt, const char *text) {
    return wait_for(vt, hides, text);
}
static bool has_ended(struct vt *vt, const void *arg) {
    (void)arg;
    return vt->ended;
}
bool vt_wait_exit(struct vt *vt, int *status) {
    bool ok = wait_for(vt, has_ended, NULL);
    *status = vt->status;
    return ok;
}
static bool frame_after(struct vt *vt, const void *arg) {
    return vt->frames > *(const uint64_t *)arg;
}
bool vt_wait_frame(struct vt *vt) {
    uint64_t now = vt->frames;
    return wait_for(vt, frame_after, &now);
}

const char *vt_line(struct vt *vt, int y) {
    VTermRect r = {.start_row = y, .end_row = y + 1, .start_col = 0, .end_col = vt->cols};
    size_t n = vterm_screen_get_text(vt->screen, vt->line, sizeof vt->line - 1, r);
    while (n > 0 && (vt->line[n - 1] == ' ' || vt->line[n - 1] == 0))
        n--;
    vt->line[n] = 0;
    for (size_t i = 0; i < n; i++) // cells never written come as NUL
        if (vt->line[i] == 0)
            vt->line[i] = ' ';
    return vt->line;
}

const char *vt_screen(struct vt *vt) {
    size_t size = (size_t)vt->rows * sizeof vt->line, len = 0;
    char *text = realloc(vt->text, size);
    if (!text)
        return "";
    vt->text = text;
    for (int y = 0; y < vt->rows; y++)
        len += (size_t)snprintf(text + len, size - len, "%s\n", vt_line(vt, y));
    return text;
}

bool vt_shows(struct vt *vt, const char *text) {
    return strstr(vt_screen(vt), text) != NULL;
}

int vt_find(struct vt *vt, const char *text) {
    for (int y = 0; y < vt->rows; y++)
        if (strstr(vt_line(vt, y), text))
            return y;
    return -1;
}

void vt_cell(struct vt *vt, int y, int x, struct vt_cell *out) {
    VTermScreenCell cell;
    memset(out, 0, sizeof *out);
    if (!vterm_screen_get_cell(vt->screen, (VTermPos){.row = y, .col = x}, &cell))
        return;
    for (int i = 0; i < 6; i++)
        out->ch[i] = cell.chars[i];
    out->width = cell.width;
    out->default_fg = VTERM_COLOR_IS_DEFAULT_FG(&cell.fg);
    out->default_bg = VTERM_COLOR_IS_DEFAULT_BG(&cell.bg);
    vterm_screen_convert_color_to_rgb(vt->screen, &cell.fg);
    vterm_screen_convert_color_to_rgb(vt->screen, &cell.bg);
    memcpy(out->fg, (uint8_t[]){cell.fg.rgb.red, cell.fg.rgb.green, cell.fg.rgb.blue}, 3);
    memcpy(out->bg, (uint8_t[]){cell.bg.rgb.red, cell.bg.rgb.green, cell.bg.rgb.blue}, 3);
    out->bold = cell.attrs.bold;
    out->underline = cell.attrs.underline != 0;
    out->reverse = cell.attrs.reverse;
}

void vt_dimensions(const struct vt *vt, int *rows, int *cols) {
    *rows = vt->rows;
    *cols = vt->cols;
}
pid_t vt_pid(const struct vt *vt) {
    return vt->pid;
}
void vt_hang_up(struct vt *vt) {
    close(vt->master);
    vt->master = -1;
}
void vt_forget(struct vt *vt) {
    vt->ended = true;
    vt_free(vt);
}
bool vt_alt_screen(const struct vt *vt) {
    return vt->alt;
}
bool vt_cursor_visible(const struct vt *vt) {
    return vt->cursor;
}
uint64_t vt_bytes(const struct vt *vt) {
    return vt->bytes;
}
uint64_t vt_frames(const struct vt *vt) {
    return vt->frames;
}
uint64_t vt_key_ns(const struct vt *vt) {
    return vt->key_ns;
}
