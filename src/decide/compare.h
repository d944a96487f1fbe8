/* SPDX-License-Identifier: Apache-2.0 */
/* What two policies say of one record. Pure. */
#pragma once

#include "decide/replay.h"

/* What becomes of the container. */
enum bolt_outcome {
    BOLT_OUTCOME_REFUSE = 0,
    BOLT_OUTCOME_ALLOW,
    BOLT_OUTCOME_REWRITE, /* it is allowed, and changed */
    BOLT_OUTCOME_UNKNOWN, /* the record does not tell */
};

struct bolt_change {
    enum bolt_outcome before;
    enum bolt_outcome after;
    const struct bolt_finding **gone; /* those of the old policy only */
    size_t gone_count;
    const struct bolt_finding **come; /* those of the new one only */
    size_t come_count;
    bool filter_untold; /* under one of them, at least: then left out on both sides */
    bool ports_untold;
    bool identity_untold;
    const struct bolt_replayed *sides[2]; /* the old one and the new one */
};

/* Findings are the same if rule, subject, action and exception are. */
struct bolt_change bolt_change_between(struct bolt_arena *arena, const struct bolt_replayed *before,
                                       const struct bolt_replayed *after);

/* True if it is known that something changes; and if that cannot be told. */
bool bolt_change_is_known(const struct bolt_change *change);
bool bolt_change_is_untold(const struct bolt_change *change);

/* True if the policy changes the container. */
bool bolt_decision_rewrites(const struct bolt_policy *policy, const struct bolt_decision *decision);

/* "refuse", "allow", "rewrite", "unknown". */
const char *bolt_outcome_name(enum bolt_outcome outcome);
