// verdict.h - whether a segment is used, kept, young or left behind, and what proves it.
//
// Pure functions over a snapshot. The state of every segment is judged once, when the snapshot is
// frozen; the evidence is put into words only when somebody asks.
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include "core/snapshot.h"

// X(ID, word). Zero is what is known of a segment that nobody has looked at.
#define VERDICT_LIST(X)                                                                            \
    X(UNKNOWN, "unknown")     /* not all possible holders can be seen */                           \
    X(IN_USE, "in-use")       /* somebody maps, opens or locks it, or one of its group */          \
    X(PROTECTED, "protected") /* unused, kept on purpose */                                        \
    X(IDLE, "idle")           /* unused, but the process it belongs to lives */                    \
    X(YOUNG, "young")         /* unused, under the age floor */                                    \
    X(ORPHAN, "orphan")       /* unused, and its owner is proven dead */                           \
    X(SUSPECT, "suspect")     /* unused and old, nobody can be proven dead */
enum verdict_state {
#define X(id, word) VERDICT_##id,
    VERDICT_LIST(X)
#undef X
        VERDICT_COUNT
};
const char *verdict_name(enum verdict_state state);
// The state of a word; VERDICT_COUNT: there is no such word.
enum verdict_state verdict_by_name(const char *word);

// Age under which an unused segment is young, unless told otherwise: 10 minutes.
#define VERDICT_AGE_FLOOR_NS UINT64_C(600000000000)

// The state judged at freeze, with the age floor of the snapshot (snap->age_floor_ns).
static inline enum verdict_state verdict_of(const struct segment *seg) {
    return (enum verdict_state)seg->verdict;
}
// True for what must not be removed unless forced: held, attached, of a group in use, or kept on
// purpose. Unknown is no reason: it is said, not refused.
bool verdict_keeps(const struct segment *seg);
// True for everything that nobody is seen to use: what `leaks` lists.
static inline bool verdict_is_unused(enum verdict_state state) {
    return state != VERDICT_IN_USE;
}
// True when somebody is seen, or proven, to use the segment itself, whatever its group does.
bool verdict_is_used(const struct snapshot *snap, const struct segment *seg);
// True when one look at this machine can see every holder of objects without nattch.
bool verdict_sees_all(const struct coverage *c);

// Where a fact comes from.
#define EVIDENCE_SOURCE_LIST(X)                                                                    \
    X(LOCK, "lock")                                                                                \
    X(HOLDERS, "holders") /* mappings and descriptors */                                           \
    X(KERNEL, "kernel")   /* asked whether anybody has it open */                                  \
    X(NATTCH, "nattch")                                                                            \
    X(GROUP, "group")                                                                              \
    X(COVERAGE, "coverage")                                                                        \
    X(ORIGIN, "origin")                                                                            \
    X(CREATOR, "creator") /* pid kept by the kernel */                                             \
    X(LAST, "last")                                                                                \
    X(NAME, "name")                                                                                \
    X(CONTENT, "content")                                                                          \
    X(AGE, "age")
enum evidence_source {
#define X(id, word) EVIDENCE_##id,
    EVIDENCE_SOURCE_LIST(X)
#undef X
};
const char *evidence_source_name(enum evidence_source source);

enum { EVIDENCE_MAX = 16, EVIDENCE_FACT = 200 };
struct evidence {
    enum verdict_state speaks_for;
    enum evidence_source source;
    char fact[EVIDENCE_FACT]; // one clause, escaped for display: "creator 7710 has exited"
};
// Every fact for and against, the strongest first: at most EVIDENCE_MAX. Returns how many.
size_t verdict_explain(const struct snapshot *snap, const struct segment *seg,
                       struct evidence out[EVIDENCE_MAX]);
// The strongest fact that speaks for the verdict, in one clause. Returns buf.
const char *verdict_because(const struct snapshot *snap, const struct segment *seg, char *buf,
                            size_t size);
// All facts that agree with the verdict, the strongest first, joined by "; ". Returns buf.
const char *verdict_why(const struct snapshot *snap, const struct segment *seg, char *buf,
                        size_t size);
// Whether a fact agrees with a verdict: those for leaving a segment alone with every such state,
// those for its being left behind with orphan and suspect.
bool evidence_agrees(const struct evidence *e, enum verdict_state verdict);
// What no look at the machine can tell, in one clause; static storage.
const char *verdict_cannot_know(const struct segment *seg);
// The latest of creation, attach, detach and the last time this run saw a holder, of the segment
// and of its group: from here its age counts. WHY_KNOWN and *out, or the reason.
enum why verdict_latest(const struct snapshot *snap, const struct segment *seg, uint64_t *out);

// The group of files that a segment belongs to (itself included), as indexes into snap->segments,
// borrowed; *count 0 and NULL when it stands alone.
const uint32_t *verdict_group(const struct snapshot *snap, const struct segment *seg,
                              size_t *count);

// For builder_freeze, which has everything but the verdicts in the snapshot by then: judges its
// segments; they and the groups, whose shared facts are filled in, are told once more because they
// may be changed. 0 or -ENOMEM.
int verdict_judge_all(const struct snapshot *snap, struct segment *segments,
                      struct seg_group *groups);

#endif
