// root_manifest.c - reads the manifest of a captured root; root_fixture.c describes the format.
#include "probes/root_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/fault.h"
#include "core/fmt.h"
#include "core/segname.h"

enum { ERRNO_MAX = 200 };

static const char *const stat_names[STAT_COUNT] = {
    [STAT_DEV] = "dev",         [STAT_INO] = "ino",
    [STAT_MODE] = "mode",       [STAT_UID] = "uid",
    [STAT_GID] = "gid",         [STAT_LINKS] = "links",
    [STAT_SIZE] = "size",       [STAT_BLOCKS] = "blocks_bytes",
    [STAT_BIRTH] = "birth_ns",  [STAT_CHANGE] = "change_ns",
    [STAT_MODIFY] = "modify_ns"};
static const char *const op_names[ROOT_OP_COUNT] = {"open", "read", "stat", "readlink", "list"};

// Where the complaint goes.
struct loading {
    struct root *root;
    struct fixture *f;
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 2, 3))) static int bad(const struct loading *l, const char *fmt,
                                                     ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(l->error, l->error_size, fmt, ap);
    va_end(ap);
    return -EINVAL;
}

// Reads a number of at most max. 0 or -EINVAL.
static int get_number(const struct loading *l, const char *where, const char *key,
                      const json_t *value, uint64_t max, uint64_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (uint64_t)json_integer_value(value) > max)
        return bad(l, "\"%s\" of %s is not a number from 0 to %llu", key, where,
                   (unsigned long long)max);
    *out = (uint64_t)json_integer_value(value);
    return 0;
}

// "MAJOR:MINOR" in decimal.
static int get_dev(const struct loading *l, const char *where, const char *key, const json_t *value,
                   uint64_t *out) {
    const char *s = json_string_value(value);
    char *end = NULL;
    unsigned long major_number = 0, minor_number = 0;
    bool good = s != NULL && *s >= '0' && *s <= '9';
    if (good) {
        major_number = strtoul(s, &end, 10);
        good = *end == ':' && end[1] >= '0' && end[1] <= '9';
    }
    if (good) {
        minor_number = strtoul(end + 1, &end, 10);
        good = *end == '\0' && major_number <= 0xfff && minor_number <= 0xfffff;
    }
    if (!good)
        return bad(l, "\"%s\" of %s is not a device like \"0:26\"", key, where);
    *out = makedev((unsigned)major_number, (unsigned)minor_number);
    return 0;
}

static int get_errno(const struct loading *l, const char *where, const json_t *value, int *out) {
    const char *s = json_string_value(value);
    char buf[16];
    for (int i = 1; s != NULL && i < ERRNO_MAX; i++) {
        if (strcmp(errno_name(i, buf), s) == 0) {
            *out = i;
            return 0;
        }
    }
    return bad(l, "\"error\" of %s is not an errno name like \"EACCES\"", where);
}

// A key of the stat numbers. 0, -EINVAL, or 1 when the key is none of them.
static int take_stat_key(const struct loading *l, const char *where, const char *key,
                         const json_t *value, struct fixture_told *t) {
    for (unsigned i = 0; i < STAT_COUNT; i++) {
        if (strcmp(key, stat_names[i]) != 0)
            continue;
        uint64_t max = i >= STAT_MODE && i <= STAT_LINKS ? UINT32_MAX : INT64_MAX;
        int err = i == STAT_DEV ? get_dev(l, where, key, value, &t->v[i])
                                : get_number(l, where, key, value, max, &t->v[i]);
        t->given |= 1u << i;
        return err;
    }
    return 1;
}

static int take_target(const struct loading *l, const char *where, json_t *value,
                       struct fixture_entry *e) {
    const char *key;
    json_t *v;
    if (!json_is_object(value))
        return bad(l, "\"target\" of %s is not an object", where);
    e->has_target = true;
    json_object_foreach(value, key, v) {
        int err = take_stat_key(l, where, key, v, &e->target);
        if (err != 0)
            return err < 0 ? err : bad(l, "\"target\" of %s: unknown key \"%s\"", where, key);
    }
    return 0;
}

