// ops_try.c - short ways to run an operation in a test and to look at what came of it.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/ops_try.h"

#include <stdio.h>
#include <string.h>

void try_target(struct op_request *req, const char *seg, const struct seg_id *id) {
    const char *why = NULL;
    assert_int_equal(seg_parse(seg, &req->where, &why), 0);
    snprintf(req->seg, sizeof(req->seg), "%s", seg);
    if (id != NULL)
        req->id = *id;
}

void try_op(const struct root *root, const struct op_request *req, enum outcome want, int err,
            struct op_result *out) {
    char line[900] = "";
    enum outcome got = op_run(root, req, out);
    if (got != OUTCOME_DONE)
        fault_format(&out->fault, line, sizeof(line));
    if (got != want || out->fault.err != err)
        fail_msg("outcome %d errno %d, wanted %d and %d: %s", got, out->fault.err, want, err, line);
    assert_int_equal(out->fault.outcome, got);
    assert_null(strpbrk(line, "\n\033"));
    if (got == OUTCOME_DONE)
        return;
    assert_true(out->fault.what[0] != '\0' && out->fault.why[0] != '\0');
    assert_null(out->old);
}

void try_fails(const struct root *root, const struct op_request *req, enum outcome want, int err,
               const char *why) {
    struct op_result out;
    char line[900];
    try_op(root, req, want, err, &out);
    fault_format(&out.fault, line, sizeof(line));
    if (why != NULL && strstr(line, why) == NULL)
        fail_msg("'%s' is not in: %s", why, line);
    op_result_done(&out);
}
