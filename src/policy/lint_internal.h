/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for mistakes in a policy, for the files of this folder that do. */
#pragma once

#include "policy/policy_internal.h"

struct bolt_lint {
    struct bolt_arena *arena;
    struct bolt_bytes *lines;
    size_t count;
    int64_t now;
    int64_t soon; /* exceptions that expire by then are told */
};

void bolt_lint_add(struct bolt_lint *lint, struct bolt_bytes line);
void bolt_lint_add_if(struct bolt_lint *lint, bool found, const char *line);

/* Capabilities with which a container is not far from the host, and what each of them does. */
struct bolt_strong_cap {
    int number;
    const char *consequence; /* "loads kernel modules" */
};

extern const struct bolt_strong_cap bolt_strong_caps[];
extern const size_t bolt_strong_cap_count;

/* True if the action stops the container or mends it. */
bool bolt_is_enforced(enum bolt_action action);

/* True if @wide allows all that @narrow does. */
bool bolt_port_rule_covers(const struct bolt_port_rule *wide, const struct bolt_port_rule *narrow);

void bolt_lint_exceptions(struct bolt_lint *lint, const struct bolt_policy *policy);
