/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of a call's arguments, for people. */
#pragma once

#include "seccomp/diagram.h"

/* That a region is told in; of one with more, these and one example. */
#define BOLT_REGION_PARTS 8

struct bolt_region {
    bool everything; /* any arguments: nothing else is told */
    /* "(family & 0xfffffff7) == 2, (type & 0xf) == 3"; they may overlap. */
    struct bolt_bytes parts[BOLT_REGION_PARTS];
    size_t count;
    bool more;                 /* than is told; without parts: it would take too many */
    struct bolt_bytes bound;   /* then: what holds for all of them, "family >= 64", or empty */
    struct bolt_bytes example; /* then: "family == 64, type == 1, protocol == 0" */
    bolt_dd set;               /* which it is */
};

/**
 * bolt_region_tell() - conditions that a set of arguments fulfils
 * @arena: owns the text
 * @dds:   what @set is in
 * @names: of the arguments, as many as are known, NULL behind the last; the others are "argument 5"
 * @set:   not empty
 * @out:   parts that together are the set, or some of them; where diagrams are full (ask
 *         bolt_dds_full() after) it says nothing true
 */
void bolt_region_tell(struct bolt_arena *arena, struct bolt_dds *dds, const char *const *names,
                      bolt_dd set, struct bolt_region *out);
