// sysv.c - System V segments: /proc/sysvipc/shm, or shmctl(SHM_STAT_ANY) where that cannot be read.
#include "probes/identity.h"
#include "probes/probe.h"
#include "probes/probes_list.h"
#include "probes/rootless.h"
#include "probes/sysv.h"
#include "probes/sysv_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#define SYSV_FILE "sysvipc/shm"
#define SYSV_OBJECT "/proc/sysvipc/shm"

enum { CHUNK = 64 * 1024, COLUMNS_OLD = 14, COLUMNS_MAX = 32 };

static const struct column {
    const char *head;
    uint64_t max;
} columns[SYSV_COLUMNS] = {
    [COL_KEY] = {"key", UINT32_MAX},
    [COL_SHMID] = {"shmid", INT32_MAX},
    [COL_PERMS] = {"perms", 07777},
    [COL_SIZE] = {"size", INT64_MAX},
    [COL_CPID] = {"cpid", INT32_MAX},
    [COL_LPID] = {"lpid", INT32_MAX},
    [COL_NATTCH] = {"nattch", INT64_MAX},
    [COL_UID] = {"uid", UINT32_MAX},
    [COL_GID] = {"gid", UINT32_MAX},
    [COL_CUID] = {"cuid", UINT32_MAX},
    [COL_CGID] = {"cgid", UINT32_MAX},
    [COL_ATIME] = {"atime", UINT64_MAX / 1000000000u},
    [COL_DTIME] = {"dtime", UINT64_MAX / 1000000000u},
    [COL_CTIME] = {"ctime", UINT64_MAX / 1000000000u},
    [COL_RSS] = {"rss", INT64_MAX},
    [COL_SWAP] = {"swap", INT64_MAX},
};

struct reading {
    struct scan *scan;
    const struct sysv_place *place;
    struct sysv_kept *kept; // NULL: nothing is kept
    size_t column_count;    // of the header
    uint64_t line;
    bool malformed; // some line was
};

static void note(struct builder *b, const char *object, enum why why, int err) {
    builder_note(b, probe_sysv.name, object, strlen(object), why, err);
}

static uint64_t round_up(uint64_t n, uint64_t unit) {
    return n > UINT64_MAX - unit ? UINT64_MAX : (n + unit - 1) / unit * unit;
}

// The kernel multiplies the pages of a huge segment by the size of a huge page in base pages twice
// (512 times too much with 2 MiB pages, 512 * 512 with 1 GiB pages). More than fits gives it away.
static void set_resident(struct segment *seg, const struct sysv_facts *row) {
    const uint64_t huge = 2u << 20;
    uint64_t rss = row->v[COL_RSS], room = round_up(row->v[COL_SIZE], huge);
    if (rss > room) {
        seg->flags |= SEG_FLAG_HUGE;
        rss /= SEG_HUGE_FACTOR;
        if (rss > room)
            rss /= SEG_HUGE_FACTOR;
    }
    seg_set(seg, SEG_RESIDENT, rss);
    seg_set(seg, SEG_SWAPPED, row->v[COL_SWAP]);
}

static void set_time(struct segment *seg, enum seg_field field, uint64_t seconds) {
    if (seconds == 0)
        seg_set_missing(seg, field, WHY_NONE); // never
    else
        seg_set(seg, field, seconds * 1000000000u);
}

// Pid 0 is a process that our pid namespace does not show.
static void set_pid(struct segment *seg, enum seg_field field, uint64_t pid) {
    if (pid == 0)
        seg_set_missing(seg, field, WHY_DENIED);
    else
        seg_set(seg, field, pid);
}

static void set_absent(struct segment *seg) {
    static const enum seg_field none[] = {SEG_LINKS, SEG_SEALS, SEG_SEM_VALUE, SEG_MNT_NS};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        seg_set_missing(seg, none[i], WHY_NONE);
    seg_set_missing(seg, SEG_BIRTH_TIME, WHY_UNSUPPORTED);
    seg->name = strv_missing(WHY_NONE);
}

