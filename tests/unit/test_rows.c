// test_rows.c - the row table: identity of the selection, marks, tags, filter, search.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/colkey.h"
#include "core/rows.h"

#define S UINT64_C(1000000000)

enum { WORLD = 60 };

// What exists: for every inode its size, 0 when it is not there, and which incarnation it is.
struct world {
    uint64_t size[WORLD];
    uint64_t birth[WORLD];
    uint64_t wall_ns; // 0: births are not told
};

static struct seg_id id_of(const struct world *w, size_t inode) {
    return (struct seg_id){
        .kind = SEG_POSIX, .dev = 26, .num = inode, .incarnation = {w->birth[inode]}};
}

static const struct snapshot *look(const struct world *w) {
    struct builder *b;
    const struct snapshot *snap;
    assert_int_equal(builder_new(&b), 0);
    for (size_t i = 0; i < WORLD; i++) {
        char name[16];
        if (w->size[i] == 0)
            continue;
        struct segment s = {.id = id_of(w, i)};
        int len = snprintf(name, sizeof name, "/seg%zu", i);
        s.name = builder_str(b, name, (size_t)len);
        seg_set(&s, SEG_SIZE, w->size[i]);
        seg_set(&s, SEG_LINKS, 1);
        seg_set(&s, SEG_UID, i % 4);
        if (w->wall_ns > 0)
            seg_set(&s, SEG_BIRTH_TIME, w->birth[i]);
        assert_int_equal(builder_add_segment(b, &s), 0);
    }
    assert_int_equal(builder_freeze(b, 1, 0, w->wall_ns, &snap), 0);
    return snap;
}

// Shows the world to the rows at a time; the rows alone keep the snapshot.
static void update(struct rows *r, const struct world *w, uint64_t mono_ns) {
    const struct snapshot *snap = look(w);
    assert_int_equal(rows_update(r, snap, mono_ns), 0);
    snapshot_unref(snap);
}

static struct filter *filter(const char *text) {
    struct filter *f;
    char why[200];
    assert_int_equal(filter_parse(text, &f, why, sizeof why), 0);
    return f;
}

// "3 5* 7+ 9-": inodes of all rows, * selected, + new, - gone, ! tagged.
static void assert_rows(const struct rows *r, const char *want) {
    char got[512] = "";
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct row row = rows_at(r, i);
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%d%s%s%s", i ? " " : "", (int)row.id.num,
                              i == r->selected ? "*" : "", row.tagged ? "!" : "",
                              row.mark == ROW_NEW    ? "+"
                              : row.mark == ROW_GONE ? "-"
                                                     : "");
    }
    assert_string_equal(got, want);
}

static void start(struct rows *r, struct world *w, size_t height) {
    *w = (struct world){0};
    for (size_t i = 1; i <= 5; i++)
        w->size[i] = i * 10;
    assert_int_equal(rows_init(r), 0);
    rows_height(r, height);
    update(r, w, 100 * S);
}

// ---- one thing after the other

static void begins_empty_then_sorted_by_size(void **state) {
    (void)state;
    struct rows r;
    struct world w = {0};
    assert_int_equal(rows_init(&r), 0);
    assert_true(r.follow && r.sort == COL_SIZE && !r.invert);
    assert_null(rows_selected(&r));
    rows_height(&r, 10);
    rows_move(&r, 5);
    rows_move(&r, -5);
    rows_select(&r, 7);
    assert_int_equal(rows_sort(&r, COL_NAME, true), 0); // before anything was seen
    assert_int_equal(rows_sort(&r, COL_SIZE, false), 0);
    assert_int_equal(rows_filter(&r, NULL), 0);
    assert_int_equal(rows_deadline(&r), 0);
    assert_int_equal(rows_tag(&r, 0, true), -EINVAL);
    rows_untag_all(&r);
    update(&r, &w, S);
    assert_rows(&r, "");
    assert_null(rows_selected(&r));
    w.size[3] = 3;
    w.size[4] = 4;
    update(&r, &w, 2 * S);
    assert_rows(&r, "4*+ 3+");
    rows_done(&r);
    rows_done(&r);
    rows_done(NULL);
}

