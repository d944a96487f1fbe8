/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing run of bytes, for output. Starts empty from {.arena = arena}; adding cannot fail
 * (see base/mem.h for what happens when memory runs out).
 */
#pragma once

#include <stdarg.h>

#include "base/mem.h"

struct bolt_buf {
    struct bolt_arena *arena; /* owns the bytes */
    char *at;
    size_t len;
    size_t size;
};

/* Makes room for @more bytes. */
void bolt_buf_reserve(struct bolt_buf *buf, size_t more);

void bolt_buf_add(struct bolt_buf *buf, struct bolt_bytes bytes);
static inline void bolt_buf_adds(struct bolt_buf *buf, const char *cstr)
{
    bolt_buf_add(buf, bolt_bytes_of(cstr));
}

static inline void bolt_buf_addc(struct bolt_buf *buf, char c)
{
    if (buf->len == buf->size) {
        bolt_buf_reserve(buf, 1);
    }
    buf->at[buf->len++] = c;
}

void bolt_buf_addu(struct bolt_buf *buf, uint64_t number); /* in decimal digits */
void bolt_buf_addf(struct bolt_buf *buf, const char *fmt, ...) BOLT_PRINTF(2, 3);

/* What has been added so far: borrowed, valid until the next addition. */
struct bolt_bytes bolt_buf_bytes(const struct bolt_buf *buf);

/* printf into the arena. Never NULL. */
struct bolt_bytes bolt_printf(struct bolt_arena *arena, const char *fmt, ...) BOLT_PRINTF(2, 3);
struct bolt_bytes bolt_vprintf(struct bolt_arena *arena, const char *fmt, va_list args)
    BOLT_PRINTF(2, 0);

/* A copy of @bytes for people's terminals: see bolt_make_printable(). */
struct bolt_bytes bolt_printable(struct bolt_arena *arena, struct bolt_bytes bytes);
