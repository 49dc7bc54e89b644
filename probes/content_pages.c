// content_pages.c - which pages of a segment exist, without touching any.
#include "probes/content_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    ENTRIES = 512,      // pages asked of a pagemap in one go
    COUNT_PAGES = 16384 // up to here the pages of a segment are counted
};
// An entry of /proc/PID/pagemap: the page is there, and it is of a file or shared.
static const uint64_t pagemap_shared = (UINT64_C(1) << 63) | (UINT64_C(1) << 61);

static uint64_t page_size(const struct content_reader *r) {
    uint64_t page = root_vantage(r->root)->page_size;
    return page ? page : 4096;
}

// Marks those of `count` pages from `first` on that one mapping has in its page table. 0 or -errno.
static int add_mapping(const struct content_reader *r, const struct via *v, uint64_t first,
                       size_t count, bool *there) {
    uint64_t page = page_size(r), from = v->offset / page, entry[ENTRIES];
    uint64_t pages = (v->end - v->start) / page;
    char path[40];
    if (first + count <= from || first >= from + pages)
        return 0;
    uint64_t begin = first > from ? first : from;
    uint64_t end = first + count < from + pages ? first + count : from + pages;
    snprintf(path, sizeof(path), "%d/pagemap", (int)v->process.pid);
    int fd = root_openat(r->root, ROOT_PROC, path, O_RDONLY);
    if (fd < 0)
        return fd;
    ssize_t got = pread(fd, entry, (size_t)(end - begin) * sizeof(entry[0]),
                        (off_t)((v->start / page + (begin - from)) * sizeof(entry[0])));
    int err = got < 0 ? -errno : 0;
    for (size_t i = 0; i < (got < 0 ? 0 : (size_t)got / sizeof(entry[0])); i++)
        if ((entry[i] & pagemap_shared) == pagemap_shared)
            there[begin - first + i] = true;
    close(fd);
    return err;
}

uint64_t content_touched(const struct content_reader *r, const struct via *v, uint64_t off) {
    bool there[ENTRIES] = {false};
    uint64_t page = page_size(r), n = 0;
    if (add_mapping(r, v, off / page, ENTRIES, there) < 0)
        return 0;
    while (n < ENTRIES && there[n])
        n++;
    return n > 0 ? n * page - off % page : 0;
}

// Marks those of `count` pages (at most ENTRIES) that some holder has in its page tables.
static void find_present(const struct content_reader *r, uint64_t first, size_t count,
                         bool *there) {
    memset(there, 0, count * sizeof(*there));
    for (size_t i = 0; i < r->via_count; i++)
        if (r->via[i].usable && holder_alive(r->root, &r->via[i].process) == 0)
            add_mapping(r, &r->via[i], first, count, there);
}

// True when every page that the segment had in the snapshot is in a page table that can be read:
// what is in none was never written. Only System V tells how many pages it has.
static bool all_are_seen(struct content_reader *r) {
    bool there[ENTRIES];
    uint64_t page = page_size(r), size = r->id.incarnation[2], seen = 0;
    uint64_t pages = (size + page - 1) / page, exist = 0;
    if (r->id.kind != SEG_SYSV || r->lasts || pages > COUNT_PAGES ||
        u64v_get(r->pages_exist, &exist) != WHY_KNOWN)
        return false;
    for (uint64_t at = 0; at < pages; at += ENTRIES) {
        size_t n = pages - at < ENTRIES ? (size_t)(pages - at) : ENTRIES;
        find_present(r, at, n, there);
        for (size_t i = 0; i < n; i++)
            seen += there[i];
    }
    return exist <= seen * page;
}

static void pages_of_holders(struct content_reader *r, uint64_t off, uint64_t limit, uint64_t *len,
                             enum content_state *state) {
    bool there[ENTRIES];
    uint64_t page = page_size(r), first = off / page;
    uint64_t want = (off % page + limit + page - 1) / page;
    size_t count = want < ENTRIES ? (size_t)want : ENTRIES, n = 1;
    find_present(r, first, count, there);
    if (!r->seen_asked) {
        r->seen_asked = true;
        r->seen_all = all_are_seen(r);
    }
    while (n < count && there[n] == there[0])
        n++;
    *state = there[0] ? CONTENT_DATA : r->seen_all ? CONTENT_HOLE : CONTENT_UNKNOWN;
    uint64_t run = n * page - off % page;
    *len = run < limit ? run : limit;
}