// Ids as they are known here.
static uint64_t outside(const struct id_map *map, uint64_t id) {
    return map == NULL ? id : rootless_outside(map, (uint32_t)id);
}

static int add_row(const struct reading *r, const struct sysv_facts *row) {
    const uint64_t *v = row->v;
    const struct sysv_place *place = r->place;
    uint64_t cuid = outside(place->uids, v[COL_CUID]);
    struct segment seg = {.foreign = place->foreign, .container = place->container};
    sysv_id(place->ns, v[COL_SHMID], v[COL_CPID], cuid, v[COL_SIZE], &seg.id);
    seg_set(&seg, SEG_KEY, v[COL_KEY]);
    seg_set(&seg, SEG_SIZE, v[COL_SIZE]);
    seg_set(&seg, SEG_MODE, v[COL_PERMS] & 0777);
    seg_set(&seg, SEG_UID, outside(place->uids, v[COL_UID]));
    seg_set(&seg, SEG_GID, outside(place->gids, v[COL_GID]));
    seg_set(&seg, SEG_CREATOR_UID, cuid);
    seg_set(&seg, SEG_NATTCH, v[COL_NATTCH]);
    set_pid(&seg, SEG_CREATOR_PID, v[COL_CPID]);
    set_pid(&seg, SEG_LAST_PID, v[COL_LPID]);
    if (v[COL_LPID] == 0 && v[COL_ATIME] == 0 && v[COL_DTIME] == 0)
        seg_set_missing(&seg, SEG_LAST_PID, WHY_NONE); // nobody ever attached
    set_time(&seg, SEG_ATTACH_TIME, v[COL_ATIME]);
    set_time(&seg, SEG_DETACH_TIME, v[COL_DTIME]);
    set_time(&seg, SEG_CHANGE_TIME, v[COL_CTIME]);
    set_absent(&seg);
    if (row->has_rss) {
        set_resident(&seg, row);
    } else {
        seg_set_missing(&seg, SEG_RESIDENT, WHY_UNSUPPORTED);
        seg_set_missing(&seg, SEG_SWAPPED, WHY_UNSUPPORTED);
    }
    if (place->ns != 0)
        seg_set(&seg, SEG_IPC_NS, place->ns);
    else
        seg_set_missing(&seg, SEG_IPC_NS, WHY_FAILED);
    if ((v[COL_PERMS] & SHM_DEST) != 0)
        seg.flags |= SEG_FLAG_DEST;
    if ((v[COL_PERMS] & SHM_LOCKED) != 0)
        seg.flags |= SEG_FLAG_LOCKED;
    int err = builder_add_segment(r->scan->out, &seg);
    return err == -EEXIST ? 0 : err;
}

// Takes one number in full. `base` 8 or 10; a minus sign only where the kernel prints one.
static bool parse_field(const char *s, size_t len, unsigned base, bool is_signed, uint64_t *out) {
    bool minus = is_signed && len > 1 && s[0] == '-';
    uint64_t n = 0;
    size_t i = minus ? 1 : 0;
    if (i == len)
        return false;
    for (; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)s[i] - '0';
        if (digit >= base || n > (UINT64_MAX - digit) / base)
            return false;
        n = n * base + digit;
    }
    if (minus && n > (uint64_t)INT32_MAX + 1)
        return false;
    *out = minus ? (uint32_t)-n : n; // a negative key is the same 32 bits
    return true;
}

// Splits a line into words separated by blanks; false when there are more than COLUMNS_MAX.
static bool split(const char *line, size_t len, const char *word[], size_t word_len[],
                  size_t *count) {
    size_t n = 0, i = 0;
    for (;;) {
        while (i < len && line[i] == ' ')
            i++;
        if (i == len)
            break;
        if (n == COLUMNS_MAX)
            return false;
        word[n] = line + i;
        while (i < len && line[i] != ' ')
            i++;
        word_len[n] = (size_t)(line + i - word[n]);
        n++;
    }
    *count = n;
    return true;
}