static void selection_stays_with_its_segment(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    rows_select(&r, 2);
    assert_rows(&r, "5 4 3* 2 1");
    w.size[3] = 1; // sinks to the end
    update(&r, &w, 101 * S);
    assert_rows(&r, "5 4 2 1 3*");
    rows_sort(&r, COL_SIZE, true);
    assert_rows(&r, "3* 1 2 4 5");
    rows_sort(&r, COL_NAME, false);
    assert_rows(&r, "1 2 3* 4 5");
    r.follow = false; // now it stays at its place
    w.size[1] = 0;
    w.size[6] = 60;
    update(&r, &w, 110 * S);
    update(&r, &w, 114 * S);
    assert_rows(&r, "2 3 4* 5 6");
    rows_done(&r);
}

static void selection_keeps_its_screen_line(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 3);
    rows_select(&r, 3);
    assert_int_equal(r.top, 1);
    rows_select(&r, 2);
    assert_int_equal(r.top, 1); // line 1
    for (size_t i = 10; i < 20; i++)
        w.size[i] = 1000 + i;
    update(&r, &w, 101 * S);
    assert_int_equal(rows_selected(&r)->id.num, 3);
    assert_int_equal(r.selected, 12);
    assert_int_equal(r.top, 11);
    rows_height(&r, 100);
    assert_int_equal(r.top, 0);
    rows_height(&r, 1);
    assert_int_equal(r.top, 12);
    rows_done(&r);
}

static void a_vanished_segment_is_gone_for_three_seconds(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    rows_select(&r, 1);
    w.size[4] = 0;
    update(&r, &w, 101 * S);
    assert_rows(&r, "5 4*- 3 2 1");
    const struct row *row = rows_selected(&r);
    assert_int_equal(row->mark, ROW_GONE);
    assert_non_null(snapshot_find(row->snap, &row->id)); // its last facts can still be told
    assert_int_equal(rows_deadline(&r), 104 * S);
    assert_int_equal(rows_tag(&r, 1, true), -ENOENT);
    update(&r, &w, 104 * S - 1);
    assert_rows(&r, "5 4*- 3 2 1");
    update(&r, &w, 104 * S);
    assert_rows(&r, "5 3* 2 1"); // the nearest neighbour, the one below first
    assert_int_equal(rows_deadline(&r), 0);
    rows_done(&r);
}

static void the_same_snapshot_again_lets_marks_end(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    w.size[4] = 0;
    w.size[6] = 25;
    const struct snapshot *snap = look(&w);
    rows_update(&r, snap, 101 * S);
    assert_rows(&r, "5* 4- 3 6+ 2 1");
    rows_update(&r, snap, 104 * S);
    assert_rows(&r, "5* 3 6 2 1");
    assert_int_equal(rows_deadline(&r), 0);
    snapshot_unref(snap);
    rows_done(&r);
}

static void the_nearest_neighbour_may_be_far(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    rows_select(&r, 2);
    w.size[3] = w.size[2] = w.size[1] = w.size[4] = 0;
    update(&r, &w, 101 * S);
    assert_rows(&r, "5 4- 3*- 2- 1-");
    update(&r, &w, 105 * S);
    assert_rows(&r, "5*");
    w.size[5] = 0;
    update(&r, &w, 106 * S);
    update(&r, &w, 110 * S);
    assert_rows(&r, "");
    assert_null(rows_selected(&r));
    rows_done(&r);
}

static void gone_neighbours_are_not_selected_when_others_live(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    rows_select(&r, 2);
    w.size[3] = 0;
    update(&r, &w, 101 * S);
    w.size[2] = 0;
    update(&r, &w, 102 * S);
    update(&r, &w, 104 * S);
    assert_rows(&r, "5 4* 2- 1");
    rows_done(&r);
}

