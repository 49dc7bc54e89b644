// collector.h - the thread that looks at the machine again and again.
//
// It hands over one picture at a time; one that nobody has taken yet is replaced by the next.
#ifndef APP_COLLECTOR_H
#define APP_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/snapshot.h"
#include "probes/root.h"

struct collector;

// Starts the thread, which makes its first picture at once. The root is borrowed until
// collector_free, the catalogue of origins counted again. 0 or -errno.
int collector_new(const struct root *root, const struct origins *origins, uint64_t interval_ns,
                  bool all_namespaces, struct collector **out);
// Waits for the scan that may be running. NULL is legal.
void collector_free(struct collector *c);
// Readable (poll) when there is something to take.
int collector_fd(const struct collector *c);
// The latest picture, counted, one reference for the caller; NULL: none since the last call.
// *err gets 0 or why the latest scan made no picture, as -errno; *period_ns the time between two
// pictures by now: longer than the interval where one is so dear that looking would take more than
// a fiftieth of the time.
const struct snapshot *collector_take(struct collector *c, int *err, uint64_t *period_ns);
// What is on the screen, to be asked about in every picture; of more than COLLECTOR_SHOWN the
// first.
enum { COLLECTOR_SHOWN = 256 };
void collector_shown(struct collector *c, const struct seg_id *ids, size_t count);
// What happened up to the pictures taken since the last call, owned by the caller; *source gets how
// names in /dev/shm are known.
struct events collector_events(struct collector *c, enum name_source *source);
// Looks again as soon as it can, also while paused; `sweep`: without trusting anything it knows.
void collector_request(struct collector *c, bool sweep);
// Paused it makes no picture unless asked, and does not wake up.
void collector_pause(struct collector *c, bool paused);

// Whether pictures show segments of other namespaces too; looks again at once, also while paused.
void collector_namespaces(struct collector *c, bool all);
// The time between two pictures, and the age under which what is unused is young. As above.
void collector_interval(struct collector *c, uint64_t interval_ns);
void collector_age_floor(struct collector *c, uint64_t age_ns);
// Whether sweeps ask the kernel who has objects open (see scan_request); at first they do not.
void collector_ask_kernel(struct collector *c, bool ask);

#endif