static bool parse_header(struct reading *r, const char *line, size_t len) {
    const char *word[COLUMNS_MAX];
    size_t word_len[COLUMNS_MAX], n;
    if (!split(line, len, word, word_len, &n) || n < COLUMNS_OLD)
        return false;
    for (size_t i = 0; i < n && i < SYSV_COLUMNS; i++)
        if (strlen(columns[i].head) != word_len[i] ||
            memcmp(columns[i].head, word[i], word_len[i]) != 0)
            return false;
    r->column_count = n;
    return true;
}

static bool parse_row(const struct reading *r, const char *line, size_t len,
                      struct sysv_facts *row) {
    const char *word[COLUMNS_MAX];
    size_t word_len[COLUMNS_MAX], n;
    if (!split(line, len, word, word_len, &n) || n != r->column_count)
        return false;
    row->has_rss = n >= SYSV_COLUMNS;
    size_t known = row->has_rss ? SYSV_COLUMNS : COLUMNS_OLD;
    row->v[COL_RSS] = row->v[COL_SWAP] = 0;
    for (size_t i = 0; i < known; i++)
        if (!parse_field(word[i], word_len[i], i == COL_PERMS ? 8 : 10, i == COL_KEY, &row->v[i]) ||
            row->v[i] > columns[i].max)
            return false;
    return true;
}

// One line without its newline. 1: the header makes no sense. 0 or -errno.
static int take_line(struct reading *r, const char *line, size_t len) {
    struct sysv_facts row;
    r->line++;
    if (r->line == 1)
        return parse_header(r, line, len) ? 0 : 1;
    if (parse_row(r, line, len, &row)) {
        int err = r->kept ? sysv_kept_take(r->kept, &row) : 0;
        return err ? err : add_row(r, &row);
    }
    char object[64];
    snprintf(object, sizeof(object), SYSV_OBJECT " line %llu", (unsigned long long)r->line);
    note(r->scan->out, object, WHY_MALFORMED, 0);
    r->malformed = true;
    return 0;
}

// Hands every whole line of text to take_line; *used gets what they took. As take_line.
static int take_lines(struct reading *r, const char *text, size_t len, size_t *used) {
    size_t at = 0;
    const char *end;
    while ((end = memchr(text + at, '\n', len - at)) != NULL) {
        int err = take_line(r, text + at, (size_t)(end - text) - at);
        if (err != 0)
            return err;
        at = (size_t)(end - text) + 1;
    }
    *used = at;
    return 0;
}

// Reads the file chunk by chunk. The kernel gives at most about a page each time and takes its lock
// only that long. 0: it was all there; 1: malformed; -errno.
static int read_lines(struct reading *r, int fd, char *buf) {
    size_t have = 0;
    for (;;) {
        size_t n = 0, used = 0;
        int err = root_read_fd(fd, buf + have, CHUNK - have, &n);
        if (err < 0)
            return err;
        have += n;
        err = take_lines(r, buf, have, &used);
        if (err != 0)
            return err;
        memmove(buf, buf + used, have - used);
        have -= used;
        if (n == 0 || have == CHUNK)
            break;
    }
    if (have == CHUNK || (have == 0 && r->line == 0))
        return 1;                              // a line without end, or nothing at all
    return have > 0 ? take_line(r, "", 0) : 0; // cut off: what there is of it must not be believed
}

static int scan_file(struct reading *r, char *buf) {
    int fd = root_openat(r->scan->root, ROOT_PROC, SYSV_FILE, O_RDONLY);
    if (fd < 0)
        return fd;
    int err = read_lines(r, fd, buf);
    close(fd);
    return err;
}

