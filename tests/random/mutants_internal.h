/* SPDX-License-Identifier: Apache-2.0 */
/* What mutants.c and mutants_conds.c share. */
#pragma once

#include "mutants.h"

#define PARAMS struct bolt_arena *arena, const struct spec *before, struct spec *spec, size_t site
#define UNUSED_PARAMS ((void)arena, (void)before, (void)spec, (void)site)

bool mutant_is_named(const struct spec_entry *e, const char *name);
/* The merge gives each of its rules one name. */
bool mutant_is_ours(const struct spec_entry *e);
/* The @site-th of its rules, of those for @name unless that is NULL; NULL behind the last. */
struct spec_entry *mutant_rule_at(struct spec *spec, const char *name, size_t site);
/* The @site-th condition on an argument of socket(). */
struct bolt_cond *mutant_cond_at(struct spec *spec, unsigned index, size_t site);
struct spec_entry mutant_entry(struct bolt_arena *arena, const char *name, uint32_t action);

/* Bugs in conditions. */
bool mutant_widen_family(PARAMS);
bool mutant_family_16_bits(PARAMS);
bool mutant_family_64_bits(PARAMS);
bool mutant_family_by_eq(PARAMS);
bool mutant_family_by_ne(PARAMS);
bool mutant_other_family(PARAMS);
bool mutant_family_top_bit(PARAMS);
bool mutant_type_with_flags(PARAMS);
bool mutant_type_3_bits(PARAMS);
bool mutant_other_type(PARAMS);
bool mutant_swap_indexes(PARAMS);
bool mutant_swap_values(PARAMS);
bool mutant_forget_condition(PARAMS);
bool mutant_other_protocol(PARAMS);
bool mutant_looser_protocol(PARAMS);
