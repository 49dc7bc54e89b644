// test_event.c - what happened between two pictures, and what the kernel told of names meanwhile.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"

#define S UINT64_C(1000000000)
enum { NS = 7, DEV = 26 };

static struct builder *b;
static struct event_maker maker;
static struct name_notes notes;
static struct events events;
static uint64_t now;

static int set_up(void **state) {
    (void)state;
    now = 1000 * S;
    maker = (struct event_maker){0};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    events_done(&events);
    event_maker_done(&maker);
    name_notes_done(&notes);
    return 0;
}

static void begin(void) {
    assert_int_equal(builder_new(&b), 0);
    *builder_vantage(b) = (struct vantage){.ipc_ns = NS, .devshm_dev = DEV, .page_size = 4096};
    builder_add_user(b, 10, builder_str(b, "dana", 4));
}

// The events that lead to what was built since begin().
static void look(void) {
    const struct snapshot *snap = NULL;
    now += S;
    assert_int_equal(builder_freeze(b, 1, now, now, &snap), 0);
    events_done(&events);
    assert_int_equal(events_make(&maker, snap, &notes, &events), 0);
    snapshot_unref(snap);
    assert_int_equal(notes.count, 0);
}

static uint32_t process(pid_t pid, const char *comm) {
    struct process p = {.id = {pid, 100}, .state = 'S', .scan = SCANNED, .fd_scan = SCANNED};
    uint32_t index = 0;
    p.comm = builder_str(b, comm, strlen(comm));
    assert_int_equal(builder_add_process(b, &p, &index), 0);
    return index;
}

static struct segment posix(uint64_t num, const char *name, uint64_t born) {
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = DEV, .num = num}};
    s.id.incarnation[0] = born;
    seg_set(&s, SEG_SIZE, 4096);
    seg_set(&s, SEG_MODE, 0600);
    seg_set(&s, SEG_UID, 10);
    seg_set(&s, SEG_GID, 10);
    seg_set(&s, SEG_LINKS, 1);
    seg_set(&s, SEG_BIRTH_TIME, born);
    s.name = builder_str(b, name, strlen(name));
    return s;
}

static struct segment sysv(uint64_t num, uint64_t nattch) {
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = NS, .num = num}};
    seg_set(&s, SEG_SIZE, 4096);
    seg_set(&s, SEG_MODE, 0600);
    seg_set(&s, SEG_UID, 10);
    seg_set(&s, SEG_KEY, 0);
    seg_set(&s, SEG_NATTCH, nattch);
    seg_set(&s, SEG_CHANGE_TIME, now);
    seg_set(&s, SEG_CREATOR_PID, 41);
    seg_set(&s, SEG_LAST_PID, 42);
    s.name = strv_missing(WHY_NONE);
    return s;
}

static void put(struct segment s) {
    assert_int_equal(builder_add_segment(b, &s), 0);
}

static void map(uint32_t proc, enum seg_kind kind, uint64_t num) {
    struct mapping m = {.process = proc, .kind = kind, .access = ACCESS_R, .ino = num};
    m.ns = kind == SEG_SYSV ? NS : 0;
    m.dev = kind == SEG_SYSV ? 0 : DEV;
    m.end = 4096;
    assert_int_equal(builder_add_mapping(b, &m), 0);
}

static void note(const char *name, bool created, bool deleted, pid_t pid, const char *comm) {
    struct name_note n = {.created = created, .deleted = deleted, .pid = pid, .len = strlen(name)};
    n.name = strdup(name);
    snprintf(n.comm, sizeof n.comm, "%s", comm);
    assert_int_equal(name_notes_add(&notes, &n), 0);
}

static const struct event *the_event(enum event_kind kind) {
    const struct event *found = NULL;
    for (size_t i = 0; i < events.count; i++)
        if (events.items[i].kind == kind) {
            assert_null(found);
            found = &events.items[i];
        }
    if (!found) {
        fail_msg("no event of kind %s", event_word(kind));
        abort();
    }
    return found;
}

static void the_first_picture_is_no_event(void **state) {
    (void)state;
    begin();
    put(posix(1, "/old", 10 * S));
    look();
    assert_int_equal(events.count, 0);
}

static void what_comes_and_goes_is_told(void **state) {
    (void)state;
    begin();
    put(posix(1, "/old", 900 * S));
    look();
    begin();
    put(posix(2, "/new", now + S / 2));
    look();
    assert_int_equal(events.count, 2);
    const struct event *e = the_event(EVENT_CREATED);
    assert_string_equal(e->label, "/new");
    assert_string_equal(e->seg, "posix:/new");
    assert_string_equal(e->user, "dana");
    assert_int_equal(e->wall_ns, now - S / 2); // its time of birth
    assert_int_equal(e->pid, 0);
    e = the_event(EVENT_REMOVED);
    assert_string_equal(e->label, "/old");
    assert_string_equal(e->detail, "lived 1m");
    assert_ptr_equal(e, &events.items[1]); // later than the birth
}

