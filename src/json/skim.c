/* SPDX-License-Identifier: Apache-2.0 */
#include "json/skim.h"

/* A quote ends the string unless it is escaped: behind an odd number of backslashes. */
static size_t behind_string(struct bolt_bytes text, size_t at)
{
    const char *end = text.at + text.len;
    const char *quote = text.at + at;
    const char *slash;

    do {
        quote = memchr(quote + 1, '"', (size_t)(end - quote) - 1);
        for (slash = quote; slash != NULL && slash[-1] == '\\'; slash--) {
        }
    } while (quote != NULL && (quote - slash) % 2 != 0);
    return quote == NULL ? text.len : (size_t)(quote - text.at) + 1;
}

static size_t behind_comment(struct bolt_bytes text, size_t at)
{
    const char *rest = text.at + at + 2;
    const char *end = NULL;

    if (text.len - at > 2 && rest[-1] == '*') {
        end = memmem(rest, text.len - at - 2, "*/", 2);
    } else if (text.len - at > 2 && rest[-1] == '/') {
        end = memchr(rest, '\n', text.len - at - 2);
    }
    return end == NULL ? text.len : (size_t)(end - text.at) + (*end == '*' ? 2 : 1);
}

static void add(struct bolt_skimmed *out, const char *start, const char *end)
{
    out->items = bolt_arena_grow(out->arena, out->items, out->count, sizeof *out->items);
    out->items[out->count++] = (struct bolt_bytes){start, (size_t)(end - start)};
}

/* What may stand at the array's own level besides objects and comments. */
static bool is_between(char c)
{
    return c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool bolt_json_skim(struct bolt_bytes text, size_t at, struct bolt_skimmed *out, size_t *end)
{
    unsigned depth = 0;
    size_t start = 0;

    if (at >= text.len || text.at[at] != '[') {
        return false;
    }
    for (at++; at < text.len; at++) {
        const char c = text.at[at];

        if (c == '"' && depth != 0) {
            at = behind_string(text, at) - 1;
        } else if (c == '{' || (c == '[' && depth != 0)) {
            start = depth++ == 0 ? at : start;
        } else if (c == ']' && depth == 0) {
            *end = at;
            return true;
        } else if ((c == '}' || c == ']') && depth != 0) {
            if (--depth == 0) {
                add(out, text.at + start, text.at + at + 1);
            }
        } else if (c == '/') {
            at = behind_comment(text, at) - 1;
        } else if (depth == 0 && !is_between(c)) {
            return false;
        }
    }
    return false;
}
