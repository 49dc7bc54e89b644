// test_segments.c - the main screen at every size, with every kind of row, against golden canvases.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "support/golden.h"
#include "support/scene.h"
#include "ui/canvas_dump.h"

static struct scene scene;

static int set_up(void **state) {
    (void)state;
    scene_make(&scene);
    return 0;
}
static int set_up_hostile(void **state) {
    (void)state;
    scene_make_hostile(&scene);
    return 0;
}
static int set_up_empty(void **state) {
    (void)state;
    scene_make_empty(&scene);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scene_free(&scene);
    return 0;
}

static struct canvas *draw(int rows, int cols, bool utf8, const struct view_segments *v) {
    struct canvas *c = canvas_new(rows, cols, utf8);
    assert_non_null(c);
    segments_draw(c, v);
    return c;
}

static void assert_golden(const char *name, int rows, int cols, bool utf8, bool attributes,
                          size_t selected) {
    struct view_segments v = scene_view(&scene, selected);
    struct canvas *c = draw(rows, cols, utf8, &v);
    bool same = golden_canvas(name, c, attributes);
    canvas_free(c);
    assert_true(same);
}

static char *dump(int rows, int cols, const struct view_segments *v) {
    struct canvas *c = draw(rows, cols, true, v);
    char *text = canvas_dump_text(c);
    canvas_free(c);
    assert_non_null(text);
    return text;
}

static void assert_shows(int rows, int cols, const struct view_segments *v, const char *want,
                         bool expected) {
    char *text = dump(rows, cols, v);
    bool found = strstr(text, want) != NULL;
    if (found != expected)
        print_error("%s \"%s\" in:\n%s", expected ? "missing" : "unexpected", want, text);
    free(text);
    assert_true(found == expected);
}

static void looks_as_agreed_at_every_size(void **state) {
    (void)state;
    assert_golden("segments-100x30.txt", 30, 100, true, true, 2);
    assert_golden("segments-100x30-held.txt", 30, 100, true, false, 1);
    assert_golden("segments-80x24.txt", 24, 80, true, true, 2);
    assert_golden("segments-40x10.txt", 10, 40, true, true, 2);
    assert_golden("segments-30x6.txt", 6, 30, true, false, 2);
    assert_golden("segments-160x40.txt", 40, 160, true, false, 1);
    assert_golden("segments-100x30-ascii.txt", 30, 100, false, false, 4);
}

static void every_kind_of_row_explains_itself(void **state) {
    (void)state;
    static const char *const sentences[] = {
        [0] = "3 processes hold it",
        [1] = "in use: 9 attachments, seen in 7 processes",
        [2] = "ORPHAN: no process attached for 8h40m; creator 7710 has exited",
        [4] = "unlinked: it has no name",
        [5] = "dest: removed already",
        [6] = "1 process holds it",
        [7] = "new, appeared 2s ago",
        [8] = "gone: this segment does not exist any more",
    };
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        struct view_segments v = scene_view(&scene, i);
        if (sentences[i])
            assert_shows(30, 100, &v, sentences[i], true);
    }
}

static void what_is_not_seen_is_said(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 1);
    assert_shows(30, 100, &v, "2 attachments not visible", true);
    assert_shows(30, 100, &v, "14 processes could not be read", true);
    assert_shows(30, 100, &v, "4 more (a shows them)", true);
    v.all_holders = true;
    assert_shows(30, 100, &v, "9011 postgres", true);
    assert_shows(30, 100, &v, "more (a shows", false);
}

static void a_message_takes_the_place_of_the_sentence(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 2);
    scene.frame.message = "created posix:/x";
    assert_shows(30, 100, &v, "created posix:/x", true);
    assert_shows(30, 100, &v, "no process attached for", false);
}

static void paused_read_only_and_filter_are_always_in_sight(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 2);
    scene.frame.paused = scene.frame.read_only = true;
    scene.frame.filter = "user:app size>1M";
    scene.rows.hidden = 43;
    for (int cols = 80; cols <= 160; cols += 20) {
        assert_shows(30, cols, &v, "PAUSED", true);
        assert_shows(30, cols, &v, "READ-ONLY", true);
        assert_shows(30, cols, &v, "filter: user:app size>1M", true);
    }
    assert_shows(10, 40, &v, "PAUSED", true);
    assert_shows(10, 40, &v, "hides 43", true);
}

static void a_limit_that_is_close_is_an_alarm(void **state) {
    (void)state;
    struct snapshot near = *scene.snap;
    near.limits[LIMIT_SHMMNI_USED] = u64v_of(3900);
    struct view_segments v = scene_view(&scene, 2);
    scene.frame.snap = &near;
    assert_shows(30, 100, &v, "! System V ids 95% used", true);
    assert_shows(24, 80, &v, "! ids 95%", true);
    assert_shows(10, 40, &v, "! ids 95%", true);
    assert_shows(30, 100, &v, "no limit is close", false);
}

