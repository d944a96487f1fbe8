/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/cover.h"

struct walk {
    struct bolt_cover *cover;
    uint64_t mask[6]; /* the bits that are fixed on the way here, and to what */
    uint64_t value[6];
    const bolt_dd *offers; /* by number of the offer: the set */
    size_t taken;          /* number of the offer of the cube being added, or offer_count */
    unsigned steps;
};

#define STEPS_MAX 100000U

static void push(const struct walk *w)
{
    struct bolt_cover *c = w->cover;
    struct bolt_cube cube = {.cond_count = 0};

    for (unsigned arg = 0; arg < 6; arg++) {
        if (w->taken < c->offer_count && c->offers[w->taken].index == arg) {
            cube.conds[cube.cond_count++] = c->offers[w->taken];
        } else if (w->mask[arg] != 0) {
            cube.conds[cube.cond_count++] =
                (struct bolt_cond){arg, BOLT_CMP_MASKED_EQ, w->mask[arg], w->value[arg]};
        }
    }
    c->cubes = bolt_arena_grow(c->arena, c->cubes, c->count, sizeof *c->cubes);
    c->cubes[c->count++] = cube;
}

static bool is_empty(const struct bolt_dds *dds, bolt_dd set)
{
    uint32_t value;

    return bolt_dd_is_leaf(dds, set, &value) && value == 0;
}

static bool is_all(const struct bolt_dds *dds, bolt_dd set)
{
    uint32_t value;

    return bolt_dd_is_leaf(dds, set, &value) && value != 0;
}

static unsigned first_level(const struct bolt_dds *dds, bolt_dd a, bolt_dd b)
{
    unsigned level = bolt_dd_level(dds, a);

    return bolt_dd_level(dds, b) < level ? bolt_dd_level(dds, b) : level;
}

/* Takes what offers can out of @must; returns what they cover. */
static bolt_dd take_offers(struct walk *w, bolt_dd *must, bolt_dd may, unsigned level)
{
    struct bolt_cover *c = w->cover;
    bolt_dd covered = bolt_dd_leaf(c->dds, 0);

    for (size_t i = 0; i < c->offer_count && !is_empty(c->dds, *must); i++) {
        /* Only where nothing of an earlier argument is left to ask, and nothing of this one has
         * been asked or would be asked late. */
        if (bolt_dd_first_level(c->dds, c->offers[i].index) > level ||
            bolt_dd_level(c->dds, w->offers[i]) < level || w->mask[c->offers[i].index] != 0 ||
            !is_empty(c->dds, bolt_dd_minus(c->dds, w->offers[i], may)) ||
            is_empty(c->dds, bolt_dd_and(c->dds, w->offers[i], *must))) {
            continue;
        }
        w->taken = i;
        push(w);
        w->taken = c->offer_count;
        covered = bolt_dd_or(c->dds, covered, w->offers[i]);
        *must = bolt_dd_minus(c->dds, *must, w->offers[i]);
    }
    return covered;
}

static bool isop(struct walk *w, bolt_dd must, bolt_dd may, bolt_dd *covered);

