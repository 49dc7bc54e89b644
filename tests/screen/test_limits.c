// test_limits.c - the screen of limits: meters, headroom, the account, and what is not explained.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ledger.h"
#include "core/snapshot.h"
#include "support/golden.h"
#include "ui/canvas_dump.h"
#include "ui/views.h"

#define NOW_NS (UINT64_C(1795381457) * 1000000000u) // 2026-11-22 21:04:17 UTC
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

enum { OUR_IPC = 1, OUR_MNT = 2, OTHER_IPC = 3, OTHER_MNT = 4, SHM = 26, TMP = 30, FAR_SHM = 39 };

struct scene {
    const struct snapshot *snap;
    struct ledger ledger;
    struct view_frame frame;
};

static void set_limits(struct builder *b) {
    static const struct {
        enum limit limit;
        uint64_t value;
    } limits[] = {
        {LIMIT_SHMMNI, 4096},
        {LIMIT_SHMMNI_USED, 37},
        {LIMIT_SHMALL_PAGES_USED, 182272},
        {LIMIT_DEVSHM_SIZE, 11 * GIB + 717 * MIB},
        {LIMIT_DEVSHM_USED, 3174 * MIB},
        {LIMIT_DEVSHM_INODES, 3000000},
        {LIMIT_DEVSHM_INODES_USED, 2380000},
        {LIMIT_MEMINFO_SHMEM, 4 * GIB},
        {LIMIT_MEMINFO_TOTAL, UINT64_C(25232932864)},
        {LIMIT_SWAP_USED, 0},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        builder_set_limit(b, limits[i].limit, u64v_of(limits[i].value));
    builder_set_limit(b, LIMIT_SHMMAX, u64v_missing(WHY_NONE));
    builder_set_limit(b, LIMIT_SHMALL_PAGES, u64v_missing(WHY_NONE));
}

static void add_segments(struct builder *b) {
    static const struct {
        enum seg_kind kind;
        uint32_t flags;
        uint64_t ns, dev, num, size, resident;
        const char *container;
    } made[] = {
        {SEG_POSIX, 0, 0, SHM, 1, 12 * GIB, 3 * GIB, NULL},
        {SEG_POSIX, SEG_FLAG_UNLINKED, 0, SHM, 2, 100 * MIB, 100 * MIB, NULL},
        {SEG_SYSV, 0, OUR_IPC, 0, 1, 512 * MIB, 400 * MIB, NULL},
        {SEG_SYSV, 0, OTHER_IPC, 0, 1, 64 * MIB, 64 * MIB, "web-1"},
        {SEG_MEMFD, 0, 0, 1, 7, 32 * MIB, 32 * MIB, NULL},
        {SEG_ANON, 0, 0, 1, 8, 8 * MIB, 8 * MIB, NULL},
        {SEG_MEMFD, SEG_FLAG_HUGE, 0, 17, 9, 4 * MIB, 4 * MIB, NULL},
    };
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        struct segment s = {.id = {made[i].kind, made[i].ns, made[i].dev, made[i].num, {0}},
                            .flags = made[i].flags};
        seg_set(&s, SEG_SIZE, made[i].size);
        seg_set(&s, SEG_RESIDENT, made[i].resident);
        seg_set(&s, SEG_SWAPPED, 0);
        s.name = strv_missing(WHY_NONE);
        s.container = made[i].container
                          ? builder_str(b, made[i].container, strlen(made[i].container))
                          : strv_missing(WHY_NONE);
        assert_int_equal(builder_add_segment(b, &s), 0);
    }
}

static void add_tmpfs(struct builder *b, uint64_t dev, const char *where, uint64_t mnt_ns,
                      bool walked, uint64_t size, uint64_t used) {
    struct tmpfs fs = {.dev = dev,
                       .mnt_ns = mnt_ns,
                       .own = mnt_ns == OUR_MNT,
                       .walked = walked,
                       .where = builder_str(b, where, strlen(where)),
                       .size = u64v_of(size),
                       .used = u64v_of(used)};
    assert_int_equal(builder_add_tmpfs(b, &fs), 0);
}

