/* SPDX-License-Identifier: Apache-2.0 */
/* Finding values without reading them, in a text that is known to be a document. */
#pragma once

#include "base/mem.h"

struct bolt_skimmed {
    struct bolt_arena *arena;
    struct bolt_bytes *items; /* borrowed from the text */
    size_t count;
};

/**
 * bolt_json_skim() - find the elements of an array of objects
 * @text: a JSON document, maybe with comments
 * @at:   where the array starts in it
 * @out:  the elements, as they are written, are added here
 * @end:  where the array's last bracket is
 *
 * Knows strings, comments and brackets, and checks nothing else.
 *
 * Return: false if there is no such array.
 */
bool bolt_json_skim(struct bolt_bytes text, size_t at, struct bolt_skimmed *out, size_t *end);