/* The part of @must with the bit as @one says that the other half's @may cannot take along. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool half(struct walk *w, bolt_dd must, bolt_dd may, unsigned level, bool one, bolt_dd *out)
{
    struct bolt_dds *dds = w->cover->dds;
    bolt_dd here = bolt_dd_branch(dds, must, level, one);
    bolt_dd there = bolt_dd_branch(dds, may, level, !one);
    bolt_dd rest = bolt_dd_minus(dds, here, there);
    unsigned arg;
    uint64_t bits;
    bool fine;

    bolt_dd_place(dds, level, &arg, &bits);
    if (one && (bits & (bits - 1)) != 0 && !is_empty(dds, rest)) {
        bolt_dds_mark_too_coarse(dds); /* "some of these bits" is no mask and value */
        return false;
    }
    w->mask[arg] |= bits;
    w->value[arg] |= one ? bits : 0;
    fine = isop(w, rest, bolt_dd_branch(dds, may, level, one), out);
    w->mask[arg] &= ~bits;
    w->value[arg] &= ~bits;
    return fine;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static bool isop(struct walk *w, bolt_dd must, bolt_dd may, bolt_dd *covered)
{
    struct bolt_dds *dds = w->cover->dds;
    unsigned level;
    bolt_dd taken;
    bolt_dd zero;
    bolt_dd one;
    bolt_dd both;
    bolt_dd rest;

    *covered = bolt_dd_leaf(dds, 0);
    if (is_empty(dds, must)) {
        return true;
    }
    if (is_all(dds, may)) {
        push(w);
        *covered = bolt_dd_leaf(dds, 1);
        return w->cover->count <= BOLT_COVER_MAX;
    }
    if (w->steps++ > STEPS_MAX || bolt_dds_full(dds)) {
        return false;
    }
    taken = take_offers(w, &must, may, first_level(dds, must, may));
    if (is_empty(dds, must)) {
        *covered = taken;
        return w->cover->count <= BOLT_COVER_MAX;
    }
    level = first_level(dds, must, may);
    if (level == BOLT_DD_LEAVES) {
        return false; /* only where diagrams are full: @must is part of @may */
    }
    if (!half(w, must, may, level, false, &zero) || !half(w, must, may, level, true, &one)) {
        return false;
    }
    rest = bolt_dd_or(dds, bolt_dd_minus(dds, bolt_dd_branch(dds, must, level, false), zero),
                      bolt_dd_minus(dds, bolt_dd_branch(dds, must, level, true), one));
    if (!isop(w, rest,
              bolt_dd_and(dds, bolt_dd_branch(dds, may, level, false),
                          bolt_dd_branch(dds, may, level, true)),
              &both)) {
        return false;
    }
    *covered = bolt_dd_or(
        dds, taken, bolt_dd_or(dds, bolt_dd_ite(dds, bolt_dd_bit(dds, level), one, zero), both));
    return true;
}

bool bolt_cover_add(struct bolt_cover *cover, bolt_dd must, bolt_dd may)
{
    bolt_dd *offers = bolt_new_n(cover->arena, bolt_dd, cover->offer_count + 1);
    struct walk w = {.cover = cover, .offers = offers, .taken = cover->offer_count};
    bolt_dd covered;

    for (size_t i = 0; i < cover->offer_count; i++) {
        offers[i] = bolt_cover_cond(cover->dds, &cover->offers[i], cover->wide);
    }
    return isop(&w, must, may, &covered) && !bolt_dds_full(cover->dds);
}

static bolt_dd above(struct bolt_dds *dds, const struct bolt_cond *cond, bool or_equal, bool wide)
{
    enum bolt_dd_test test = or_equal ? BOLT_TEST_GE : BOLT_TEST_GT;
    uint32_t high = (uint32_t)(cond->value >> 32);
    unsigned word = cond->index * 2;
    bolt_dd low = bolt_dd_test(dds, word, UINT32_MAX, test, (uint32_t)cond->value);

    if (!wide) {
        return low;
    }
    return bolt_dd_or(
        dds, bolt_dd_test(dds, word + 1, UINT32_MAX, BOLT_TEST_GT, high),
        bolt_dd_and(dds, bolt_dd_test(dds, word + 1, UINT32_MAX, BOLT_TEST_EQ, high), low));
}

static bolt_dd equal(struct bolt_dds *dds, unsigned index, uint64_t mask, uint64_t value, bool wide)
{
    bolt_dd low =
        bolt_dd_test(dds, index * 2, (uint32_t)mask, BOLT_TEST_EQ, (uint32_t)(value & mask));

    if (!wide) {
        return low;
    }
    return bolt_dd_and(dds, low,
                       bolt_dd_test(dds, index * 2 + 1, (uint32_t)(mask >> 32), BOLT_TEST_EQ,
                                    (uint32_t)((value & mask) >> 32)));
}

bolt_dd bolt_cover_cond(struct bolt_dds *dds, const struct bolt_cond *cond, bool wide)
{
    switch (cond->op) {
    case BOLT_CMP_NE:
        return bolt_dd_not(dds, equal(dds, cond->index, UINT64_MAX, cond->value, wide));
    case BOLT_CMP_LT:
        return bolt_dd_not(dds, above(dds, cond, true, wide));
    case BOLT_CMP_LE:
        return bolt_dd_not(dds, above(dds, cond, false, wide));
    case BOLT_CMP_EQ:
        return equal(dds, cond->index, UINT64_MAX, cond->value, wide);
    case BOLT_CMP_GE:
        return above(dds, cond, true, wide);
    case BOLT_CMP_GT:
        return above(dds, cond, false, wide);
    case BOLT_CMP_MASKED_EQ:
        return equal(dds, cond->index, cond->value, cond->value_two, wide);
    }
    return bolt_dd_leaf(dds, 0);
}
