// posix_aside.c - how much lies in the quarantines of a /dev/shm.
#include "probes/posix_aside.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "core/qitem.h"

enum { PERMISSIONS = 0777, PRIVATE = 0700 };

bool posix_is_aside(const char *name, const struct root_stat *st) {
    uint32_t uid;
    return S_ISDIR(st->mode) && quarantine_parse_dir(name, &uid) && uid == st->uid &&
           (st->mode & PERMISSIONS) == PRIVATE;
}

static int sum_up(const struct root *root, const char *name, struct put_aside *out) {
    struct root_dir *dir;
    int err = root_dir_open(root, ROOT_SHM, name, &dir);
    const char *entry = NULL;
    unsigned char type = DT_UNKNOWN;
    uint64_t page = root_vantage(root)->page_size;
    if (err < 0)
        return err;
    while ((err = root_dir_next(dir, &entry, &type)) == 1) {
        struct root_stat st;
        if ((type != DT_REG && type != DT_UNKNOWN) || root_dir_stat(dir, entry, &st) < 0 ||
            !S_ISREG(st.mode))
            continue;
        out->items++;
        out->bytes += st.blocks_bytes;
        out->promised += (st.size + page - 1) / page * page;
    }
    root_dir_close(dir);
    return err;
}

int posix_sum_aside(const struct root *root, const char *name, const struct root_stat *st,
                    aside_list *seen, struct put_aside *out) {
    *out = (struct put_aside){0};
    struct aside_seen *old = NULL;
    for (size_t i = 0; seen && i < seen->count && !old; i++)
        if (seen->items[i].dev == st->dev && seen->items[i].ino == st->ino)
            old = &seen->items[i];
    if (old && old->modify_ns == st->modify_ns && old->change_ns == st->change_ns) {
        *out = old->sum;
        return 0;
    }
    int err = sum_up(root, name, out);
    const struct aside_seen now = {st->dev, st->ino, st->modify_ns, st->change_ns, *out};
    if (err < 0 || !seen)
        return err;
    if (old) {
        *old = now;
        return 0;
    }
    return vec_push(seen, now);
}
