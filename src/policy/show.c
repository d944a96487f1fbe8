/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as text for people, which is JSON all the same. */
#include <string.h>

#include "policy/policy_internal.h"

#define LEAF_MAX 50
#define INDENT 2

/* The length of the string that starts at @at. */
static size_t string_length(const char *at, const char *end)
{
    const char *p = at + 1;

    while (p < end && *p != '"') {
        p += *p == '\\' ? 2 : 1;
    }
    return (size_t)(p - at) + 1;
}

/* The length of the object or array that starts at @at, or 0 if there is another in it. */
static size_t leaf_length(const char *at, const char *end)
{
    for (const char *p = at + 1; p < end; p++) {
        if (*p == '"') {
            p += string_length(p, end) - 1;
        } else if (*p == ']' || *p == '}') {
            return (size_t)(p - at) + 1;
        } else if (*p == '[' || *p == '{') {
            return 0;
        }
    }
    return 0;
}

static void break_line(struct bolt_buf *out, unsigned depth)
{
    bolt_buf_addf(out, "\n%*s", (int)depth * INDENT, "");
}

/* Compact JSON with a line for each member and element, but what fits on a line stays on one. */
static struct bolt_bytes spread(struct bolt_arena *arena, struct bolt_bytes text)
{
    struct bolt_buf out = {.arena = arena};
    const char *end = text.at + text.len;
    const char *leaf_end = text.at; /* up to here no lines are broken */
    unsigned depth = 0;

    for (const char *at = text.at; at < end;) {
        size_t len = *at == '"' ? string_length(at, end) : 1;
        bool inside_leaf = at < leaf_end;

        if ((*at == '}' || *at == ']') && !inside_leaf) {
            break_line(&out, --depth);
        }
        bolt_buf_add(&out, (struct bolt_bytes){at, len});
        if (*at == ':' || (*at == ',' && inside_leaf)) {
            bolt_buf_adds(&out, " ");
        } else if (*at == ',') {
            break_line(&out, depth);
        } else if (*at == '{' || *at == '[') {
            size_t leaf = leaf_length(at, end);

            if (leaf != 0 && leaf <= LEAF_MAX) {
                leaf_end = at + leaf;
            } else {
                break_line(&out, ++depth);
            }
        }
        at += len;
    }
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}

struct bolt_bytes bolt_policy_show(struct bolt_arena *arena, const struct bolt_policy *policy)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_show_members(&json, bolt_policy_members, policy);
    bolt_json_close(&json, '}');
    return spread(arena, bolt_buf_bytes(&out));
}
