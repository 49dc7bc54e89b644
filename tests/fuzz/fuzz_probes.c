// fuzz_probes.c - libFuzzer over the parsers of kernel text: the first byte picks one.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/locks.h"
#include "probes/maps_parse.h"
#include "probes/mountinfo.h"
#include "probes/procs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mounts(const char *text, size_t len) {
    struct mount_line m;
    char where[256];
    const char *at = text;
    while (mountinfo_next(&at, text + len, &m)) {
        mount_is_type(&m, "tmpfs");
        mount_point(&m, where, sizeof where);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    // A block of exactly this size: one byte read too far is seen.
    size_t len = size - 1;
    char *text = malloc(len ? len : 1);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, len);
    struct proc_stat stat;
    struct map_line map;
    struct lock_line lock;
    switch (data[0] % 4) {
    case 0:
        proc_stat_parse(text, len, &stat);
        break;
    case 1:
        maps_parse_line(text, len, &map);
        break;
    case 2:
        lock_parse_line(text, len, &lock);
        break;
    default:
        mounts(text, len);
        break;
    }
    free(text);
    return 0;
}
