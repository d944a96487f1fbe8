/* SPDX-License-Identifier: Apache-2.0 */
/* Reading documents into facts, for the files of this folder. */
#pragma once

#include "facts/facts.h"

struct bolt_source {
    struct bolt_arena *arena;
    const struct bolt_doc *doc;
    struct bolt_facts *facts;
    struct bolt_err *err;
};

/* The member, BOLT_NONE if it is absent or null, or an error if it is something else. */
BOLT_CHECK int bolt_source_take(const struct bolt_source *s, bolt_node object, const char *name,
                                enum bolt_json_kind kind, bolt_node *out);
/* An error unless the node is of that kind. */
BOLT_CHECK int bolt_source_expect(const struct bolt_source *s, bolt_node node,
                                  enum bolt_json_kind kind);
/* The member as a number; 0 if it is absent. */
BOLT_CHECK int bolt_source_u32(const struct bolt_source *s, bolt_node object, const char *name,
                               uint32_t *out);
BOLT_CHECK int bolt_source_string(const struct bolt_source *s, bolt_node object, const char *name,
                                  struct bolt_bytes *out);
/* NULL if it is absent. */
BOLT_CHECK int bolt_source_cstr(const struct bolt_source *s, bolt_node object, const char *name,
                                const char **out);
BOLT_CHECK int bolt_source_bool(const struct bolt_source *s, bolt_node object, const char *name,
                                bool *out);
/* What a decision record says of the container and its engine, and of the sources of its ports. */
BOLT_CHECK int bolt_record_identity(const struct bolt_source *s, bolt_node record, bolt_node facts);
BOLT_CHECK int bolt_record_tried(const struct bolt_source *s, bolt_node record);
/* The member, an array of ID mappings as in the OCI runtime-spec, or nothing: gids. */
BOLT_CHECK int bolt_source_gids(const struct bolt_source *s, bolt_node object, const char *name);
/* The member, an object of strings, or nothing: annotations. */
BOLT_CHECK int bolt_source_annotations(const struct bolt_source *s, bolt_node object,
                                       const char *name);
/* The object of a process, or BOLT_NONE: user, capabilities, noNewPrivileges. */
BOLT_CHECK int bolt_source_process(const struct bolt_source *s, bolt_node process);
