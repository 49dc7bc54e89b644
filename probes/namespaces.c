// namespaces.c - which namespaces and which container a process lives in.
#include "probes/namespaces.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/procs.h"
#include "probes/root.h"

enum { ID_DIGITS = 64, ID_SHOWN = 12 };

// "ipc:[4026531839]"
static u64v number_of_link(const struct root *root, const char *path) {
    char text[64], *end;
    ssize_t n = root_readlink(root, ROOT_PROC, path, text, sizeof text - 1);
    if (n < 0)
        return u64v_missing(why_from_errno((int)-n));
    text[n] = '\0';
    const char *number = strstr(text, ":[");
    if (!number || number[2] < '0' || number[2] > '9')
        return u64v_missing(WHY_MALFORMED);
    errno = 0;
    uint64_t ino = strtoull(number + 2, &end, 10);
    return errno || strcmp(end, "]") != 0 ? u64v_missing(WHY_MALFORMED) : u64v_of(ino);
}

u64v namespace_of(const struct root *root, pid_t pid, const char *name) {
    char path[64], link[32];
    struct root_stat st;
    snprintf(link, sizeof link, "ns/%s", name);
    proc_path(path, pid, link);
    if (root_is_live(root)) // a third cheaper than following the link to what it stands for
        return number_of_link(root, path);
    int err = root_stat_follow(root, ROOT_PROC, path, &st);
    return err ? u64v_missing(why_from_errno(-err)) : u64v_of(st.ino);
}

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static unsigned hex_digit(char c) {
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t put(char *buf, const char *name, size_t len) {
    if (len > CONTAINER_NAME_MAX - 1)
        len = CONTAINER_NAME_MAX - 1;
    memcpy(buf, name, len);
    buf[len] = '\0';
    return len;
}

// A path part that is, or ends in, an id of 64 hex digits, with or without ".scope" behind it:
// "docker-ID.scope", "cri-containerd-ID.scope", "libpod-ID", "ID".
static size_t id_of(const char *part, size_t len, char *buf) {
    static const char scope[] = ".scope";
    if (len > sizeof scope - 1 &&
        memcmp(part + len - (sizeof scope - 1), scope, sizeof scope - 1) == 0)
        len -= sizeof scope - 1;
    if (len < ID_DIGITS)
        return 0;
    const char *id = part + len - ID_DIGITS;
    if (len > ID_DIGITS && id[-1] != '-')
        return 0;
    for (size_t i = 0; i < ID_DIGITS; i++)
        if (!is_hex(id[i]))
            return 0;
    // What podman calls libpod-conmon-ID is its monitor, outside of the container.
    if (len > ID_DIGITS + 7 && memcmp(id - 7, "conmon-", 7) == 0)
        return 0;
    return put(buf, id, ID_SHOWN);
}

// "\x2d" of a systemd unit name is the byte it stands for.
static size_t unescape(char *buf, size_t len) {
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;
        if (len - i >= 4 && buf[i] == '\\' && buf[i + 1] == 'x' && is_hex(buf[i + 2]) &&
            is_hex(buf[i + 3]))
            byte = hex_digit(buf[i + 2]) << 4 | hex_digit(buf[i + 3]);
        if (byte != 0) {
            buf[to++] = (char)byte;
            i += 3;
        } else {
            buf[to++] = buf[i];
        }
    }
    buf[to] = '\0';
    return to;
}

// A path part PREFIX + NAME + SUFFIX.
static size_t named(const char *part, size_t len, const char *prefix, const char *suffix,
                    char *buf) {
    size_t before = strlen(prefix), behind = strlen(suffix);
    if (len <= before + behind || memcmp(part, prefix, before) != 0 ||
        memcmp(part + len - behind, suffix, behind) != 0)
        return 0;
    return unescape(buf, put(buf, part + before, len - before - behind));
}

// A part "podUID" or "kubepods-QOS-podUID.slice", where the dashes of the UID are underscores,
// below one that begins with "kubepods": what belongs to the pod as a whole is in no container of
// it.
static size_t pod_of(const char *part, size_t len, char *buf) {
    static const char slice[] = ".slice";
    const char *pod = NULL;
    if (len > sizeof slice - 1 &&
        memcmp(part + len - (sizeof slice - 1), slice, sizeof slice - 1) == 0)
        len -= sizeof slice - 1;
    for (const char *at = part; at + 3 < part + len; at++)
        if (memcmp(at, "pod", 3) == 0 && (at == part || at[-1] == '-'))
            pod = at;
    if (!pod)
        return 0;
    size_t n = put(buf, pod, (size_t)(part + len - pod));
    for (size_t i = 0; i < n; i++)
        if (buf[i] == '_')
            buf[i] = '-';
    return n;
}

static size_t container_of_path(const char *path, size_t len, char *buf) {
    static const struct {
        const char *prefix, *suffix;
    } names[] = {
        {"lxc.payload.", ""},
        {"machine-", ".scope"},
        {"systemd-nspawn@", ".service"},
    };
    bool below_lxc = false, below_kube = false;
    char pod[CONTAINER_NAME_MAX];
    size_t found = 0, pod_len = 0;
    for (const char *at = path, *end = path + len; at < end && !found;) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        size_t n = slash ? (size_t)(slash - at) : (size_t)(end - at);
        if (below_lxc && n > 0)
            found = put(buf, at, n);
        for (size_t i = 0; i < sizeof names / sizeof names[0] && !found; i++)
            found = named(at, n, names[i].prefix, names[i].suffix, buf);
        if (!found)
            found = id_of(at, n, buf);
        if (below_kube && pod_len == 0)
            pod_len = pod_of(at, n, pod);
        below_kube |= n >= 8 && memcmp(at, "kubepods", 8) == 0;
        below_lxc = n == 3 && memcmp(at, "lxc", 3) == 0;
        at += n + 1;
    }
    return found ? found : put(buf, pod, pod_len);
}

size_t container_from_cgroup(const char *text, size_t len, char buf[CONTAINER_NAME_MAX]) {
    buf[0] = '\0';
    // "HIERARCHY:CONTROLLERS:PATH", see cgroups(7).
    for (const char *at = text, *end = text + len; at < end;) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        const char *stop = nl ? nl : end;
        const char *colon = memchr(at, ':', (size_t)(stop - at));
        if (colon)
            colon = memchr(colon + 1, ':', (size_t)(stop - colon - 1));
        if (colon) {
            size_t found = container_of_path(colon + 1, (size_t)(stop - colon - 1), buf);
            if (found)
                return found;
        }
        at = stop + 1;
    }
    return 0;
}
