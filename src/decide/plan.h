/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rules want changed, before it becomes edits.
 *
 * Rules name things ("this sysctl with that value"), not places, because two of them may need the
 * same member that is not there yet.
 */
#pragma once

#include "facts/facts.h"
#include "seccomp/seccomp.h"
#include "json/edit.h"

struct bolt_planned_sysctl {
    const char *name;
    struct bolt_bytes value;
    const char *reason;
};

struct bolt_plan {
    struct bolt_edit *removals;
    size_t removal_count;
    struct bolt_planned_sysctl *sysctls;
    size_t sysctl_count;
    const struct bolt_seccomp_result *seccomp; /* NULL: leave it */
    const char *seccomp_reason;
};

/* Asking twice for one removal, or for one sysctl, is asking once: the first counts. */
void bolt_plan_add_removal(struct bolt_arena *arena, struct bolt_plan *plan, bolt_node node,
                           const char *reason);
void bolt_plan_add_sysctl(struct bolt_arena *arena, struct bolt_plan *plan,
                          struct bolt_planned_sysctl sysctl);

/* The plan as edits of the document that @facts are from. Returns how many. */
size_t bolt_plan_edits(struct bolt_arena *arena, const struct bolt_facts *facts,
                       const struct bolt_plan *plan, struct bolt_edit **out);
