// journal.c - the record of what was removed, why, by whom, and how to undo it.
#include "app/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/json.h"
#include "app/userfile.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/segname.h"

#define SYSTEM_STATE "/var/lib/shmtop"
enum { LONGEST = 4 << 20, LINE_MAX_BYTES = 64 * 1024 }; // when it is longer a new one is begun

struct journal {
    const struct root *root;
    const char *command;
    int fd;  // -1: entries go nowhere
    int err; // of the first entry that could not be written
};

// ---- the file

// The folder of the journal. False: there is no place for it.
static bool state_folder(const struct root *root, char path[PATH_MAX]) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = -1;
    // A path that does not begin with / is to be ignored, says the XDG base directory standard.
    if (state && state[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/shmtop", state);
    else if (home && home[0] == '/' && home[1])
        n = snprintf(path, PATH_MAX, "%s/.local/state/shmtop", home);
    else if (root_vantage(root)->uid == 0)
        n = snprintf(path, PATH_MAX, SYSTEM_STATE);
    return n > 0 && n < PATH_MAX;
}

// Makes the folder and those above it. 0 or -errno.
static int make_folder(char *path) {
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        int made = mkdir(path, 0700), err = errno;
        *p = '/';
        if (made < 0 && err != EEXIST && err != EROFS)
            return -err;
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

// Opens it in its folder; one that has grown long makes room for a new one. fd or -errno.
static int open_file(int dir) {
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
                      O_CLOEXEC;
    struct stat st;
    int fd = openat(dir, "journal", flags, 0600);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > LONGEST &&
        renameat(dir, "journal", dir, "journal.1") == 0) {
        close(fd);
        fd = openat(dir, "journal", flags, 0600);
    }
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return -EINVAL;
    }
    return fd;
}

struct journal *journal_open(const struct root *root, const char *command, char *why, size_t size) {
    struct journal *j = xcalloc(1, sizeof *j);
    char path[PATH_MAX] = "", shown[200];
    *j = (struct journal){.root = root, .command = command, .fd = -1};
    why[0] = '\0';
    int err = !state_folder(root, path) ? -ENOENT
              : !userfile_is_safe(path) ? -ELOOP
                                        : make_folder(path);
    int dir = err ? err : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!err && dir < 0)
        err = -errno;
    if (!err)
        j->fd = err = open_file(dir);
    if (dir >= 0)
        close(dir);
    if (err >= 0)
        return j;
    j->fd = -1;
    name_escape(path, strlen(path), false, shown, sizeof shown);
    if (*path)
        snprintf(why, size, "no journal can be kept in %s: %s", shown, strerror(-err));
    else
        snprintf(why, size, "no journal can be kept: neither HOME nor XDG_STATE_HOME is set");
    return j;
}

void journal_close(struct journal *j) {
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    free(j);
}

int journal_sync(struct journal *j) {
    if (j->fd >= 0 && fsync(j->fd) < 0 && errno != EINVAL && j->err == 0)
        j->err = -errno;
    return j->err;
}

// ---- entries

static json_t *new_entry(const struct journal *j, const char *action, const char *id) {
    char time[40];
    json_t *o = json_object();
    json_object_set_new(o, "time", json_string(fmt_rfc3339(root_wall_ns(j->root), time)));
    json_object_set_new(o, "uid", json_integer(root_vantage(j->root)->uid));
    json_object_set_new(o, "pid", json_integer(getpid()));
    json_object_set_new(o, "command", json_string(j->command));
    json_object_set_new(o, "action", json_string(action));
    json_object_set_new(o, "id", json_string(id));
    return o;
}

// One write(2), so that lines of several shmtops never mix. The entry is freed.
static void append(struct journal *j, json_t *o) {
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    if (!text || j->fd < 0) {
        free(text);
        return;
    }
    char *line = xasprintf("%s\n", text);
    size_t len = strlen(line);
    ssize_t n;
    do
        n = write(j->fd, line, len);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)len && j->err == 0)
        j->err = n < 0 ? -errno : -EIO;
    free(line);
    free(text);
}

static const char *action_of(const struct op_request *req) {
    return req->where.form == SEG_FORM_SYSV || req->now ? "remove" : "quarantine";
}

static void put_facts(json_t *o, const struct snapshot *snap, const struct segment *seg) {
    static const char *const kept[] = {
        "kind",       "key",     "name",   "size",   "mode",        "uid",         "user",
        "gid",        "creator", "last",   "nattch", "attach_time", "detach_time", "change_time",
        "birth_time", "ipc_ns",  "mnt_ns", "origin", "verdict"};
    json_t *all = json_facts(snap, seg), *facts = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        json_t *value = json_object_get(all, kept[i]);
        if (value)
            json_object_set(facts, kept[i], value);
    }
    json_decref(all);
    json_object_set_new(o, "facts", facts);
}

