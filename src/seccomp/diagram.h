/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of the six arguments of a system call, as decision diagrams.
 *
 * A diagram asks for one bit of one argument at a time, in a fixed order, and ends in a 32-bit
 * value: an action, or 0 and 1 where the function is a set. Equal functions are the same node
 * (R. E. Bryant, "Graph-Based Algorithms for Boolean Function Manipulation", 1986), so that
 * comparing two programs for all inputs is comparing two numbers.
 *
 * Diagrams are bounded. Once they would grow beyond that, everything is the constant 0 and
 * bolt_dds_full() says so from then on: ask it before believing any answer. Nothing makes room
 * again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

#define BOLT_DD_NODES_MAX ((size_t)1 << 18)
#define BOLT_DD_WORDS 12 /* halves of arguments: 2 * index, plus 1 for the upper one */

struct bolt_dds;

/* One function; belongs to the struct bolt_dds it was made with. */
typedef struct {
    uint32_t id;
} bolt_dd;

enum bolt_dd_test {
    BOLT_TEST_EQ, /* (word & mask) == k */
    BOLT_TEST_GT,
    BOLT_TEST_GE,
    BOLT_TEST_SET, /* (word & mask & k) != 0 */
};

/* What two functions give together where they give @a and @b. It must be pure, and each a function
 * of its own: what it gave is kept by its address for as long as the diagrams are. */
typedef uint32_t (*bolt_dd_leaves)(uint32_t a, uint32_t b);

/* Which bits can be told apart. */
enum bolt_dd_grain {
    BOLT_DD_FINE = 0, /* all */
    BOLT_DD_COARSE,   /* the lower six of each argument, and of the 26 above and the 32 in the upper
                       * half only whether there is any. That makes diagrams a fifth as large, and
                       * is enough for most profiles; a test that needs more makes them too coarse,
                       * and whoever sees that starts again with fine ones. */
};

struct bolt_dds *bolt_dds_new(struct bolt_arena *arena, enum bolt_dd_grain grain);
/* True too if they are too coarse. */
bool bolt_dds_full(const struct bolt_dds *dds);
bool bolt_dds_too_coarse(const struct bolt_dds *dds);
void bolt_dds_mark_too_coarse(struct bolt_dds *dds);

bolt_dd bolt_dd_leaf(struct bolt_dds *dds, uint32_t value);
bool bolt_dd_is_leaf(const struct bolt_dds *dds, bolt_dd f, uint32_t *value);
bool bolt_dd_same(bolt_dd a, bolt_dd b);

/* The set of inputs whose word @word passes the test. */
bolt_dd bolt_dd_test(struct bolt_dds *dds, unsigned word, uint32_t mask, enum bolt_dd_test test,
                     uint32_t k);

/* @then where the set @cond holds, else @other. */
bolt_dd bolt_dd_ite(struct bolt_dds *dds, bolt_dd cond, bolt_dd then, bolt_dd other);
bolt_dd bolt_dd_and(struct bolt_dds *dds, bolt_dd a, bolt_dd b);
bolt_dd bolt_dd_or(struct bolt_dds *dds, bolt_dd a, bolt_dd b);
bolt_dd bolt_dd_minus(struct bolt_dds *dds, bolt_dd a, bolt_dd b); /* a and not b */
bolt_dd bolt_dd_not(struct bolt_dds *dds, bolt_dd a);

bolt_dd bolt_dd_apply(struct bolt_dds *dds, bolt_dd_leaves leaves, bolt_dd a, bolt_dd b);

/* The function of the same arguments with the upper halves of the first @args taken as 0. */
bolt_dd bolt_dd_truncate(struct bolt_dds *dds, bolt_dd f, unsigned args);

/* The function without the arguments from @args up: of all that it gives for them, what @leaves
 * chooses (one of its two, the order not mattering). */
bolt_dd bolt_dd_forget(struct bolt_dds *dds, bolt_dd_leaves leaves, bolt_dd f, unsigned args);

/* One input for which @f gives @value, with few bits set; false if there is none. */
bool bolt_dd_find(struct bolt_dds *dds, bolt_dd f, uint32_t value, uint64_t args[6]);

/* The values it gives for any input, each once, in no order that matters; at most @max are stored,
 * all are counted. */
size_t bolt_dd_values(struct bolt_dds *dds, bolt_dd f, uint32_t *values, size_t max);

/* How many ways there are through it, from the first question to a value. */
double bolt_dd_paths(struct bolt_dds *dds, bolt_dd f);

/* What it gives for one input. */
uint32_t bolt_dd_eval(const struct bolt_dds *dds, bolt_dd f, const uint64_t args[6]);

/* For whoever walks diagrams (cover.c): the place in the order that @f asks for first, or
 * BOLT_DD_LEAVES; which bits of which argument that is, asked for together: is one of them set; and
 * what follows for no and for yes there (@f itself if it does not ask). */
#define BOLT_DD_LEAVES ((unsigned)BOLT_DD_WORDS * 32)
unsigned bolt_dd_level(const struct bolt_dds *dds, bolt_dd f);
void bolt_dd_place(const struct bolt_dds *dds, unsigned level, unsigned *arg, uint64_t *bits);
bolt_dd bolt_dd_branch(const struct bolt_dds *dds, bolt_dd f, unsigned level, bool one);
/* The place of the lowest bit of an argument, before which nothing of it is asked. */
unsigned bolt_dd_first_level(const struct bolt_dds *dds, unsigned arg);
/* The set of inputs with one of those bits set. */
bolt_dd bolt_dd_bit(struct bolt_dds *dds, unsigned level);
