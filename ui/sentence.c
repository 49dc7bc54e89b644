// sentence.c - one sentence about a row: what its state means, in words.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/verdict.h"
#include "ui/widgets.h"

static enum alert unattached_sentence(const struct view_frame *f, const struct row *row, char *buf,
                                      size_t size) {
    uint64_t at = 0;
    char age[16];
    char because[EVIDENCE_FACT];
    const char *state = column_state(row->seg);
    verdict_because(row->snap, row->seg, because, sizeof(because));
    if (seg_get(row->seg, SEG_DETACH_TIME, &at) == WHY_KNOWN)
        snprintf(buf, size, "%s: no process attached for %s; %s", state,
                 fmt_age(f->now_ns > at ? f->now_ns - at : 0, age), because);
    else if (seg_get(row->seg, SEG_CHANGE_TIME, &at) == WHY_KNOWN)
        snprintf(buf, size, "%s: never attached since it was made %s ago; %s", state,
                 fmt_age(f->now_ns > at ? f->now_ns - at : 0, age), because);
    else
        snprintf(buf, size, "%s: no process attached; %s", state, because);
    enum verdict_state verdict = verdict_of(row->seg);
    return verdict == VERDICT_ORPHAN || verdict == VERDICT_SUSPECT ? ALERT_WARN : ALERT_NONE;
}

static enum alert object_sentence(const struct row *row, char *buf, size_t size) {
    const struct segment *seg = row->seg;
    const char *procs = seg->holding_count == 1 ? "process holds" : "processes hold";
    if (seg->holding_count == 0) {
        char because[EVIDENCE_FACT];
        enum verdict_state verdict = verdict_of(seg);
        snprintf(buf, size, "%s: %s", column_state(seg),
                 verdict_because(row->snap, seg, because, sizeof(because)));
        return verdict == VERDICT_ORPHAN || verdict == VERDICT_SUSPECT ? ALERT_WARN : ALERT_NONE;
    }
    if (seg->flags & SEG_FLAG_UNLINKED) {
        snprintf(buf, size,
                 "unlinked: it has no name, its memory lives as long as %" PRIu32 " %s it",
                 seg->holding_count, procs);
        return ALERT_WARN;
    }
    snprintf(buf, size, "%" PRIu32 " %s it", seg->holding_count, procs);
    return ALERT_NONE;
}

enum alert row_sentence(const struct view_frame *f, const struct row *row, char *buf, size_t size) {
    const struct segment *seg = row->seg;
    uint64_t nattch = 0;
    char age[16];
    if (row->mark == ROW_GONE) {
        snprintf(buf, size, "gone: this segment does not exist any more; these are its last facts");
        return ALERT_INFO;
    }
    if (seg->id.kind == SEG_SYSV && seg_get(seg, SEG_NATTCH, &nattch) == WHY_KNOWN) {
        if (seg->flags & SEG_FLAG_DEST) {
            snprintf(buf, size,
                     "dest: removed already, vanishes when the last of %" PRIu64
                     " attachments ends",
                     nattch);
            return ALERT_WARN;
        }
        if (nattch == 0)
            return unattached_sentence(f, row, buf, size);
        snprintf(buf, size, "in use: %" PRIu64 " attachment%s, seen in %" PRIu32 " process%s",
                 nattch, nattch == 1 ? "" : "s", seg->holding_count,
                 seg->holding_count == 1 ? "" : "es");
        return ALERT_NONE;
    }
    enum alert alert = object_sentence(row, buf, size);
    if (row->mark == ROW_NEW && f->mono_ns >= row->since_ns) {
        size_t n = strlen(buf);
        snprintf(buf + n, size - n, "; new, appeared %s ago",
                 fmt_age(f->mono_ns - row->since_ns, age));
    }
    return alert;
}
