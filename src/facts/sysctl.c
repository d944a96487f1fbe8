/* SPDX-License-Identifier: Apache-2.0 */
#include "facts/sysctl.h"

/* Far above any number with blanks round it, far below the page that the kernel cuts a write to:
 * 4092 blanks and "1024" are 102. */
#define VALUE_MAX 256

struct bolt_bytes bolt_sysctl_canonical(struct bolt_arena *arena, struct bolt_bytes name)
{
    char *out = bolt_arena_alloc(arena, name.len + 1, 1);
    size_t len = 0;

    for (size_t i = 0; i < name.len; i++) {
        bool separator = name.at[i] == '.' || name.at[i] == '/';

        if (!separator) {
            out[len++] = name.at[i];
        } else if (len != 0 && out[len - 1] != '.') {
            out[len++] = '.';
        }
    }
    while (len != 0 && out[len - 1] == '.') {
        len--;
    }
    return (struct bolt_bytes){out, len};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

bool bolt_sysctl_number(struct bolt_bytes value, int64_t *out)
{
    const char *at = value.at;
    const char *end;
    int64_t number = 0;
    bool negative;
    int base = 10;

    if (value.len == 0 || value.len > VALUE_MAX) {
        return false;
    }
    end = at + value.len;
    while (at < end && is_space(*at)) {
        at++;
    }
    negative = at < end && *at == '-';
    at += negative ? 1 : 0;
    if (at == end || digit_of(*at) > 9) {
        return false;
    }
    if (*at == '0' && end - at > 2 && (at[1] | 0x20) == 'x' && digit_of(at[2]) < 16) {
        base = 16;
        at += 2;
    } else if (*at == '0') {
        base = 8;
    }
    while (at < end && digit_of(*at) < base) {
        if (__builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit_of(*at), &number)) {
            return false;
        }
        at++;
    }
    if (at < end && !is_space(*at)) {
        return false;
    }
    *out = negative ? -number : number;
    return true;
}
