// collector.c - the thread that looks at the machine again and again.
#include "app/collector.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/origin.h"
#include "core/verdict.h"
#include "probes/probe.h"
#include "probes/watch.h"
#include "ui/crash.h"

enum { NICE = 5 };             // of this thread alone
enum { STRETCH = 50 };         // a scan may take one fiftieth of the time
enum { SWEEP_STRETCH = 1000 }; // and a sweep one thousandth
static const uint64_t sweep_ns = 30000000000u, longest_sweep_ns = 240000000000u;
static const uint64_t longest_ns = 30000000000u;

struct collector {
    const struct root *root;
    const struct origins *origins; // counted
    int event;
    pthread_t thread;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t cond;
    bool quit, paused, requested, sweep, all_namespaces, ask_kernel;
    uint64_t interval_ns, period_ns;
    uint64_t age_floor_ns;
    const struct snapshot *latest; // counted
    int err;
    struct seg_id shown[COLLECTOR_SHOWN];
    size_t shown_count;
    struct events events; // not taken yet
    enum name_source source;
};

// What the thread alone uses.
struct work {
    struct prober *prober;
    struct watch *watch;
    struct event_maker maker;
    bool all_namespaces; // of the picture before
};

static uint64_t clock_now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t mono_now(void) {
    return clock_now(CLOCK_MONOTONIC);
}

