// vec.h - small typed arrays that grow: VEC(struct thing) things = {0};
#ifndef CORE_VEC_H
#define CORE_VEC_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Zeroed is empty. items[0 .. count-1] are valid; any call that adds may move them.
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, capacity;                                                                    \
    }

// A block for at least `need` items of `size` bytes each, doubling; NULL leaves items as it is.
static inline void *vec_grown_(void *items, size_t *capacity, size_t need, size_t size) {
    size_t cap = *capacity ? *capacity : 8;

    while (cap < need) {
        if (cap > SIZE_MAX / 2)
            return NULL;
        cap *= 2;
    }
    if (cap > SIZE_MAX / size)
        return NULL;
    void *grown = realloc(items, cap * size);
    if (grown)
        *capacity = cap;
    return grown;
}

// Room for `n` items in all. 0 or -ENOMEM (the vec stays as it was).
#define vec_reserve(v, n)                                                                          \
    __extension__({                                                                                \
        int vec_rc_ = 0;                                                                           \
        size_t vec_need_ = (n);                                                                    \
        if (vec_need_ > (v)->capacity) {                                                           \
            void *vec_new_ = vec_grown_((v)->items, &(v)->capacity, vec_need_,                     \
                                        sizeof *(v)->items);                                       \
            if (vec_new_)                                                                          \
                (v)->items = vec_new_;                                                             \
            else                                                                                   \
                vec_rc_ = -ENOMEM;                                                                 \
        }                                                                                          \
        vec_rc_;                                                                                   \
    })

// Appends a copy of value, which must not point into the vec. 0 or -ENOMEM.
#define vec_push(v, value)                                                                         \
    __extension__({                                                                                \
        int vec_push_rc_ = vec_reserve(v, (v)->count + 1);                                         \
        if (vec_push_rc_ == 0)                                                                     \
            (v)->items[(v)->count++] = (value);                                                    \
        vec_push_rc_;                                                                              \
    })

// Gives surplus memory back. Never fails: a block that cannot shrink stays.
#define vec_trim(v)                                                                                \
    do {                                                                                           \
        if ((v)->count && (v)->count < (v)->capacity) {                                            \
            void *vec_small_ = realloc((v)->items, (v)->count * sizeof *(v)->items);               \
            if (vec_small_) {                                                                      \
                (v)->items = vec_small_;                                                           \
                (v)->capacity = (v)->count;                                                        \
            }                                                                                      \
        }                                                                                          \
    } while (0)

// Frees the items and empties the vec.
#define vec_done(v)                                                                                \
    do {                                                                                           \
        free((v)->items);                                                                          \
        (v)->items = NULL;                                                                         \
        (v)->count = (v)->capacity = 0;                                                            \
    } while (0)

#endif
