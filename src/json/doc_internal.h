/* SPDX-License-Identifier: Apache-2.0 */
/* What parse.c, doc.c and edit.c know about a document and nobody else may. */
#pragma once

#include "json/doc.h"

/* Offsets are into the text; ids are indexes of struct bolt_doc.nodes, 0 for none. Nodes are
 * numbered in document order, a container before what is in it. Lengths are 32 bits wide, as the
 * text's is: so a node fits a line of the processor's cache. */
struct bolt_doc_node {
    const char *name; /* decoded, as the string is */
    const char *string;
    uint32_t name_len;
    uint32_t string_len;
    enum bolt_json_kind kind;
    uint32_t key_start; /* of a member: where its name starts; else equal to start */
    uint32_t start;
    uint32_t end; /* behind the last byte */
    uint32_t parent;
    uint32_t prev;
    uint32_t next;
    uint32_t first;
    uint32_t last;
    uint32_t count; /* children */
};

struct bolt_doc {
    struct bolt_bytes text;
    struct bolt_doc_node *nodes; /* [0] stands for nothing, [1] is the root */
    size_t count;                /* with [0] */
};

static inline struct bolt_bytes bolt_doc_node_name(const struct bolt_doc_node *node)
{
    return (struct bolt_bytes){node->name, node->name_len};
}

/* UTF-8, of a size that is taken, without what parsers take differently or for space. Returns 0, or
 * -1 with @err set. */
BOLT_CHECK int bolt_doc_check_text(struct bolt_bytes text, struct bolt_err *err);

/* The escapes of the string from @start to @end, of which yajl has checked the syntax. \u0000 ends
 * a C string early elsewhere; half a surrogate pair becomes '?' in yajl and U+FFFD in Go. */
BOLT_CHECK int bolt_doc_check_escapes(struct bolt_bytes text, size_t start, size_t end,
                                      enum bolt_dialect dialect, struct bolt_err *err);

/* An error at an offset of a text: kind BOLT_ERR_INPUT, "line:column: <reason>". Returns -1. */
int bolt_doc_fail_at(struct bolt_bytes text, size_t offset, struct bolt_err *err,
                     const char *reason);
