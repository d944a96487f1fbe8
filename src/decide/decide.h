/* SPDX-License-Identifier: Apache-2.0 */
/* Facts and policy -> decision. Pure: no input, no output, no clock, no error path. */
#pragma once

#include "decide/decision.h"
#include "facts/facts.h"

/* Where the decision is made, and what that place can do. */
struct bolt_point {
    const char *name;     /* "precreate", "hook:createRuntime", "check" */
    bool can_rewrite;     /* false: a finding that asks for a rewrite refuses */
    bool can_look;        /* it is on the container's machine: what cannot be looked at there is
                           * suspicious, not just unknown */
    bool from_checkpoint; /* the processes are in a checkpoint, which nobody here reads */
};

struct bolt_excuse;

struct bolt_case {
    const struct bolt_policy *policy;
    const struct bolt_policy *without_excuses; /* as the file has it, where exceptions have changed
                                                * @policy; else NULL */
    const struct bolt_facts *facts;
    int64_t now;                       /* seconds since 1970: exceptions expire */
    const struct bolt_excuse *excuses; /* the exceptions that match: decide/excuse.h */
    size_t excuse_count;
    const struct bolt_seccomp_result *seccomp; /* NULL if the policy ignores raw sockets */
    const struct bolt_seccomp_result *logged; /* a merge that only logs them; NULL: none is asked */
    struct bolt_point point;
};

/**
 * bolt_decide() - run every rule and form the verdict
 * @arena: owns the decision
 * @c:     borrowed; it must live as long as the decision
 *
 * Return: the decision, never NULL.
 */
const struct bolt_decision *bolt_decide(struct bolt_arena *arena, const struct bolt_case *c);
