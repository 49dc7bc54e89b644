// content_internal.h - what the routes to the bytes of a segment share.
#ifndef PROBES_CONTENT_INTERNAL_H
#define PROBES_CONTENT_INTERNAL_H

#include "probes/content.h"
#include "probes/elsewhere.h"
#include "probes/holder.h"
#include "probes/rootless.h"

enum { CONTENT_VIAS = 64 };

// How bytes come: from a descriptor, from a holder's memory, from an attachment of our own.
enum content_mode { CONTENT_NONE, CONTENT_FD, CONTENT_HOLDER, CONTENT_ATTACHED };
// What a name or link that leads to the object must still lead to.
enum content_check { CHECK_NAME, CHECK_LINK, CHECK_ROW, CHECK_MAPS };

struct content_reader {
    const struct root *root; // borrowed
    struct seg_id id;
    bool own;        // System V of our own namespace or one we may enter: its row can be asked
    uint64_t shm_ns; // CHECK_NAME in the /dev/shm of this other mount namespace; 0: in ours
    struct elsewhere_way way; // to the other namespace
    bool sealed_off;          // nothing but content_close may follow
    bool all_pages_exist;     // no hole at the time of the snapshot: nothing left to allocate
    bool some_swapped, lasts;
    u64v pages_exist;          // bytes resident or swapped out, in the snapshot
    bool may_allocate;         // CONTENT_HOLDER: pages not known to exist may be read
    bool seen_asked, seen_all; // CONTENT_HOLDER: what no page table holds was never written
    u64v size_seen;            // in the snapshot
    enum content_mode mode;
    enum content_check check;
    int fd;                       // CONTENT_FD
    uint64_t data_from, data_end; // CONTENT_FD: no hole in between when last asked
    bool quiet;                   // opened with O_NOATIME
    bool attached;                // an attach was made
    struct rootless_child helper; // attached for us, see content_rootless.c; pid 0: there is none
    char *at;                     // CONTENT_ATTACHED: where the segment lies in our memory
    enum root_tree tree;          // CHECK_NAME, CHECK_LINK
    char *path;                   // owned
    struct via via[CONTENT_VIAS];
    size_t via_count;
    size_t via_now; // CONTENT_HOLDER: the one that serves
    char route[96];
    char effects[160];
};

// Each route: 0 with the reader ready, or -errno with the reader as it was.
int content_by_name(struct content_reader *r, const struct snapshot *snap,
                    const struct segment *seg);
int content_by_holders(struct content_reader *r);
int content_by_attaching(struct content_reader *r);
int content_by_rootless(struct content_reader *r);
// Bytes of process `pid`, whose memory shows the object at the reader's ranges.
ssize_t content_read_holder(struct content_reader *r, uint64_t off, void *buf, size_t n);
// How many bytes from off on that mapping has in its page table, shared; at most some megabytes.
uint64_t content_touched(const struct content_reader *r, const struct via *v, uint64_t off);
ssize_t content_read_attached(struct content_reader *r, uint64_t off, void *buf, size_t n);
// Gives back descriptor, attachment and path; the reader is as before a route was found.
void content_drop(struct content_reader *r);
// Sets the reader up to pread from fd (taken) and re-check by path (copied). 0 or -ENOMEM.
int content_use_fd(struct content_reader *r, int fd, bool quiet, enum content_check check,
                   enum root_tree tree, const char *path);
// statx of the name it was opened by.
int content_stat_name(struct content_reader *r, struct root_stat *st);
// Fills effects for a route that leaves no trace but for what reading itself does.
void content_tell_effects(struct content_reader *r, const char *base);
void content_tell_attached(struct content_reader *r); // of an attachment that stays

#endif
