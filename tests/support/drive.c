// drive.c - drives the monitor's state by keys, pictures and replies.
#include "support/drive.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "ui/canvas_dump.h"

const struct made drive_three[3] = {
    {SEG_POSIX, 11, "/alpha", 4096, 0, 100, false},
    {SEG_POSIX, 12, "/beta", 8192, 0, 100, true},
    {SEG_SYSV, 7, NULL, 65536, 0x5201, 100, false},
};

enum { DRIVE_PROCESSES = 40 };
bool drive_crowded;
struct app app;
static uint64_t now, generation;

static const struct snapshot *make(const struct made *list, size_t n) {
    struct builder *b = NULL;
    assert_int_equal(builder_new(&b), 0);
    *builder_vantage(b) = (struct vantage){
        .ipc_ns = 4026531839, .devshm_dev = 26, .page_size = 4096};
    uint32_t holder[DRIVE_PROCESSES] = {0};
    for (unsigned i = 0; i < (drive_crowded ? DRIVE_PROCESSES : 1); i++) {
        struct process p = {.id = {41 + (pid_t)i, 1000}, .state = 'S', .scan = SCANNED};
        char probe[16];
        snprintf(probe, sizeof probe, "probe%u", i);
        assert_int_equal(builder_add_process(b, &p, &holder[i]), 0);
        if (drive_crowded)
            builder_note(b, "maps", probe, strlen(probe), WHY_DENIED, (int)i + 1);
    }
    builder_set_limit(b, LIMIT_DEVSHM_SIZE, u64v_of(1 << 20));
    builder_set_limit(b, LIMIT_DEVSHM_USED, u64v_of(12288));
    for (size_t i = 0; i < n; i++) {
        const struct made *m = &list[i];
        struct segment s = {.id = {.kind = m->kind, .num = m->num, .incarnation = {1, 2, 3}}};
        if (m->kind == SEG_SYSV) {
            s.id.ns = 4026531839;
            seg_set(&s, SEG_KEY, m->key);
            seg_set(&s, SEG_NATTCH, m->held);
        } else {
            s.id.dev = 26;
            s.name = builder_str(b, m->name, strlen(m->name));
            seg_set(&s, SEG_LINKS, 1);
        }
        seg_set(&s, SEG_SIZE, m->size);
        seg_set(&s, SEG_MODE, 0600);
        seg_set(&s, SEG_CHANGE_TIME, m->change_s * S);
        assert_int_equal(builder_add_segment(b, &s), 0);
        if (m->held)
            for (unsigned k = 0; k < (drive_crowded ? DRIVE_PROCESSES : 1); k++)
                builder_add_fd(b, holder[k], m->kind, s.id.ns, s.id.dev, m->num, ACCESS_R);
    }
    const struct snapshot *snap = NULL;
    assert_int_equal(builder_freeze(b, ++generation, now, 1000 * S, &snap), 0);
    return snap;
}

void show(const struct made *list, size_t n) {
    const struct snapshot *snap = make(list, n);
    app_snapshot(&app, snap);
    snapshot_unref(snap);
    app_settle(&app);
}

void drop_jobs(void) {
    struct io_request *req;
    while ((req = app_take_job(&app)))
        io_request_free(req);
}

void drive_begin(bool read_only, const char *filter) {
    struct settings settings;
    config_defaults(&settings);
    settings.read_only = read_only;
    snprintf(settings.filter, sizeof settings.filter, "%s", filter);
    struct app_config config = {.settings = &settings, .utf8 = true, .copies = "/home/dana/copies"};
    now = 50 * S;
    app_init(&app, &config);
    app_time(&app, now, 1000 * S);
    app_resize(&app, 30, 100);
    show(drive_three, 3);
    app_effects(&app);
}

int drive_setup(void **state) {
    (void)state;
    drive_begin(false, "");
    drop_jobs();
    return 0;
}

int drive_teardown(void **state) {
    (void)state;
    app_done(&app);
    return 0;
}

