// limits.c - what the kernel allows of shared memory, how much of it is used, and since when.
#include "probes/probe.h"
#include "probes/probes_list.h"

#include <errno.h>
#include <string.h>

// Numbers at and above this are how the kernel says "no limit": shmmax and shmall default to
// ULONG_MAX - 2^24, beyond what a signed 64-bit number holds.
#define NO_LIMIT ((uint64_t)INT64_MAX - (1u << 24))

static void note(struct scan *scan, const char *object, int err) {
    builder_note(scan->out, probe_limits.name, object, strlen(object),
                 err == 0 ? WHY_MALFORMED : why_from_errno(-err), err < 0 ? -err : 0);
}

// Takes a decimal number; *end points behind it. False when there is none or it is too large.
static bool parse_number(const char *s, const char **end, uint64_t *out) {
    uint64_t n = 0;
    const char *p = s;
    for (; *p >= '0' && *p <= '9'; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (p == s)
        return false;
    *end = p;
    *out = n;
    return true;
}

static u64v read_limit(struct scan *scan, const char *path) {
    char text[64], object[96] = "/proc/";
    size_t len;
    uint64_t n = 0;
    const char *end = text;
    int err = root_read(scan->root, ROOT_PROC, path, text, sizeof(text), &len);
    if (err == 0 && parse_number(text, &end, &n) && (*end == '\n' || *end == '\0'))
        return n >= NO_LIMIT ? u64v_missing(WHY_NONE) : u64v_of(n);
    strncat(object, path, sizeof(object) - strlen(object) - 1);
    note(scan, object, err);
    return u64v_missing(err == 0 ? WHY_MALFORMED : why_from_errno(-err));
}

static void scan_sysv(struct scan *scan) {
    struct builder *b = scan->out;
    builder_set_limit(b, LIMIT_SHMMNI, read_limit(scan, "sys/kernel/shmmni"));
    builder_set_limit(b, LIMIT_SHMMAX, read_limit(scan, "sys/kernel/shmmax"));
    builder_set_limit(b, LIMIT_SHMALL_PAGES, read_limit(scan, "sys/kernel/shmall"));
    struct root_shm_info info;
    int err = root_shm_info(scan->root, &info);
    if (err < 0) {
        note(scan, "shmctl SHM_INFO", err);
        builder_set_limit(b, LIMIT_SHMMNI_USED, u64v_missing(why_from_errno(-err)));
        builder_set_limit(b, LIMIT_SHMALL_PAGES_USED, u64v_missing(why_from_errno(-err)));
        return;
    }
    builder_set_limit(b, LIMIT_SHMMNI_USED, u64v_of(info.used_ids));
    builder_set_limit(b, LIMIT_SHMALL_PAGES_USED, u64v_of(info.total_pages));
}

static void scan_devshm(struct scan *scan) {
    struct builder *b = scan->out;
    struct root_statfs fs;
    int err = root_statfs(scan->root, ROOT_SHM, &fs);
    if (err < 0) { // that /dev/shm cannot be read is the posix probe's note
        enum why why = why_from_errno(-err);
        for (enum limit l = LIMIT_DEVSHM_SIZE; l <= LIMIT_DEVSHM_INODES_USED; l++)
            builder_set_limit(b, l, u64v_missing(why));
        return;
    }
    // A tmpfs mounted without limit tells neither its size nor its use.
    bool sized = fs.size != 0, counted = fs.inodes != 0;
    u64v none = u64v_missing(WHY_NONE), untold = u64v_missing(WHY_UNSUPPORTED);
    builder_set_limit(b, LIMIT_DEVSHM_SIZE, sized ? u64v_of(fs.size) : none);
    builder_set_limit(b, LIMIT_DEVSHM_USED, sized ? u64v_of(fs.used) : untold);
    builder_set_limit(b, LIMIT_DEVSHM_INODES, counted ? u64v_of(fs.inodes) : none);
    builder_set_limit(b, LIMIT_DEVSHM_INODES_USED, counted ? u64v_of(fs.inodes_used) : untold);
}

// Value in bytes of a line "Name:   123 kB". Missing or malformed otherwise.
static u64v meminfo_value(const char *text, const char *name) {
    size_t len = strlen(name);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        if (strncmp(line, name, len) != 0 || line[len] != ':')
            continue;
        const char *p = line + len + 1;
        uint64_t n = 0;
        p += strspn(p, " ");
        if (!parse_number(p, &p, &n) || strncmp(p, " kB\n", 4) != 0 || n > INT64_MAX / 1024)
            return u64v_missing(WHY_MALFORMED);
        return u64v_of(n * 1024);
    }
    return u64v_missing(WHY_UNSUPPORTED);
}