// What looking has cost others since then: the time it took, but not that in which it waited for a
// processor, nor what our other threads did meanwhile.
static uint64_t cost_since(uint64_t mono_ns, uint64_t cpu_ns) {
    uint64_t took = mono_now() - mono_ns, cpu = clock_now(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    return took < cpu ? took : cpu;
}

static void hand_over(struct collector *c, const struct snapshot *snap, int err) {
    uint64_t one = 1;
    snapshot_unref(c->latest);
    c->latest = snap;
    c->err = err;
    // Can only fail when the counter is about to overflow: then it is readable anyhow.
    (void)!write(c->event, &one, sizeof one);
}

// Waits, locked, until a picture is due. False: the thread has to end.
static bool wait_until_due(struct collector *c, uint64_t due_ns) {
    while (!c->quit && !c->requested) {
        if (c->paused) {
            pthread_cond_wait(&c->cond, &c->mutex);
        } else if (mono_now() < due_ns) {
            struct timespec until = {.tv_sec = (time_t)(due_ns / 1000000000u),
                                     .tv_nsec = (long)(due_ns % 1000000000u)};
            pthread_cond_timedwait(&c->cond, &c->mutex, &until);
        } else {
            break;
        }
    }
    return !c->quit;
}

// The first picture is to be there at once, so it does not walk descriptors and locks; after it
// the prober spreads them over its scans.
static struct scan_request what_to_look_for(const struct collector *c, bool first, bool sweep) {
    return (struct scan_request){.everything = sweep,
                                 .private_maps = !first,
                                 .descriptors = !first,
                                 .locks = !first,
                                 .skip_self = true,
                                 .all_namespaces = c->all_namespaces,
                                 .ask_kernel = sweep && c->ask_kernel};
}

// In steps of half the interval, so that the time on the screen does not flicker.
static uint64_t period(const struct collector *c, uint64_t took_ns) {
    uint64_t step = c->interval_ns / 2 + 1;
    uint64_t stretched = took_ns > longest_ns / STRETCH ? longest_ns : took_ns * STRETCH;
    return stretched > c->interval_ns ? (stretched + step - 1) / step * step : c->interval_ns;
}

// What all other looks spare themselves for good reasons: as often as it is cheap.
static uint64_t next_sweep(uint64_t now_ns, uint64_t took_ns) {
    uint64_t wait = took_ns * SWEEP_STRETCH;
    return now_ns + (wait < sweep_ns           ? sweep_ns
                     : wait > longest_sweep_ns ? longest_sweep_ns
                                               : wait);
}

// What led to this picture. Without memory for it nothing is told.
static struct events look_for_events(struct work *w, const struct snapshot *snap,
                                     bool all_namespaces) {
    struct name_notes notes = {0};
    struct events events = {0};
    if (w->all_namespaces != all_namespaces) // what comes into sight is not new
        event_maker_reset(&w->maker);
    w->all_namespaces = all_namespaces;
    if (watch_drain(w->watch, &notes) < 0 || events_make(&w->maker, snap, &notes, &events) < 0)
        event_maker_reset(&w->maker);
    name_notes_done(&notes);
    return events;
}

// Appends them, locked, to those that were not taken yet.
static void hand_over_events(struct collector *c, struct events *events) {
    if (events->count == 0)
        return;
    struct event *all = reallocarray(c->events.items, c->events.count + events->count, sizeof *all);
    if (!all) {
        events_done(events);
        return;
    }
    memcpy(all + c->events.count, events->items, events->count * sizeof *all);
    c->events.items = all;
    c->events.count += events->count;
    free(events->items); // their strings went along
}

static void collect(struct collector *c, struct work *work) {
    struct seg_id shown[COLLECTOR_SHOWN];
    uint64_t due = 0, sweep_due = 0;
    bool first = true;
    while (wait_until_due(c, due)) {
        bool sweep = c->sweep || (!first && mono_now() >= sweep_due);
        struct scan_request want = what_to_look_for(c, first, sweep);
        want.shown = memcpy(shown, c->shown, c->shown_count * sizeof *shown);
        want.shown_count = c->shown_count;
        c->requested = c->sweep = false;
        prober_set_rules(work->prober, c->origins, c->age_floor_ns);
        pthread_mutex_unlock(&c->mutex);
        uint64_t start = mono_now(), cpu = clock_now(CLOCK_PROCESS_CPUTIME_ID);
        const struct snapshot *snap = NULL;
        int err = prober_scan(work->prober, &want, &snap);
        struct events events = {0};
        if (snap)
            events = look_for_events(work, snap, want.all_namespaces);
        // What the first one left out follows soon.
        uint64_t took = cost_since(start, cpu);
        if (sweep)
            sweep_due = next_sweep(start, took);
        pthread_mutex_lock(&c->mutex);
        // Neither the first one nor a sweep is like those that follow.
        uint64_t every = sweep || first ? c->period_ns : period(c, took);
        due = start + (first ? c->interval_ns / 4 : every);
        first = false;
        c->period_ns = every;
        hand_over_events(c, &events);
        hand_over(c, snap, err);
    }
}

static void *run(void *arg) {
    struct collector *c = arg;
    struct work work = {0};
    void *stack = crash_thread_begin();
    int err = prober_new(c->root, &work.prober);
    if (err == 0)
        err = watch_open(c->root, &work.watch);
    pthread_mutex_lock(&c->mutex);
    if (err)
        hand_over(c, NULL, err);
    else
        c->source = watch_source(work.watch);
    if (!err)
        collect(c, &work);
    pthread_mutex_unlock(&c->mutex);
    event_maker_done(&work.maker);
    watch_close(work.watch);
    prober_free(work.prober);
    crash_thread_end(stack);
    return NULL;
}

static void done(struct collector *c) {
    pthread_cond_destroy(&c->cond);
    pthread_mutex_destroy(&c->mutex);
    if (c->event >= 0)
        close(c->event);
    snapshot_unref(c->latest);
    events_done(&c->events);
    origins_unref(c->origins);
    free(c);
}

int collector_new(const struct root *root, const struct origins *origins, uint64_t interval_ns,
                  bool all_namespaces, struct collector **out) {
    struct collector *c = calloc(1, sizeof *c);
    pthread_condattr_t attr;
    if (!c)
        return -ENOMEM;
    c->root = root;
    c->origins = origins_ref(origins);
    c->interval_ns = c->period_ns = interval_ns;
    c->age_floor_ns = VERDICT_AGE_FLOOR_NS;
    c->all_namespaces = all_namespaces;
    pthread_mutex_init(&c->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->cond, &attr);
    pthread_condattr_destroy(&attr);
    c->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int err = c->event < 0 ? errno : pthread_create(&c->thread, NULL, run, c);
    if (err) {
        done(c);
        return -err;
    }
    *out = c;
    return 0;
}

void collector_free(struct collector *c) {
    if (!c)
        return;
    pthread_mutex_lock(&c->mutex);
    c->quit = true;
    pthread_cond_signal(&c->cond);
    pthread_mutex_unlock(&c->mutex);
    pthread_join(c->thread, NULL);
    done(c);
}

int collector_fd(const struct collector *c) {
    return c->event;
}

const struct snapshot *collector_take(struct collector *c, int *err, uint64_t *period_ns) {
    uint64_t count;
    (void)!read(c->event, &count, sizeof count);
    pthread_mutex_lock(&c->mutex);
    const struct snapshot *snap = c->latest;
    c->latest = NULL;
    *err = c->err;
    *period_ns = c->period_ns;
    c->err = 0;
    pthread_mutex_unlock(&c->mutex);
    return snap;
}

void collector_shown(struct collector *c, const struct seg_id *ids, size_t count) {
    pthread_mutex_lock(&c->mutex);
    c->shown_count = count < COLLECTOR_SHOWN ? count : COLLECTOR_SHOWN;
    memcpy(c->shown, ids, c->shown_count * sizeof *ids);
    pthread_mutex_unlock(&c->mutex);
}

struct events collector_events(struct collector *c, enum name_source *source) {
    pthread_mutex_lock(&c->mutex);
    struct events events = c->events;
    c->events = (struct events){0};
    *source = c->source;
    pthread_mutex_unlock(&c->mutex);
    return events;
}

void collector_request(struct collector *c, bool sweep) {
    pthread_mutex_lock(&c->mutex);
    c->requested = true;
    c->sweep |= sweep;
    pthread_cond_signal(&c->cond);
    pthread_mutex_unlock(&c->mutex);
}

void collector_pause(struct collector *c, bool paused) {
    pthread_mutex_lock(&c->mutex);
    c->paused = paused;
    pthread_cond_signal(&c->cond);
    pthread_mutex_unlock(&c->mutex);
}

void collector_namespaces(struct collector *c, bool all) {
    pthread_mutex_lock(&c->mutex);
    c->all_namespaces = all;
    c->requested = true;
    pthread_cond_signal(&c->cond);
    pthread_mutex_unlock(&c->mutex);
}

void collector_interval(struct collector *c, uint64_t interval_ns) {
    pthread_mutex_lock(&c->mutex);
    c->requested |= c->interval_ns != interval_ns;
    c->interval_ns = c->period_ns = interval_ns;
    pthread_cond_signal(&c->cond);
    pthread_mutex_unlock(&c->mutex);
}

void collector_age_floor(struct collector *c, uint64_t age_ns) {
    pthread_mutex_lock(&c->mutex);
    c->requested |= c->age_floor_ns != age_ns;
    c->age_floor_ns = age_ns;
    pthread_cond_signal(&c->cond);
    pthread_mutex_unlock(&c->mutex);
}

void collector_ask_kernel(struct collector *c, bool ask) {
    pthread_mutex_lock(&c->mutex);
    c->ask_kernel = ask;
    pthread_mutex_unlock(&c->mutex);
}
