/* SPDX-License-Identifier: Apache-2.0 */
/* What was found out about seccomp profiles, as text and as JSON. Pure. */
#pragma once

#include "seccomp/inspect.h"
#include "seccomp/template_merge.h"

/* One profile, or one way in which a template can come out, judged. */
struct bolt_inspection {
    struct bolt_bytes file;
    const struct bolt_template_case *which;
    const struct bolt_machine *machine;
    const struct bolt_seccomp_denial *denial;
    struct bolt_seccomp_verdict verdict;
    uint64_t duration_us;
};

/* "proved: no raw socket on x86_64, x86, x32 (20 paths, 310 us)", or the counterexample, with a
 * newline. */
struct bolt_bytes bolt_emit_proof(struct bolt_arena *arena, const struct bolt_inspection *i);
/* The same as one JSON object, with a newline. */
struct bolt_bytes bolt_emit_proof_json(struct bolt_arena *arena, const struct bolt_inspection *i);

/* Where two profiles differ, with newlines; nothing if nowhere. */
struct bolt_bytes bolt_emit_changes(struct bolt_arena *arena,
                                    const struct bolt_seccomp_changes *changes);
/* The same as one JSON object, with a newline. */
struct bolt_bytes bolt_emit_changes_json(struct bolt_arena *arena,
                                         const struct bolt_seccomp_changes *changes);
