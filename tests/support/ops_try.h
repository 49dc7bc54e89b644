// ops_try.h - short ways to run an operation in a test and to look at what came of it.
#ifndef TESTS_SUPPORT_OPS_TRY_H
#define TESTS_SUPPORT_OPS_TRY_H

#include "probes/ops.h"

// Fills name and identity of an existing segment from its SEG. Asserts that it parses.
void try_target(struct op_request *req, const char *seg, const struct seg_id *id);
// Runs it; the outcome must be `want`. The fault line must then be complete (a reason, no line
// break, an error name exactly when `err` is not 0). *out is the caller's.
void try_op(const struct root *root, const struct op_request *req, enum outcome want, int err,
            struct op_result *out);
// The same without a result to look at; `why` must be part of the fault line (NULL: anything).
void try_fails(const struct root *root, const struct op_request *req, enum outcome want, int err,
               const char *why);

#endif
