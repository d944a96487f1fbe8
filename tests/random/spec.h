/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp profile as something to change: made at random, mutated, shrunk, and written as JSON.
 *
 * Nothing here ends a test: what is given is either right or the process ends.
 */
#pragma once

#include "base/buf.h"
#include "seccomp/profile.h"
#include "seccomp/seccomp.h"

struct spec_entry {
    const char **names;
    size_t name_count;
    uint32_t action; /* with its data */
    struct bolt_cond conds[BOLT_PROFILE_ARGS_MAX];
    size_t cond_count;
};

struct spec {
    uint32_t default_action;
    const char **archs;
    size_t arch_count;
    struct spec_entry *entries;
    size_t entry_count;
    struct bolt_seccomp_denial denial; /* what to merge into it; not part of the JSON */
};

/* The profile in @text, which is one or has it as linux.seccomp; without a profile, none that has
 * no rules and allows. */
struct spec spec_read(struct bolt_arena *arena, const char *text);

/* BOLT_TESTS/data/configs/NAME.json; NULL where BOLT_TESTS is not set. */
const char *spec_recorded(struct bolt_arena *arena, const char *name);

const char *spec_text(struct bolt_arena *arena, const struct spec *spec);

/* A copy whose arrays are its own. */
struct spec spec_copy(struct bolt_arena *arena, const struct spec *spec);
struct spec_entry spec_entry_copy(struct bolt_arena *arena, const struct spec_entry *entry);
void spec_insert(struct bolt_arena *arena, struct spec *spec, size_t at, struct spec_entry entry);
void spec_remove(struct spec *spec, size_t at);
void spec_remove_name(struct spec_entry *entry, size_t at);
void spec_remove_cond(struct spec_entry *entry, size_t at);
void spec_add_name(struct bolt_arena *arena, struct spec_entry *entry, const char *name);

/* The @number-th way to make it smaller; false if there are fewer. */
bool spec_shrink(struct bolt_arena *arena, const struct spec *spec, size_t number,
                 struct spec *out);

/* The @index-th random profile of a run. */
struct spec spec_random(struct bolt_arena *arena, uint64_t seed, uint64_t index);
