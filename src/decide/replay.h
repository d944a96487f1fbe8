/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions made once more, from their records, under this policy or that. Pure. */
#pragma once

#include "decide/decide.h"

/* The raw-socket settings that a record's seccomp results are for, and the results. */
struct bolt_kept_filter {
    struct bolt_seccomp_denial made_for;       /* log is false */
    const struct bolt_seccomp_result *denial;  /* NULL: not recorded */
    const struct bolt_seccomp_result *logging; /* of a merge that only logs; NULL: not recorded */
};

/* A decision record: what was given to the rules then. */
struct bolt_replay {
    struct bolt_facts facts;
    struct bolt_point point;
    int64_t now;              /* when it was decided; 0 if the record does not say */
    bool trusted_annotations; /* the policy did, when ports were looked for */
    struct bolt_kept_filter filter;
};

/* What a place can do, by the words that a record has for it. */
extern const struct bolt_flag bolt_gate_flags[]; /* offsets are in struct bolt_point */
extern const size_t bolt_gate_flag_count;
#define BOLT_GATE_ANNOTATIONS "trustsAnnotations"

/**
 * bolt_replay_read() - what a record says
 * @arena:  owns what @out points to
 * @doc:    the document that the record is in; it must live as long as @out
 * @record: an object as in the decision log, in which "facts" must be there
 * @out:    filled
 * @err:    kind BOLT_ERR_INPUT
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_replay_read(struct bolt_arena *arena, const struct bolt_doc *doc,
                                bolt_node record, struct bolt_replay *out, struct bolt_err *err);

/* What a policy says of a record. */
struct bolt_replayed {
    struct bolt_case c;
    const struct bolt_decision *decision; /* its edits mean nothing: they need the document */
    bool filter_untold; /* the record does not tell what becomes of the filter under this policy:
                         * the decision leaves it out */
    bool ports_untold;  /* nor which ports are published: the decision takes them for not known */
    /* Nor who the container is: the decision takes it for nobody that an exception is about, and
     * this is what it is at best. NULL: that is the same. */
    const struct bolt_decision *at_best;
};

/**
 * bolt_replay_decide() - decide as this policy would have
 * @arena:  owns the decision
 * @replay: borrowed; it must live as long as @out
 * @policy: borrowed as well
 * @out:    filled
 * @err:    kind BOLT_ERR_INTERNAL: no filter can be made from nothing
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_replay_decide(struct bolt_arena *arena, const struct bolt_replay *replay,
                                  const struct bolt_policy *policy, struct bolt_replayed *out,
                                  struct bolt_err *err);
