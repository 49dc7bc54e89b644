// locks_read.c - all of /proc/locks, although the kernel tells it piece by piece.
//
// For each piece, about a page, it begins by counting from the first lock again. Where locks come
// and go in between, also those that we are not shown, one at the seam may be told twice or not at
// all. More than one piece is believed when it is told the same twice; else it is asked for with
// seams in other places, and each line counts as often as most of the answers have it.
#include "probes/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/vec.h"
#include "probes/root.h"

enum {
    LOCKS_LIMIT = 64 << 20, // bytes of /proc/locks
    LOCKS_CHUNK = 64 * 1024,
    SEAM = 512, // the seams of each try are so many bytes further on
    TRIES = 8
};

struct answer {
    char *text; // owned
    size_t len;
    unsigned pieces;
};

// What would have had room in the piece before was there when that was made: it comes again because
// something has come before it since. (A lock and all who wait for it are told in one piece, so
// that one that is followed by a crowd may be much shorter than a page.)
static bool is_echo(size_t before, size_t len) {
    return before + len < (size_t)sysconf(_SC_PAGESIZE);
}

// Reads it all, the first piece no longer than `first`. 0 or -errno.
static int read_pieces(int fd, size_t first, struct answer *out) {
    size_t room = 0, before = SIZE_MAX / 2;
    *out = (struct answer){0};
    for (;;) {
        if (room - out->len < LOCKS_CHUNK) {
            room = out->len + 2 * LOCKS_CHUNK;
            char *grown = room > LOCKS_LIMIT ? NULL : realloc(out->text, room);
            if (!grown)
                return room > LOCKS_LIMIT ? -EFBIG : -ENOMEM;
            out->text = grown;
        }
        size_t want = out->len == 0 ? first : room - out->len;
        ssize_t n = read(fd, out->text + out->len, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || is_echo(before, (size_t)n))
            return n < 0 ? -errno : 0;
        before = (size_t)n < want ? (size_t)n : SIZE_MAX / 2;
        out->len += (size_t)n;
        out->pieces++;
    }
}

static bool is_same(const struct answer *a, const struct answer *b) {
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

// ---- answers that differ

// A line without its number, which is but its place among the others.
struct line {
    const char *at;
    size_t len;
    unsigned try;
};
typedef VEC(struct line) line_list;

static int compare_text(const struct line *a, const struct line *b) {
    int d = memcmp(a->at, b->at, a->len < b->len ? a->len : b->len);
    return d ? d : (a->len > b->len) - (a->len < b->len);
}

static int compare_lines(const void *left, const void *right) {
    const struct line *a = left, *b = right;
    int d = compare_text(a, b);
    return d ? d : (a->try > b->try) - (a->try < b->try);
}

static int add_lines(const struct answer *a, unsigned try, line_list *out) {
    for (const char *at = a->text, *end = a->text + a->len; at < end;) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        const char *stop = nl ? nl : end, *colon = memchr(at, ':', (size_t)(stop - at));
        const char *from = colon ? colon : at;
        struct line line = {from, (size_t)(stop - from), try};
        if (vec_push(out, line))
            return -ENOMEM;
        at = stop + 1;
    }
    return 0;
}

// How often most answers have it; of those that are as many, the last ones.
static unsigned usual_count(const unsigned counts[TRIES]) {
    unsigned best = 0, votes = 0;
    for (unsigned i = 0; i < TRIES; i++) {
        unsigned same = 0;
        for (unsigned k = 0; k < TRIES; k++)
            same += counts[k] == counts[i];
        if (same >= votes) {
            votes = same;
            best = counts[i];
        }
    }
    return best;
}

// As lines of the file, all with the number 0.
static int settle(const struct answer answers[TRIES], char **text, size_t *len) {
    line_list lines = {0};
    VEC(char) out = {0};
    int err = 0;
    for (unsigned i = 0; i < TRIES && !err; i++)
        err = add_lines(&answers[i], i, &lines);
    if (!err && lines.count > 1)
        qsort(lines.items, lines.count, sizeof *lines.items, compare_lines);
    for (size_t from = 0, to = 0; from < lines.count && !err; from = to) {
        const struct line *line = &lines.items[from];
        unsigned counts[TRIES] = {0};
        for (; to < lines.count && compare_text(line, &lines.items[to]) == 0; to++)
            counts[lines.items[to].try]++;
        for (unsigned n = usual_count(counts); n > 0 && !err; n--) {
            err = vec_reserve(&out, out.count + line->len + 2);
            if (err)
                break;
            out.items[out.count++] = '0';
            memcpy(out.items + out.count, line->at, line->len);
            out.count += line->len;
            out.items[out.count++] = '\n';
        }
    }
    vec_done(&lines);
    if (err) {
        vec_done(&out);
        return err;
    }
    *text = out.items;
    *len = out.count;
    return 0;
}

int locks_read(const struct root *root, char **text, size_t *len) {
    struct answer answers[TRIES] = {0};
    unsigned count = 0;
    bool good = false;
    int fd = root_openat(root, ROOT_PROC, "locks", O_RDONLY), err = fd < 0 ? fd : 0;
    while (!err && !good && count < TRIES) {
        // To begin anew costs less than to open it again.
        if (count > 0 && lseek(fd, 0, SEEK_SET) < 0)
            err = -EIO;
        else
            err = read_pieces(fd, count ? count * SEAM : LOCKS_CHUNK, &answers[count]);
        good = !err && (answers[count].pieces < 2 ||
                        (count > 0 && is_same(&answers[count], &answers[count - 1])));
        count++;
    }
    if (!err && good) {
        struct answer *last = &answers[count - 1];
        *text = last->text;
        *len = last->len;
        last->text = NULL;
    } else if (!err) {
        err = settle(answers, text, len);
    }
    for (unsigned i = 0; i < count; i++)
        free(answers[i].text);
    if (fd >= 0)
        close(fd);
    return err;
}
