// test_leaks.c - the screen of unused segments at every size, against golden canvases.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"
#include "ui/canvas_dump.h"
#include "ui/views.h"

#define S UINT64_C(1000000000)
#define NOW_NS (UINT64_C(1795381457) * S) // 2026-11-22 21:04:17 UTC
#define MIB (UINT64_C(1) << 20)

enum { IPC_NS = 4026531839, SHM_DEV = 26 };

struct made {
    const char *name; // NULL: System V
    uint64_t num, key, size, holds, age_s;
    uint32_t uid, creator, last;
    bool held;
};
static const struct made machine[] = {
    {NULL, 98310, 0, 200 * MIB, 200 * MIB, 31800, 1001, 7710, 7712, false},
    {NULL, 98311, 0x4d0a11f0, 200 * MIB, 200 * MIB, 31740, 1001, 7710, 7710, false},
    {NULL, 32769, 0x0052e2c1, 256 * MIB, 256 * MIB, 273600, 999, 8812, 8814, true},
    {NULL, 32770, 0x51010002, 4 * MIB, 1 * MIB, 90000, 999, 8812, 8815, false}, // 8812 lives
    {"/torch_7712_3", 90377, 0, 64 * MIB, 12 * MIB, 7200, 1000, 0, 0, false},
    {"/old.buf.2", 90211, 0, 12 * MIB, 12 * MIB, 172800, 1000, 0, 0, false},
    {"/lttng-ust-wait-11", 90120, 0, 4096, 4096, 172800, 0, 0, 0, false},
    {"/psm_0a1b2c3d", 90133, 0, 8192, 8192, 120, 1001, 0, 0, false},
    {"/\xff\x1b[31m\u30c7\u30fc\u30bf", 90140, 0, 4096, 4096, 7200, 1001, 0, 0, false},
};
enum { MADE = sizeof machine / sizeof *machine };

struct scene {
    const struct snapshot *snap;
    struct rows rows;
    struct filter *filter;
    struct leak_total *totals;
    size_t total_count, filtered, group_count;
    struct leak_group *groups;
    struct view_frame frame;
};

static int late(void *arg, struct late *late) {
    (void)arg;
    late_inner_pids_known(late);
    return 0;
}

static void add(struct builder *b, const struct made *m) {
    struct segment s = {.id = {.kind = m->name ? SEG_POSIX : SEG_SYSV, .num = m->num}};
    s.id.ns = m->name ? 0 : IPC_NS;
    s.id.dev = m->name ? SHM_DEV : 0;
    s.name = m->name ? builder_str(b, m->name, strlen(m->name)) : strv_missing(WHY_NONE);
    seg_set(&s, SEG_SIZE, m->size);
    seg_set(&s, SEG_RESIDENT, m->holds);
    seg_set(&s, SEG_SWAPPED, 0);
    seg_set(&s, SEG_MODE, 0600);
    seg_set(&s, SEG_UID, m->uid);
    seg_set(&s, SEG_CHANGE_TIME, NOW_NS - m->age_s * S);
    if (m->name) {
        seg_set(&s, SEG_LINKS, 1);
        seg_set(&s, SEG_BIRTH_TIME, NOW_NS - m->age_s * S);
    } else {
        seg_set(&s, SEG_KEY, m->key);
        seg_set(&s, SEG_NATTCH, m->held);
        seg_set(&s, SEG_CREATOR_PID, m->creator);
        seg_set(&s, SEG_LAST_PID, m->last);
    }
    assert_int_equal(builder_add_segment(b, &s), 0);
}

static void add_process(struct builder *b, pid_t pid, const char *comm, uint8_t scan) {
    struct process p = {.id = {pid, 1000}, .state = 'S', .scan = scan};
    uint32_t index;
    p.start_time = NOW_NS - 280000 * S;
    p.comm = builder_str(b, comm, strlen(comm));
    assert_int_equal(builder_add_process(b, &p, &index), 0);
}

static const struct snapshot *make(size_t count, bool denied) {
    static const struct {
        uint32_t uid;
        const char *name;
    } users[] = {{0, "root"}, {999, "postgres"}, {1000, "dana"}, {1001, "app"}};
    struct builder *b;
    const struct snapshot *snap;
    assert_int_equal(builder_new(&b), 0);
    *builder_vantage(b) = (struct vantage){
        .ipc_ns = IPC_NS, .devshm_dev = SHM_DEV, .page_size = 4096, .host = "db-01"};
    for (size_t i = 0; i < 4; i++)
        builder_add_user(b, users[i].uid, builder_str(b, users[i].name, strlen(users[i].name)));
    add_process(b, 8812, "postgres", SCANNED);
    if (denied)
        add_process(b, 1, "init", SCAN_DENIED);
    for (size_t i = 0; i < count; i++)
        add(b, &machine[i]);
    builder_set_limit(b, LIMIT_UPTIME_NS, u64v_of(864000 * S));
    *builder_coverage(b) = (struct coverage){
        .complete = true, .descriptors = true, .locks = true, .private_maps = true};
    builder_set_late(b, late, NULL);
    assert_int_equal(builder_freeze(b, 1, 0, NOW_NS, &snap), 0);
    return snap;
}