static void a_limit_that_is_none_is_never_a_percentage(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 2);
    assert_shows(30, 100, &v, "712.0M, no limit]", true);
    struct snapshot unknown = *scene.snap;
    unknown.limits[LIMIT_DEVSHM_USED] = u64v_missing(WHY_DENIED);
    scene.frame.snap = &unknown;
    assert_shows(30, 100, &v, "?/11.7G]", true);
}

static void before_the_first_scan_it_says_so(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 0);
    scene.frame.snap = NULL;
    scene.rows.count = 0;
    assert_shows(30, 100, &v, "looking\u2026", true);
    assert_shows(10, 40, &v, "looking\u2026", true);
    assert_shows(6, 30, &v, "Looking\u2026", true);
}

static void no_segment_is_said_in_words(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 0);
    assert_shows(30, 100, &v, "No shared memory segments here.", true);
    scene.rows.hidden = 7;
    scene.frame.filter = "x";
    assert_shows(30, 100, &v, "The filter hides all 7 segments.", true);
}

static void too_small_a_screen_gets_one_line(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 2);
    assert_shows(5, 40, &v, "too small: 40x5, q quits", true);
    assert_shows(5, 20, &v, "20x5", true);
    assert_shows(5, 40, &v, "NAME", false);
}

// Draws every size, to be run under the sanitizers; checks that nothing spills over and that the
// footer and at least one row are there.
static void every_size_is_drawn_whole(void **state) {
    (void)state;
    static const int sizes[][2] = {{60, 400}, {60, 30}, {6, 400}, {1, 1}, {0, 0}, {2, 300}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct view_segments v = scene_view(&scene, 2);
        canvas_free(draw(sizes[i][0], sizes[i][1], true, &v));
    }
    for (int rows = 1; rows <= 45; rows++) {
        for (int cols = 1; cols <= 200; cols += cols < 110 ? 1 : 7) {
            struct view_segments v = scene_view(&scene, (size_t)(rows + cols) % scene.rows.count);
            v.scroll_x = cols % 5 == 0 ? cols % 23 : 0;
            struct canvas *c = draw(rows, cols, cols % 2 == 0, &v);
            if (rows >= 6 && cols >= 30) {
                char *text = canvas_dump_text(c);
                assert_non_null(strstr(text, "Quit"));
                assert_true(segments_table_rows(rows, cols) >= (rows < 14 ? 2u : 4u));
                free(text);
            }
            canvas_free(c);
        }
    }
}

// The column of x of the first cell of `head` in line y. -1: not there.
static int find_head(const struct canvas *c, int y, const char *head) {
    int n = (int)strlen(head);
    for (int x = 0; x + n <= c->cols; x++) {
        int i = 0;
        while (i < n && c->cells[y * c->cols + x + i].ch[0] == (uint32_t)head[i])
            i++;
        if (i == n)
            return x;
    }
    return -1;
}

static void hostile_names_keep_columns_aligned(void **state) {
    (void)state;
    for (int cols = 40; cols <= 200; cols += 20) {
        struct view_segments v = scene_view(&scene, 0);
        struct canvas *c = draw(30, cols, true, &v);
        int y = 0;
        while (y < c->rows && find_head(c, y, "ATT ") < 0)
            y++;
        assert_true(y < c->rows);
        int state_x = find_head(c, y, "STATE");
        for (size_t i = 0; i < scene.rows.count && i < segments_table_rows(30, cols); i++) {
            // before STATE there is a blank and in it something, in every row
            const struct cell *row = &c->cells[((size_t)y + 1 + i) * (size_t)c->cols];
            assert_int_equal(row[state_x - 1].ch[0], ' ');
            assert_int_not_equal(row[state_x].ch[0], ' ');
        }
        canvas_free(c);
    }
}

static void hostile_names_are_drawn_escaped(void **state) {
    (void)state;
    assert_golden("segments-hostile-100x30.txt", 30, 100, true, false, 4);
    assert_golden("segments-hostile-80x24-ascii.txt", 24, 80, false, false, 0);
    struct view_segments v = scene_view(&scene, 6);
    struct canvas *c = draw(30, 400, true, &v);
    for (int i = 0; i < c->rows * c->cols; i++) {
        for (int k = 0; k < 3; k++) {
            uint32_t ch = c->cells[i].ch[k];
            assert_false((ch > 0 && ch < 0x20) || (ch >= 0x7f && ch < 0xa0));
            assert_false(cp_is_bidi_control(ch));
        }
    }
    canvas_free(c);
}