static int take_error(const struct loading *l, const char *where, json_t *value,
                      struct fixture_entry *e) {
    const char *key;
    json_t *v;
    if (!json_is_object(value))
        return get_errno(l, where, value, &e->error);
    json_object_foreach(value, key, v) {
        int op = 0;
        while (op < ROOT_OP_COUNT && strcmp(op_names[op], key) != 0)
            op++;
        if (op == ROOT_OP_COUNT)
            return bad(l, "\"error\" of %s: unknown operation \"%s\"", where, key);
        int err = get_errno(l, where, v, &e->op_error[op]);
        if (err < 0)
            return err;
    }
    return 0;
}

static int take_path(const struct loading *l, const char *key, struct fixture_entry *e) {
    static const char *const trees[] = {[ROOT_PROC] = "proc", [ROOT_SHM] = "shm"};
    char raw[PATH_MAX];
    ssize_t len = name_unescape(key, raw, sizeof(raw) - 1);
    if (len < 0)
        return bad(l, "\"files\": path \"%s\" is not escaped well", key);
    raw[len] = '\0';
    if (strlen(raw) != (size_t)len)
        return bad(l, "\"files\": path \"%s\" holds a NUL", key);
    for (int t = ROOT_PROC; t <= ROOT_SHM; t++) {
        size_t n = strlen(trees[t]);
        if (strncmp(raw, trees[t], n) != 0 || (raw[n] != '/' && raw[n] != '\0'))
            continue;
        e->tree = (enum root_tree)t;
        e->path = strdup(raw + n + (raw[n] == '/'));
        return e->path == NULL ? -ENOMEM : 0;
    }
    return bad(l, "\"files\": path \"%s\" begins with neither proc/ nor shm/", key);
}

static int take_link(const struct loading *l, const char *where, const char *text,
                     struct fixture_entry *e) {
    char raw[PATH_MAX];
    ssize_t len = name_unescape(text, raw, sizeof(raw) - 1);
    if (len <= 0 || memchr(raw, '\0', (size_t)len) != NULL)
        return bad(l, "\"link\" of %s is empty or not escaped well", where);
    e->link = strndup(raw, (size_t)len);
    return e->link == NULL ? -ENOMEM : 0;
}

static int take_file(const struct loading *l, const char *where, json_t *value,
                     struct fixture_entry *e) {
    const char *key;
    json_t *v;
    if (!json_is_object(value))
        return bad(l, "\"files\": %s is not an object", where);
    json_object_foreach(value, key, v) {
        int err = take_stat_key(l, where, key, v, &e->self);
        if (err == 1 && strcmp(key, "target") == 0)
            err = take_target(l, where, v, e);
        else if (err == 1 && strcmp(key, "error") == 0)
            err = take_error(l, where, v, e);
        else if (err == 1 && strcmp(key, "link") == 0 && json_is_string(v))
            err = take_link(l, where, json_string_value(v), e);
        if (err != 0)
            return err < 0 ? err : bad(l, "\"files\": %s: unknown key \"%s\"", where, key);
    }
    return 0;
}

static int take_files(const struct loading *l, json_t *files) {
    const char *key;
    json_t *v;
    size_t n = json_object_size(files);
    if (!json_is_object(files))
        return bad(l, "\"files\" is not an object");
    l->f->entries = calloc(n + 1, sizeof(*l->f->entries));
    if (l->f->entries == NULL)
        return -ENOMEM;
    json_object_foreach(files, key, v) {
        struct fixture_entry *e = &l->f->entries[l->f->entry_count];
        int err = take_path(l, key, e);
        if (err < 0)
            return err;
        l->f->entry_count++;
        err = take_file(l, key, v, e);
        if (err < 0)
            return err;
    }
    qsort(l->f->entries, l->f->entry_count, sizeof(*l->f->entries), fixture_compare_entries);
    return 0;
}

// A number of an object of numbers, by key.
struct number {
    const char *key;
    uint64_t *large; // one of the two

    uint32_t *small;
};