static void what_was_there_before_but_not_seen_is_no_event(void **state) {
    (void)state;
    begin();
    look();
    begin();
    put(posix(1, "/deep", 900 * S)); // found only now
    look();
    assert_int_equal(events.count, 0);
}

static void of_what_has_no_birth_time_only_the_sight_is_told(void **state) {
    (void)state;
    begin();
    look();
    begin();
    struct segment s = posix(1, "memfd", 0);
    s.id.kind = SEG_MEMFD;
    seg_set_missing(&s, SEG_BIRTH_TIME, WHY_UNSUPPORTED);
    put(s);
    look();
    the_event(EVENT_SEEN);
}

static void another_incarnation_is_removed_and_created(void **state) {
    (void)state;
    begin();
    put(posix(1, "/x", 900 * S));
    look();
    begin();
    put(posix(1, "/x", now + 1));
    look();
    the_event(EVENT_CREATED);
    the_event(EVENT_REMOVED);
}

static void changes_are_told_with_before_and_after(void **state) {
    (void)state;
    begin();
    put(posix(1, "/x", 900 * S));
    look();
    begin();
    struct segment s = posix(1, "/y", 900 * S);
    seg_set(&s, SEG_SIZE, 8192);
    seg_set(&s, SEG_MODE, 0640);
    seg_set(&s, SEG_UID, 0);
    put(s);
    look();
    assert_int_equal(events.count, 4);
    assert_string_equal(the_event(EVENT_RESIZED)->detail, "4.0K -> 8.0K");
    assert_string_equal(the_event(EVENT_MODE)->detail, "0600 -> 0640");
    assert_string_equal(the_event(EVENT_OWNER)->detail, "dana -> 0");
    assert_string_equal(the_event(EVENT_RENAMED)->detail, "was /x");
}

static void a_size_that_is_not_known_any_more_is_no_change(void **state) {
    (void)state;
    begin();
    put(posix(1, "/x", 900 * S));
    look();
    begin();
    struct segment s = posix(1, "/x", 900 * S);
    seg_set_missing(&s, SEG_SIZE, WHY_DENIED);
    seg_set_missing(&s, SEG_MODE, WHY_DENIED);
    put(s);
    look();
    assert_int_equal(events.count, 0);
}

static void losing_the_name_is_no_removal(void **state) {
    (void)state;
    begin();
    put(posix(1, "/x", 900 * S));
    map(process(41, "worker"), SEG_POSIX, 1);
    look();
    begin();
    struct segment s = posix(1, "/x", 900 * S);
    s.flags = SEG_FLAG_UNLINKED;
    seg_set(&s, SEG_LINKS, 0);
    put(s);
    map(process(41, "worker"), SEG_POSIX, 1);
    note("/x", false, true, 77, "rm");
    look();
    assert_int_equal(events.count, 1);
    assert_int_equal(the_event(EVENT_UNLINKED)->pid, 77);
    assert_string_equal(events.items[0].comm, "rm");
}

static void who_attaches_and_detaches_is_named(void **state) {
    (void)state;
    begin();
    put(posix(1, "/x", 900 * S));
    process(41, "worker");
    look();
    begin();
    put(posix(1, "/x", 900 * S));
    map(process(41, "worker"), SEG_POSIX, 1);
    look();
    const struct event *e = the_event(EVENT_ATTACH);
    assert_int_equal(e->pid, 41);
    assert_string_equal(e->comm, "worker");
    assert_string_equal(e->detail, "now 1");
    begin();
    put(posix(1, "/x", 900 * S));
    look();
    e = the_event(EVENT_DETACH); // it has ended
    assert_string_equal(e->comm, "worker");
    assert_int_equal(events.count, 1);
}

static void an_attachment_nobody_is_seen_with_is_told_once(void **state) {
    (void)state;
    begin();
    put(sysv(5, 0));
    look();
    begin();
    put(sysv(5, 2));
    look();
    assert_int_equal(the_event(EVENT_ATTACH)->pid, 0);
    assert_string_equal(events.items[0].detail, "now 2");
    begin();
    put(sysv(5, 3));
    map(process(41, "worker"), SEG_SYSV, 5);
    look();
    assert_int_equal(events.count, 1);
    assert_int_equal(the_event(EVENT_ATTACH)->pid, 41);
}

static void a_process_that_could_not_be_read_before_attaches_nothing(void **state) {
    (void)state;
    begin();
    put(posix(1, "/x", 900 * S));
    struct process p = {.id = {41, 100}, .state = 'S', .scan = SCAN_DENIED};
    uint32_t index = 0;
    assert_int_equal(builder_add_process(b, &p, &index), 0);
    look();
    begin();
    put(posix(1, "/x", 900 * S));
    map(process(41, "worker"), SEG_POSIX, 1);
    look();
    assert_int_equal(events.count, 0);
}

static void a_note_tells_who_made_it(void **state) {
    (void)state;
    begin();
    look();
    begin();
    put(posix(1, "/x", now + 1));
    note("/x", true, false, 77, "maker");
    look();
    assert_int_equal(events.count, 1);
    assert_int_equal(the_event(EVENT_CREATED)->pid, 77);
    assert_string_equal(events.items[0].comm, "maker");
}

