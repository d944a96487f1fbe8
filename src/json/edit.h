/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes to a document, as values: made by whoever decides, applied once, at the end.
 *
 * Applying copies every byte that is not edited. A removal takes one comma along; what is added
 * brings one.
 */
#pragma once

#include "base/buf.h"
#include "json/doc.h"

enum bolt_edit_op {
    BOLT_EDIT_NONE = 0,
    BOLT_EDIT_REPLACE, /* put text where the value of target stands */
    BOLT_EDIT_REMOVE,  /* take target out, with its name */
    BOLT_EDIT_INSERT,  /* a new element in front of target, which is an element */
    BOLT_EDIT_APPEND,  /* a new member or element at the end of target, a container */
};

struct bolt_edit {
    enum bolt_edit_op op;
    bolt_node target;
    struct bolt_bytes name; /* decoded name of the new member: APPEND to an object only */
    struct bolt_bytes text; /* JSON; empty for REMOVE */
    const char *reason;     /* id of the rule that asks */
};

/**
 * bolt_edit_apply() - the document with the edits made
 * @doc:   whose nodes the edits name
 * @edits: in any order; several INSERTs or APPENDs at one place keep their order
 * @count: of them
 * @out:   what comes out is added here, only on success
 * @err:   kind BOLT_ERR_INTERNAL: an edit of nothing, of a place that another edit replaces or
 *         removes, or a name that is there already
 *
 * With no edits, what comes out is the document byte for byte.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_edit_apply(const struct bolt_doc *doc, const struct bolt_edit *edits,
                               size_t count, struct bolt_buf *out, struct bolt_err *err);

/**
 * bolt_edit_patch() - the edits as an RFC 6902 JSON Patch
 * @arena: owns the result
 * @doc:   whose nodes the edits name
 * @edits: as for bolt_edit_apply(), which must have accepted them
 * @count: of them
 *
 * Operations stand in reverse document order, so that each path is right when its turn comes.
 * Applied in order to the document they give what bolt_edit_apply() gives, as JSON values.
 *
 * Return: a JSON array.
 */
struct bolt_bytes bolt_edit_patch(struct bolt_arena *arena, const struct bolt_doc *doc,
                                  const struct bolt_edit *edits, size_t count);