static void start(struct scene *sc, size_t count, bool denied, const char *filter) {
    char why[160];
    struct filter *shown = NULL;
    *sc = (struct scene){.snap = make(count, denied)};
    assert_int_equal(filter_parse(filter, &sc->filter, why, sizeof why), 0);
    assert_int_equal(leaks_add_up(sc->snap, filter[0] ? sc->filter : NULL, &sc->totals,
                                  &sc->total_count, &sc->filtered),
                     0);
    assert_int_equal(filter_parse(filter, &shown, why, sizeof why), 0);
    filter_only_unused(shown);
    filter_free(sc->filter);
    sc->filter = shown;
    assert_int_equal(rows_init(&sc->rows), 0);
    assert_int_equal(rows_sort(&sc->rows, COL_VERDICT, false), 0);
    assert_int_equal(rows_filter(&sc->rows, shown), 0);
    assert_int_equal(rows_update(&sc->rows, sc->snap, S), 0);
    sc->frame = (struct view_frame){.snap = sc->snap,
                                    .now_ns = NOW_NS,
                                    .mono_ns = S,
                                    .interval_s = 1.0,
                                    .view = VIEW_LEAKS,
                                    .filter = filter,
                                    .message = ""};
}

static void end(struct scene *sc) {
    rows_done(&sc->rows);
    filter_free(sc->filter);
    free(sc->totals);
    free(sc->groups);
    snapshot_unref(sc->snap);
}

static struct view_leaks view(struct scene *sc) {
    return (struct view_leaks){.frame = &sc->frame,
                               .rows = &sc->rows,
                               .totals = sc->totals,
                               .total_count = sc->total_count,
                               .filtered = sc->filtered,
                               .groups = sc->groups,
                               .group_count = sc->group_count,
                               .by = LEAKS_BY_ORIGIN,
                               .age_floor_ns = VERDICT_AGE_FLOOR_NS};
}

static struct canvas *draw(struct scene *sc, int rows, int cols, bool utf8) {
    struct view_leaks v = view(sc);
    struct canvas *c = canvas_new(rows, cols, utf8);
    assert_non_null(c);
    rows_height(&sc->rows, leaks_table_rows(rows, cols));
    leaks_draw(c, &v);
    return c;
}

static void assert_golden(struct scene *sc, const char *name, int rows, int cols, bool utf8) {
    struct canvas *c = draw(sc, rows, cols, utf8);
    bool same = golden_canvas(name, c, rows == 30 && utf8);
    canvas_free(c);
    assert_true(same);
}

static void assert_shows(struct scene *sc, int rows, int cols, const char *want) {
    struct canvas *c = draw(sc, rows, cols, true);
    char *text = canvas_dump_text(c);
    if (!strstr(text, want))
        fail_msg("\"%s\" is not in:\n%s", want, text);
    free(text);
    canvas_free(c);
}

static void looks_as_agreed_at_every_size(void **state) {
    (void)state;
    struct scene sc;
    start(&sc, MADE, false, "");
    assert_int_equal(rows_tag(&sc.rows, 0, true), 0);
    assert_int_equal(rows_tag(&sc.rows, 1, true), 0);
    assert_golden(&sc, "leaks-100x30.txt", 30, 100, true);
    assert_golden(&sc, "leaks-160x40.txt", 40, 160, true);
    assert_golden(&sc, "leaks-80x24.txt", 24, 80, true);
    assert_golden(&sc, "leaks-80x24-ascii.txt", 24, 80, false);
    assert_golden(&sc, "leaks-40x10.txt", 10, 40, true);
    assert_golden(&sc, "leaks-30x6.txt", 6, 30, true);
    end(&sc);
}

static void sums_by_origin_take_the_place_of_the_table(void **state) {
    (void)state;
    struct scene sc;
    start(&sc, MADE, false, "");
    assert_int_equal(
        leaks_group(sc.totals, sc.total_count, LEAKS_BY_ORIGIN, &sc.groups, &sc.group_count), 0);
    assert_golden(&sc, "leaks-origins-80x24.txt", 24, 80, true);
    assert_golden(&sc, "leaks-origins-40x10.txt", 10, 40, true);
    end(&sc);
}

// By its number or a part of its name.
static void select_row(struct scene *sc, const char *id) {
    for (size_t i = 0; i < sc->rows.count; i++) {
        struct row row = rows_at(&sc->rows, i);
        const char *name = "";
        size_t len = 0;
        char num[24];
        snprintf(num, sizeof num, "%lu", (unsigned long)row.id.num);
        strv_get(row.seg->name, &name, &len);
        if (strcmp(num, id) == 0 || memmem(name, len, id, strlen(id))) {
            rows_select(&sc->rows, i);
            return;
        }
    }
    fail_msg("no row %s", id);
}

