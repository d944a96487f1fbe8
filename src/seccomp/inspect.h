/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about whole profiles: does one keep raw sockets shut, and where do two differ. */
#pragma once

#include "seccomp/bpf.h"
#include "seccomp/region.h"
#include "seccomp/seccomp.h"

/* No entry: the default action. */
#define BOLT_BY_DEFAULT (-1)
/* Nothing that names the call: what libseccomp makes of other rules, or does with an architecture
 * that is not listed. */
#define BOLT_BY_OTHERS (-2)

struct bolt_seccomp_verdict {
    bool proved;
    size_t instructions;     /* of the program */
    double paths;            /* through the diagrams of the calls that make sockets */
    struct bolt_input input; /* not proved: arguments that are let through, */
    uint32_t answer;         /* what they get, */
    long entry;              /* by which entry, counted from 0, or one of the numbers above, */
    struct bolt_bytes call;  /* and the same as text: "socket(AF_PACKET, SOCK_RAW, 0) on x86_64" */
};

/**
 * bolt_seccomp_prove() - whether a profile denies what it is asked to
 * @arena:   owns what the result points to
 * @doc:     the document that the profile is in
 * @profile: an OCI profile; BOLT_NONE or null for none
 * @denial:  what is to be denied
 * @out:     proved, or the first way past it
 * @err:     kind BOLT_ERR_INPUT: the profile is malformed, or cannot be judged
 *
 * The whole profile is compiled, once as crun and runc before 1.2 do and once as later ones do.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_seccomp_prove(struct bolt_arena *arena, const struct bolt_doc *doc,
                                  bolt_node profile, const struct bolt_seccomp_denial *denial,
                                  struct bolt_seccomp_verdict *out, struct bolt_err *err);

/* Calls of one ABI for which two profiles answer differently, and where. */
struct bolt_seccomp_change {
    const struct bolt_abi *abi;
    struct bolt_bytes *calls; /* their names; "numbers without a name" for all others */
    size_t call_count;
    uint32_t before;
    uint32_t after;
    struct bolt_region where;
    struct bolt_input example; /* of the first call */
};

struct bolt_seccomp_changes {
    struct bolt_seccomp_change *list;
    size_t count;
};

/* One side of a comparison. */
struct bolt_seccomp_side {
    const struct bolt_doc *doc;
    bolt_node profile; /* an OCI profile; BOLT_NONE or null for none */
};

/**
 * bolt_seccomp_compare() - all calls and arguments for which two profiles answer differently
 * @arena:   owns the result
 * @machine: on which
 * @before:  one profile
 * @after:   the other
 * @out:     nothing if they are equal
 * @err:     kind BOLT_ERR_INPUT: one is malformed, or cannot be judged
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_seccomp_compare(struct bolt_arena *arena, const struct bolt_machine *machine,
                                    const struct bolt_seccomp_side *before,
                                    const struct bolt_seccomp_side *after,
                                    struct bolt_seccomp_changes *out, struct bolt_err *err);

/* "SCMP_ACT_ERRNO(1)" */
struct bolt_bytes bolt_act_text(struct bolt_arena *arena, uint32_t action);
