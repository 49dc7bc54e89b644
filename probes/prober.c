// prober.c - runs the probes of the registry again and again, each time into one frozen picture.
#include "probes/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/origin.h"
#include "core/verdict.h"
#include "probes/ahead.h"
#include "probes/recall.h"
#include "probes/shown.h"

// For so long a look at all private mappings serves the quicker looks that follow it.
static const uint64_t private_maps_serve_ns = 300000000000;

struct slot {
    const struct probe *probe;
    void *state;
    int open_error; // as -errno; such a probe is left out, with a note
};

struct prober {
    const struct root *root; // borrowed
    uint64_t generation;
    size_t segments;               // in the last picture
    const struct origins *origins; // counted
    uint64_t age_floor_ns;
    uint64_t private_maps_ns; // monotonic time of the last look at all private mappings; 0 never
    struct recall *recall;
    size_t count;
    struct slot slots[]; // in the order of the registry
};

int prober_new(const struct root *root, struct prober **out) {
    size_t count = 0;
    while (probe_registry[count] != NULL)
        count++;
    struct prober *p = calloc(1, sizeof(*p) + count * sizeof(p->slots[0]));
    if (p == NULL)
        return -ENOMEM;
    p->root = root;
    p->age_floor_ns = VERDICT_AGE_FLOOR_NS;
    struct origins *builtin = NULL;
    int err = recall_new(&p->recall);
    if (err == 0)
        err = origins_builtin(&builtin);
    if (err < 0) {
        prober_free(p);
        return err;
    }
    p->origins = builtin;
    for (; p->count < count; p->count++) {
        struct slot *s = &p->slots[p->count];
        s->probe = probe_registry[p->count];
        if (s->probe->open != NULL)
            s->open_error = s->probe->open(root, &s->state);
        if (s->open_error == -ENOMEM) {
            prober_free(p);
            return -ENOMEM;
        }
    }
    *out = p;
    return 0;
}

void prober_free(struct prober *prober) {
    if (prober == NULL)
        return;
    for (size_t i = prober->count; i-- > 0;) {
        struct slot *s = &prober->slots[i];
        if (s->probe->close != NULL && s->open_error == 0)
            s->probe->close(s->state);
    }
    recall_free(prober->recall);
    origins_unref(prober->origins);
    free(prober);
}

void prober_set_rules(struct prober *prober, const struct origins *origins, uint64_t age_floor_ns) {
    prober->age_floor_ns = age_floor_ns;
    if (!origins)
        return;
    origins_ref(origins);
    origins_unref(prober->origins);
    prober->origins = origins;
}

// 0 or -ENOMEM: a probe that fails leaves a note, the others still tell what they can.
static int run(const struct slot *s, struct scan *scan) {
    int err = s->open_error;
    if (err == 0)
        err = s->probe->scan(s->state, scan);
    if (err < 0 && err != -ENOMEM)
        builder_note(scan->out, s->probe->name, "the whole probe", strlen("the whole probe"),
                     why_from_errno(-err), -err);
    return err == -ENOMEM ? err : 0;
}

struct telling {
    struct prober *prober;
    const struct scan_request *want;
};

static int tell_late(void *arg, struct late *late) {
    const struct telling *t = arg;
    return recall_tell(t->prober->recall, t->prober->root, t->want, late);
}

// Private mappings are looked for in sweeps only; what a sweep found is kept until the next.
static void judge_private_maps(struct prober *p, struct coverage *c, uint64_t mono_ns) {
    if (c->private_maps)
        p->private_maps_ns = mono_ns;
    else
        c->private_maps = p->private_maps_ns > 0 &&
                          mono_ns - p->private_maps_ns < private_maps_serve_ns;
}

int prober_scan(struct prober *prober, const struct scan_request *want,
                const struct snapshot **out) {
    struct builder *b;
    int err = builder_new(&b);
    if (err < 0)
        return err;
    err = builder_expect(b, prober->segments + prober->segments / 16);
    uint64_t mono_ns = root_mono_ns(prober->root), wall_ns = root_wall_ns(prober->root);
    *builder_vantage(b) = *root_vantage(prober->root);
    builder_coverage(b)->complete = root_sees_all(prober->root);
    builder_coverage(b)->pids_hidden = root_hides_pids(prober->root);
    builder_set_rules(b, prober->origins, prober->age_floor_ns);
    struct scan scan = {.root = prober->root, .want = want, .out = b};
    shown_prepare(&scan);
    for (size_t i = 0; err == 0 && i < prober->count; i++)
        err = run(&prober->slots[i], &scan);
    ahead_drop(scan.locks);
    if (err < 0) {
        builder_free(b);
        return err;
    }
    builder_coverage(b)->scan_ns = root_mono_ns(prober->root) - mono_ns;
    judge_private_maps(prober, builder_coverage(b), mono_ns);
    struct telling telling = {prober, want};
    builder_set_late(b, tell_late, &telling);
    err = builder_freeze(b, prober->generation + 1, mono_ns, wall_ns, out);
    if (err == 0) {
        prober->generation++;
        prober->segments = (*out)->segment_count;
    }
    return err;
}