static void every_verdict_tells_for_and_against(void **state) {
    (void)state;
    static const struct {
        const char *id, *want[3];
    } rows[] = {
        {"98310",
         {"creator 7710 has exited", "last user 7712 has exited", "against  nothing found"}},
        {"torch_7712_3", {"pid in its name 7712 has exited", "PyTorch: its name is like", NULL}},
        {"old.buf", {"nothing tells whose it was", "open it by its name", "not recognised"}},
        {"32770", {"creator 8812 postgres runs", "against  last user 8815 has exited", NULL}},
        {"lttng", {"LTTng keeps such segments on purpose", NULL, NULL}},
        {"psm_", {"unused for 2m, less than 10m", NULL, NULL}},
    };
    struct scene sc;
    start(&sc, MADE, false, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        select_row(&sc, rows[i].id);
        for (size_t k = 0; k < 3; k++)
            if (rows[i].want[k])
                assert_shows(&sc, 30, 100, rows[i].want[k]);
    }
    end(&sc);
}

static void what_is_long_goes_on_below_where_there_is_room(void **state) {
    (void)state;
    struct scene sc;
    start(&sc, MADE, false, "");
    select_row(&sc, "32770");
    assert_shows(&sc, 30, 64, "PostgreSQL keeps such segments, and pid       origin");
    assert_shows(&sc, 30, 64, "\n           8812 postgres runs\n  for      creator");
    end(&sc);
}

static void nothing_there_says_what_was_looked_at(void **state) {
    (void)state;
    struct scene sc;
    start(&sc, 0, false, "");
    assert_shows(&sc, 24, 80, "Nothing lies here unused.");
    assert_shows(&sc, 24, 80, "There is no shared memory segment at all.");
    assert_shows(&sc, 24, 80,
                 "Looked into 1 of 1 processes: mappings (private too), descriptors, locks.");
    assert_shows(&sc, 24, 80, "no orphan   no suspect");
    assert_shows(&sc, 10, 40, "Nothing lies here unused.");
    assert_golden(&sc, "leaks-none-80x24.txt", 24, 80, true);
    sc.frame.snap = NULL;
    assert_shows(&sc, 24, 80, "Looking");
    assert_shows(&sc, 10, 40, "looking");
    end(&sc);
    start(&sc, MADE, false, "user:nobody");
    assert_shows(&sc, 24, 80, "The filter hides all 8 unused segments.");
    assert_shows(&sc, 24, 80, "filter: user:nobody (8 hidden)");
    end(&sc);
}

static void who_cannot_be_looked_into_is_told(void **state) {
    (void)state;
    struct scene sc;
    start(&sc, MADE, true, "kind:posix");
    assert_shows(&sc, 30, 100, "unknown");
    assert_shows(&sc, 30, 100, "1 of 2 processes could not be looked into");
    assert_shows(&sc, 30, 100, "12.0M      ? dana"); // they may use it now
    end(&sc);
}

static void no_size_is_too_small_to_draw_on(void **state) {
    (void)state;
    struct scene sc;
    start(&sc, MADE, false, "");
    for (int rows = 1; rows < 44; rows++)
        for (int cols = 1; cols < 130; cols += rows % 5 ? 7 : 1)
            canvas_free(draw(&sc, rows, cols, true));
    assert_int_equal(
        leaks_group(sc.totals, sc.total_count, LEAKS_BY_ORIGIN, &sc.groups, &sc.group_count), 0);
    for (int rows = 1; rows < 44; rows++)
        for (int cols = 1; cols < 130; cols += rows % 5 ? 7 : 1)
            canvas_free(draw(&sc, rows, cols, true));
    end(&sc);
}

static void a_click_finds_row_and_footer(void **state) {
    (void)state;
    struct scene sc;
    start(&sc, MADE, false, "");
    struct view_leaks v = view(&sc);
    canvas_free(draw(&sc, 24, 80, true));
    struct hit hit = leaks_hit(&v, 24, 80, 4, 10);
    assert_int_equal(hit.kind, HIT_ROW);
    assert_int_equal(hit.row, 0);
    assert_int_equal(leaks_hit(&v, 24, 80, 5, 10).row, 0); // its second line
    assert_int_equal(leaks_hit(&v, 24, 80, 6, 10).row, 1);
    assert_int_equal(leaks_hit(&v, 24, 80, 3, 10).kind, HIT_NONE);
    hit = leaks_hit(&v, 24, 80, 23, 2);
    assert_int_equal(hit.kind, HIT_COMMAND);
    assert_int_equal(hit.command, CMD_HELP);
    assert_int_equal(leaks_hit(&v, 3, 10, 1, 1).kind, HIT_NONE);
    end(&sc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_as_agreed_at_every_size),
        cmocka_unit_test(sums_by_origin_take_the_place_of_the_table),
        cmocka_unit_test(every_verdict_tells_for_and_against),
        cmocka_unit_test(what_is_long_goes_on_below_where_there_is_room),
        cmocka_unit_test(nothing_there_says_what_was_looked_at),
        cmocka_unit_test(who_cannot_be_looked_into_is_told),
        cmocka_unit_test(no_size_is_too_small_to_draw_on),
        cmocka_unit_test(a_click_finds_row_and_footer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
