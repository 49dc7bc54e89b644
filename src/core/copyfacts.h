// copyfacts.h - the text beside a saved copy of a segment, from which it can be made again.
//
// One fact a line, "word value". The copy holds the bytes; what was never written is a hole.
#ifndef CORE_COPYFACTS_H
#define CORE_COPYFACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the file beside COPY is called: COPY.facts.
#define COPY_FACTS_SUFFIX ".facts"
// A name of 4,095 bytes, each escaped, and the other lines.
enum { COPY_FACTS_MAX = 4 * 4096 + 1024 };

struct copy_facts {
    bool sysv;       // else an object of /dev/shm
    uint64_t shmid;  // System V: the id it had; what is made again gets a new one
    uint32_t key;    // System V; 0: private
    char name[4096]; // objects: below /dev/shm with leading slash; raw bytes, terminated
    uint64_t ns;     // IPC namespace, or mount namespace of its /dev/shm
    uint64_t size;   // bytes
    uint32_t mode;   // the low 9 bits
    uint32_t uid, gid;
    uint32_t cpid, lpid; // System V: creator and last user; 0 not known
    bool huge;           // System V: of huge pages; what is made again has ordinary ones
    uint64_t time_ns;    // when it was saved
};

// Returns the length; buf holds COPY_FACTS_MAX bytes.
size_t copy_facts_format(const struct copy_facts *facts, char *buf);
// 0, or -EINVAL: a line is damaged, unknown, missing or there twice.
int copy_facts_parse(const char *text, size_t len, struct copy_facts *out);

#endif
