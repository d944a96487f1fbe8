/* SPDX-License-Identifier: Apache-2.0 */
/* What was decided: plain data, so that emit/ needs no accessors and tests compare fields. */
#pragma once

#include "policy/policy.h"
#include "seccomp/seccomp.h"
#include "json/edit.h"

/* Zeroed memory refuses. */
enum bolt_verdict { BOLT_REFUSE = 0, BOLT_ALLOW };

struct bolt_rule;

struct bolt_finding {
    const struct bolt_rule *rule;
    enum bolt_action action;   /* what this finding does to the container, in mode enforce */
    bolt_node where;           /* BOLT_NONE: it is about what is missing */
    struct bolt_bytes subject; /* the thing it is about: "CAP_NET_RAW", "80/tcp" */
    struct bolt_bytes text;    /* one sentence without a full stop; printable */
    const struct bolt_exception *exception; /* by which it is let through; NULL for none */
};

struct bolt_unchecked {
    const struct bolt_rule *rule;
    struct bolt_bytes why;
    bool quiet; /* the policy does not want to be told: for records only */
};

struct bolt_decision {
    enum bolt_verdict verdict;
    struct bolt_finding *findings;
    size_t finding_count;
    struct bolt_unchecked *unchecked;
    size_t unchecked_count;
    struct bolt_edit *edits; /* what a rewrite changes; not applied where the verdict refuses */
    size_t edit_count;
    size_t *dropped; /* which --cap of the command line a rewrite takes away, each from 1 */
    size_t dropped_count;
    const struct bolt_seccomp_result *seccomp; /* the merged filter; NULL where none is merged */
};
