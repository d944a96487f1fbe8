/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy asks of the seccomp profile. Apart from the rules, because a merge can fail. */
#pragma once

#include "decide/decide.h"

/* What a policy asks for, for this machine. */
struct bolt_seccomp_denial bolt_denial_of(const struct bolt_policy *policy);

/**
 * bolt_case_merge() - merge what the policy denies into the container's profile
 * @arena: owns what @c is given
 * @c:     has policy, facts and point; is given what the merge found
 * @err:   as bolt_seccomp_merge() sets it
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_case_merge(struct bolt_arena *arena, struct bolt_case *c, struct bolt_err *err);

/* Finds out what becomes of a case's profile, as bolt_seccomp_merge() does. */
typedef int bolt_merger(struct bolt_arena *arena, const struct bolt_case *c, const void *from,
                        const struct bolt_seccomp_denial *denial,
                        const struct bolt_seccomp_result **out, struct bolt_err *err);

/* The same with another merger, which is handed @from. */
BOLT_CHECK int bolt_case_merge_by(struct bolt_arena *arena, struct bolt_case *c,
                                  bolt_merger *merger, const void *from, struct bolt_err *err);