static void another_incarnation_is_another_segment(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    rows_select(&r, 2);
    rows_tag(&r, 2, true);
    w.birth[3] = 77; // the same inode, born again
    update(&r, &w, 101 * S);
    assert_rows(&r, "5 4 3*- 3+ 2 1");
    assert_int_equal(r.tagged, 0);
    rows_done(&r);
}

// A deeper look finds what was there all the time.
static void what_was_born_before_the_last_picture_is_not_new(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    w.wall_ns = 500 * S;
    update(&r, &w, 101 * S);
    w.size[6] = 25;
    w.birth[6] = 400 * S;
    w.size[7] = 5;
    w.birth[7] = 500 * S + S / 2;
    w.wall_ns = 501 * S;
    update(&r, &w, 102 * S);
    for (size_t i = 0; i < r.count; i++) {
        struct row row = rows_at(&r, i);
        assert_int_equal(row.mark, row.id.num == 7 ? ROW_NEW : ROW_PLAIN);
    }
    rows_done(&r);
}

static void one_that_comes_back_is_neither_gone_nor_new(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    rows_select(&r, 1);
    w.size[4] = 0;
    update(&r, &w, 101 * S);
    w.size[4] = 35;
    update(&r, &w, 102 * S);
    assert_rows(&r, "5 4* 3 2 1");
    rows_done(&r);
}

static void new_is_what_came_after_the_first_look(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    assert_rows(&r, "5* 4 3 2 1");
    w.size[6] = 5;
    update(&r, &w, 101 * S);
    assert_rows(&r, "5* 4 3 2 1 6+");
    assert_int_equal(rows_at(&r, 5).since_ns, 101 * S);
    assert_int_equal(rows_deadline(&r), 104 * S);
    update(&r, &w, 103 * S);
    assert_rows(&r, "5* 4 3 2 1 6+");
    update(&r, &w, 104 * S);
    assert_rows(&r, "5* 4 3 2 1 6");
    rows_done(&r);
}

static void a_filter_hides_and_says_how_many(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    struct filter *big = filter("size>=30"), *small = filter("size<30"), *none = filter("zzz");
    rows_select(&r, 2);
    rows_filter(&r, big);
    assert_rows(&r, "5 4 3*");
    assert_int_equal(r.hidden, 2);
    rows_filter(&r, small);
    assert_rows(&r, "2* 1"); // the nearest one that is left
    rows_select(&r, 1);
    rows_filter(&r, none);
    assert_rows(&r, "");
    assert_int_equal(r.hidden, 5);
    rows_filter(&r, none);
    rows_filter(&r, NULL);
    assert_rows(&r, "5 4 3 2 1*"); // as before there was nothing to select
    rows_filter(&r, small);
    rows_select(&r, 0);
    w.size[5] = 0; // hidden: nobody saw it, so nobody sees it go
    w.size[1] = 0;
    w.size[7] = 7;
    update(&r, &w, 101 * S);
    assert_rows(&r, "2* 1- 7+");
    assert_int_equal(r.hidden, 2);
    rows_filter(&r, big);
    assert_rows(&r, "4 3*");
    rows_filter(&r, NULL);
    assert_rows(&r, "4 3* 2 1- 7+");
    filter_free(big);
    filter_free(small);
    filter_free(none);
    rows_done(&r);
}