static int take_numbers(const struct loading *l, const char *where, json_t *object,
                        const struct number *numbers, size_t count) {
    const char *key;
    json_t *v;
    if (!json_is_object(object))
        return bad(l, "\"%s\" is not an object", where);
    json_object_foreach(object, key, v) {
        size_t i = 0;
        uint64_t n = 0;
        while (i < count && strcmp(numbers[i].key, key) != 0)
            i++;
        if (i == count)
            return bad(l, "\"%s\": unknown key \"%s\"", where, key);
        uint64_t max = numbers[i].small != NULL ? UINT32_MAX : INT64_MAX;
        int err = get_number(l, where, key, v, max, &n);
        if (err < 0)
            return err;
        if (numbers[i].small != NULL)
            *numbers[i].small = (uint32_t)n;
        else
            *numbers[i].large = n;
    }
    return 0;
}
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static int take_statfs(const struct loading *l, const char *key, json_t *value) {
    struct root_statfs *fs = &l->f->statfs;
    const struct number numbers[] = {{.key = "size", .large = &fs->size},
                                     {.key = "used", .large = &fs->used},
                                     {.key = "inodes", .large = &fs->inodes},
                                     {.key = "inodes_used", .large = &fs->inodes_used}};
    l->f->has_statfs = true;
    return take_numbers(l, key, value, numbers, COUNT_OF(numbers));
}

static int take_shm_info(const struct loading *l, const char *key, json_t *value) {
    struct root_shm_info *i = &l->f->shm_info;
    const struct number numbers[] = {{.key = "used_ids", .large = &i->used_ids},
                                     {.key = "total_pages", .large = &i->total_pages},
                                     {.key = "resident_pages", .large = &i->resident_pages},
                                     {.key = "swapped_pages", .large = &i->swapped_pages},
                                     {.key = "highest_index", .small = &i->highest_index}};
    l->f->has_shm_info = true;
    return take_numbers(l, key, value, numbers, COUNT_OF(numbers));
}

static int take_slots(const struct loading *l, const char *key, json_t *value) {
    if (!json_is_array(value))
        return bad(l, "\"%s\" is not an array", key);
    l->f->slots = calloc(json_array_size(value) + 1, sizeof(*l->f->slots));
    if (l->f->slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct fixture_slot *s = &l->f->slots[l->f->slot_count++];
        struct root_shm_row *r = &s->row;
        const struct number numbers[] = {
            {.key = "index", .small = &s->index}, {.key = "shmid", .small = &r->shmid},
            {.key = "key", .small = &r->key},     {.key = "perms", .small = &r->perms},
            {.key = "cpid", .small = &r->cpid},   {.key = "lpid", .small = &r->lpid},
            {.key = "uid", .small = &r->uid},     {.key = "gid", .small = &r->gid},
            {.key = "cuid", .small = &r->cuid},   {.key = "cgid", .small = &r->cgid},
            {.key = "size", .large = &r->size},   {.key = "nattch", .large = &r->nattch},
            {.key = "atime", .large = &r->atime}, {.key = "dtime", .large = &r->dtime},
            {.key = "ctime", .large = &r->ctime}};
        int err = take_numbers(l, key, json_array_get(value, i), numbers, COUNT_OF(numbers));
        if (err < 0)
            return err;
    }
    return 0;
}

static int take_users(const struct loading *l, const char *where, json_t *value) {
    const char *key;
    json_t *v;
    if (!json_is_object(value))
        return bad(l, "\"%s\" is not an object", where);
    l->f->users = calloc(json_object_size(value) + 1, sizeof(*l->f->users));
    if (l->f->users == NULL)
        return -ENOMEM;
    json_object_foreach(value, key, v) {
        uint64_t uid = 0;
        if (parse_u64(key, &uid) < 0 || uid > UINT32_MAX || !json_is_string(v))
            return bad(l, "\"%s\": \"%s\" is not a number with a name", where, key);
        char *name = strdup(json_string_value(v));
        if (name == NULL)
            return -ENOMEM;
        l->f->users[l->f->user_count++] = (struct fixture_user){(uint32_t)uid, name};
    }
    return 0;
}

static int take_host(const struct loading *l, const char *key, json_t *value) {
    char *host = l->root->vantage.host;
    if (!json_is_string(value) || json_string_length(value) >= sizeof(l->root->vantage.host))
        return bad(l, "\"%s\" is not a string of at most 64 bytes", key);
    memcpy(host, json_string_value(value), json_string_length(value) + 1);
    return 0;
}