static int tell_end(struct scan *scan, const struct sysv_place *place, int err) {
    char object[64];
    if (err == 0 || err == -ENOMEM)
        return err;
    snprintf(object, sizeof(object), SYSV_OBJECT " of ipc:[%llu]", (unsigned long long)place->ns);
    note(scan->out, object, err == 1 ? WHY_MALFORMED : why_from_errno(-err), err < 0 ? -err : 0);
    return 0;
}

int sysv_read_fd(struct scan *scan, const struct sysv_place *place, int fd) {
    struct reading r = {.scan = scan, .place = place};
    char *buf = malloc(CHUNK);
    if (buf == NULL)
        return -ENOMEM;
    int err = read_lines(&r, fd, buf);
    free(buf);
    return tell_end(scan, place, err);
}

int sysv_read_text(struct scan *scan, const struct sysv_place *place, const char *text,
                   size_t len) {
    struct reading r = {.scan = scan, .place = place};
    size_t used = 0;
    int err = take_lines(&r, text, len, &used);
    if (err == 0 && (used < len || r.line == 0))
        err = 1; // cut off
    return tell_end(scan, place, err);
}

// Fallback: one call a slot of the kernel's table. What the pages do is not told this way.
static int scan_slots(const struct reading *r) {
    struct root_shm_info info;
    int err = root_shm_info(r->scan->root, &info);
    if (err < 0) {
        note(r->scan->out, "shmctl", why_from_errno(-err), -err);
        return 0;
    }
    for (uint32_t i = 0; i <= info.highest_index; i++) {
        struct root_shm_row s;
        err = root_shm_stat(r->scan->root, i, &s);
        if (err == -EINVAL || err == -EIDRM)
            continue; // not in use, or removed this moment
        if (err < 0) {
            note(r->scan->out, "shmctl", why_from_errno(-err), -err);
            continue;
        }
        struct sysv_facts row = {.has_rss = false};
        sysv_facts_take(&row, &s);
        err = add_row(r, &row);
        if (err < 0)
            return err;
    }
    return 0;
}

struct sysv_state {
    struct sysv_kept *kept; // owned
    char buf[CHUNK];
};

static int sysv_open(const struct root *root, void **out) {
    (void)root;
    struct sysv_state *state = malloc(sizeof(*state));
    int err = state == NULL ? -ENOMEM : sysv_kept_new(&state->kept);
    if (err < 0)
        free(state);
    else
        *out = state;
    return err;
}

static int add_kept(struct reading *r) {
    size_t count;
    const struct sysv_facts *rows = sysv_kept_rows(r->kept, &count);
    int err = 0;
    for (size_t i = 0; i < count && err == 0; i++)
        err = add_row(r, &rows[i]);
    return err;
}

static int sysv_scan(void *arg, struct scan *scan) {
    struct sysv_state *state = arg;
    const struct sysv_place place = {.ns = root_vantage(scan->root)->ipc_ns,
                                     .container = strv_missing(WHY_NONE)};
    struct reading r = {.scan = scan, .place = &place, .kept = state->kept};
    int err = builder_add_realm(scan->out, place.ns);
    if (err < 0)
        return err;
    if (sysv_kept_serves(state->kept, scan))
        return add_kept(&r);
    sysv_kept_begin(state->kept, scan);
    err = scan_file(&r, state->buf);
    sysv_kept_end(state->kept, err == 0 && !r.malformed);
    if (err == 0 || err == -ENOMEM)
        return err;
    note(scan->out, SYSV_OBJECT, err == 1 ? WHY_MALFORMED : why_from_errno(-err),
         err < 0 ? -err : 0);
    return scan_slots(&r); // rows that are there already stay
}

static void sysv_close(void *arg) {
    struct sysv_state *state = arg;
    if (state != NULL)
        sysv_kept_free(state->kept);
    free(state);
}

const struct probe probe_sysv = {"sysv", sysv_open, sysv_scan, sysv_close};
