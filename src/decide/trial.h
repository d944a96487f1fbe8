/* SPDX-License-Identifier: Apache-2.0 */
/* Test cases of a policy: a container, and what is to be decided about it. Pure. */
#pragma once

#include "decide/replay.h"

enum bolt_trial_kind {
    BOLT_TRIAL_CONFIG = 0, /* a config.json */
    BOLT_TRIAL_PROCESS,    /* a process file of exec */
    BOLT_TRIAL_RECORD,     /* a line of the decision log */
};

struct bolt_trial {
    const struct bolt_doc *doc;
    struct bolt_bytes name; /* empty if it has none */
    enum bolt_trial_kind kind;
    bolt_node subject;      /* the document in it, or BOLT_NONE */
    struct bolt_bytes file; /* else its name */
    struct bolt_point point;
    int64_t now; /* seconds since 1970; 0 if the case does not say */
};

/**
 * bolt_trial_read() - read a test case
 * @doc:   the case, schemas/policy-test.schema.json; it must live as long as @out
 * @out:   filled
 * @err:   kind BOLT_ERR_INPUT: anything that the case cannot mean, such as a rule that is none
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_trial_read(const struct bolt_doc *doc, struct bolt_trial *out,
                               struct bolt_err *err);

/**
 * bolt_trial_run() - decide, and compare with what is expected
 * @arena:  owns the result
 * @trial:  the case
 * @text:   of @trial->file; unused where the case has a subject in itself
 * @policy: to be tested
 * @now:    seconds since 1970, where neither the case nor its record says
 * @lines:  what is not as expected, a sentence each; none: it passed
 * @count:  of them
 * @err:    kind BOLT_ERR_INPUT: no decision could be made, so the case did not run
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_trial_run(struct bolt_arena *arena, const struct bolt_trial *trial,
                              struct bolt_bytes text, const struct bolt_policy *policy, int64_t now,
                              const struct bolt_bytes **lines, size_t *count, struct bolt_err *err);