static int take_version(const struct loading *l, const char *key, json_t *value) {
    if (!json_is_integer(value) || json_integer_value(value) != 1)
        return bad(l, "\"%s\" is not 1: this is another version of the format", key);
    return 0;
}

static int take_complete(const struct loading *l, const char *key, json_t *value) {
    if (!json_is_boolean(value))
        return bad(l, "\"%s\" is not true or false", key);
    l->root->sees_all = json_is_true(value);
    return 0;
}

static int take_devshm(const struct loading *l, const char *key, json_t *value) {
    int err = get_dev(l, "the manifest", key, value, &l->f->devshm_dev);
    l->root->vantage.devshm_dev = l->f->devshm_dev;
    return err;
}

static int take_internal(const struct loading *l, const char *key, json_t *value) {
    return get_dev(l, "the manifest", key, value, &l->root->internal_dev);
}

static int take_huge(const struct loading *l, const char *key, json_t *value) {
    if (!json_is_array(value) || json_array_size(value) > ROOT_HUGE_DEVS)
        return bad(l, "\"%s\" is not an array of at most %d devices", key, ROOT_HUGE_DEVS);
    for (size_t i = 0; i < json_array_size(value); i++) {
        int err = get_dev(l, "the manifest", key, json_array_get(value, i), &l->root->huge_dev[i]);
        if (err < 0)
            return err;
    }
    return 0;
}

static int take_files_key(const struct loading *l, const char *key, json_t *value) {
    (void)key;
    return take_files(l, value);
}

// The plain numbers of the manifest. 1: the key is none of them.
static int take_number_key(const struct loading *l, const char *key, json_t *value) {
    struct vantage *v = &l->root->vantage;
    const struct number numbers[] = {
        {.key = "uid", .small = &v->uid},           {.key = "page_size", .small = &v->page_size},
        {.key = "ipc_ns", .large = &v->ipc_ns},     {.key = "mnt_ns", .large = &v->mnt_ns},
        {.key = "pid_ns", .large = &v->pid_ns},     {.key = "time_ns", .large = &l->f->wall_ns},
        {.key = "mono_ns", .large = &l->f->mono_ns}};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        if (strcmp(numbers[i].key, key) != 0)
            continue;
        uint64_t n = 0, max = numbers[i].small != NULL ? UINT32_MAX : INT64_MAX;
        int err = get_number(l, "the manifest", key, value, max, &n);
        if (err < 0)
            return err;
        if (numbers[i].small != NULL)
            *numbers[i].small = (uint32_t)n;
        else
            *numbers[i].large = n;
        return 0;
    }
    return 1;
}

static const struct {
    const char *key;
    int (*take)(const struct loading *l, const char *key, json_t *value);
} top_keys[] = {{"manifest", take_version},      {"host", take_host},
                {"complete", take_complete},     {"devshm_dev", take_devshm},
                {"internal_dev", take_internal}, {"huge_devs", take_huge},
                {"statfs", take_statfs},         {"shm_info", take_shm_info},
                {"shm_slots", take_slots},       {"users", take_users},
                {"files", take_files_key}};

static int take_all(const struct loading *l, json_t *top) {
    const char *key;
    json_t *v;
    if (!json_is_object(top) || json_object_get(top, "manifest") == NULL)
        return bad(l, "there is no \"manifest\": 1 in it");
    json_object_foreach(top, key, v) {
        int err = take_number_key(l, key, v);
        for (size_t i = 0; err == 1 && i < COUNT_OF(top_keys); i++)
            if (strcmp(top_keys[i].key, key) == 0)
                err = top_keys[i].take(l, key, v);
        if (err != 0)
            return err < 0 ? err : bad(l, "unknown key \"%s\"", key);
    }
    return 0;
}

int fixture_load(struct root *root, struct fixture *f, const char *text, size_t len, char *error,
                 size_t size) {
    char line[300] = "";
    const struct loading l = {root, f, line, sizeof(line)};
    json_error_t where;
    root->vantage.page_size = 4096;
    json_t *top = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    if (top == NULL) {
        snprintf(error, size, "manifest.json:%d:%d: %s", where.line, where.column, where.text);
        return -EINVAL;
    }
    int err = take_all(&l, top);
    if (err == -EINVAL)
        snprintf(error, size, "manifest.json: %s", line);
    json_decref(top);
    return err;
}
