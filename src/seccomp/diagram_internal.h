/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the diagrams share: the nodes (diagram.c), and what of the arguments they
 * ask for (diagram_words.c). */
#pragma once

#include "seccomp/diagram.h"

#define NO 1U  /* the node of the constant 0; also what there is when there is no room */
#define YES 2U /* of the constant 1 */

struct bolt_dd_node {
    uint16_t level;
    uint16_t seen; /* by which question last: bolt_dds.question */
    uint32_t zero; /* of a leaf: its value */
    uint32_t one;
    uint32_t next; /* in its bucket; 0 ends */
};

/* What is asked for at a level: whether one of these bits is set. */
struct bolt_dd_place {
    unsigned char word;
    uint32_t bits;
};

/* The levels of a word. */
struct bolt_dd_span {
    uint16_t first;
    uint16_t count;
};

struct bolt_dds {
    struct bolt_arena *arena;
    struct bolt_dd_node *nodes; /* [0] is nothing */
    size_t count;
    size_t size;
    uint32_t *buckets; /* as many as size */
    struct bolt_dd_memo *memo;
    bool full;
    bool too_coarse;
    uint16_t question;
    struct bolt_dd_span spans[BOLT_DD_WORDS];
    struct bolt_dd_place places[BOLT_DD_LEAVES];
};

/* Fills in spans and places. */
void bolt_dd_lay_out(struct bolt_dds *d, enum bolt_dd_grain grain);

/* The node that asks at @level, or either function if they are one. */
bolt_dd bolt_dd_choose(struct bolt_dds *d, unsigned level, bolt_dd zero, bolt_dd one);

/* The set of bolt_dd_test(), made. */
bolt_dd bolt_dd_make_test(struct bolt_dds *d, unsigned word, uint32_t mask, enum bolt_dd_test test,
                          uint32_t k);
