// captured.c - makes small captured roots for tests, and runs single probes over a root.
#include "tests/support/captured.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST_PROBES = 16 };

static void must(int good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "captured root: %s: %s\n", what, strerror(errno));
    abort();
}

static void full_path(const struct captured *c, const char *path, char buf[PATH_MAX]) {
    int n = snprintf(buf, PATH_MAX, "%s/%s", c->dir, path);
    must(n > 0 && n < PATH_MAX, path);
}

// Makes every directory on the way to path.
static void make_way(const char *path) {
    char copy[PATH_MAX];
    size_t len = strlen(path);
    must(len < sizeof(copy), path);
    memcpy(copy, path, len + 1);
    for (char *p = copy + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        must(mkdir(copy, 0755) == 0 || errno == EEXIST, copy);
        *p = '/';
    }
}

void captured_new(struct captured *c) {
    const char *tmp = getenv("TMPDIR");
    memset(c, 0, sizeof(*c));
    snprintf(c->dir, sizeof(c->dir), "%s/shmtop-root.XXXXXX", tmp != NULL ? tmp : "/tmp");
    must(mkdtemp(c->dir) != NULL, c->dir);
    captured_dir(c, "proc");
    captured_dir(c, "shm");
}

void captured_bytes(struct captured *c, const char *path, const void *bytes, size_t len) {
    char full[PATH_MAX];
    full_path(c, path, full);
    make_way(full);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    must(fd >= 0, full);
    must(write(fd, bytes, len) == (ssize_t)len, full);
    close(fd);
}

void captured_file(struct captured *c, const char *path, const char *text) {
    captured_bytes(c, path, text, strlen(text));
}

void captured_dir(struct captured *c, const char *path) {
    char full[PATH_MAX];
    full_path(c, path, full);
    make_way(full);
    must(mkdir(full, 0755) == 0 || errno == EEXIST, full);
}

void captured_link(struct captured *c, const char *path, const char *to) {
    char full[PATH_MAX];
    full_path(c, path, full);
    make_way(full);
    must(symlink(to, full) == 0, full);
}

void captured_fifo(struct captured *c, const char *path) {
    char full[PATH_MAX];
    full_path(c, path, full);
    make_way(full);
    must(mkfifo(full, 0644) == 0, full);
}

void captured_socket(struct captured *c, const char *path) {
    char full[PATH_MAX];
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    full_path(c, path, full);
    make_way(full);
    must(strlen(full) < sizeof(a.sun_path), full);
    memcpy(a.sun_path, full, strlen(full) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, full);
    close(fd);
}

struct root *captured_open(struct captured *c, const char *members) {
    char full[PATH_MAX], error[512];
    full_path(c, "manifest.json", full);
    FILE *f = fopen(full, "we");
    must(f != NULL, full);
    fprintf(f, "{\"manifest\": 1%s%s}\n", *members == '\0' ? "" : ", ", members);
    must(fclose(f) == 0, full);
    root_close(c->root);
    c->root = NULL;
    if (root_open_explained(c->dir, &c->root, error, sizeof(error)) < 0) {
        fprintf(stderr, "captured root: %s\n", error);
        abort();
    }
    return c->root;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void captured_done(struct captured *c) {
    root_close(c->root);
    c->root = NULL;
    nftw(c->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const struct snapshot *scan_probes(const struct root *root, const struct probe *const *probes,
                                   const struct scan_request *want) {
    struct builder *b;
    const struct snapshot *snap;
    must(builder_new(&b) == 0, "builder_new");
    *builder_vantage(b) = *root_vantage(root);
    struct scan scan = {.root = root, .want = want, .out = b};
    void *states[MOST_PROBES] = {NULL}; // later probes may use what earlier ones keep
    size_t n = 0;
    for (; probes[n] != NULL; n++) {
        must(n < MOST_PROBES, "too many probes");
        must(probes[n]->open == NULL || probes[n]->open(root, &states[n]) == 0, probes[n]->name);
        must(probes[n]->scan(states[n], &scan) == 0, probes[n]->name);
    }
    while (n-- > 0)
        if (probes[n]->close != NULL)
            probes[n]->close(states[n]);
    must(builder_freeze(b, 1, root_mono_ns(root), root_wall_ns(root), &snap) == 0, "freeze");
    return snap;
}

const struct snapshot *scan_probe(const struct root *root, const struct probe *probe) {
    const struct probe *const probes[] = {probe, NULL};
    const struct scan_request want = {.everything = true};
    return scan_probes(root, probes, &want);
}

const struct segment *seg_named(const struct snapshot *snap, const char *name) {
    for (size_t i = 0; i < snap->segment_count; i++) {
        const char *bytes = NULL;
        size_t len = 0;
        if (strv_get(snap->segments[i].name, &bytes, &len) == WHY_KNOWN && len == strlen(name) &&
            memcmp(bytes, name, len) == 0)
            return &snap->segments[i];
    }
    return NULL;
}

const struct segment *seg_numbered(const struct snapshot *snap, uint64_t num) {
    for (size_t i = 0; i < snap->segment_count; i++)
        if (snap->segments[i].id.num == num)
            return &snap->segments[i];
    return NULL;
}

const struct note *note_about(const struct snapshot *snap, const char *probe, const char *object) {
    for (size_t i = 0; i < snap->note_count; i++) {
        const struct note *n = &snap->notes[i];
        const char *bytes = NULL;
        size_t len = 0;
        if (strcmp(n->probe, probe) != 0)
            continue;
        if (*object == '\0')
            return n;
        if (strv_get(n->object, &bytes, &len) == WHY_KNOWN && len == strlen(object) &&
            memcmp(bytes, object, len) == 0)
            return n;
    }
    return NULL;
}
