/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of a CNI plugin, each with a newline. Pure. */
#pragma once

#include "decide/decide.h"
#include "facts/cni.h"

struct bolt_cni_error {
    struct bolt_bytes version; /* of the configuration; empty if that is not known */
    enum bolt_cni_code code;
    struct bolt_bytes said;
    struct bolt_bytes details; /* empty for none */
};

struct bolt_bytes bolt_emit_cni_error(struct bolt_arena *arena, const struct bolt_cni_error *error);

/* Every finding that refuses, if there are more than the one that the sentence names; else empty.
 */
struct bolt_bytes bolt_emit_cni_details(struct bolt_arena *arena,
                                        const struct bolt_decision *decision);

/* The answer to VERSION; @asked is its cniVersion, or empty. */
struct bolt_bytes bolt_emit_cni_versions(struct bolt_arena *arena, struct bolt_bytes asked);
