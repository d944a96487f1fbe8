/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

void bolt_buf_reserve(struct bolt_buf *buf, size_t more)
{
    size_t size = buf->size < 256 ? 256 : buf->size;

    if (buf->size - buf->len >= more) {
        return;
    }
    while (size - buf->len < more) {
        size *= 2;
    }
    buf->at = bolt_arena_resize(buf->arena, buf->at, buf->size, size, 1);
    buf->size = size;
}

void bolt_buf_add(struct bolt_buf *buf, struct bolt_bytes bytes)
{
    if (bytes.len == 0) {
        return;
    }
    bolt_buf_reserve(buf, bytes.len);
    memcpy(buf->at + buf->len, bytes.at, bytes.len);
    buf->len += bytes.len;
}

void bolt_buf_addu(struct bolt_buf *buf, uint64_t number)
{
    char digits[20]; /* of UINT64_MAX */
    size_t first = sizeof digits;

    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    bolt_buf_add(buf, (struct bolt_bytes){digits + first, sizeof digits - first});
}

void bolt_buf_addf(struct bolt_buf *buf, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    bolt_buf_add(buf, bolt_vprintf(buf->arena, fmt, args));
    va_end(args);
}

struct bolt_bytes bolt_buf_bytes(const struct bolt_buf *buf)
{
    return (struct bolt_bytes){buf->at == NULL ? "" : buf->at, buf->len};
}

struct bolt_bytes bolt_vprintf(struct bolt_arena *arena, const char *fmt, va_list args)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0) {
        return BOLT_LIT("(text could not be formatted)");
    }
    text = bolt_arena_alloc(arena, (size_t)len + 1, 1);
    (void)vsnprintf(text, (size_t)len + 1, fmt, args);
    return (struct bolt_bytes){text, (size_t)len};
}

struct bolt_bytes bolt_printf(struct bolt_arena *arena, const char *fmt, ...)
{
    struct bolt_bytes text;
    va_list args;

    va_start(args, fmt);
    text = bolt_vprintf(arena, fmt, args);
    va_end(args);
    return text;
}

struct bolt_bytes bolt_printable(struct bolt_arena *arena, struct bolt_bytes bytes)
{
    char *copy = bolt_arena_alloc(arena, bytes.len + 1, 1);

    if (bytes.len != 0) {
        memcpy(copy, bytes.at, bytes.len);
    }
    bolt_make_printable(copy, bytes.len);
    return (struct bolt_bytes){copy, bytes.len};
}
