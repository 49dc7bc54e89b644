// io_parts.h - what the files io_*.c of the I/O thread share and nobody else needs.
#ifndef APP_IO_PARTS_H
#define APP_IO_PARTS_H

#include "app/io_work.h"
#include "core/hexview.h"
#include "probes/content.h"

struct io_search; // io_search.c
struct io_survey; // io_survey.c

struct io_worker {
    const struct root *root;
    struct content_reader *kept; // attached; of kept_id
    struct seg_id kept_id;
    struct io_search *search; // NULL: none
    struct io_survey *survey; // NULL: none
};

// io_work.c
struct io_reply *io_new_reply(const struct io_request *req);
// The reader of the request's segment: opened, or the one that stays attached. 0 or -errno with
// *why filled.
int io_open_reader(struct io_worker *w, const struct io_request *req, struct content_reader **out,
                   struct fault *why);
void io_close_reader(struct io_worker *w, struct content_reader *r);
// What cannot be read any more is not kept either; the reply gets the fault.
void io_drop_reader(struct io_worker *w, struct content_reader *r, const struct io_request *req,
                    struct io_reply *reply);
// Reads [offset, offset+want) as far as there is anything; *len tells how far. 0 or -errno.
int io_read_all(struct content_reader *r, uint64_t offset, uint8_t *buf, size_t want, size_t *len);
uint64_t io_mono_ns(void);

// io_read.c
// Reads [offset, offset+want) and marks what was left alone (its bytes become 0). may_load: swapped
// pages are read too. 0 or -errno; *len < want at the end of the segment.
int io_read_marked(struct content_reader *r, uint64_t offset, uint8_t *buf, uint8_t *marks,
                   size_t want, bool may_load, size_t *len);
struct io_reply *io_do_read(struct io_worker *w, const struct io_request *req);

// io_search.c
void io_search_start(struct io_worker *w, struct io_request *req); // taken
void io_search_stop(struct io_worker *w);

// io_survey.c
struct io_reply *io_do_survey(struct io_worker *w, const struct io_request *req);
void io_survey_forget(struct io_worker *w);

#endif
