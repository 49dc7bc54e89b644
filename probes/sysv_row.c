// sysv_row.c - the row of one shmid, asked without leaving a trace.
#include "probes/sysv_row.h"

#include <errno.h>
#include <limits.h>
#include <sys/shm.h>

// A shmid is seq << shift | index; the shift is 15, or 24 when booted with ipcmni_extend.
static const uint32_t index_masks[] = {0x7fff, 0xffffff};

static int row_by_id(uint64_t shmid, struct root_shm_row *out) {
    struct shmid_ds ds;
    if (shmctl((int)shmid, IPC_STAT, &ds) < 0)
        return errno == EINVAL || errno == EIDRM ? -ENOENT : -errno;
    *out = (struct root_shm_row){
        .shmid = (uint32_t)shmid,
        .key = (uint32_t)ds.shm_perm.__key,
        .perms = ds.shm_perm.mode,
        .cpid = (uint32_t)ds.shm_cpid,
        .lpid = (uint32_t)ds.shm_lpid,
        .uid = ds.shm_perm.uid,
        .gid = ds.shm_perm.gid,
        .cuid = ds.shm_perm.cuid,
        .cgid = ds.shm_perm.cgid,
        .size = ds.shm_segsz,
        .nattch = ds.shm_nattch,
        .atime = ds.shm_atime < 0 ? 0 : (uint64_t)ds.shm_atime,
        .dtime = ds.shm_dtime < 0 ? 0 : (uint64_t)ds.shm_dtime,
        .ctime = ds.shm_ctime < 0 ? 0 : (uint64_t)ds.shm_ctime,
    };
    return 0;
}

int sysv_row(const struct root *root, uint64_t shmid, struct root_shm_row *out) {
    if (shmid > INT_MAX)
        return -ENOENT;
    // SHM_STAT_ANY needs no permission on the segment but takes a slot, not an id.
    for (size_t i = 0; i < sizeof(index_masks) / sizeof(index_masks[0]); i++) {
        struct root_shm_row row = {0};
        if (root_shm_stat(root, (uint32_t)shmid & index_masks[i], &row) == 0 &&
            row.shmid == shmid) {
            *out = row;
            return 0;
        }
    }
    return root_is_live(root) ? row_by_id(shmid, out) : -ENOENT;
}

struct seg_id sysv_row_id(const struct root *root, const struct root_shm_row *row) {
    struct seg_id id;
    sysv_id(root_vantage(root)->ipc_ns, row->shmid, row->cpid, row->cuid, row->size, &id);
    return id;
}

static int same_here(const struct root *root, const struct seg_id *id, struct root_shm_row *out) {
    struct root_shm_row row = {0};
    int err = sysv_row(root, id->num, &row);
    if (err < 0)
        return err;
    struct seg_id now = sysv_row_id(root, &row);
    if (!seg_id_same(&now, id))
        return -ESTALE;
    *out = row;
    return 0;
}

int sysv_same_by(const struct root *root, const struct seg_id *id, struct elsewhere_way *way,
                 struct root_shm_row *out) {
    struct elsewhere *there;
    if (id->ns == root_vantage(root)->ipc_ns)
        return same_here(root, id, out);
    int err = elsewhere_enter(root, ELSEWHERE_IPC, id->ns, way, &there);
    if (err < 0)
        return err;
    err = same_here(elsewhere_root(there), id, out);
    elsewhere_leave(there);
    return err;
}

int sysv_same(const struct root *root, const struct seg_id *id, struct root_shm_row *out) {
    return sysv_same_by(root, id, NULL, out);
}