static void a_note_ahead_of_the_picture_stands_over_once(void **state) {
    (void)state;
    begin();
    look();
    begin();
    note("/x", true, false, 77, "maker");
    note("/never", true, false, 78, "other");
    look();
    assert_int_equal(events.count, 0);
    begin();
    put(posix(1, "/x", now + 1));
    look();
    assert_int_equal(the_event(EVENT_CREATED)->pid, 77);
    assert_int_equal(maker.notes.count, 0);
}

static void what_lived_between_two_looks_is_told(void **state) {
    (void)state;
    begin();
    look();
    begin();
    note("/quick", true, false, 77, "maker");
    note("/quick", false, true, 78, "rm");
    note("/merged", true, true, 79, "both");
    look();
    assert_int_equal(events.count, 4);
    for (size_t i = 0; i < events.count; i++) {
        assert_false(events.items[i].has_id);
        if (events.items[i].kind == EVENT_REMOVED && strcmp(events.items[i].label, "/quick") == 0)
            assert_int_equal(events.items[i].pid, 78);
    }
}

static void what_still_exists_did_not_live_between_two_looks(void **state) {
    (void)state;
    begin();
    put(posix(1, "/x", 900 * S));
    look();
    begin();
    put(posix(1, "/x", 900 * S));
    note("/x", true, true, 77, "odd");
    look();
    assert_int_equal(events.count, 0);
}

static void the_temporary_name_of_sem_open_is_left_out(void **state) {
    (void)state;
    begin();
    look();
    begin();
    put(posix(1, "/sem.jobs", now + 1));
    note("/sem.a8Xk2q", true, false, 77, "app");
    note("/sem.jobs", true, false, 77, "app");
    note("/sem.a8Xk2q", false, true, 77, "app");
    look();
    assert_int_equal(events.count, 1);
    assert_string_equal(the_event(EVENT_CREATED)->label, "/sem.jobs");
}

static void names_from_outside_are_escaped(void **state) {
    (void)state;
    begin();
    look();
    begin();
    put(posix(1, "/a\033[31m", now + 1));
    note("/a\033[31m", true, false, 77, "x\ny");
    note("/b\n", true, true, 77, "\033");
    look();
    assert_int_equal(events.count, 3);
    for (size_t i = 0; i < events.count; i++) {
        assert_null(strpbrk(events.items[i].label, "\033\n"));
        assert_null(strpbrk(events.items[i].comm, "\033\n"));
    }
}

static void lost_news_are_said(void **state) {
    (void)state;
    begin();
    look();
    begin();
    notes.lost = true;
    look();
    the_event(EVENT_LOST);
}

static void fill(uint64_t used) {
    begin();
    builder_set_limit(b, LIMIT_DEVSHM_SIZE, u64v_of(1000));
    builder_set_limit(b, LIMIT_DEVSHM_USED, u64v_of(used));
    look();
}

static void a_line_is_crossed_once_however_the_value_trembles(void **state) {
    (void)state;
    fill(490);
    assert_int_equal(events.count, 0);
    fill(505);
    assert_string_equal(the_event(EVENT_LIMIT)->detail, "50% used, crossed the 50% line");
    fill(499);
    assert_int_equal(events.count, 0);
    fill(501);
    assert_int_equal(events.count, 0);
    fill(480);
    assert_string_equal(the_event(EVENT_LIMIT)->detail, "48% used, fell below the 50% line");
}

static void a_new_beginning_tells_nothing_of_what_comes_into_sight(void **state) {
    (void)state;
    begin();
    look();
    event_maker_reset(&maker);
    begin();
    put(posix(1, "/x", now + 1));
    look();
    assert_int_equal(events.count, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_first_picture_is_no_event),
        TEST(what_comes_and_goes_is_told),
        TEST(what_was_there_before_but_not_seen_is_no_event),
        TEST(of_what_has_no_birth_time_only_the_sight_is_told),
        TEST(another_incarnation_is_removed_and_created),
        TEST(changes_are_told_with_before_and_after),
        TEST(a_size_that_is_not_known_any_more_is_no_change),
        TEST(losing_the_name_is_no_removal),
        TEST(who_attaches_and_detaches_is_named),
        TEST(an_attachment_nobody_is_seen_with_is_told_once),
        TEST(a_process_that_could_not_be_read_before_attaches_nothing),
        TEST(a_note_tells_who_made_it),
        TEST(a_note_ahead_of_the_picture_stands_over_once),
        TEST(what_lived_between_two_looks_is_told),
        TEST(what_still_exists_did_not_live_between_two_looks),
        TEST(the_temporary_name_of_sem_open_is_left_out),
        TEST(names_from_outside_are_escaped),
        TEST(lost_news_are_said),
        TEST(a_line_is_crossed_once_however_the_value_trembles),
        TEST(a_new_beginning_tells_nothing_of_what_comes_into_sight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
