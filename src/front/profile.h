/* SPDX-License-Identifier: Apache-2.0 */
/* A seccomp profile from a file, whichever of the three formats it is in. */
#pragma once

#include "seccomp/template_merge.h"

enum bolt_profile_format {
    BOLT_PROFILE_OCI = 0,  /* linux.seccomp alone */
    BOLT_PROFILE_CONFIG,   /* in a config.json */
    BOLT_PROFILE_TEMPLATE, /* as Docker and podman take them */
};

struct bolt_profile_file {
    struct bolt_bytes name; /* for messages */
    const struct bolt_doc *doc;
    bolt_node profile; /* BOLT_NONE: a config.json without one */
    enum bolt_profile_format format;
};

/**
 * bolt_profile_load() - read a file
 * @arena: owns the result
 * @name:  a path, or "-" for standard input
 * @out:   what it holds
 * @err:   kind BOLT_ERR_INPUT or BOLT_ERR_SYSTEM, with the name
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_profile_load(struct bolt_arena *arena, const char *name,
                                 struct bolt_profile_file *out, struct bolt_err *err);

/* The file with the denial merged: the same bytes, but for the edits. @result says how well; @text
 * is empty if it cannot be merged. Return: 0, or -1 with @err set. */
BOLT_CHECK int bolt_profile_merge(struct bolt_arena *arena, const struct bolt_profile_file *file,
                                  const struct bolt_seccomp_denial *denial,
                                  struct bolt_seccomp_result *result, struct bolt_bytes *text,
                                  struct bolt_err *err);

/* The OCI profiles that it can come out as on a machine: one, but for templates. */
BOLT_CHECK int bolt_profile_cases(struct bolt_arena *arena, const struct bolt_profile_file *file,
                                  const struct bolt_machine *machine,
                                  struct bolt_template_cases *out, struct bolt_err *err);