static void tags_survive_all_but_the_end_of_their_segment(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    assert_int_equal(rows_tag(&r, 0, true), 0);
    assert_int_equal(rows_tag(&r, 3, true), 0);
    assert_int_equal(rows_tag(&r, 3, true), 0);
    assert_int_equal(rows_tag(&r, 5, true), -EINVAL);
    assert_rows(&r, "5*! 4 3 2! 1");
    assert_int_equal(r.tagged, 2);
    assert_int_equal(r.tagged_bytes, 70);
    assert_true(r.items[0].tagged && r.items[3].tagged && !r.items[1].tagged);
    struct filter *f = filter("size>=30");
    rows_filter(&r, f);
    assert_rows(&r, "5*! 4 3");
    assert_int_equal(r.tagged, 2);
    size_t at = 0;
    assert_int_equal(rows_next_tagged(&r, &at)->id.num, 2); // hidden ones too
    assert_int_equal(rows_next_tagged(&r, &at)->id.num, 5);
    assert_null(rows_next_tagged(&r, &at));
    rows_sort(&r, COL_NAME, false);
    w.size[2] = 200;
    update(&r, &w, 101 * S);
    assert_rows(&r, "2! 3 4 5*!");
    assert_int_equal(r.tagged_bytes, 250);
    rows_filter(&r, NULL);
    filter_free(f);
    w.size[5] = 0;
    update(&r, &w, 102 * S);
    assert_rows(&r, "1 2! 3 4 5*-");
    assert_int_equal(r.tagged, 1);
    w.size[5] = 50; // the same one, seen again: its tag is gone
    update(&r, &w, 103 * S);
    assert_rows(&r, "1 2! 3 4 5*");
    rows_tag(&r, 0, true);
    rows_tag(&r, 1, false);
    assert_rows(&r, "1! 2 3 4 5*");
    assert_int_equal(r.tagged_bytes, 10);
    rows_untag_all(&r);
    assert_rows(&r, "1 2 3 4 5*");
    assert_int_equal(r.tagged, 0);
    assert_int_equal(r.tagged_bytes, 0);
    rows_done(&r);
}

static void moves_are_clamped_and_stay_on_the_screen(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 2);
    static const struct {
        long delta;
        size_t selected, top;
    } cases[] = {{1, 1, 0},  {1, 2, 1}, {-1, 1, 1},          {-1, 0, 0}, {100, 4, 3},
                 {-2, 2, 2}, {0, 2, 2}, {0x7fffffffL, 4, 3}, {-1, 3, 3}, {-0x7fffffffL, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rows_move(&r, cases[i].delta);
        assert_int_equal(r.selected, cases[i].selected);
        assert_int_equal(r.top, cases[i].top);
    }
    rows_select(&r, 99);
    assert_int_equal(r.selected, 4);
    struct seg_id id = id_of(&w, 4);
    assert_true(rows_select_id(&r, &id));
    assert_int_equal(r.selected, 1);
    id.incarnation[0] = 5;
    assert_false(rows_select_id(&r, &id));
    assert_int_equal(r.selected, 1);
    rows_done(&r);
}

