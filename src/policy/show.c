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

struct spread {
    struct bolt_buf out;
    const char *leaf_end; /* up to here no lines are broken */
    const char *end;
    unsigned depth;
};

static void break_line(struct spread *s)
{
    bolt_buf_addf(&s->out, "\n%*s", (int)s->depth * INDENT, "");
}

/* Behind a bracket that opens: its contents stay on the line if they fit there. */
static void open_container(struct spread *s, const char *at)
{
    size_t leaf = leaf_length(at, s->end);

    if (leaf != 0 && leaf <= LEAF_MAX) {
        s->leaf_end = at + leaf;
    } else {
        s->depth++;
        break_line(s);
    }
}

/* One token, with the space or new line in front of it or behind. */
static void add_token(struct spread *s, const char *at, size_t len)
{
    bool in_leaf = at < s->leaf_end;

    if ((*at == '}' || *at == ']') && !in_leaf) {
        s->depth--;
        break_line(s);
    }
    bolt_buf_add(&s->out, (struct bolt_bytes){at, len});
    if (*at == ':' || (*at == ',' && in_leaf)) {
        bolt_buf_adds(&s->out, " ");
    } else if (*at == ',') {
        break_line(s);
    } else if (*at == '{' || *at == '[') {
        open_container(s, at);
    }
}

/* Compact JSON with a line for each member and element, but what fits on a line stays on one. */
static struct bolt_bytes spread(struct bolt_arena *arena, struct bolt_bytes text)
{
    struct spread s = {.out = {.arena = arena}, .leaf_end = text.at, .end = text.at + text.len};

    for (const char *at = text.at; at < s.end;) {
        size_t len = *at == '"' ? string_length(at, s.end) : 1;

        add_token(&s, at, len);
        at += len;
    }
    return bolt_buf_bytes(&s.out);
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
