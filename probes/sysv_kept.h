// sysv_kept.h - the table of System V segments from one look of the monitor to the next.
//
// Reading all of a long table holds up whoever creates a segment meanwhile: up to 16 ms at 32,000
// segments. Asking about one slot holds up nobody. While the kernel's counters
// (SHM_INFO of shmctl(2)) stand still, the rows that were read stay, and are asked about one by
// one: those on the screen each time, the others in turn.
#ifndef PROBES_SYSV_KEPT_H
#define PROBES_SYSV_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/root.h"

struct scan;

// Columns of /proc/sysvipc/shm, in the kernel's order (ipc/shm.c, sysvipc_shm_proc_show). The last
// two came with Linux 2.6.39.
enum sysv_column {
    COL_KEY,
    COL_SHMID,
    COL_PERMS,
    COL_SIZE,
    COL_CPID,
    COL_LPID,
    COL_NATTCH,
    COL_UID,
    COL_GID,
    COL_CUID,
    COL_CGID,
    COL_ATIME,
    COL_DTIME,
    COL_CTIME,
    COL_RSS,
    COL_SWAP,
    SYSV_COLUMNS
};

// One segment as the table or a slot of it tells; sizes in bytes, times in seconds.
struct sysv_facts {
    uint64_t v[SYSV_COLUMNS];
    bool has_rss; // COL_RSS and COL_SWAP are told
};
// What a slot tells; of the pages it tells nothing: COL_RSS, COL_SWAP and has_rss stay as they are.
void sysv_facts_take(struct sysv_facts *facts, const struct root_shm_row *row);

struct sysv_kept;
int sysv_kept_new(struct sysv_kept **out); // 0 or -ENOMEM; owned by the caller
void sysv_kept_free(struct sysv_kept *k);  // NULL is legal

// True when the rows may stand for the table; those that were due are asked about by then. False:
// the table has to be read (it is short, has changed, or was read more than about ten seconds ago).
bool sysv_kept_serves(struct sysv_kept *k, struct scan *scan);
// The rows kept, borrowed till the next call.
const struct sysv_facts *sysv_kept_rows(const struct sysv_kept *k, size_t *count);

// Around reading the table anew: forgets the rows, takes each, and tells whether all were there.
void sysv_kept_begin(struct sysv_kept *k, const struct scan *scan);
int sysv_kept_take(struct sysv_kept *k, const struct sysv_facts *facts); // 0 or -ENOMEM
void sysv_kept_end(struct sysv_kept *k, bool whole);

#endif