static void search_wraps_and_counts(void **state) {
    (void)state;
    struct rows r;
    struct world w;
    start(&r, &w, 10);
    for (size_t i = 11; i <= 13; i++)
        w.size[i] = i; // 5 4 3 2 13 12 11 1
    update(&r, &w, 101 * S);
    assert_rows(&r, "5* 4 3 2 13+ 12+ 11+ 1");
    static const struct {
        const char *text;
        size_t from;
        int dir;
        size_t index, nth, total;
    } cases[] = {
        {"seg1", 0, 1, 4, 1, 4},        {"SEG1", 4, 1, 5, 2, 4},         {"seg1", 7, 1, 4, 1, 4},
        {"seg1", 4, -1, 7, 4, 4},       {"seg1", 6, -1, 5, 2, 4},        {"seg1", 3, -1, 7, 4, 4},
        {"/seg4", 1, 1, 1, 1, 1},       {"/seg4", 1, -1, 1, 1, 1},       {"/seg4", 0, 1, 1, 1, 1},
        {"seg1", SIZE_MAX, 1, 4, 1, 4}, {"seg1", SIZE_MAX, -1, 7, 4, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t index = 99, nth = 99, total = 99;
        assert_true(
            rows_search(&r, cases[i].text, cases[i].from, cases[i].dir, &index, &nth, &total));
        assert_int_equal(index, cases[i].index);
        assert_int_equal(nth, cases[i].nth);
        assert_int_equal(total, cases[i].total);
    }
    size_t index = 99, nth = 99, total = 99;
    assert_false(rows_search(&r, "nothing", 0, 1, &index, &nth, &total));
    assert_false(rows_search(&r, "", 0, 1, &index, &nth, &total));
    assert_int_equal(index, 99);
    rows_done(&r);
}

// ---- everything at once, at random, against a slow and simple idea of it

// Of one that vanished while it was shown.
struct ghost {
    struct seg_id id;
    uint64_t size, since;
};

struct model {
    struct world w;
    uint64_t now;
    uint64_t since[WORLD]; // 0 from the start
    bool tagged[WORLD];
    struct ghost ghosts[1000];
    size_t ghost_count;
    const char *filter_text;
    struct filter *filter;
};

static struct ghost *find_ghost(struct model *m, const struct seg_id *id) {
    for (size_t i = 0; i < m->ghost_count; i++)
        if (seg_id_same(&m->ghosts[i].id, id))
            return &m->ghosts[i];
    return NULL;
}

static void drop_ghost(struct model *m, struct ghost *ghost) {
    *ghost = m->ghosts[--m->ghost_count];
}

static bool passes(const struct model *m, uint64_t size, size_t inode) {
    return m->filter_text == NULL ||
           (strcmp(m->filter_text, "size>500") == 0 ? size > 500 : inode % 4 == 1);
}

// The incarnation in view, before a change.
struct before {
    bool any;
    struct seg_id selected;
    size_t line, count;
    struct seg_id rows[2 * WORLD];
    size_t index;
};

static struct before remember(const struct rows *r) {
    struct before b = {.any = r->count > 0, .count = r->count};
    for (size_t i = 0; i < r->count; i++)
        b.rows[i] = rows_at(r, i).id;
    if (b.any) {
        b.selected = rows_selected(r)->id;
        b.line = r->selected - r->top;
        b.index = r->selected;
    }
    return b;
}

static size_t index_of(const struct rows *r, const struct seg_id *id, bool alive) {
    for (size_t i = 0; i < r->count; i++) {
        struct row row = rows_at(r, i);
        if (seg_id_same(&row.id, id) && !(alive && row.mark == ROW_GONE))
            return i;
    }
    return SIZE_MAX;
}

static void check_selection(const struct rows *r, const struct before *b, bool filtered) {
    if (!b->any || r->count == 0)
        return;
    size_t want = index_of(r, &b->selected, false);
    for (size_t d = 1; want == SIZE_MAX && !filtered && d < b->count; d++) {
        if (b->index + d < b->count)
            want = index_of(r, &b->rows[b->index + d], true);
        if (want == SIZE_MAX && d <= b->index)
            want = index_of(r, &b->rows[b->index - d], true);
    }
    if (want == SIZE_MAX) // nobody is left of those
        return;
    assert_int_equal(r->selected, want);
    size_t line = r->selected - r->top;
    if (line != b->line && b->line < r->height) // only for want of rows
        assert_true(r->top == 0 || r->top + r->height >= r->count);
}

static void check_row(const struct row *row, struct model *m) {
    size_t inode = row->id.num;
    struct seg_id id = id_of(&m->w, inode);
    assert_ptr_equal(snapshot_find(row->snap, &row->id), row->seg);
    if (row->mark == ROW_GONE) {
        struct ghost *ghost = find_ghost(m, &row->id);
        if (ghost == NULL) {
            fail_msg("a vanished row that nobody remembers");
            return; // not reached, but the compiler cannot know
        }
        assert_true(row->since_ns == ghost->since && passes(m, ghost->size, inode));
        assert_false(row->tagged);
        return;
    }
    assert_true(m->w.size[inode] > 0 && seg_id_same(&id, &row->id));
    assert_true(passes(m, m->w.size[inode], inode));
    bool is_new = m->since[inode] > 0 && m->now - m->since[inode] < 3 * S;
    assert_int_equal(row->mark, is_new ? ROW_NEW : ROW_PLAIN);
    assert_int_equal(row->tagged, m->tagged[inode]);
}

static void check_rows(const struct rows *r, struct model *m) {
    size_t want = 0, hidden = 0;
    for (size_t i = 0; i < WORLD; i++) {
        want += m->w.size[i] > 0 && passes(m, m->w.size[i], i);
        hidden += m->w.size[i] > 0 && !passes(m, m->w.size[i], i);
    }
    for (size_t i = 0; i < m->ghost_count; i++)
        want += passes(m, m->ghosts[i].size, m->ghosts[i].id.num);
    assert_int_equal(r->count, want);
    assert_int_equal(r->hidden, hidden);
    for (size_t i = 0; i < r->count; i++) {
        struct row row = rows_at(r, i);
        check_row(&row, m);
        for (size_t k = 0; k < i; k++) {
            struct row other = rows_at(r, k);
            assert_false(seg_id_same(&other.id, &row.id));
        }
        if (i > 0) {
            struct row other = rows_at(r, i - 1); // perhaps of another snapshot
            struct colkey a = colkey_make(other.snap, other.seg, r->sort);
            struct colkey b = colkey_make(row.snap, row.seg, r->sort);
            assert_true(colkey_compare(&a, &b, r->sort, r->invert) < 0);
        }
    }
}

static void check_screen(const struct rows *r, const struct model *m) {
    size_t tagged = 0, at = 0;
    uint64_t bytes = 0;
    if (r->count > 0) {
        assert_true(r->selected < r->count);
        assert_true(r->top <= r->selected && r->selected < r->top + r->height);
        assert_true(r->top == 0 || r->top + r->height <= r->count);
    }
    for (size_t i = 0; i < r->count; i++) {
        struct row row = rows_at(r, i), none = {0};
        bool on_screen = i >= r->top && i < r->top + r->height;
        assert_memory_equal(&r->items[i].id, on_screen ? &row.id : &none.id, sizeof row.id);
        assert_ptr_equal(r->items[i].seg, on_screen ? row.seg : NULL);
        assert_int_equal(r->items[i].mark, on_screen ? row.mark : ROW_PLAIN);
        assert_int_equal(r->items[i].tagged, on_screen && row.tagged);
    }
    for (size_t i = 0; i < WORLD; i++) {
        tagged += m->w.size[i] > 0 && m->tagged[i];
        bytes += m->tagged[i] ? m->w.size[i] : 0;
    }
    assert_int_equal(r->tagged, tagged);
    assert_int_equal(r->tagged_bytes, bytes);
    while (rows_next_tagged(r, &at) != NULL)
        tagged--;
    assert_int_equal(tagged, 0);
}

static void change_one(struct world *w, size_t i) {
    switch (rand() % 4) {
    case 0:
        w->size[i] = 0;
        break;
    case 1:
        w->birth[i] += w->size[i] > 0; // another one in its place
        break;
    default:
        w->size[i] = (uint64_t)rand() % 1000 + 1;
    }
}

// What the marks and tags must be once the rows have seen the change from `old`.
static void age_model(struct model *m, const struct world *old, bool first) {
    for (size_t i = 0; i < m->ghost_count;) {
        if (m->now - m->ghosts[i].since < 3 * S)
            i++;
        else
            drop_ghost(m, &m->ghosts[i]);
    }
    for (size_t i = 0; i < WORLD; i++) {
        struct seg_id old_id = id_of(old, i), id = id_of(&m->w, i);
        bool same = seg_id_same(&old_id, &id), was = old->size[i] > 0, is = m->w.size[i] > 0;
        if (was && !(is && same)) {
            m->tagged[i] = false;
            if (passes(m, old->size[i], i))
                m->ghosts[m->ghost_count++] = (struct ghost){old_id, old->size[i], m->now};
        }
        if (is && !(was && same)) {
            struct ghost *ghost = find_ghost(m, &id);
            m->since[i] = first || ghost != NULL ? 0 : m->now;
            if (ghost != NULL)
                drop_ghost(m, ghost);
        }
    }
}

static void change_world(struct rows *r, struct model *m, bool first) {
    struct world old = m->w;
    int changes = rand() % (rand() % 10 == 0 ? WORLD : 6);
    m->now += (uint64_t)(rand() % 16) * (S / 4);
    for (int n = 0; n < changes; n++)
        change_one(&m->w, (size_t)rand() % WORLD);
    age_model(m, &old, first);
    update(r, &m->w, m->now);
}

static void change_filter(struct rows *r, struct model *m) {
    static const char *const texts[] = {NULL, "size>500", "uid:1"};
    struct filter *before = m->filter;
    m->filter_text = texts[rand() % 3];
    m->filter = m->filter_text != NULL ? filter(m->filter_text) : NULL;
    assert_int_equal(rows_filter(r, m->filter), 0);
    filter_free(before);
}

static void one_step(struct rows *r, struct model *m, bool first) {
    static const enum column columns[] = {COL_SIZE, COL_NAME, COL_UID, COL_ID, COL_VERDICT};
    struct before before = remember(r);
    switch (first ? 0 : rand() % 8) {
    case 0:
    case 1:
    case 2:
        change_world(r, m, first);
        check_selection(r, &before, m->filter != NULL);
        break;
    case 3:
        assert_int_equal(rows_sort(r, columns[rand() % 5], rand() % 2), 0);
        check_selection(r, &before, false);
        break;
    case 4:
        change_filter(r, m);
        check_selection(r, &before, true);
        break;
    case 5:
        rows_move(r, rand() % 21 - 10);
        break;
    case 6:
        rows_height(r, (size_t)rand() % 30 + 1);
        break;
    default:
        if (r->count > 0) {
            size_t i = (size_t)rand() % r->count;
            struct row row = rows_at(r, i);
            bool tag = rand() % 2;
            assert_int_equal(rows_tag(r, i, tag), row.mark == ROW_GONE ? -ENOENT : 0);
            if (row.mark != ROW_GONE)
                m->tagged[row.id.num] = tag;
        }
    }
}

static void any_sequence_keeps_identity_and_order(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 12; seed++) {
        struct model m = {.now = 50 * S};
        struct rows r;
        srand(seed);
        assert_int_equal(rows_init(&r), 0);
        rows_height(&r, 10);
        for (int step = 0; step < 250; step++) {
            one_step(&r, &m, step == 0);
            check_rows(&r, &m);
            check_screen(&r, &m);
        }
        rows_done(&r);
        filter_free(m.filter);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_empty_then_sorted_by_size),
        cmocka_unit_test(selection_stays_with_its_segment),
        cmocka_unit_test(selection_keeps_its_screen_line),
        cmocka_unit_test(a_vanished_segment_is_gone_for_three_seconds),
        cmocka_unit_test(the_same_snapshot_again_lets_marks_end),
        cmocka_unit_test(the_nearest_neighbour_may_be_far),
        cmocka_unit_test(gone_neighbours_are_not_selected_when_others_live),
        cmocka_unit_test(another_incarnation_is_another_segment),
        cmocka_unit_test(what_was_born_before_the_last_picture_is_not_new),
        cmocka_unit_test(one_that_comes_back_is_neither_gone_nor_new),
        cmocka_unit_test(new_is_what_came_after_the_first_look),
        cmocka_unit_test(a_filter_hides_and_says_how_many),
        cmocka_unit_test(tags_survive_all_but_the_end_of_their_segment),
        cmocka_unit_test(moves_are_clamped_and_stay_on_the_screen),
        cmocka_unit_test(search_wraps_and_counts),
        cmocka_unit_test(any_sequence_keeps_identity_and_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
