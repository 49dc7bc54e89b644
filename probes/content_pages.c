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

// Of data: is any of it swapped out, is all of it? False: that cannot be told.
static bool swapped_of(struct content_reader *r, uint64_t off, uint64_t len, bool *any, bool *all) {
    uint64_t resident = 0, swapped = 0;
    if (content_residency(r, off, len, &resident, &swapped) < 0)
        return false;
    *any = swapped > 0;
    *all = swapped > 0 && resident == 0;
    return true;
}

// The run of one state at the beginning of data that is partly swapped out: pages, more and more
// at a time.
static void split_swapped(struct content_reader *r, uint64_t off, uint64_t *len,
                          enum content_state *state) {
    uint64_t page = page_size(r), run = page - off % page, step = page;
    bool any = false, all = false;
    bool told = swapped_of(r, off, run < *len ? run : *len, &any, &all);
    *state = told && any ? CONTENT_SWAPPED : CONTENT_DATA;
    while (run < *len && step >= page) {
        uint64_t more = step < *len - run ? step : *len - run;
        told = swapped_of(r, off + run, more, &any, &all);
        if (told && (*state == CONTENT_SWAPPED ? all : !any)) {
            run += more;
            step *= 2;
        } else {
            step = more > page ? (more / 2 + page - 1) / page * page : 0;
        }
    }
    *len = run < *len ? run : *len;
}

int content_pages(struct content_reader *r, uint64_t off, uint64_t limit, uint64_t *len,
                  enum content_state *state) {
    uint64_t size = 0;
    bool hole = false, any = false, all = false;
    int err = content_size(r, &size);
    *state = CONTENT_DATA;
    *len = 0;
    if (err < 0 || off >= size)
        return err;
    if (limit > size - off)
        limit = size - off;
    *len = limit;
    if (r->mode == CONTENT_HOLDER && !r->all_pages_exist) {
        pages_of_holders(r, off, limit, len, state);
        return 0;
    }
    err = content_extent(r, off, len, &hole);
    if (err == -ENOTSUP) {
        *len = limit;
        return 0;
    }
    if (err < 0)
        return err;
    if (hole) { // asked for one extent, whatever its length: no need to cut it short
        *state = CONTENT_HOLE;
        return 0;
    }
    if (*len > limit)
        *len = limit;
    if (*len > 0 && swapped_of(r, off, *len, &any, &all) && any)
        split_swapped(r, off, len, state);
    return 0;
}
