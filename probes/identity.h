// identity.h - what makes a segment the same one: the only place where identities are computed.
//
// Whoever acts on a segment computes its identity again with these and compares (seg_id_same).
#ifndef PROBES_IDENTITY_H
#define PROBES_IDENTITY_H

#include "core/model.h"
#include "probes/root.h"

// A shmid comes back after its segment is gone; creator pid, creator uid and size do not change
// during the life of a segment, while key, mode, owner and change time may.
static inline void sysv_id(uint64_t ipc_ns, uint64_t shmid, uint64_t cpid, uint64_t cuid,
                           uint64_t size, struct seg_id *id) {
    *id = (struct seg_id){
        .kind = SEG_SYSV, .ns = ipc_ns, .num = shmid, .incarnation = {cpid, cuid, size}};
}

// Objects (all kinds but System V): device, inode, and the birth time where it is told.
static inline void object_id_from_stat(enum seg_kind kind, const struct root_stat *st,
                                       struct seg_id *id) {
    *id = (struct seg_id){
        .kind = kind, .dev = st->dev, .num = st->ino, .incarnation = {st->birth_ns, 0, 0}};
}

#endif
