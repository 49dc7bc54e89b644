// procfacts.c - what one process holds of shared memory, and what would become of it without it.
#include "core/procfacts.h"

uint8_t holding_access(const struct holding *holding) {
    return holding->is_private ? holding->access & ACCESS_R : holding->access;
}

const char *access_word(uint8_t access) {
    static const char *const words[4] = {"--", "r-", "-w", "rw"};
    return words[access & (ACCESS_R | ACCESS_W)];
}

static bool keeps_in_use(const struct holding *h) {
    return h->fds > 0 || (h->mappings > 0 && !h->is_private);
}

static bool keeps_alive(const struct holding *h) {
    return h->fds > 0 || h->mappings > 0;
}

// Ends by itself when nobody has it any more.
static bool is_nameless(const struct segment *seg) {
    uint64_t links = 1;
    if (seg->id.kind == SEG_SYSV)
        return seg->flags & SEG_FLAG_DEST;
    if (seg->id.kind == SEG_MEMFD || seg->id.kind == SEG_ANON || seg->flags & SEG_FLAG_UNLINKED)
        return true;
    return seg_get(seg, SEG_LINKS, &links) == WHY_KNOWN && links == 0;
}

// Stops at the first other one, so that a segment with thousands of holders costs each little.
static bool another_keeps(const struct snapshot *snap, const struct segment *seg,
                          const struct holding *but, bool (*keeps)(const struct holding *)) {
    const struct holding *h = &snap->holdings[seg->first_holding];
    for (uint32_t i = 0; i < seg->holding_count; i++)
        if (&h[i] != but && keeps(&h[i]))
            return true;
    return false;
}

static bool others_may_be_hidden(const struct coverage *c, bool nameless) {
    return c->denied > 0 || !c->complete || !c->descriptors || (nameless && !c->private_maps);
}

enum proc_end proc_end_of(const struct snapshot *snap, const struct holding *holding, bool *maybe) {
    const struct segment *seg = &snap->segments[holding->segment];
    bool nameless = is_nameless(seg);
    uint64_t nattch = 0;
    *maybe = false;
    if (nameless ? !keeps_alive(holding) : !keeps_in_use(holding))
        return PROC_END_NOTHING;
    if (seg->id.kind == SEG_SYSV && seg_get(seg, SEG_NATTCH, &nattch) == WHY_KNOWN) {
        if (nattch > holding->mappings)
            return PROC_END_NOTHING;
    } else {
        if (another_keeps(snap, seg, holding, nameless ? keeps_alive : keeps_in_use))
            return PROC_END_NOTHING;
        *maybe = others_may_be_hidden(&snap->coverage, nameless);
    }
    return nameless ? PROC_END_FREED : PROC_END_LEFT;
}

// Stored or not: what could not be learned makes a sum a lower bound.
static uint64_t part(const struct segment *seg, enum seg_field field, bool *least) {
    uint64_t n = 0;
    enum why why = seg_get(seg, field, &n);
    *least |= why != WHY_KNOWN && why != WHY_NONE;
    return n;
}

void proc_facts_make(const struct snapshot *snap, const struct process *proc,
                     struct proc_facts *out) {
    struct proc_facts f = {.segments = proc->held_count};
    for (uint32_t i = 0; i < proc->held_count; i++) {
        const struct holding *h = &snap->holdings[snap->held[proc->first_held + i]];
        const struct segment *seg = &snap->segments[h->segment];
        bool maybe = false, swap_gap = false;
        f.access |= holding_access(h);
        f.shared += part(seg, SEG_SIZE, &f.shared_least);
        f.resident += part(seg, SEG_RESIDENT, &f.resident_least);
        enum proc_end end = proc_end_of(snap, h, &maybe);
        if (end == PROC_END_NOTHING)
            continue;
        uint64_t bytes = part(seg, SEG_RESIDENT, &f.only_least) + part(seg, SEG_SWAPPED, &swap_gap);
        f.only_least |= swap_gap;
        f.only_most |= maybe;
        *(end == PROC_END_LEFT ? &f.left : &f.freed) += bytes;
    }
    *out = f;
}