// What the pages of a range of data are.
struct counted {
    uint64_t pages, resident, swapped; // bytes
};

// False: it cannot be told.
static bool count(struct content_reader *r, uint64_t off, uint64_t len, struct counted *out) {
    uint64_t page = page_size(r), first = off / page * page;
    out->pages = (off + len - first + page - 1) / page * page;
    return content_residency(r, off, len, &out->resident, &out->swapped) == 0;
}

// The run of one state at the beginning of data that is partly swapped out: pages, more and more
// at a time.
static void split_swapped(struct content_reader *r, uint64_t off, uint64_t *len,
                          enum content_state *state) {
    uint64_t page = page_size(r), run = page - off % page, step = page;
    struct counted n;
    bool told = count(r, off, run < *len ? run : *len, &n);
    *state = told && n.swapped > 0 ? CONTENT_SWAPPED : CONTENT_DATA;
    while (run < *len && step >= page) {
        uint64_t more = step < *len - run ? step : *len - run;
        told = count(r, off + run, more, &n);
        if (told && (*state == CONTENT_SWAPPED ? n.resident == 0 : n.swapped == 0)) {
            run += more;
            step *= 2;
        } else {
            step = more > page ? (more / 2 + page - 1) / page * page : 0;
        }
    }
    *len = run < *len ? run : *len;
}

// The end of the data at off. The kernel walks through all of it, so it is asked once a run and not
// once a look.
static int find_data_end(struct content_reader *r, uint64_t off) {
    uint64_t run = 0;
    bool hole = false;
    if (off >= r->data_from && off < r->data_end)
        return 0;
    int err = content_extent(r, off, &run, &hole);
    if (err == 0 && !hole) {
        r->data_from = off;
        r->data_end = off + run;
    }
    return err;
}

// 1: a hole stands at off and *len is its length; 0: data; -ENOTSUP: there is no telling.
static int hole_at(struct content_reader *r, uint64_t off, uint64_t size, uint64_t *len) {
    if (off >= r->data_from && off < r->data_end)
        return 0;
    off_t data = lseek(r->fd, (off_t)off, SEEK_DATA);
    if (data < 0 && errno != ENXIO) // hugetlbfs: EINVAL
        return errno == EINVAL ? -ENOTSUP : -errno;
    if (data >= 0 && (uint64_t)data <= off)
        return 0;
    *len = (data < 0 || (uint64_t)data > size ? size : (uint64_t)data) - off;
    return 1;
}

static int pages_of_file(struct content_reader *r, uint64_t off, uint64_t size, uint64_t *len,
                         enum content_state *state) {
    struct counted n = {0, 0, 0};
    int hole = hole_at(r, off, size, len);
    if (hole != 0) { // told in its whole length
        *state = hole == 1 ? CONTENT_HOLE : CONTENT_DATA;
        return hole < 0 && hole != -ENOTSUP ? hole : 0;
    }
    bool told = count(r, off, *len, &n);
    if (told && n.resident >= n.pages)
        return 0;
    if (!told || n.resident + n.swapped < n.pages) { // a hole begins somewhere
        int err = find_data_end(r, off);
        if (err == 0 && r->data_end > off && r->data_end - off < *len)
            *len = r->data_end - off;
        if (err < 0 && err != -ENOTSUP)
            return err;
    }
    if (told && n.swapped > 0)
        split_swapped(r, off, len, state);
    return 0;
}

int content_pages(struct content_reader *r, uint64_t off, uint64_t limit, uint64_t *len,
                  enum content_state *state) {
    uint64_t size = 0;
    int err = content_size(r, &size);
    *state = CONTENT_DATA;
    *len = 0;
    if (err < 0 || off >= size || limit == 0)
        return err;
    if (limit > size - off)
        limit = size - off;
    *len = limit;
    if (r->mode == CONTENT_HOLDER && !r->all_pages_exist)
        pages_of_holders(r, off, limit, len, state);
    else if (r->mode == CONTENT_FD)
        err = pages_of_file(r, off, size, len, state);
    return err;
}
