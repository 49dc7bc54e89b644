// model.c - names of the model's constants, the order of identities, errno to reason.
#include "core/model.h"

#include <errno.h>

// The promise is 1 KiB an object with two pictures alive, rows and names included.
_Static_assert(sizeof(struct segment) <= 256, "struct segment has grown");

// A constant that does not exist is "?": what comes from a broken caller still prints.
static const char *word(const char *const *words, size_t count, unsigned i) {
    return i < count ? words[i] : "?";
}
#define WORD(words, i) word(words, sizeof(words) / sizeof *(words), (unsigned)(i))

#define X(id, text) text,
static const char *const why_words[] = {WHY_LIST(X)};
static const char *const kind_words[] = {SEG_KIND_LIST(X)};
static const char *const field_words[] = {SEG_FIELD_LIST(X)};
static const char *const flag_words[] = {SEG_FLAG_LIST(X)};
static const char *const pid_words[] = {PID_STATE_LIST(X)};
static const char *const limit_words[] = {LIMIT_LIST(X)};
#undef X

const char *why_name(enum why why) {
    return WORD(why_words, why);
}

const char *seg_kind_name(enum seg_kind kind) {
    return WORD(kind_words, kind);
}

const char *seg_field_name(enum seg_field field) {
    return WORD(field_words, field);
}

const char *seg_flag_name(unsigned bit) {
    return WORD(flag_words, bit);
}

const char *pid_state_name(enum pid_state state) {
    return WORD(pid_words, state);
}

const char *limit_name(enum limit limit) {
    return WORD(limit_words, limit);
}

enum why why_from_errno(int err) {
    switch (err < 0 ? -err : err) {
    case EACCES:
    case EPERM:
    case EROFS:
        return WHY_DENIED;
    case ENOENT:
    case ESRCH:
    case EIDRM:
    case ESTALE:
    case ENODEV:
    case ENXIO:
        return WHY_GONE;
    case ENOSYS:
    case ENOTTY:
    case EOPNOTSUPP:
        return WHY_UNSUPPORTED;
    case EBADMSG:
    case EILSEQ:
    case EPROTO:
    case EOVERFLOW:
    case EFBIG:
        return WHY_MALFORMED;
    default:
        return WHY_FAILED; // never KNOWN, not even for 0: a caller asked for a reason
    }
}

static int order(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

int seg_id_compare(const struct seg_id *a, const struct seg_id *b) {
    int c = order(a->kind, b->kind);

    if (c == 0)
        c = order(a->ns, b->ns);
    if (c == 0)
        c = order(a->dev, b->dev);
    if (c == 0)
        c = order(a->num, b->num);
    for (size_t i = 0; c == 0 && i < 3; i++)
        c = order(a->incarnation[i], b->incarnation[i]);
    return c;
}

void seg_mark_huge(struct segment *s) {
    uint64_t rss = 0;
    if ((s->flags & SEG_FLAG_HUGE) != 0)
        return;
    s->flags |= SEG_FLAG_HUGE;
    if (seg_get(s, SEG_RESIDENT, &rss) == WHY_KNOWN)
        seg_set(s, SEG_RESIDENT, rss / SEG_HUGE_FACTOR);
}
