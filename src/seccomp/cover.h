/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of inputs as few rules: an irredundant sum of products of a function given by an interval
 * (S. Minato, "Fast Generation of Prime-Irredundant Covers from Binary Decision Diagrams", 1993).
 *
 * A product of bits is one MASKED_EQ for each argument, hence one rule. For the bits of arguments
 * that a profile compares as a whole ("differs from 9" would be 64 rules of one bit) conditions can
 * be offered, which are taken where one does.
 */
#pragma once

#include "seccomp/diagram.h"
#include "seccomp/profile.h"

#define BOLT_COVER_MAX 64 /* rules; libseccomp gets slow beyond */

/* A conjunction, at most one condition for each argument. */
struct bolt_cube {
    struct bolt_cond conds[6];
    size_t cond_count;
};

struct bolt_cover {
    struct bolt_arena *arena;
    struct bolt_dds *dds;
    const struct bolt_cond *offers; /* conditions to take where they do */
    size_t offer_count;
    bool wide; /* conditions compare 64 bits */
    struct bolt_cube *cubes;
    size_t count;
};

/**
 * bolt_cover_add() - cover a set
 * @cover: cubes are added here
 * @must:  all of this is covered
 * @may:   and nothing beyond this
 *
 * Return: true, or false if that takes more than BOLT_COVER_MAX cubes.
 */
BOLT_CHECK bool bolt_cover_add(struct bolt_cover *cover, bolt_dd must, bolt_dd may);

/* The set of inputs that pass a condition, as libseccomp makes it: with all 64 bits, or with the
 * lower 32 of both sides. */
bolt_dd bolt_cover_cond(struct bolt_dds *dds, const struct bolt_cond *cond, bool wide);
