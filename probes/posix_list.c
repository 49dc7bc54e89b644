// posix_list.c - what a directory of a /dev/shm holds, kept from one look to the next.
#include "probes/posix_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probes/fanout.h"

enum { LOOK_AHEAD = 64 }; // so many entries in a row may go without the others being asked again

// Times in a directory move in steps of up to 10 ms: one that has changed just now may change once
// more without showing it.
static const uint64_t step_ns = 50000000;
// Whatever the times say, a directory is listed anew after so long.
static const uint64_t trust_ns = 9000000000;

void listing_done(struct listing *l) {
    free(l->path);
    vec_done(&l->names);
    vec_done(&l->items);
    *l = (struct listing){0};
}

static bool unchanged(const struct listing *l, const struct root_stat *now, uint64_t mono_ns) {
    return l->listed_ns != 0 && l->settled && mono_ns - l->listed_ns < trust_ns &&
           l->self.dev == now->dev && l->self.ino == now->ino &&
           l->self.modify_ns == now->modify_ns && l->self.change_ns == now->change_ns;
}

// tmpfs lists in a fixed order, so that what was there before follows in the order it had.
static const struct listed *find_before(const struct listing *before, size_t *at, const char *name,
                                        uint64_t ino) {
    for (size_t i = *at; ino != 0 && i < before->items.count && i < *at + LOOK_AHEAD; i++) {
        const struct listed *old = &before->items.items[i];
        if (old->ino == ino && strcmp(listing_name(before, old), name) == 0) {
            *at = i + 1;
            return old;
        }
    }
    return NULL;
}

static int keep(struct listing *l, const struct listing *before, size_t *at, const char *name,
                unsigned char type, uint64_t ino) {
    size_t len = strlen(name) + 1;
    if (l->names.count + len > UINT32_MAX || vec_reserve(&l->names, l->names.count + len) < 0)
        return -ENOMEM;
    struct listed item = {.ino = ino, .type = type};
    const struct listed *old = find_before(before, at, name, ino);
    if (old && old->type == type)
        item = *old;
    item.name = (uint32_t)l->names.count;
    memcpy(l->names.items + l->names.count, name, len);
    l->names.count += len;
    return vec_push(&l->items, item);
}

int listing_read(struct listing *l, const struct root *root, struct root_dir *dir, bool trusting) {
    struct root_stat self = {0};
    uint64_t mono_ns = root_mono_ns(root), wall_ns = root_wall_ns(root);
    bool known = root_is_live(root) && root_dir_stat(dir, ".", &self) == 0;
    if (trusting && known && unchanged(l, &self, mono_ns))
        return 0;
    struct listing before = *l;
    memset(&l->names, 0, sizeof l->names);
    memset(&l->items, 0, sizeof l->items);
    if (!trusting)
        before.items.count = 0;
    l->self = self;
    l->settled = known && wall_ns > self.modify_ns && wall_ns - self.modify_ns > step_ns;
    l->listed_ns = mono_ns;
    const char *name = NULL;
    unsigned char type = DT_UNKNOWN;
    size_t at = 0;
    int err;
    while ((err = root_dir_next(dir, &name, &type)) == 1) {
        // FIFO, socket, link, device: never touched.
        if (type != DT_REG && type != DT_DIR && type != DT_UNKNOWN)
            continue;
        err = keep(l, &before, &at, name, type, root_dir_ino(dir));
        if (err < 0)
            break;
    }
    if (err < 0)
        l->listed_ns = 0;
    vec_done(&before.names);
    vec_done(&before.items);
    return err;
}

struct asking {
    struct listing *listing;
    struct root_dir *dir;
    uint64_t now_ns;
};

static void ask(void *arg, unsigned worker, size_t i) {
    const struct asking *a = arg;
    struct listed *item = &a->listing->items.items[i];
    (void)worker;
    if (!item->due)
        return;
    item->due = false;
    item->err = -root_dir_stat(a->dir, listing_name(a->listing, item), &item->st);
    item->stat_ns = a->now_ns;
}

void listing_ask(struct listing *l, const struct root *root, struct root_dir *dir) {
    struct asking asking = {l, dir, root_mono_ns(root)};
    if (root_is_live(root)) {
        fanout_run(l->items.count, ask, &asking);
        return;
    }
    for (size_t i = 0; i < l->items.count; i++)
        ask(&asking, 0, i);
}
