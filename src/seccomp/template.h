/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp profiles as Docker and podman take them (--security-opt seccomp=FILE): an OCI profile
 * whose entries may hold for some containers only, by their capabilities and by the machine. The
 * engine resolves that before it writes a config.json (Seccomp in moby's profiles/seccomp and in
 * containers/common's pkg/seccomp).
 *
 * Conditions "minKernel" are not looked at: such an entry holds.
 */
#pragma once

#include "seccomp/abi.h"
#include "json/doc.h"

/* Capabilities by the names that the profile uses: "CAP_AUDIT_WRITE". */
struct bolt_cap_names {
    struct bolt_bytes *names;
    size_t count;
};

/* True if it has what only the engines' format has, in any case of the letters. */
bool bolt_template_is(const struct bolt_doc *doc, bolt_node profile);

/* Those on which depends what it says of the calls that make sockets, or of calls whose rules reach
 * those (scope.h); or all that it has; each once. */
struct bolt_cap_names bolt_template_caps(struct bolt_arena *arena, const struct bolt_doc *doc,
                                         bolt_node profile, const struct bolt_machine *machine,
                                         bool all);

/* True if an entry names one of the calls that make sockets. */
bool bolt_template_about_sockets(const struct bolt_doc *doc, bolt_node entry);

/* True if what it says of sockets depends on the entry: it names such a call, or one whose rules
 * reach those (bolt_scope_reaches()). */
bool bolt_template_matters(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node entry,
                           const struct bolt_machine *machine);

/* What is known of a container. */
struct bolt_template_container {
    const struct bolt_machine *machine;
    struct bolt_cap_names with;    /* it has these capabilities, */
    struct bolt_cap_names without; /* and not these; entries that depend on others do not hold */
    bool complete;                 /* it has no others */
};

/* True if an entry holds for the container. */
bool bolt_template_applies(const struct bolt_doc *doc, bolt_node entry,
                           const struct bolt_template_container *container);

/* Which entry of the template the resolved profile's @entry is; both are counted from 0. If it has
 * fewer: how many the template has. Not for bolt_seccomp_prove()'s negative numbers. */
long bolt_template_entry(const struct bolt_doc *doc, bolt_node profile,
                         const struct bolt_template_container *container, long entry);

/**
 * bolt_template_resolve() - what the engine would write into a config.json
 * @arena:   owns @out
 * @doc:     borrowed
 * @profile: in the engines' format
 * @container: for which entries hold
 * @out:     an OCI profile, as text
 * @err:     kind BOLT_ERR_INPUT: it is not of that format
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_template_resolve(struct bolt_arena *arena, const struct bolt_doc *doc,
                                     bolt_node profile,
                                     const struct bolt_template_container *container,
                                     struct bolt_bytes *out, struct bolt_err *err);
