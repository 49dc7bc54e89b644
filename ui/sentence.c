// sentence.c - one sentence about a row: what its state means, in words.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "ui/widgets.h"

static enum alert unattached_sentence(const struct view_frame *f, const struct row *row, char *buf,
                                      size_t size) {
    uint64_t at = 0;
    char age[16];
    const char *creator = row->seg->creator_state == PID_GONE ||
                                  row->seg->creator_state == PID_REUSED
                              ? "; its creator has exited"
                          : row->seg->creator_state == PID_RUNNING ? "; its creator still runs"
                                                                   : "";
    if (seg_get(row->seg, SEG_DETACH_TIME, &at) == WHY_KNOWN)
        snprintf(buf, size, "no process attached for %s%s",
                 fmt_age(f->now_ns > at ? f->now_ns - at : 0, age), creator);
    else if (seg_get(row->seg, SEG_CHANGE_TIME, &at) == WHY_KNOWN)
        snprintf(buf, size, "never attached since it was made %s ago%s",
                 fmt_age(f->now_ns > at ? f->now_ns - at : 0, age), creator);
    else
        snprintf(buf, size, "no process attached%s", creator);
    return row->seg->creator_state == PID_RUNNING ? ALERT_NONE : ALERT_WARN;
}

static enum alert object_sentence(const struct row *row, char *buf, size_t size) {
    const struct segment *seg = row->seg;
    const struct coverage *cov = &row->snap->coverage;
    const char *procs = seg->holding_count == 1 ? "process holds" : "processes hold";
    if (seg->holding_count == 0) {
        snprintf(buf, size, "no process is seen to map it; %s",
                 cov->denied        ? "but not every process could be read"
                 : cov->descriptors ? "none has it open"
                                    : "whether one has it open was not looked for");
        return ALERT_NONE;
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
