/* SPDX-License-Identifier: Apache-2.0 */
/* Reading port mappings, for the files of this folder. */
#pragma once

#include "facts/engines.h"

/* Decimal digits, with zeros in front as Go's strconv.ParseUint() takes them. */
bool bolt_port_number(struct bolt_bytes text, uint16_t *out);
/* In any case; empty is "tcp". */
bool bolt_port_protocol(struct bolt_bytes written, struct bolt_bytes *out);
/* An address in its shortest spelling; what is none stays as it is. */
struct bolt_bytes bolt_port_address(struct bolt_arena *arena, struct bolt_bytes written);

void bolt_told_add(struct bolt_arena *arena, struct bolt_told *told, struct bolt_port port);
/* Which ports of the container have been told, for this: */
bool *bolt_told_container_ports(struct bolt_arena *arena, const struct bolt_told *told);
/* Adds a port of the container's that was not told before. */
void bolt_told_expose(struct bolt_arena *arena, struct bolt_told *told, bool *seen,
                      struct bolt_port port);
/* The same ports in the same order, whoever told them: sorted, each once, neighbours together. */
void bolt_told_settle(struct bolt_told *told);

/* An array of objects as CNI has it, with names in any case; nothing, or null, as Go writes an
 * empty one. */
BOLT_CHECK int bolt_cni_mappings(struct bolt_arena *arena, const struct bolt_doc *doc,
                                 bolt_node list, const char *source, struct bolt_told *out,
                                 struct bolt_err *err);
BOLT_CHECK int bolt_cni_mappings_text(struct bolt_arena *arena, struct bolt_bytes text,
                                      const char *source, struct bolt_told *out,
                                      struct bolt_err *err);

/* A named fact, unless the value is empty. */
static inline struct bolt_named bolt_named_as(struct bolt_bytes value, const char *source,
                                              bool forgeable)
{
    return (struct bolt_named){
        .value = value, .source = value.len == 0 ? NULL : source, .forgeable = forgeable};
}
