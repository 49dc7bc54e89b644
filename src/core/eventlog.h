// eventlog.h - the events kept, and the lines that show them: newest first, bursts folded.
#ifndef CORE_EVENTLOG_H
#define CORE_EVENTLOG_H

#include "core/event.h"
#include "core/pick.h"

enum { EVENTLOG_KEEP = 10000, EVENTLOG_MINUTES = 120, EVENTLOG_FOLD = 5 };

// A line: one event, or a group of at least EVENTLOG_FOLD alike that stand close in time.
struct event_line {
    size_t event;    // place in the log, see eventlog_at; of a group its newest
    uint32_t folded; // how many stand in the group, 0: no group
    bool open;       // of a group: its events stand below it
    bool member;     // stands below the group it belongs to
    uint64_t oldest; // of a group: serial of its oldest event
};

struct eventlog {
    size_t count;        // events kept
    uint64_t total;      // events there ever were
    uint64_t dropped_ns; // wall time of the newest event that fell out, 0 none
    struct event_line *lines;
    size_t line_count, shown; // shown: events that the filters let through
    size_t selected, top, height;
    uint32_t kinds; // bits of enum event_kind that are shown
    bool only;      // events of one segment alone
    struct seg_id only_id;
    struct eventlog_state *state;
};

// Owned by the caller. Shows all kinds. 0 or -ENOMEM, as all that returns int here.
int eventlog_init(struct eventlog *l);
void eventlog_done(struct eventlog *l); // a zeroed one is legal
// Takes the events (emptied), the oldest ones fall out. While the newest line is selected it stays
// so; else what is selected stays where it is on the screen.
int eventlog_add(struct eventlog *l, struct events *events);
// The event at a place: 0 the oldest kept.
const struct event *eventlog_at(const struct eventlog *l, size_t place);
// The event of a line, NULL when there is no such line.
const struct event *eventlog_line(const struct eventlog *l, size_t line);
// After a change of kinds or only.
int eventlog_refresh(struct eventlog *l);
int eventlog_filter(struct eventlog *l, const struct pick *filter); // borrowed until replaced
// Opens or folds the group of the selected line. False: it is none.
bool eventlog_toggle(struct eventlog *l);
void eventlog_height(struct eventlog *l, size_t height);
void eventlog_move(struct eventlog *l, long delta);
void eventlog_select(struct eventlog *l, size_t line);
// The newest line is selected: new events push it on.
bool eventlog_following(const struct eventlog *l);
bool eventlog_search(const struct eventlog *l, const char *text, size_t from, int dir,
                     size_t *index, size_t *nth, size_t *total);

// Events of each of the last `n` minutes (at most EVENTLOG_MINUTES), oldest first, up to the one
// that holds now_ns. Returns the number written; *peak and *peak_ns: the most, and when.
size_t eventlog_minutes(const struct eventlog *l, uint64_t now_ns, size_t n, uint64_t *out,
                        uint64_t *peak, uint64_t *peak_ns);
// Events after a wall time, of those kept.
size_t eventlog_since(const struct eventlog *l, uint64_t wall_ns);
// Who made a segment, as far as an event tells. NULL: none does.
const struct event *eventlog_creation(const struct eventlog *l, const struct seg_id *id);

#endif
