/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test includes. One arena per case, so that every case is also a leak test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "json/doc.h"

static inline const struct bolt_doc *doc_of(struct bolt_arena *arena, const char *text)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    if (bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &doc, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return doc;
}

static inline void assert_bytes_equal(struct bolt_bytes got, const char *want)
{
    if (!bolt_bytes_is(got, want)) {
        fail_msg("got:  %.*s\nwant: %s", BOLT_FMT(got), want);
    }
}
