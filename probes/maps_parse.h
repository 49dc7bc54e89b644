// maps_parse.h - reading the mappings of one process, by text or by query.
#ifndef PROBES_MAPS_PARSE_H
#define PROBES_MAPS_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct devices;
struct seen_maps;

// One mapping as /proc/PID/maps tells it.
struct map_line {
    uint64_t start, end, offset, dev, ino;
    uint8_t access; // ACCESS_*
    bool is_private;
    const char *name; // raw bytes; borrowed
    size_t name_len;
};

// Parses a line without its newline. The name borrows from it and still has its escapes.
// False: not such a line.
bool maps_parse_line(const char *line, size_t len, struct map_line *out);
// Undoes the one escape the kernel makes in these names: \012 for a newline. Returns the length.
size_t maps_unescape(char *name, size_t len);

// Memory for one thread's reading.
enum { MAPS_TEXT_ROOM = 64 * 1024, MAPS_NAME_ROOM = 4096 };
struct maps_scratch {
    char text[MAPS_TEXT_ROOM];
    char name[MAPS_NAME_ROOM];
};

// Adds a mapping to what was seen if it can be one of a shared object; a device that nobody knows
// is remembered in out->unknown. 0 or -ENOMEM.
int maps_take(struct seen_maps *out, const struct devices *devices, const struct map_line *line);

// Reads all mappings through a descriptor of /proc/PID/maps at any position, with or without the
// MAP_PRIVATE ones. 0; -ESRCH when there is nothing to read (the address space is gone: exec, exit,
// or a kernel thread or zombie); another -errno.
int maps_read_text(int fd, bool private_too, const struct devices *devices,
                   struct maps_scratch *scratch, struct seen_maps *out);
// The same by PROCMAP_QUERY (Linux 6.11). -ENOTTY: the kernel has none.
int maps_read_query(int fd, bool private_too, const struct devices *devices,
                    struct maps_scratch *scratch, struct seen_maps *out);

#endif
