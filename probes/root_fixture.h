// root_fixture.h - a manifest in memory: root_manifest.c fills it, root_fixture.c answers from it.
#ifndef PROBES_ROOT_FIXTURE_H
#define PROBES_ROOT_FIXTURE_H

#include "probes/root_internal.h"

// Numbers of a root_stat that a manifest may give; the bit in `given` is the index.
enum {
    STAT_DEV,
    STAT_INO,
    STAT_MODE,
    STAT_UID,
    STAT_GID,
    STAT_LINKS,
    STAT_SIZE,
    STAT_BLOCKS,
    STAT_BIRTH,
    STAT_CHANGE,
    STAT_MODIFY,
    STAT_COUNT
};

struct fixture_told {
    unsigned given;
    uint64_t v[STAT_COUNT];
};

struct fixture_entry {
    enum root_tree tree;
    char *path; // owned, raw bytes, "" the tree
    char *link; // owned or NULL
    bool has_target;
    struct fixture_told self, target;
    int error; // of everything at and below, 0 none
    int op_error[ROOT_OP_COUNT];
};

struct fixture_slot {
    uint32_t index;
    struct root_shm_row row;
};

struct fixture_user {
    uint32_t uid;
    char *name; // owned
};

struct fixture {
    uint64_t wall_ns, mono_ns, devshm_dev;
    bool has_statfs, has_shm_info;
    struct root_statfs statfs;
    struct root_shm_info shm_info;
    struct fixture_entry *entries; // by tree, then path
    size_t entry_count;
    struct fixture_slot *slots;
    size_t slot_count;
    struct fixture_user *users;
    size_t user_count;
};

// Order of entries: by tree, then path.
int fixture_compare_entries(const void *a, const void *b);

// Fills f from the text of DIR/manifest.json and *root with what it says of us. 0, -ENOMEM, or
// -EINVAL with one line in `error` that says what is wrong with it.
int fixture_load(struct root *root, struct fixture *f, const char *text, size_t len, char *error,
                 size_t size);

#endif
