// io_msg.c - freeing the messages between the loop and the I/O thread.
#include "app/io_msg.h"

#include <stdlib.h>

void removals_free(struct removal *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(items[i].seg);
    free(items);
}

void words_free(char **words, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(words[i]);
    free(words);
}

void targets_free(struct signal_target *targets, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(targets[i].name);
    free(targets);
}

void edit_spans_free(struct edit_span *spans, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(spans[i].bytes);
        free(spans[i].expect);
        free(spans[i].old);
    }
    free(spans);
}

void io_request_free(struct io_request *req) {
    if (!req)
        return;
    snapshot_unref(req->snap);
    pattern_free(req->pattern);
    free(req->fold.keep);
    free(req->path);
    free(req->text);
    free(req->owner);
    free(req->create_or_write);
    edit_spans_free(req->spans, req->span_count);
    removals_free(req->removals, req->removal_count);
    free(req->plan.save);
    words_free(req->words, req->word_count);
    targets_free(req->targets, req->target_count);
    free(req);
}

void io_reply_free(struct io_reply *reply) {
    if (!reply)
        return;
    free(reply->bytes);
    free(reply->marks);
    free(reply->parts);
    free(reply->other);
    free(reply->other_marks);
    free(reply->cells);
    free(reply->ranges);
    edit_spans_free(reply->spans, reply->span_count);
    for (size_t i = 0; i < reply->item_count; i++) {
        free(reply->items[i].seg);
        free(reply->items[i].text);
        free(reply->items[i].kept);
    }
    free(reply->items);
    kept_list_done(&reply->kept);
    free(reply);
}
