// inspect_seg.c - what the bytes at the cursor mean to those that hold the segment.
#include "core/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/segname.h"
#include "core/syncobj.h"

static const struct process *holder_at(const struct snapshot *snap, const struct segment *seg,
                                       uint32_t i) {
    return &snap->processes[snap->holdings[seg->first_holding + i].process];
}

bool inspect_address(const struct snapshot *snap, const struct segment *seg, uint64_t address,
                     uint64_t *offset, const struct process **holder) {
    for (uint32_t i = 0; snap && seg && i < seg->holding_count; i++) {
        const struct holding *h = &snap->holdings[seg->first_holding + i];
        for (uint32_t k = 0; k < h->range_count; k++) {
            const struct map_range *r = &snap->ranges[h->first_range + k];
            if (address < r->start || address >= r->end)
                continue;
            *offset = r->offset + (address - r->start);
            *holder = holder_at(snap, seg, i);
            return true;
        }
    }
    return false;
}

static const char *comm(const struct process *p, char buf[80]) {
    const char *bytes = NULL;
    size_t len = 0;
    buf[0] = '\0';
    if (strv_get(p->comm, &bytes, &len) == WHY_KNOWN)
        name_escape(bytes, len, false, buf, 80);
    return buf;
}

// True when a process lives in our own pid namespace, as far as can be seen.
static bool counts_as_we_do(const struct snapshot *snap, const struct process *p) {
    uint64_t ns = 0;
    return u64v_get(p->pid_ns, &ns) != WHY_KNOWN || snap->vantage.pid_ns == 0 ||
           ns == snap->vantage.pid_ns;
}

// A holder whose first thread has this id: as we count, else as its own pid namespace does.
static const struct process *holder_with_tid(const struct snapshot *snap, const struct segment *seg,
                                             uint32_t tid, bool *inner) {
    *inner = false;
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct process *p = holder_at(snap, seg, i);
        if ((uint32_t)p->id.pid == tid && counts_as_we_do(snap, p))
            return p;
    }
    *inner = true;
    for (size_t k = 0; k < snap->inner_pid_count; k++)
        for (uint32_t i = 0; snap->inner_pids[k].pid == tid && i < seg->holding_count; i++)
            if (holder_at(snap, seg, i) == &snap->processes[snap->inner_pids[k].process])
                return holder_at(snap, seg, i);
    return NULL;
}

void inspect_thread(const struct snapshot *snap, const struct segment *seg, uint32_t tid, char *buf,
                    size_t size) {
    char name[80];
    bool inner = false;
    const struct process *p = snap && seg ? holder_with_tid(snap, seg, tid, &inner) : NULL;
    const struct process *other = snap ? snapshot_process(snap, (pid_t)tid) : NULL;
    if (p && inner)
        snprintf(buf, size, "%u, which is %d %s outside of its container", tid, (int)p->id.pid,
                 comm(p, name));
    else if (p)
        snprintf(buf, size, "%u %s", tid, comm(p, name));
    else if (other)
        snprintf(buf, size, "%u (of another pid namespace? %u %s does not hold this)", tid, tid,
                 comm(other, name));
    else
        snprintf(buf, size,
                 "%u (no holder's first thread: dead, another thread, or counted in "
                 "another pid namespace)",
                 tid);
}

bool inspect_mutex(const struct snapshot *snap, const struct segment *seg, const uint8_t *bytes,
                   size_t len, char text[INSPECT_TEXT]) {
    struct sync_mutex m;
    char who[INSPECT_TEXT], marks[INSPECT_TEXT];
    if (!sync_mutex(bytes, len, &m))
        return false;
    sync_mutex_marks(&m, marks, sizeof marks);
    if (m.owner)
        inspect_thread(snap, seg, m.owner, who, sizeof who);
    if (m.locked)
        snprintf(text, INSPECT_TEXT, "locked%.60s; by %.90s", marks, who);
    else if (m.owner_died)
        snprintf(text, INSPECT_TEXT, "unlocked%.90s: %u", marks, m.owner);
    else
        snprintf(text, INSPECT_TEXT, "unlocked%.90s", marks);
    return true;
}

static bool show_sem(const struct segment *seg, uint64_t offset, const uint8_t *bytes, size_t len,
                     char text[INSPECT_TEXT]) {
    struct sync_sem s;
    bool named = seg && (seg->flags & SEG_FLAG_SEMAPHORE) && offset == 0;
    if (!sync_sem(bytes, len, &s) && !named)
        return false;
    sync_sem_text(bytes, len, text, INSPECT_TEXT);
    return true;
}

static bool show_pointer(const struct snapshot *snap, const struct segment *seg,
                         const uint8_t *bytes, size_t len, char text[INSPECT_TEXT]) {
    uint64_t address = 0, offset = 0;
    const struct process *holder = NULL;
    char name[80];
    if (len < sizeof address)
        return false;
    for (size_t i = 0; i < sizeof address; i++)
        address |= (uint64_t)bytes[i] << (8 * i);
    if (!inspect_address(snap, seg, address, &offset, &holder))
        return false;
    snprintf(text, INSPECT_TEXT, "segment+0x%" PRIx64 " in %d %s", offset, (int)holder->id.pid,
             comm(holder, name));
    return true;
}

size_t inspect_at(const struct snapshot *snap, const struct segment *seg, uint64_t offset,
                  const uint8_t *bytes, size_t len, bool big_endian,
                  struct inspect_line out[INSPECT_MAX]) {
    struct inspect_line special[3];
    size_t n = 0;
    bool aligned = offset % 8 == 0;
    special[0].label = "sem";
    special[1].label = "mutex";
    special[2].label = "ptr";
    special[0].valid = aligned && show_sem(seg, offset, bytes, len, special[0].text);
    special[1].valid = aligned && inspect_mutex(snap, seg, bytes, len, special[1].text);
    special[2].valid = show_pointer(snap, seg, bytes, len, special[2].text);
    for (size_t i = 0; i < 3; i++)
        if (special[i].valid)
            out[n++] = special[i];
    // inspect_bytes leaves room for these three.
    return n + inspect_bytes(bytes, len, big_endian, out + n);
}
