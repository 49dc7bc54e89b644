// test_inspect_seg.c - locks and pointers at the cursor, told with the processes that hold the
// segment.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/inspect.h"

enum { OUR_PID_NS = 4026531836u, INNER_PID_NS = 4026532300u };

static const struct snapshot *snap;
static const struct segment *seg;

static uint32_t add_process(struct builder *b, pid_t pid, const char *comm, uint64_t pid_ns) {
    struct process p = {
        .id = {pid, 1000}, .state = 'S', .scan = SCANNED, .pid_ns = u64v_of(pid_ns)};
    uint32_t index = 0;
    p.comm = builder_str(b, comm, strlen(comm));
    assert_int_equal(builder_add_process(b, &p, &index), 0);
    return index;
}

static void map(struct builder *b, uint32_t process, uint64_t start, uint64_t len,
                uint64_t offset) {
    struct mapping m = {.process = process,
                        .kind = SEG_POSIX,
                        .access = ACCESS_R,
                        .dev = 26,
                        .ino = 11,
                        .start = start,
                        .end = start + len,
                        .offset = offset};
    assert_int_equal(builder_add_mapping(b, &m), 0);
}

static int tell(void *arg, struct late *late) {
    (void)arg;
    for (uint32_t i = 0; i < late->snap->process_count; i++)
        if (late->snap->processes[i].id.pid == 900)
            return late_inner_pid(late, (struct inner_pid){.pid = 1, .process = i});
    return 0;
}

// /alpha, mapped by 41 worker (twice) and by 900 inner, which is 1 in its pid namespace; 55 other
// holds nothing.
static int start(void **state) {
    (void)state;
    struct builder *b = NULL;
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = 26, .num = 11}};
    if (builder_new(&b) != 0)
        return -1;
    *builder_vantage(b) = (struct vantage){.devshm_dev = 26, .pid_ns = OUR_PID_NS};
    s.name = builder_str(b, "/alpha", 6);
    builder_add_segment(b, &s);
    uint32_t worker = add_process(b, 41, "worker", OUR_PID_NS);
    uint32_t inner = add_process(b, 900, "inner\x1b[m", INNER_PID_NS);
    add_process(b, 55, "other", OUR_PID_NS);
    map(b, worker, 0x7f0000000000, 0x2000, 0x1000);
    map(b, worker, 0x7f0000010000, 0x1000, 0);
    map(b, inner, 0x7e0000000000, 0x4000, 0);
    builder_set_late(b, tell, NULL);
    if (builder_freeze(b, 1, 1, 1, &snap) != 0)
        return -1;
    seg = &snap->segments[0];
    return 0;
}
static int end(void **state) {
    (void)state;
    snapshot_unref(snap);
    return 0;
}

static void put32(uint8_t *bytes, size_t index, uint32_t word) {
    for (size_t i = 0; i < 4; i++)
        bytes[4 * index + i] = (uint8_t)(word >> (8 * i));
}

// The text of a line, "" when there is none; owned by nobody.
static const char *line(const char *label, uint64_t offset, const uint8_t *bytes, size_t len) {
    static struct inspect_line lines[INSPECT_MAX];
    size_t n = inspect_at(snap, seg, offset, bytes, len, false, lines);
    assert_true(n <= INSPECT_MAX);
    for (size_t i = 0; i < n; i++)
        if (strcmp(lines[i].label, label) == 0)
            return lines[i].text;
    return "";
}

static void a_pointer_of_a_holder_is_an_offset(void **state) {
    (void)state;
    static const struct {
        uint64_t address;
        const char *want;
    } cases[] = {
        {0x7f0000000000, "segment+0x1000 in 41 worker"},
        {0x7f0000001fff, "segment+0x2fff in 41 worker"},
        {0x7f0000002000, ""},
        {0x7effffffffff, ""},
        {0x7f0000010008, "segment+0x8 in 41 worker"},
        {0x7e0000003000, "segment+0x3000 in 900 inner\\x1b[m"},
        {0, ""},
        {UINT64_MAX, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[8];
        put32(bytes, 0, (uint32_t)cases[i].address);
        put32(bytes, 1, (uint32_t)(cases[i].address >> 32));
        assert_string_equal(line("ptr", 3, bytes, 8), cases[i].want);
        assert_string_equal(line("ptr", 3, bytes, 7), "");
    }
}

static void the_owner_of_a_lock_is_named(void **state) {
    (void)state;
    uint8_t bytes[64] = {0};
    put32(bytes, 0, 2);
    put32(bytes, 2, 41);
    put32(bytes, 3, 1);
    put32(bytes, 4, 0x80);
    assert_string_equal(line("mutex", 8, bytes, 64), "locked, waiters; by 41 worker");
    assert_string_equal(line("mutex", 4, bytes, 64), ""); // no mutex lies there
    assert_string_equal(line("mutex", 8, bytes, 39), "");
    put32(bytes, 2, 1); // as its own pid namespace counts
    assert_string_equal(
        line("mutex", 8, bytes, 64),
        "locked, waiters; by 1, which is 900 inner\\x1b[m outside of its container");
    put32(bytes, 2, 55);
    assert_non_null(strstr(line("mutex", 8, bytes, 64), "55 other does not hold this"));
    put32(bytes, 2, 900); // our number of a process that counts itself otherwise
    assert_non_null(strstr(line("mutex", 8, bytes, 64), "another pid namespace?"));
    put32(bytes, 2, 4711);
    assert_non_null(strstr(line("mutex", 8, bytes, 64), "no holder's first thread"));
    put32(bytes, 0, 0x40000000);
    put32(bytes, 4, 0x90);
    assert_string_equal(line("mutex", 8, bytes, 64), "unlocked, its owner died, robust: 4711");
}

static void a_semaphore_is_read(void **state) {
    (void)state;
    uint8_t bytes[32] = {5};
    put32(bytes, 2, 0x80);
    assert_string_equal(line("sem", 16, bytes, 32), "value 5");
    assert_string_equal(line("sem", 17, bytes, 32), "");
    bytes[20] = 1;
    assert_string_equal(line("sem", 16, bytes, 32), "");
}

static void special_lines_come_first_and_nothing_overflows(void **state) {
    (void)state;
    struct inspect_line lines[INSPECT_MAX];
    uint8_t bytes[64] = {0};
    bytes[16] = 0x80;
    size_t n = inspect_at(snap, seg, 0, bytes, 64, false, lines);
    assert_string_equal(lines[0].label, "mutex");
    assert_string_equal(lines[1].label, "u8");
    assert_true(n <= INSPECT_MAX);
    assert_true(inspect_at(NULL, NULL, 0, bytes, 64, false, lines) == n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pointer_of_a_holder_is_an_offset),
        cmocka_unit_test(the_owner_of_a_lock_is_named),
        cmocka_unit_test(a_semaphore_is_read),
        cmocka_unit_test(special_lines_come_first_and_nothing_overflows),
    };
    return cmocka_run_group_tests(tests, start, end);
}
