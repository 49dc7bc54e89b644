// stage.c - plays keys to the monitor over a made-up machine.
#include "support/stage.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

static const struct scene *scene;
static struct stage_turn turn;
static struct kept_list kept; // what is in quarantine; items owned
static uint64_t clock_ns;     // since the start

static struct io_reply *reply_to(const struct io_request *req, size_t items) {
    struct io_reply *r = new_reply(req->kind, req->serial, items);
    r->id = req->id;
    r->op = req->op;
    return r;
}

// All segments begin with the same bytes.
static struct io_reply *read_of(const struct io_request *req) {
    struct io_reply *r = reply_to(req, 1);
    const struct segment *seg = req->snap ? snapshot_find(req->snap, &req->id) : NULL;
    r->offset = req->offset;
    if (seg)
        seg_get(seg, SEG_SIZE, &r->size);
    size_t wanted = req->fold.width ? req->fold.width * req->fold.lines : req->len;
    r->len = wanted < scene->win.len ? wanted : scene->win.len;
    r->end = r->offset + r->len;
    r->parts = xcalloc(1, sizeof *r->parts);
    r->parts[r->part_count++] = (struct hexpart){.offset = r->offset, .len = r->len};
    r->bytes = xmemdup(scene->win.bytes, r->len);
    snprintf(r->route, sizeof r->route, "%s",
             req->id.kind == SEG_SYSV ? "pread /proc/8812/map_files" : "pread of its own file");
    snprintf(r->side_effects, sizeof r->side_effects, "none");
    return r;
}

static void show_picture(const struct snapshot *snap) {
    if (!snap)
        return;
    app_snapshot(&app, snap);
    app_settle(&app);
}

static void keep(const struct io_request *req, const struct removal *removal, size_t number) {
    struct kept_item item = {.item = {req->snap->vantage.devshm_dev, number,
                                      (scene->frame.now_ns + clock_ns) / 1000000}};
    const struct segment *seg = snapshot_find(req->snap, &removal->id);
    if (seg)
        seg_get(seg, SEG_RESIDENT, &item.bytes);
    item.size = item.bytes;
    item.since_ns = scene->frame.now_ns + clock_ns;
    item.until_ns = item.since_ns + QUARANTINE_TIME_NS;
    qitem_format(&item.item, 0, item.text);
    kept.items = xreallocarray(kept.items, kept.count + 1, sizeof item);
    kept.items[kept.count++] = item;
    kept.bytes += item.bytes;
}

static void forget_kept(void) {
    kept_list_done(&kept);
    kept = (struct kept_list){0};
}

static struct io_reply *removal_of(const struct io_request *req) {
    struct io_reply *r = reply_to(req, req->removal_count);
    forget_kept();
    for (size_t i = 0; i < req->removal_count; i++) {
        keep(req, &req->removals[i], i + 1);
        r->items[i].outcome = OUTCOME_DONE;
        r->items[i].seg = xstrdup(req->removals[i].seg);
        r->items[i].text = xstrdup("moved to quarantine");
        r->items[i].kept = xstrdup(kept.items[i].text);
    }
    return r;
}

static struct io_reply *restoring_of(const struct io_request *req) {
    struct io_reply *r = reply_to(req, req->word_count);
    forget_kept();
    for (size_t i = 0; i < req->word_count; i++) {
        r->items[i].outcome = OUTCOME_DONE;
        r->items[i].seg = xstrdup(req->words[i]);
        r->items[i].text = xstrdup("");
    }
    return r;
}

static struct io_reply *kept_of(const struct io_request *req) {
    struct io_reply *r = reply_to(req, 1);
    r->kept = kept;
    r->kept.items = xmemdup(kept.items, kept.count * sizeof *kept.items);
    return r;
}

// Answers what is asked until nothing more is.
static void answer_all(void) {
    struct io_request *req;
    while ((req = app_take_job(&app))) {
        struct io_reply *r = NULL;
        const struct snapshot *next = NULL;
        if (req->kind == IO_READ) {
            r = read_of(req);
        } else if (req->kind == IO_KEPT) {
            r = kept_of(req);
        } else if (turn.after && req->kind == IO_OP && req->op == OP_REMOVE) {
            r = removal_of(req);
            next = turn.after;
        } else if (turn.before && req->kind == IO_RESTORE) {
            r = restoring_of(req);
            next = turn.before;
        }
        if (r) {
            app_reply(&app, r);
            app_settle(&app);
        }
        show_picture(next);
        io_request_free(req);
    }
}

void stage_start(const struct scene *s, int rows, int cols, bool utf8) {
    struct settings settings;
    config_defaults(&settings);
    struct app_config config = {.settings = &settings, .utf8 = utf8, .copies = "/home/dana/copies"};
    scene = s;
    turn = (struct stage_turn){.after = NULL};
    clock_ns = 0;
    forget_kept();
    app_init(&app, &config);
    app_time(&app, scene->frame.mono_ns, scene->frame.now_ns);
    app_resize(&app, rows, cols);
    app_snapshot(&app, scene->snap);
    if (scene->before) { // something has happened
        struct events events = scene_events(scene);
        app_events(&app, &events, NAMES_WITH_PID);
    }
    app_settle(&app);
    answer_all();
}

void stage_turns(const struct stage_turn *t) {
    turn = *t;
}

static void wait_s(unsigned seconds) {
    clock_ns += seconds * S;
    app_time(&app, scene->frame.mono_ns + clock_ns, scene->frame.now_ns + clock_ns);
    app_settle(&app);
}

void stage_play(const char *keys) {
    while (*keys) {
        char key[32];
        size_t n = strcspn(keys, " ");
        snprintf(key, sizeof key, "%.*s", (int)n, keys);
        if (key[0] == '=' && key[1])
            type(key + 1);
        else if (key[0] == '@' && key[1])
            wait_s((unsigned)(key[1] - '0'));
        else
            press_key(key);
        answer_all();
        keys += n + strspn(keys + n, " ");
    }
}

struct canvas *stage_draw(void) {
    struct canvas *c = canvas_new(app.screen_rows, app.screen_cols, app.utf8);
    assert_non_null(c);
    app_draw(&app, c);
    return c;
}
