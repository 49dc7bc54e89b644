// io_parts.h - what the files io_*.c of the I/O thread share and nobody else needs.
#ifndef APP_IO_PARTS_H
#define APP_IO_PARTS_H

#include "app/io_work.h"
#include "core/hexview.h"
#include "probes/content.h"

struct io_survey;  // io_survey.c
struct io_save;    // io_save.c
struct io_capture; // io_other.c

enum { IO_SEARCH_CHUNK = 1 << 18, IO_CAPTURE_MAX = 64 << 20 };

// A search that goes on, slice by slice.
struct io_search {
    struct io_request *req; // owned
    uint64_t position;      // where a match may begin next
    uint64_t searched;      // places gone over
    uint64_t skipped;       // bytes left alone
    uint8_t *chunk, *marks; // `room` bytes each
    size_t room;
};

struct io_worker {
    const struct root *root;
    struct content_reader *kept; // attached; of kept_id
    struct seg_id kept_id;
    struct io_search *search;   // NULL: none
    struct io_survey *survey;   // NULL: none
    struct io_save *save;       // NULL: none
    struct io_capture *capture; // NULL: none
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
void io_let_go(struct io_worker *w); // of a reader that stays attached
// Puts what came of an operation into item i of a reply.
void io_take_result(struct io_reply *reply, size_t i, const char *seg,
                    const struct op_result *result);

// io_remove.c
// A whole look at everything, with the rules of the picture that was seen. Counted; NULL: it
// failed.
const struct snapshot *io_look_closely(const struct io_worker *w, const struct snapshot *seen);
struct io_reply *io_do_remove(struct io_worker *w, const struct io_request *req);
struct io_reply *io_do_restore(struct io_worker *w, const struct io_request *req);
struct io_reply *io_do_kept(const struct io_worker *w, const struct io_request *req);
struct io_reply *io_do_signal(const struct io_worker *w, const struct io_request *req);

// io_set.c
struct io_reply *io_do_set(struct io_worker *w, const struct io_request *req);

// io_read.c
// Reads [offset, offset+want) and marks what was left alone (its bytes become 0). may_load: swapped
// pages are read too. 0 or -errno; *len < want at the end of the segment.
int io_read_marked(struct content_reader *r, uint64_t offset, uint8_t *buf, uint8_t *marks,
                   size_t want, bool may_load, size_t *len);
struct io_reply *io_do_read(struct io_worker *w, const struct io_request *req);
// A range whole, for the clipboard.
struct io_reply *io_do_fetch(struct io_worker *w, const struct io_request *req);

// io_edit.c
// The spans of the request as they are now; they go over into the reply.
struct io_reply *io_do_look(struct io_worker *w, struct io_request *req);
// Writes the spans, all of them or as far as it goes: none when one is not as it is expected to be.
struct io_reply *io_do_write(struct io_worker *w, struct io_request *req);

// io_search.c
void io_search_start(struct io_worker *w, struct io_request *req); // taken
void io_search_stop(struct io_worker *w);

// io_other.c: what bytes are compared with.
struct io_other {
    const struct io_capture *capture; // one of the two
    struct content_reader *reader;
    uint64_t size;
};
struct io_reply *io_do_capture(struct io_worker *w, const struct io_request *req);
void io_capture_forget(struct io_worker *w);
// 0 or -errno with *why filled; io_other_close is due in either case.
int io_other_open(struct io_worker *w, const struct io_request *req, struct io_other *out,
                  struct fault *why);
void io_other_close(struct io_other *o);
// All of `want` bytes; MARK_ABSENT where there are none. 0 or -errno.
int io_other_read(const struct io_other *o, uint64_t offset, uint8_t *buf, uint8_t *marks,
                  size_t want);
// How many bytes from an offset on hold nothing that could be compared or are a hole; 0: none.
uint64_t io_other_hole(const struct io_other *o, uint64_t offset, uint64_t limit);

// io_diff.c: one step of looking for what differs. 1 found (*at), 0 not, or -errno.
int io_diff_step(struct io_search *s, struct content_reader *r, const struct io_other *o,
                 uint64_t places, uint64_t *at);

// io_save.c
struct io_reply *io_save_start(struct io_worker *w, struct io_request *req); // taken; NULL: it runs

// io_create.c
void io_create(const struct io_worker *w, const struct io_request *req, struct io_reply *reply);

// io_file.c
struct io_reply *io_do_file(const struct io_request *req);
struct io_reply *io_save_slice(struct io_worker *w);
void io_save_stop(struct io_worker *w, bool finished); // not finished: the file goes

// io_survey.c
struct io_reply *io_do_survey(struct io_worker *w, const struct io_request *req);
void io_survey_forget(struct io_worker *w);

#endif
