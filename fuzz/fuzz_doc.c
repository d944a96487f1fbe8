/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the text: every node of a document stands where it says, is found by its pointer, and
 * can be taken out, replaced or added to, and what comes out is a document again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/edit.h"

#define NODES_MAX 40 /* looked at: the work is quadratic */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        __builtin_trap();
    }
}

static const struct bolt_doc *parse(struct bolt_arena *arena, struct bolt_bytes text)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    if (bolt_doc_parse(arena, text, BOLT_DIALECT_STRICT, &doc, &err) != 0) {
        demand(err.kind == BOLT_ERR_INPUT && err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
        return NULL;
    }
    return doc;
}

/* --- finding ---------------------------------------------------------------------------- */

/* One token of a JSON Pointer, decoded, as a C string. */
static const char *token(struct bolt_arena *arena, struct bolt_bytes *pointer)
{
    struct bolt_buf out = {.arena = arena};
    size_t i = 1;

    while (i < pointer->len && pointer->at[i] != '/') {
        bool escaped = pointer->at[i] == '~';

        demand(!escaped ||
               (i + 1 < pointer->len && (pointer->at[i + 1] == '0' || pointer->at[i + 1] == '1')));
        bolt_buf_adds(&out, escaped ? (pointer->at[i + 1] == '0' ? "~" : "/") : "");
        bolt_buf_add(&out, (struct bolt_bytes){pointer->at + i, escaped ? 0 : 1});
        i += escaped ? 2 : 1;
    }
    pointer->at += i;
    pointer->len -= i;
    return bolt_bytes_cstr(arena, bolt_buf_bytes(&out));
}

static bolt_node follow(struct bolt_arena *arena, const struct bolt_doc *doc,
                        struct bolt_bytes pointer)
{
    bolt_node node = bolt_doc_root(doc);

    while (pointer.len != 0) {
        const char *name = token(arena, &pointer);

        if (bolt_doc_kind(doc, node) == BOLT_JSON_OBJECT) {
            node = bolt_doc_member(doc, node, name);
        } else {
            unsigned long index = strtoul(name, NULL, 10);

            node = bolt_doc_first(doc, node);
            while (index-- > 0) {
                node = bolt_doc_next(doc, node);
            }
        }
    }
    return node;
}

/* --- places ----------------------------------------------------------------------------- */

static bool is_inside(struct bolt_bytes outer, struct bolt_bytes inner)
{
    return inner.at >= outer.at && inner.at + inner.len <= outer.at + outer.len;
}

static void look(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node node)
{
    struct bolt_bytes source = bolt_doc_source(doc, node);
    const struct bolt_doc *alone = parse(arena, source);
    size_t children = 0;

    demand(source.len != 0 && is_inside(bolt_doc_text(doc), source));
    demand(alone != NULL && bolt_doc_kind(alone, bolt_doc_root(alone)) == bolt_doc_kind(doc, node));
    demand(
        bolt_bytes_equal(bolt_doc_string(alone, bolt_doc_root(alone)), bolt_doc_string(doc, node)));
    demand(follow(arena, doc, bolt_doc_pointer(arena, doc, node)).id == node.id);
    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        demand(is_inside(source, bolt_doc_source(doc, n)));
        demand(bolt_doc_parent(doc, n).id == node.id);
        demand(bolt_doc_next(doc, n).id == 0 ||
               bolt_doc_source(doc, bolt_doc_next(doc, n)).at > bolt_doc_source(doc, n).at);
        children++;
    }
    demand(bolt_doc_count(doc, node) == children);
}

/* --- edits ------------------------------------------------------------------------------ */

/* The recursion is as deep as the document, which is bounded. */
static size_t nodes_in(const struct bolt_doc *doc, bolt_node node) /* NOLINT(misc-no-recursion) */
{
    size_t count = 1;

    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        count += nodes_in(doc, n);
    }
    return count;
}

/* Makes the edit; what comes out has @want nodes, or the edit is refused if that is 0. */
static void make(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_edit edit,
                 size_t want)
{
    struct bolt_buf out = {.arena = arena};
    const struct bolt_doc *edited;
    struct bolt_err err = {0};

    if (bolt_edit_apply(doc, &edit, 1, &out, &err) != 0) {
        demand(want == 0 && err.kind == BOLT_ERR_INTERNAL && out.len == 0);
        return;
    }
    demand(parse(arena, bolt_edit_patch(arena, doc, &edit, 1)) != NULL);
    edited = parse(arena, bolt_buf_bytes(&out));
    demand(edited != NULL && nodes_in(edited, bolt_doc_root(edited)) == want);
}

static void edit(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node node)
{
    static const char name[] = "\x01 ~/\"";
    enum bolt_json_kind kind = bolt_doc_kind(doc, node);
    bool takes_one = kind == BOLT_JSON_ARRAY ||
                     (kind == BOLT_JSON_OBJECT && bolt_doc_member(doc, node, name).id == 0);
    bool is_element = bolt_doc_kind(doc, bolt_doc_parent(doc, node)) == BOLT_JSON_ARRAY;
    bool is_root = node.id == bolt_doc_root(doc).id;
    size_t total = nodes_in(doc, bolt_doc_root(doc));
    size_t here = nodes_in(doc, node);

    make(arena, doc, (struct bolt_edit){BOLT_EDIT_REMOVE, node, {0}, {0}, "t"},
         is_root ? 0 : total - here);
    make(arena, doc, (struct bolt_edit){BOLT_EDIT_REPLACE, node, {0}, BOLT_LIT("-0"), "t"},
         total - here + 1);
    make(arena, doc, (struct bolt_edit){BOLT_EDIT_INSERT, node, {0}, BOLT_LIT("\"\""), "t"},
         is_element ? total + 1 : 0);
    if (bolt_doc_count(doc, node) < BOLT_DOC_MEMBERS_MAX) {
        make(arena, doc,
             (struct bolt_edit){BOLT_EDIT_APPEND, node, bolt_bytes_of(name), BOLT_LIT("null"), "t"},
             takes_one ? total + 1 : 0);
    }
}

/* Comments are a matter of one dialect; what the other one takes, it reads in the same way. */
static void compare_dialects(struct bolt_arena *arena, struct bolt_bytes text,
                             const struct bolt_doc *strict)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    if (bolt_doc_parse(arena, text, BOLT_DIALECT_COMMENTS, &doc, &err) != 0) {
        demand(strict == NULL);
        return;
    }
    demand(strict == NULL ||
           nodes_in(doc, bolt_doc_root(doc)) == nodes_in(strict, bolt_doc_root(strict)));
    for (uint32_t id = 1; id <= NODES_MAX && id <= nodes_in(doc, bolt_doc_root(doc)); id++) {
        demand(is_inside(text, bolt_doc_source(doc, (bolt_node){id})));
        (void)bolt_doc_fail(doc, (bolt_node){id}, &err, "here");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_bytes text = {(const char *)data, size};
    const struct bolt_doc *doc = parse(arena, text);
    size_t count = doc == NULL ? 0 : nodes_in(doc, bolt_doc_root(doc));

    compare_dialects(arena, text, doc);
    for (uint32_t id = 1; id <= count && id <= NODES_MAX; id++) {
        look(arena, doc, (bolt_node){id});
        edit(arena, doc, (bolt_node){id});
    }
    return 0;
}
