/* SPDX-License-Identifier: Apache-2.0 */
/* What a log says of two policies, as text and as JSON. Pure. */
#pragma once

#include "decide/compare.h"

struct bolt_policy_name {
    struct bolt_bytes file;
    struct bolt_bytes sha256;
};

/* What became of the lines of a log. */
struct bolt_policy_diff {
    struct bolt_policy_name before;
    struct bolt_policy_name after;
    struct bolt_bytes log;
    bool whole; /* the log was read from its beginning */
    size_t same;
    size_t different;
    size_t untold;         /* the record does not tell */
    size_t not_replayable; /* records without facts: errors, and those of older versions */
    size_t broken;         /* lines that are no records */
};

/* One record that is, or may be, decided otherwise: lines for people. */
struct bolt_bytes bolt_emit_change(struct bolt_arena *arena, const struct bolt_replay *replay,
                                   struct bolt_bytes time, const struct bolt_change *change);
/* The same as a JSON object, without a newline. */
struct bolt_bytes bolt_emit_change_json(struct bolt_arena *arena, const struct bolt_replay *replay,
                                        struct bolt_bytes time, const struct bolt_change *change);

/* The last lines of the text. */
struct bolt_bytes bolt_emit_policy_diff(struct bolt_arena *arena,
                                        const struct bolt_policy_diff *diff);
/* All of it as one JSON object, with a newline; @changes are objects with commas between. */
struct bolt_bytes bolt_emit_policy_diff_json(struct bolt_arena *arena,
                                             const struct bolt_policy_diff *diff,
                                             struct bolt_bytes changes);
