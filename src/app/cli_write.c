// cli_write.c - `write`: puts bytes into a segment, if wanted only when the old ones are still
// there.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/json.h"
#include "app/xalloc.h"
#include "probes/ops.h"

static enum outcome usage(struct fault *f, const char *what, const char *why) {
    return fault_set(f, OUTCOME_USAGE, 0, what, why, "see shmtop write --help");
}

enum outcome cli_write_check(const struct options *opt, struct fault *f) {
    int sources = (opt->hex.bytes != NULL) + (opt->text != NULL) + (opt->from != NULL);
    if (cli_check_segs(opt, f) != OUTCOME_DONE)
        return f->outcome;
    if (!options_given(opt, OPT_BIT(OFFSET)))
        return usage(f, "write", "needs --offset N");
    if (sources != 1)
        return usage(f, "write", "needs exactly one of --hex, --text and --from");
    if (opt->text && !*opt->text)
        return usage(f, "--text", "holds no bytes");
    return OUTCOME_DONE;
}

struct payload {
    const uint8_t *bytes;
    size_t len;
    uint8_t *owned; // what must be freed
};

enum { FIRST_ROOM = 65536 };

// Reads a file or standard input, but never much more than the segment could take. 0 or -errno.
static int read_all(int fd, uint64_t limit, struct payload *out) {
    size_t room = 0, len = 0;
    uint8_t *bytes = NULL;
    for (;;) {
        if (len == room) {
            size_t more = room ? room * 2 : FIRST_ROOM;
            bytes = xreallocarray(bytes, more, 1);
            room = more;
        }
        ssize_t n = read(fd, bytes + len, room - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int err = -errno;
            free(bytes);
            return err;
        }
        len += (size_t)n;
        if (n == 0 || len > limit) {
            *out = (struct payload){bytes, len, bytes};
            return 0;
        }
    }
}

// The bytes to be written; out->owned is the caller's. The outcome, with *f filled.
static enum outcome get_payload(const struct options *opt, uint64_t limit, struct payload *out,
                                struct fault *f) {
    char what[sizeof f->what];
    if (opt->hex.bytes)
        *out = (struct payload){.bytes = opt->hex.bytes, .len = opt->hex.len};
    else if (opt->text)
        *out = (struct payload){.bytes = (const uint8_t *)opt->text, .len = strlen(opt->text)};
    if (!opt->from)
        return OUTCOME_DONE;
    bool standard = strcmp(opt->from, "-") == 0;
    cli_quote(standard ? "standard input" : opt->from, what, sizeof what);
    int fd = standard ? STDIN_FILENO : open(opt->from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fault_set(f, OUTCOME_FAILED, errno, what, "cannot be opened", "");
    int err = read_all(fd, limit, out);
    if (!standard)
        close(fd);
    if (err)
        return fault_set(f, OUTCOME_FAILED, -err, what, "cannot be read", "");
    return OUTCOME_DONE;
}

static void print_written(const struct options *opt, const struct snapshot *snap, const char *seg,
                          const struct op_request *req, const struct op_result *result) {
    enum { SHOWN = 16 };
    struct json_out out;
    if (opt->json) {
        json_begin(&out, stdout, &snap->vantage, snap->wall_ns);
        json_member(&out, "id", json_string(seg));
        json_member(&out, "offset", json_integer((json_int_t)req->offset));
        json_member(&out, "length", json_integer((json_int_t)req->bytes_len));
        json_member(&out, "old",
                    result->old ? json_hex(result->old, req->bytes_len) : json_string(""));
        json_end(&out);
        return;
    }
    printf("%s: wrote %zu byte%s at 0x%" PRIx64, seg, req->bytes_len,
           req->bytes_len == 1 ? "" : "s", req->offset);
    for (size_t i = 0; result->old && i < req->bytes_len && i < SHOWN; i++)
        printf("%s%02x", i ? " " : ", over ", result->old[i]);
    puts(req->bytes_len > SHOWN ? " ..." : "");
}

static int write_segment(const struct options *opt, const struct cli_look *look,
                         const struct segment *seg) {
    struct payload payload = {0};
    struct op_request req;
    struct op_result result;
    struct fault f;
    uint64_t size = 0;
    char name[CLI_SEG_MAX];
    int status = OUTCOME_DONE;
    // What does not fit is refused by the operation; reading on would only cost memory.
    uint64_t limit = seg_get(seg, SEG_SIZE, &size) == WHY_KNOWN
                         ? (opt->offset < size ? size - opt->offset : 0)
                         : SIZE_MAX;
    if (get_payload(opt, limit, &payload, &f) != OUTCOME_DONE)
        return cli_error(&f);
    op_request_init(&req, OP_WRITE);
    cli_request_segment(&req, look->snap, seg, opt->operands[0], name);
    req.offset = opt->offset;
    req.bytes = payload.bytes;
    req.bytes_len = payload.len;
    req.expect = opt->expect.bytes;
    req.expect_len = opt->expect.len;
    if (op_run(look->root, &req, &result) == OUTCOME_DONE) {
        if (*result.note)
            cli_note("%s", result.note);
        print_written(opt, look->snap, name, &req, &result);
    } else {
        status = cli_error(&result.fault);
    }
    op_result_done(&result);
    free(payload.owned);
    return status;
}

int cli_write(const struct options *opt) {
    struct cli_look look;
    struct fault f;
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look);
    if (status)
        return status;
    const struct segment *seg = cli_find(&look, opt->operands[0], &f);
    status = seg ? write_segment(opt, &look, seg) : cli_error(&f);
    cli_look_done(&look);
    return status;
}
