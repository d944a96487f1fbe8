/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a document. How it is read stands in parse.c. */
#include "base/buf.h"
#include "json/doc_internal.h"

/* --- errors ----------------------------------------------------------------------------- */

int bolt_doc_fail_at(struct bolt_bytes text, size_t offset, struct bolt_err *err,
                     const char *reason)
{
    size_t line = 1;
    size_t column = 1;

    for (size_t i = 0; i < offset && i < text.len; i++) {
        column++;
        if (text.at[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return bolt_fail(err, BOLT_ERR_INPUT, "%zu:%zu: %s", line, column, reason);
}

int bolt_doc_fail(const struct bolt_doc *doc, bolt_node node, struct bolt_err *err, const char *fmt,
                  ...)
{
    BOLT_ARENA struct bolt_arena *scratch = bolt_arena_new();
    struct bolt_bytes pointer = bolt_doc_pointer(scratch, doc, node);
    struct bolt_buf text = {.arena = scratch};
    va_list args;

    va_start(args, fmt);
    bolt_buf_add(&text, pointer.len > 200 ? BOLT_LIT("/...") : pointer);
    bolt_buf_adds(&text, pointer.len == 0 ? "" : ": ");
    bolt_buf_add(&text, bolt_vprintf(scratch, fmt, args));
    bolt_buf_add(&text, (struct bolt_bytes){"", 1});
    va_end(args);
    return bolt_doc_fail_at(doc->text, doc->nodes[node.id].key_start, err, text.at);
}

/* --- lookups ---------------------------------------------------------------------------- */

bolt_node bolt_doc_root(const struct bolt_doc *doc)
{
    return (bolt_node){doc->count > 1 ? 1 : 0};
}

bolt_node bolt_doc_member(const struct bolt_doc *doc, bolt_node object, const char *name)
{
    const struct bolt_bytes want = bolt_bytes_of(name);

    if (doc->nodes[object.id].kind != BOLT_JSON_OBJECT) {
        return BOLT_NONE;
    }
    for (uint32_t id = doc->nodes[object.id].first; id != 0; id = doc->nodes[id].next) {
        if (bolt_bytes_equal(bolt_doc_node_name(&doc->nodes[id]), want)) {
            return (bolt_node){id};
        }
    }
    return BOLT_NONE;
}

bolt_node bolt_doc_first(const struct bolt_doc *doc, bolt_node container)
{
    return (bolt_node){doc->nodes[container.id].first};
}

bolt_node bolt_doc_next(const struct bolt_doc *doc, bolt_node child)
{
    return (bolt_node){doc->nodes[child.id].next};
}

bolt_node bolt_doc_parent(const struct bolt_doc *doc, bolt_node child)
{
    return (bolt_node){doc->nodes[child.id].parent};
}

size_t bolt_doc_count(const struct bolt_doc *doc, bolt_node container)
{
    return doc->nodes[container.id].count;
}

enum bolt_json_kind bolt_doc_kind(const struct bolt_doc *doc, bolt_node node)
{
    return doc->nodes[node.id].kind;
}

const char *bolt_json_kind_name(enum bolt_json_kind kind)
{
    switch (kind) {
    case BOLT_JSON_ABSENT:
        return "absent";
    case BOLT_JSON_NULL:
        return "null";
    case BOLT_JSON_BOOL:
        return "a boolean";
    case BOLT_JSON_NUMBER:
        return "a number";
    case BOLT_JSON_STRING:
        return "a string";
    case BOLT_JSON_ARRAY:
        return "an array";
    case BOLT_JSON_OBJECT:
        return "an object";
    }
    return "unknown";
}

struct bolt_bytes bolt_doc_name(const struct bolt_doc *doc, bolt_node node)
{
    return bolt_doc_node_name(&doc->nodes[node.id]);
}

struct bolt_bytes bolt_doc_string(const struct bolt_doc *doc, bolt_node node)
{
    const struct bolt_doc_node *n = &doc->nodes[node.id];

    return (struct bolt_bytes){n->string, n->string_len};
}

struct bolt_bytes bolt_doc_source(const struct bolt_doc *doc, bolt_node node)
{
    const struct bolt_doc_node *n = &doc->nodes[node.id];

    return (struct bolt_bytes){doc->text.at + n->start, n->end - n->start};
}

struct bolt_bytes bolt_doc_text(const struct bolt_doc *doc)
{
    return doc->text;
}

bool bolt_doc_is_true(const struct bolt_doc *doc, bolt_node node)
{
    return bolt_doc_kind(doc, node) == BOLT_JSON_BOOL &&
           bolt_bytes_is(bolt_doc_source(doc, node), "true");
}

/* Counted from behind: of a list that is handed on, what was before is gone. */
static size_t index_in_parent(const struct bolt_doc *doc, const struct bolt_doc_node *node)
{
    size_t index = doc->nodes[node->parent].count - 1;

    for (uint32_t id = node->next; id != 0; id = doc->nodes[id].next) {
        index--;
    }
    return index;
}

static void add_pointer_token(struct bolt_buf *out, struct bolt_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '~') {
            bolt_buf_adds(out, "~0");
        } else if (name.at[i] == '/') {
            bolt_buf_adds(out, "~1");
        } else {
            bolt_buf_addc(out, name.at[i]);
        }
    }
}

struct bolt_bytes bolt_doc_pointer(struct bolt_arena *arena, const struct bolt_doc *doc,
                                   bolt_node node)
{
    uint32_t path[BOLT_DOC_DEPTH_MAX + 1];
    struct bolt_buf out = {.arena = arena};
    size_t n = 0;

    for (uint32_t id = node.id; id != 0 && doc->nodes[id].parent != 0; id = doc->nodes[id].parent) {
        path[n++] = id;
    }
    while (n-- > 0) {
        const struct bolt_doc_node *step = &doc->nodes[path[n]];

        bolt_buf_addc(&out, '/');
        if (doc->nodes[step->parent].kind == BOLT_JSON_ARRAY) {
            bolt_buf_addu(&out, index_in_parent(doc, step));
        } else {
            add_pointer_token(&out, bolt_doc_node_name(step));
        }
    }
    return bolt_buf_bytes(&out);
}

/* --- names ------------------------------------------------------------------------------ */

static bool has_high_byte(struct bolt_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.at[i] > 0x7f) {
            return true;
        }
    }
    return false;
}

/* Whether the name is @known or that but for case. What differs in the first letter, as most do, is
 * not measured. */
static bool is_like(struct bolt_bytes name, const char *known)
{
    return name.len != 0 && ((name.at[0] ^ known[0]) & ~('a' ^ 'A')) == 0 &&
           bolt_bytes_equal_fold(name, bolt_bytes_of(known));
}

int bolt_doc_check_names(const struct bolt_doc *doc, bolt_node object, const char *const *known,
                         struct bolt_err *err)
{
    if (bolt_doc_kind(doc, object) != BOLT_JSON_OBJECT) {
        return 0;
    }
    for (bolt_node m = bolt_doc_first(doc, object); m.id != 0; m = bolt_doc_next(doc, m)) {
        struct bolt_bytes name = bolt_doc_name(doc, m);

        if (has_high_byte(name)) {
            return bolt_doc_fail(doc, m, err,
                                 "a name beyond ASCII, which some readers fold to another one");
        }
        for (const char *const *k = known; *k != NULL; k++) {
            if (bolt_bytes_is(name, *k)) {
                break;
            }
            if (is_like(name, *k)) {
                return bolt_doc_fail(doc, m, err,
                                     "some readers take this name for '%s', others do not", *k);
            }
        }
    }
    return 0;
}
