/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs that the merge could have, planted into the rules that it made. */
#pragma once

#include "spec.h"

struct mutant {
    const char *name;
    const char *what; /* is broken */
    /* The bug at its @site-th place in @spec, which is a merged profile; @before is what was
     * merged. False if there are fewer places. */
    bool (*plant)(struct bolt_arena *arena, const struct spec *before, struct spec *spec,
                  size_t site);
    const char *harmless; /* why it need not be refused anywhere, or NULL */
};

#define MUTANTS_MAX 64
extern const struct mutant mutants[];
extern const size_t mutant_count;