void journal_intend(struct journal *j, const struct op_request *req, const char *id,
                    const struct snapshot *snap, const struct segment *seg, const char *because) {
    char item[QITEM_TEXT], undo[QITEM_TEXT + 32];
    json_t *o = new_entry(j, action_of(req), id);
    const bool object = req->id.kind != SEG_SYSV;
    const struct qitem q = {req->id.dev, req->id.num, req->wall_ns / 1000000u};
    json_object_set_new(o, "result", json_null());
    json_object_set_new(o, "because",
                        because && *because ? json_pack("[s]", because) : json_array());
    json_object_set_new(o, "forced", json_boolean(req->force));
    if (seg)
        put_facts(o, snap, seg);
    qitem_format(&q, req->where.ns, item);
    json_object_set_new(o, "item", object ? json_string(item) : json_null());
    snprintf(undo, sizeof undo, "shmtop restore %s", item);
    json_object_set_new(o, "undo", object && !req->now ? json_string(undo) : json_null());
    append(j, o);
}

void journal_result(struct journal *j, const struct op_request *req, const char *id,
                    const struct op_result *result) {
    char error[1024] = "", undo[sizeof result->copy + 32] = "";
    json_t *o = new_entry(j, action_of(req), id);
    bool done = result->fault.outcome == OUTCOME_DONE;
    fault_format(&result->fault, error, sizeof error);
    json_object_set_new(o, "result", json_string(json_result(result->fault.outcome)));
    json_object_set_new(o, "error", done ? json_null() : json_text(error, strlen(error)));
    json_object_set_new(o, "item", *result->item ? json_string(result->item) : json_null());
    json_object_set_new(
        o, "copy", *result->copy ? json_text(result->copy, strlen(result->copy)) : json_null());
    if (*result->item)
        snprintf(undo, sizeof undo, "shmtop restore %s", result->item);
    else if (*result->copy)
        snprintf(undo, sizeof undo, "shmtop restore %s", result->copy);
    json_object_set_new(o, "undo", *undo ? json_text(undo, strlen(undo)) : json_null());
    append(j, o);
}

void journal_item(struct journal *j, const char *action, const char *item, const char *id,
                  enum outcome outcome) {
    json_t *o = new_entry(j, action, id);
    json_object_set_new(o, "item", json_text(item, strlen(item)));
    json_object_set_new(o, "result", json_string(json_result(outcome)));
    append(j, o);
}

// ---- reading it again

// What was written there was escaped, but anybody who can write to the folder may have added to it:
// escapes stay as they are, and what is none becomes one.
static char *escape_again(const char *text) {
    size_t room = 4 * strlen(text) + 1, used = 0;
    char *safe = xcalloc(room, 1);
    for (;;) {
        size_t len = strcspn(text, "\\");
        used += name_escape(text, len, false, safe + used, room - used);
        text += len;
        if (!*text)
            return safe;
        safe[used++] = *text++;
    }
}

static void take_text(const json_t *value, char **out) {
    if (!json_is_string(value) || !*json_string_value(value))
        return;
    free(*out);
    *out = escape_again(json_string_value(value));
}

static void take_entry(const char *line, const struct qitem *items, size_t count,
                       struct journal_memory *found) {
    struct qitem item;
    uint64_t ns;
    json_t *entry = json_loads(line, 0, NULL);
    const char *text = json_string_value(json_object_get(entry, "item"));
    bool is_item = text && qitem_parse(text, &item, &ns);
    for (size_t i = 0; is_item && i < count; i++) {
        if (items[i].dev != item.dev || items[i].ino != item.ino ||
            items[i].since_ms != item.since_ms)
            continue;
        take_text(json_object_get(entry, "id"), &found[i].id);
        take_text(json_array_get(json_object_get(entry, "because"), 0), &found[i].because);
    }
    json_decref(entry);
}

static void read_one(const char *path, const struct qitem *items, size_t count,
                     struct journal_memory *found) {
    char *line = xcalloc(LINE_MAX_BYTES, 1);
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    FILE *file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
    // Most lines are of other items: they are not even parsed.
    while (file && fgets(line, LINE_MAX_BYTES, file))
        if (strstr(line, "\"item:"))
            take_entry(line, items, count, found);
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    free(line);
}

static void read_folder(const char *folder, const struct qitem *items, size_t count,
                        struct journal_memory *found) {
    static const char *const names[] = {"journal.1", "journal"}; // the later one has the last word
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = xasprintf("%s/%s", folder, names[i]);
        read_one(path, items, count, found);
        free(path);
    }
}

void journal_recall(const struct root *root, const struct qitem *items, size_t count,
                    struct journal_memory *found) {
    char folder[PATH_MAX];
    memset(found, 0, count * sizeof *found);
    if (count == 0)
        return;
    if (root_vantage(root)->uid == 0) // where the timer keeps it, whatever HOME is
        read_folder(SYSTEM_STATE, items, count, found);
    if (state_folder(root, folder) && strcmp(folder, SYSTEM_STATE) != 0)
        read_folder(folder, items, count, found);
}

void journal_forget(struct journal_memory *found, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(found[i].id);
        free(found[i].because);
    }
}