void press_key(const char *name) {
    struct key key;
    assert_true(key_parse(name, strlen(name), &key));
    app_key(&app, &key);
    app_settle(&app);
}

void type(const char *text) {
    for (; *text; text++) {
        struct key key = {.code = KEY_CHAR, .ch = (unsigned char)*text};
        app_key(&app, &key);
    }
    app_settle(&app);
}

void pass(uint64_t ns) {
    now += ns;
    app_time(&app, now, 1000 * S);
    app_settle(&app);
}

// The next job of a kind; others before it are thrown away. NULL: none.
struct io_request *job(enum io_kind kind) {
    struct io_request *req;
    while ((req = app_take_job(&app)) && req->kind != kind)
        io_request_free(req);
    return req;
}

struct io_request *need_job(enum io_kind kind) {
    struct io_request *req = job(kind);
    if (!req) {
        fail_msg("no job of kind %d", (int)kind);
        abort();
    }
    return req;
}

bool has_job(enum io_kind kind) {
    struct io_request *req = job(kind);
    io_request_free(req);
    return req != NULL;
}

// The screen as text; owned by the caller.
char *screen(void) {
    struct canvas *c = canvas_new(app.screen_rows, app.screen_cols, true);
    assert_non_null(c);
    app_draw(&app, c);
    char *text = canvas_dump_text(c);
    assert_non_null(text);
    canvas_free(c);
    return text;
}

bool shows(const char *text) {
    char *all = screen();
    bool found = strstr(all, text) != NULL;
    free(all);
    return found;
}

void assert_shows(const char *text) {
    char *all = screen();
    if (!strstr(all, text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, all);
    free(all);
}

void select_named(const char *seg) {
    for (size_t i = 0; i < app.table.count; i++) {
        char name[300];
        seg_shell(app.table.items[i].seg, name, sizeof name);
        if (strcmp(name, seg) == 0) {
            rows_select(&app.table, i);
            app_settle(&app);
            return;
        }
    }
    fail_msg("no row %s", seg);
}

// Answers the read that was asked for last with bytes of which each is its offset.
void answer(uint64_t size, uint8_t first) {
    struct io_reply *r = xcalloc(1, sizeof *r);
    r->kind = IO_READ;
    r->serial = app.reading.serial;
    r->id = app.reading.id;
    r->offset = app.reading.offset;
    r->len = app.reading.len;
    r->size = size;
    if (r->offset + r->len > size)
        r->len = (size_t)(size - r->offset);
    r->bytes = xcalloc(1, r->len);
    for (size_t i = 0; i < r->len; i++)
        r->bytes[i] = (uint8_t)(r->offset + i);
    if (r->len)
        r->bytes[0] = first;
    r->end = r->offset + r->len;
    if (r->len) {
        r->parts = xcalloc(1, sizeof *r->parts);
        r->parts[r->part_count++] = (struct hexpart){.offset = r->offset, .len = r->len};
    }
    snprintf(r->route, sizeof r->route, "pread of its own file");
    snprintf(r->side_effects, sizeof r->side_effects, "none");
    app_reply(&app, r);
    app_settle(&app);
}

void refuse(enum outcome outcome) {
    struct io_reply *r = xcalloc(1, sizeof *r);
    r->kind = IO_READ;
    r->serial = app.reading.serial;
    r->id = app.reading.id;
    r->err = -EPERM;
    fault_set(&r->fault, outcome, 0, "sysv:7", "cannot be read quietly", "");
    app_reply(&app, r);
    app_settle(&app);
}

uint64_t drive_now(void) {
    return now;
}

struct io_reply *new_reply(enum io_kind kind, uint64_t serial, size_t items) {
    struct io_reply *r = xcalloc(1, sizeof *r);
    r->kind = kind;
    r->serial = serial;
    r->item_count = items;
    r->items = xcalloc(items, sizeof *r->items);
    return r;
}