static void scan_meminfo(struct scan *scan) {
    struct builder *b = scan->out;
    char text[16384];
    size_t len;
    int err = root_read(scan->root, ROOT_PROC, "meminfo", text, sizeof(text), &len);
    if (err < 0) {
        u64v missing = u64v_missing(why_from_errno(-err));
        note(scan, "/proc/meminfo", err);
        builder_set_limit(b, LIMIT_MEMINFO_SHMEM, missing);
        builder_set_limit(b, LIMIT_MEMINFO_TOTAL, missing);
        builder_set_limit(b, LIMIT_SWAP_USED, missing);
        return;
    }
    u64v swap_total = meminfo_value(text, "SwapTotal"), swap_free = meminfo_value(text, "SwapFree");
    uint64_t total = 0, left = 0;
    builder_set_limit(b, LIMIT_MEMINFO_SHMEM, meminfo_value(text, "Shmem"));
    builder_set_limit(b, LIMIT_MEMINFO_TOTAL, meminfo_value(text, "MemTotal"));
    if (u64v_get(swap_total, &total) != WHY_KNOWN)
        builder_set_limit(b, LIMIT_SWAP_USED, swap_total);
    else if (u64v_get(swap_free, &left) != WHY_KNOWN)
        builder_set_limit(b, LIMIT_SWAP_USED, swap_free);
    else if (left > total)
        builder_set_limit(b, LIMIT_SWAP_USED, u64v_missing(WHY_MALFORMED));
    else
        builder_set_limit(b, LIMIT_SWAP_USED, u64v_of(total - left));
}

// "12345.67 ..." seconds since boot.
static void scan_uptime(struct scan *scan) {
    char text[128];
    size_t len;
    uint64_t s = 0, hundredths = 0;
    const char *end = text;
    int err = root_read(scan->root, ROOT_PROC, "uptime", text, sizeof(text), &len);
    if (err == 0 && parse_number(text, &end, &s) && end[0] == '.' &&
        parse_number(end + 1, &end, &hundredths) && hundredths < 100 && s < UINT32_MAX) {
        builder_set_limit(scan->out, LIMIT_UPTIME_NS,
                          u64v_of(s * 1000000000u + hundredths * 10000000u));
        return;
    }
    note(scan, "/proc/uptime", err);
    builder_set_limit(scan->out, LIMIT_UPTIME_NS,
                      u64v_missing(err == 0 ? WHY_MALFORMED : why_from_errno(-err)));
}

// The wall time of boot moves with the clock, the birth of /dev/shm does not: /dev/shm cannot be
// older than the machine unless the clock was set forward after it was mounted.
static void scan_clock_step(struct scan *scan) {
    struct root_stat st;
    uint64_t uptime = 0, now = root_wall_ns(scan->root);
    u64v step = u64v_missing(WHY_UNSUPPORTED);
    bool known = u64v_get(builder_limit(scan->out, LIMIT_UPTIME_NS), &uptime) == WHY_KNOWN &&
                 uptime < now;
    int err = root_stat(scan->root, ROOT_SHM, ".", &st);
    if (err == 0 && known && st.birth_ns > 0)
        step = u64v_of(st.birth_ns < now - uptime ? now - uptime - st.birth_ns : 0);
    else if (err < 0)
        step = u64v_missing(why_from_errno(-err));
    builder_set_limit(scan->out, LIMIT_CLOCK_STEP_NS, step);
}

static int limits_scan(void *state, struct scan *scan) {
    (void)state;
    scan_sysv(scan);
    scan_devshm(scan);
    scan_meminfo(scan);
    scan_uptime(scan);
    scan_clock_step(scan);
    return 0;
}

const struct probe probe_limits = {.name = "limits", .scan = limits_scan};