static int set_up(void **state) {
    struct scene *s = calloc(1, sizeof *s);
    struct builder *b = NULL;
    assert_non_null(s);
    assert_int_equal(builder_new(&b), 0);
    struct vantage *v = builder_vantage(b);
    *v = (struct vantage){
        .ipc_ns = OUR_IPC, .mnt_ns = OUR_MNT, .devshm_dev = SHM, .page_size = 4096};
    snprintf(v->host, sizeof v->host, "db-01");
    struct coverage *c = builder_coverage(b);
    c->complete = c->descriptors = c->foreign_mounts = c->locks = true;
    set_limits(b);
    add_segments(b);
    add_tmpfs(b, SHM, "/dev/shm", OUR_MNT, true, 11 * GIB + 717 * MIB, 3174 * MIB);
    add_tmpfs(b, TMP, "/run", OUR_MNT, false, 2 * GIB, 64 * MIB);
    add_tmpfs(b, FAR_SHM, "/dev/shm", OTHER_MNT, false, 64 * MIB, 8 * MIB);
    builder_note(b, "maps", "pid 41", 6, WHY_DENIED, 13);
    assert_int_equal(builder_freeze(b, 1, NOW_NS, NOW_NS, &s->snap), 0);
    assert_int_equal(ledger_make(s->snap, &s->ledger), 0);
    s->frame = (struct view_frame){.snap = s->snap,
                                   .now_ns = NOW_NS,
                                   .interval_s = 1.0,
                                   .view = VIEW_LIMITS,
                                   .filter = "",
                                   .message = ""};
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    struct scene *s = *state;
    ledger_done(&s->ledger);
    snapshot_unref(s->snap);
    free(s);
    return 0;
}

static struct view_limits view_of(const struct scene *s) {
    return (struct view_limits){.frame = &s->frame, .ledger = &s->ledger};
}

static struct canvas *draw(int rows, int cols, bool utf8, const struct view_limits *v) {
    struct canvas *c = canvas_new(rows, cols, utf8);
    assert_non_null(c);
    limits_draw(c, v);
    return c;
}

static void assert_golden(const char *name, int rows, int cols, bool utf8,
                          const struct view_limits *v) {
    struct canvas *c = draw(rows, cols, utf8, v);
    bool same = golden_canvas(name, c, utf8);
    canvas_free(c);
    assert_true(same);
}

static bool shows(int rows, int cols, const struct view_limits *v, const char *want) {
    struct canvas *c = draw(rows, cols, true, v);
    char *text = canvas_dump_text(c);
    bool found = text && strstr(text, want) != NULL;
    free(text);
    canvas_free(c);
    return found;
}

static void looks_as_agreed_at_every_size(void **state) {
    struct view_limits v = view_of(*state);
    assert_golden("limits-100x30.txt", 30, 100, true, &v);
    assert_golden("limits-80x24.txt", 24, 80, true, &v);
    assert_golden("limits-40x10.txt", 10, 40, true, &v);
    assert_golden("limits-100x30-ascii.txt", 30, 100, false, &v);
    v.top = SIZE_MAX;
    assert_golden("limits-80x24-end.txt", 24, 80, true, &v);
    assert_golden("limits-40x10-end.txt", 10, 40, true, &v);
}

static void every_line_can_be_scrolled_to(void **state) {
    struct view_limits v = view_of(*state);
    static const int sizes[][2] = {{6, 30}, {10, 40}, {24, 80}, {30, 100}, {60, 200}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int rows = sizes[i][0], cols = sizes[i][1];
        size_t lines = limits_line_count(&v, rows, cols), room = limits_rows(rows);
        v.top = 0;
        assert_true(shows(rows, cols, &v, "LIMITS"));
        v.top = lines > room ? lines - room : 0;
        assert_true(shows(rows, cols, &v, "inside the kernel") || cols < 40);
        assert_false(shows(rows, cols, &v, "more lines"));
    }
}

static void a_coming_sigbus_is_said_in_full(void **state) {
    struct view_limits v = view_of(*state);
    assert_true(shows(40, 120, &v,
                      "! /dev/shm: promised 12.1G, allocated 3.1G, free 8.6G: writing all that is "
                      "promised would fail"));
    // Broken over lines where it is narrow, but not cut.
    v.top = 8;
    assert_true(shows(30, 40, &v, "would fail"));
}

static void an_inode_limit_that_is_close_is_marked(void **state) {
    struct view_limits v = view_of(*state);
    assert_true(shows(30, 100, &v, "! 79% used; then shm_open: ENOSPC"));
    assert_true(shows(30, 100, &v, "5:Limits!"));
}

static void before_the_first_picture_and_before_the_account_it_draws(void **state) {
    struct scene *s = *state;
    struct view_limits v = {.frame = &s->frame};
    assert_true(shows(24, 80, &v, "System V ids"));
    assert_false(shows(24, 80, &v, "HEADROOM"));
    s->frame.snap = NULL;
    assert_true(shows(24, 80, &v, "Looking"));
}

static void no_size_is_too_small_to_draw_on(void **state) {
    struct view_limits v = view_of(*state);
    for (int rows = 1; rows < 40; rows += 3)
        for (int cols = 1; cols < 130; cols += 7)
            for (size_t top = 0; top < 60; top += 20) {
                v.top = top;
                canvas_free(draw(rows, cols, (rows + cols) % 2 == 0, &v));
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(looks_as_agreed_at_every_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_line_can_be_scrolled_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_coming_sigbus_is_said_in_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_inode_limit_that_is_close_is_marked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(before_the_first_picture_and_before_the_account_it_draws,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_size_is_too_small_to_draw_on, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
