/* SPDX-License-Identifier: Apache-2.0 */
/* The denial in a profile that the engine resolves for each container (template.h). */
#pragma once

#include "seccomp/seccomp.h"
#include "seccomp/template.h"

#define BOLT_TEMPLATE_CASES 16

/* One of the ways in which what it says of sockets can come out. */
struct bolt_template_case {
    struct bolt_template_container container; /* for it; other capabilities do not matter */
    const struct bolt_doc *doc;               /* the OCI profile that it then is, */
    bolt_node profile;                        /* and where in it */
};

struct bolt_template_cases {
    struct bolt_template_case list[BOLT_TEMPLATE_CASES];
    size_t count;
};

/**
 * bolt_template_cases() - all ways in which a template can come out
 * @arena:   owns the result
 * @doc:     borrowed
 * @profile: in the engines' format
 * @machine: for which machine
 * @out:     at least one
 * @err:     kind BOLT_ERR_INPUT: not of that format, or more ways than are tried
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_template_cases(struct bolt_arena *arena, const struct bolt_doc *doc,
                                   bolt_node profile, const struct bolt_machine *machine,
                                   struct bolt_template_cases *out, struct bolt_err *err);

/* "with CAP_A, without CAP_B"; empty if there is only one way. */
struct bolt_bytes bolt_template_case_text(struct bolt_arena *arena,
                                          const struct bolt_template_case *one);

/**
 * bolt_template_merge() - merge the denial into a template
 * @arena:   owns what the result points to
 * @doc:     borrowed
 * @profile: in the engines' format
 * @denial:  what is to be denied; its machine is the one that the result is proved for
 * @out:     denied (nothing to change), or edits of @doc with their fit, the loosest of all cases,
 *           or fit UNPROVED and the reason
 * @err:     kind BOLT_ERR_INPUT: not of that format
 *
 * Each case is merged for itself; the new entries get its capabilities as conditions. The result is
 * resolved again, and must then be what was proved, byte for byte.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_template_merge(struct bolt_arena *arena, const struct bolt_doc *doc,
                                   bolt_node profile, const struct bolt_seccomp_denial *denial,
                                   struct bolt_seccomp_result *out, struct bolt_err *err);
