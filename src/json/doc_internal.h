/* SPDX-License-Identifier: Apache-2.0 */
/* What parse.c, doc.c and edit.c know about a document and nobody else may. */
#pragma once

#include "json/doc.h"

/* Offsets are into the text; ids are indexes of struct bolt_doc.nodes, 0 for none. Nodes are
 * numbered in document order, a container before what is in it. */
struct bolt_doc_node {
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
    struct bolt_bytes name;
    struct bolt_bytes string;
};

struct bolt_doc {
    struct bolt_bytes text;
    struct bolt_doc_node *nodes; /* [0] stands for nothing, [1] is the root */
    size_t count;                /* with [0] */
};

/* An error at an offset of a text: kind BOLT_ERR_INPUT, "line:column: <reason>". Returns -1. */
int bolt_doc_fail_at(struct bolt_bytes text, size_t offset, struct bolt_err *err,
                     const char *reason);
