/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that take the place of what a profile says about the calls that make sockets.
 *
 * libseccomp decides by the shape of its rules, not by their order, so rules that overlap must not
 * differ in their action. Hence nothing is put in front of the profile's own rules: they are taken
 * out, the function that they and the denial make together is worked out, and is written anew as
 * rules that are disjoint wherever they differ. docs/seccomp.md says how.
 */
#pragma once

#include "seccomp/bpf.h"
#include "seccomp/cover.h"
#include "seccomp/profile.h"
#include "seccomp/raw.h"

/* How socketcall() is put, where there is one. Each is tried in turn; the proof chooses. */
enum bolt_form {
    BOLT_FORM_SILENT = 0, /* not at all: libseccomp makes its rules out of those for socket() */
    BOLT_FORM_NE,         /* rules of its own; the others by one "differs from SYS_SOCKET" */
    BOLT_FORM_BITS,       /* the same bit by bit: where 64 bits are compared */
};
#define BOLT_FORMS 3

struct bolt_new_rule {
    const char *name;
    uint32_t action;
    struct bolt_cube cube;
};

#define BOLT_OFFERS_MAX 64 /* conditions of the profile that a cover may take up */

struct bolt_rewrite {
    /* Given. */
    struct bolt_arena *arena;
    struct bolt_dds *dds;
    const struct bolt_machine *machine;
    const struct bolt_profile *profile;
    const struct bolt_bpf *p; /* NULL: no filter */
    struct bolt_raw raw;
    bool leaks[4];              /* by enum bolt_call: P lets something through */
    const struct bolt_abi *mux; /* a listed ABI that has socketcall(), or NULL */
    bool stricter;              /* N may be stricter than wanted for these calls */
    unsigned known_args;        /* P's questions about further arguments are forgotten, and for all
                                 * of their answers the strictest stands; 6: P is kept */
    /* Made. */
    bool replaced[4]; /* by enum bolt_call: its name goes from the profile's own entries */
    struct bolt_new_rule *rules;
    size_t rule_count;
    struct bolt_cond offers[BOLT_OFFERS_MAX]; /* of the cover that is being made */
};

/**
 * bolt_rewrite_make() - the rules of one form
 * @r:    what is made is made anew
 * @form: which
 * @err:  kind BOLT_ERR_INPUT: the form does not fit, or takes too many rules
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_rewrite_make(struct bolt_rewrite *r, enum bolt_form form, struct bolt_err *err);
