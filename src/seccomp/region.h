/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of a call's arguments, for people. */
#pragma once

#include "seccomp/diagram.h"

#define BOLT_REGION_PARTS                                                                          \
    8 /* that a region is told in; of one with more, these and one example                         \
       */

struct bolt_region {
    struct bolt_bytes parts[BOLT_REGION_PARTS]; /* "(family & 0xfffffff7) == 2, (type & 0xf) == 3",
                                                 * or "any arguments" */
    size_t count;
    bool more;               /* than is told */
    struct bolt_bytes bound; /* then: what holds for all of them, "family >= 64", or empty */
};

/**
 * bolt_region_tell() - conditions that a set of arguments fulfils
 * @arena: owns the text
 * @dds:   what @set is in
 * @names: of the arguments, as many as are known, NULL behind the last; the others are "argument 5"
 * @set:   not empty
 * @out:   parts that do not all have to be disjoint, and together are the set
 */
void bolt_region_tell(struct bolt_arena *arena, struct bolt_dds *dds, const char *const *names,
                      bolt_dd set, struct bolt_region *out);
