// facts.c - users, times and processes as text, the way several screens show them.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/segname.h"
#include "ui/widgets.h"

enum { DAY_S = 86400 };

void user_text(const struct snapshot *snap, u64v uid, char *buf, size_t size) {
    uint64_t n = 0;
    const char *name = NULL;
    size_t len = 0;
    if (u64v_get(uid, &n) != WHY_KNOWN)
        snprintf(buf, size, "?");
    else if (strv_get(snapshot_user(snap, (uint32_t)n), &name, &len) == WHY_KNOWN)
        name_escape(name, len, false, buf, size);
    else
        snprintf(buf, size, "%" PRIu64, n);
}

void time_text(const struct view_frame *f, uint64_t ns, char *buf, size_t size) {
    time_t at = (time_t)(ns / 1000000000u) + f->utc_offset;
    time_t now = (time_t)(f->now_ns / 1000000000u) + f->utc_offset;
    struct tm tm;
    size_t n;
    if (!gmtime_r(&at, &tm))
        n = 0;
    else if (at / DAY_S == now / DAY_S)
        n = strftime(buf, size, "%H:%M:%S", &tm);
    else if (at > now - 180 * (time_t)DAY_S && at <= now + DAY_S)
        n = strftime(buf, size, "%b %d %H:%M", &tm);
    else
        n = strftime(buf, size, "%Y-%m-%d", &tm);
    if (n == 0)
        snprintf(buf, size, "?");
}

void pid_text(const struct snapshot *snap, const struct segment *seg, enum seg_field field,
              char *buf, size_t size) {
    uint64_t pid = 0;
    enum why why = seg_get(seg, field, &pid);
    if (why != WHY_KNOWN) {
        snprintf(buf, size, "%s", why == WHY_NONE ? "none" : "?");
        return;
    }
    if (pid == 0) { // made by the kernel or seen from another pid namespace
        snprintf(buf, size, "unknown");
        return;
    }
    uint8_t state = field == SEG_CREATOR_PID ? seg->creator_state : seg->last_state;
    const struct process *p = NULL;
    if (state == PID_RUNNING)
        p = snapshot_process(snap, (pid_t)pid);
    const char *comm = NULL;
    size_t len = 0;
    if (p && strv_get(p->comm, &comm, &len) == WHY_KNOWN) {
        char name[80];
        name_escape(comm, len, false, name, sizeof(name));
        snprintf(buf, size, "%" PRIu64 " %s", pid, name);
        return;
    }
    snprintf(buf, size, "%" PRIu64 "%s", pid,
             state == PID_GONE      ? " (exited)"
             : state == PID_REUSED  ? " (exited, pid reused)"
             : state == PID_UNKNOWN ? " (?)"
                                    : "");
}
