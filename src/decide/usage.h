/* SPDX-License-Identifier: Apache-2.0 */
/* Which exceptions of a policy the records of a log made use of, and of what in them. Pure. */
#pragma once

#include "facts/facts.h"
#include "policy/policy.h"

struct bolt_usage;

/* Nothing used so far; records from before @since, in seconds since 1970, will not count. */
struct bolt_usage *bolt_usage_new(struct bolt_arena *arena, const struct bolt_policy *policy,
                                  int64_t since);

/* One more record. Nothing of @doc is kept. */
void bolt_usage_note(struct bolt_usage *usage, const struct bolt_doc *doc);

/* What was not used since then, @days ago from @now, and what grants more than was needed: one
 * sentence each, in @lines (owned by the arena). Returns how many. */
size_t bolt_usage_lint(struct bolt_usage *usage, int64_t now, unsigned days,
                       const struct bolt_bytes **lines);
