/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON document that is read, never changed.
 *
 * The document keeps the caller's bytes and an array of nodes; a node remembers where in the
 * bytes it stands. Everything that is not edited therefore comes out as it went in: number
 * spellings, escapes, member order, white space and members nobody here has heard of.
 *
 * Looking something up never fails. What is not there is BOLT_NONE, and anything asked of
 * BOLT_NONE is BOLT_NONE, so that paths can be walked without a check at every step.
 *
 * Reading is stricter than RFC 8259 wherever container runtimes' parsers are known to read the
 * same bytes differently (Go's encoding/json, yajl, json-c): what is judged here must be what any
 * of them would run. docs/parsers.md lists the differences and what is done about each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define BOLT_DOC_BYTES_MAX ((size_t)16 * 1024 * 1024) /* of one document */
#define BOLT_DOC_DEPTH_MAX 64                         /* containers inside each other */
#define BOLT_DOC_MEMBERS_MAX 1024                     /* of one object */
#define BOLT_DOC_NODES_MAX 1000000                    /* values in one document */

enum bolt_json_kind {
    BOLT_JSON_ABSENT = 0,
    BOLT_JSON_NULL,
    BOLT_JSON_BOOL,
    BOLT_JSON_NUMBER,
    BOLT_JSON_STRING,
    BOLT_JSON_ARRAY,
    BOLT_JSON_OBJECT,
};

enum bolt_dialect {
    BOLT_DIALECT_STRICT = 0, /* for documents */
    BOLT_DIALECT_COMMENTS,   /* also takes comments, both kinds: for the policy */
    /* For what an engine keeps for itself, and is the only reader of: as many members as there are,
     * repeated ones, and an escaped NUL. Somebody's 1,025th label must not hide what else is there.
     */
    BOLT_DIALECT_ENGINE,
};

struct bolt_doc;

/* A node of one document. One member, so that the compiler tells it from a length. */
typedef struct {
    uint32_t id;
} bolt_node;

#define BOLT_NONE ((bolt_node){0})

/**
 * bolt_doc_parse() - read a document
 * @arena:   owns the result
 * @text:    borrowed; it must live as long as @out
 * @dialect: whether comments are taken
 * @out:     the document
 * @err:     on failure, kind BOLT_ERR_INPUT and "line:column: reason"
 *
 * Refused beyond what RFC 8259 refuses: a repeated member name (after decoding), a control byte
 * outside strings that yajl would skip, an escaped NUL, half a surrogate pair, and anything
 * beyond the four limits above.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_doc_parse(struct bolt_arena *arena, struct bolt_bytes text,
                              enum bolt_dialect dialect, const struct bolt_doc **out,
                              struct bolt_err *err);

/* The array among the root's members that may be long. */
struct bolt_doc_list {
    const char *name; /* of the member */
    /* Gets each element as soon as it was read; what follows may still be wrong. */
    void (*take)(void *ctx, const struct bolt_doc *doc, bolt_node element);
    void *ctx;
};

/**
 * bolt_doc_parse_list() - read a document, and hand on the elements of a list
 * @list: the list, or NULL
 *
 * Each element is gone when take() returns, so that a long list needs no more memory than a short
 * one; what stays of it is its count, and the strings that take() was shown. All else is as for
 * bolt_doc_parse().
 */
BOLT_CHECK int bolt_doc_parse_list(struct bolt_arena *arena, struct bolt_bytes text,
                                   enum bolt_dialect dialect, const struct bolt_doc_list *list,
                                   const struct bolt_doc **out, struct bolt_err *err);

bolt_node bolt_doc_root(const struct bolt_doc *doc);
/* The member of that exact name; of a name that holds a NUL: never. */
bolt_node bolt_doc_member(const struct bolt_doc *doc, bolt_node object, const char *name);
bolt_node bolt_doc_first(const struct bolt_doc *doc, bolt_node container);
bolt_node bolt_doc_next(const struct bolt_doc *doc, bolt_node child);
bolt_node bolt_doc_parent(const struct bolt_doc *doc, bolt_node child);
/* How many members or elements. */
size_t bolt_doc_count(const struct bolt_doc *doc, bolt_node container);

enum bolt_json_kind bolt_doc_kind(const struct bolt_doc *doc, bolt_node node);
/* "an object", "a string", ... for messages. */
const char *bolt_json_kind_name(enum bolt_json_kind kind);

/* The member's name, decoded; empty for an element or the root. */
struct bolt_bytes bolt_doc_name(const struct bolt_doc *doc, bolt_node node);

/* The decoded string, empty unless the node is a string; any node's bytes as written; and the
 * whole text. */
struct bolt_bytes bolt_doc_string(const struct bolt_doc *doc, bolt_node node);
struct bolt_bytes bolt_doc_source(const struct bolt_doc *doc, bolt_node node);
struct bolt_bytes bolt_doc_text(const struct bolt_doc *doc);

/* True if the node is the literal true. */
bool bolt_doc_is_true(const struct bolt_doc *doc, bolt_node node);

/* An RFC 6901 JSON Pointer to the node, in the arena; "" for the root. */
struct bolt_bytes bolt_doc_pointer(struct bolt_arena *arena, const struct bolt_doc *doc,
                                   bolt_node node);

/**
 * bolt_doc_fail() - an error about a place in the document
 * @node: where; for a member, the place of its name
 * @err:  kind BOLT_ERR_INPUT, "line:column: /pointer: <fmt>"
 *
 * Return: -1.
 */
int bolt_doc_fail(const struct bolt_doc *doc, bolt_node node, struct bolt_err *err, const char *fmt,
                  ...) BOLT_PRINTF(4, 5);

/**
 * bolt_doc_check_names() - refuse names that one reader takes for another
 * @object: an object whose members are fixed by a specification; anything else passes
 * @known:  their names, NULL at the end, of which no two differ in case alone
 *
 * Go's encoding/json matches names without regard to case, Unicode folding included (U+017F is
 * an s, U+212A a k); yajl and json-c compare bytes. So a name that equals a known one but for
 * case, and any name with a byte above 0x7f, means different things to different runtimes.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_doc_check_names(const struct bolt_doc *doc, bolt_node object,
                                    const char *const *known, struct bolt_err *err);
