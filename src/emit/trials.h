/* SPDX-License-Identifier: Apache-2.0 */
/* How the test cases of a policy went: as text, as JSON and as JUnit's XML. Pure. */
#pragma once

#include "base/buf.h"

enum bolt_trial_result { BOLT_TRIAL_ERROR = 0, BOLT_TRIAL_FAILED, BOLT_TRIAL_PASSED };

struct bolt_trial_report {
    struct bolt_bytes file;
    struct bolt_bytes name; /* of the case; empty for none */
    enum bolt_trial_result result;
    const struct bolt_bytes *lines; /* why not */
    size_t line_count;
};

struct bolt_trials {
    struct bolt_bytes policy; /* its file */
    const struct bolt_trial_report *reports;
    size_t count;
};

/* How many have that result. */
size_t bolt_trials_count(const struct bolt_trials *trials, enum bolt_trial_result result);

/* All of them, with newlines. */
struct bolt_bytes bolt_emit_trials(struct bolt_arena *arena, const struct bolt_trials *trials);
struct bolt_bytes bolt_emit_trials_json(struct bolt_arena *arena, const struct bolt_trials *trials);
struct bolt_bytes bolt_emit_trials_junit(struct bolt_arena *arena,
                                         const struct bolt_trials *trials);
