// drive.h - drives the monitor's state by keys, pictures and replies; no terminal, no threads.
#ifndef TESTS_SUPPORT_DRIVE_H
#define TESTS_SUPPORT_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"

#define S UINT64_C(1000000000)

// A segment of a made-up machine. Held ones are open in process 41.
struct made {
    enum seg_kind kind;
    uint64_t num;
    const char *name; // NULL: System V
    uint64_t size, key, change_s;
    bool held;
};
// /alpha (4 KiB, nobody), /beta (8 KiB, held), sysv:7 (64 KiB, key 0x5201, nobody).
extern const struct made drive_three[3];
extern struct app app; // the one that is driven
// Pictures from now on: process 41 alone, or forty of them, each with a note of its own.
extern bool drive_crowded;

// Starts with drive_three on a screen of 30x100.
void drive_begin(bool read_only, const char *filter);
int drive_setup(void **state); // the same, with no job left
int drive_teardown(void **state);

// Shows another picture.
void show(const struct made *list, size_t n);
// A key by its name ("F9", "Enter", "x"), or every character of text.
void press_key(const char *name);
void type(const char *text);
// Lets time go on; drive_now is the clock.
void pass(uint64_t ns);
uint64_t drive_now(void);

// The next job of a kind, owned by the caller; others before it are thrown away.
// job: NULL when there is none; need_job fails the test then.
struct io_request *job(enum io_kind kind);
struct io_request *need_job(enum io_kind kind) __attribute__((returns_nonnull));
bool has_job(enum io_kind kind);
void drop_jobs(void);

// The screen as text; owned by the caller.
char *screen(void);
bool shows(const char *text);
void assert_shows(const char *text);
void select_named(const char *seg);

// Answers the read that was asked for last: each byte is the low byte of its offset, the first one
// is `first`. Or refuses it.
void answer(uint64_t size, uint8_t first);
void refuse(enum outcome outcome);
// A reply of a kind, to be filled in and handed to app_reply.
struct io_reply *new_reply(enum io_kind kind, uint64_t serial, size_t items);

#endif