static void a_click_finds_row_head_and_footer(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 2);
    struct canvas *c = draw(30, 100, true, &v);
    int head = 0;
    while (head < c->rows && find_head(c, head, "ID/INO") < 0)
        head++;
    struct hit hit = segments_hit(&v, 30, 100, head + 3, 20);
    assert_int_equal(hit.kind, HIT_ROW);
    assert_int_equal(hit.row, 2);
    hit = segments_hit(&v, 30, 100, head + 10, 20); // below the last row
    assert_int_equal(hit.kind, HIT_NONE);
    hit = segments_hit(&v, 30, 100, head, find_head(c, head, "RSS"));
    assert_int_equal(hit.kind, HIT_HEAD);
    assert_int_equal(hit.column, COL_RESIDENT);
    hit = segments_hit(&v, 30, 100, head, find_head(c, head, "NAME"));
    assert_int_equal(hit.column, COL_LABEL);
    hit = segments_hit(&v, 30, 100, 29, find_head(c, 29, "Remove"));
    assert_int_equal(hit.kind, HIT_COMMAND);
    assert_int_equal(hit.command, CMD_REMOVE);
    assert_int_equal(segments_hit(&v, 30, 100, 29, 99).kind, HIT_NONE);
    assert_int_equal(segments_hit(&v, 30, 100, -1, -1).kind, HIT_NONE);
    assert_int_equal(segments_hit(&v, 4, 10, 1, 1).kind, HIT_NONE);
    canvas_free(c);
}

// What gives way first when the screen gets narrow; what is not listed never does.
static void columns_give_way_in_their_order(void **state) {
    (void)state;
    static const char *const order[] = {"CHANGE", "ORIGIN", "LAST",   "TREND", "AGE",
                                        "SWAP",   "PERM",   "ID/INO", "OWNER", "RSS"};
    static const char *const always[] = {"NAME", "SIZE", "ATT", "STATE"};
    enum { COUNT = sizeof order / sizeof order[0] };
    size_t most = 0, least = COUNT;
    for (int cols = 159; cols >= 30; cols--) {
        struct view_segments v = scene_view(&scene, 2);
        struct canvas *c = draw(24, cols, true, &v);
        int y = 0;
        while (y < c->rows - 1 && (find_head(c, y, "NAME") < 0 || find_head(c, y, "ATT") < 0))
            y++;
        bool shown = true;
        size_t n = 0;
        for (size_t i = COUNT; i-- > 0;) { // from what stays longest
            bool here = find_head(c, y, order[i]) >= 0;
            if (here && !shown)
                fail_msg("%d columns: %s is there, what should outlive it is not", cols, order[i]);
            shown = here;
            n += here;
        }
        for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
            if (find_head(c, y, always[i]) < 0)
                fail_msg("%d columns: no %s", cols, always[i]);
        most = n > most ? n : most;
        least = n < least ? n : least;
        canvas_free(c);
    }
    assert_int_equal(most, COUNT);
    assert_int_equal(least, 0);
}

static void scrolling_brings_further_columns(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 2);
    assert_shows(24, 80, &v, "CREATOR", false);
    v.scroll_x = 9;
    assert_shows(24, 80, &v, "HOLDERS", true);
    assert_shows(24, 80, &v, "CREATOR", true);
    assert_shows(24, 80, &v, "/pg_dynshmem.8812", true);
}

static void what_changes_things_is_dim_when_read_only(void **state) {
    (void)state;
    struct view_segments v = scene_view(&scene, 2);
    scene.frame.read_only = true;
    struct canvas *c = draw(30, 100, true, &v);
    assert_int_equal(c->cells[29 * 100 + find_head(c, 29, "Remove")].style, STYLE_DIM);
    assert_int_equal(c->cells[29 * 100 + find_head(c, 29, "Hex")].style, STYLE_LABEL);
    canvas_free(c);
}

#define SCENE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define HOSTILE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_hostile, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(looks_as_agreed_at_every_size),
        SCENE_TEST(every_kind_of_row_explains_itself),
        SCENE_TEST(what_is_not_seen_is_said),
        SCENE_TEST(a_message_takes_the_place_of_the_sentence),
        SCENE_TEST(paused_read_only_and_filter_are_always_in_sight),
        SCENE_TEST(a_limit_that_is_close_is_an_alarm),
        SCENE_TEST(a_limit_that_is_none_is_never_a_percentage),
        SCENE_TEST(before_the_first_scan_it_says_so),
        SCENE_TEST(too_small_a_screen_gets_one_line),
        SCENE_TEST(every_size_is_drawn_whole),
        SCENE_TEST(a_click_finds_row_head_and_footer),
        SCENE_TEST(columns_give_way_in_their_order),
        SCENE_TEST(scrolling_brings_further_columns),
        SCENE_TEST(what_changes_things_is_dim_when_read_only),
        HOSTILE_TEST(hostile_names_keep_columns_aligned),
        HOSTILE_TEST(hostile_names_are_drawn_escaped),
        cmocka_unit_test_setup_teardown(no_segment_is_said_in_words, set_up_empty, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
