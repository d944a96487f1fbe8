/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is N the stricter of P and Q, for every input?
 *
 * Trusted for the answer are this, diagram.c, diagram_words.c, bpf.c, raw.c, abi.c, profile.c
 * (bolt_act_rank(), bolt_act_denies()) and base/family.c; not libseccomp, and not what wrote N.
 * What the programs leave out of the profiles is scope.c's to say, and programs in another byte
 * order are turned by compile.c. Inputs are those that a machine's kernel can present to a filter:
 * its own architectures, any number, any arguments.
 */
#pragma once

#include "seccomp/bpf.h"
#include "seccomp/raw.h"
#include "seccomp/seccomp.h"

struct bolt_claim {
    const struct bolt_machine *machine; /* NULL: this one */
    const struct bolt_bpf *p;           /* NULL: no filter, all is allowed */
    struct bolt_bpf n;
    struct bolt_raw raw; /* Q */
    bool stricter;       /* N may be stricter for calls that make sockets */
    uint32_t beyond;     /* what N may answer for families and socketcall()s that no kernel has: P's
                          * default action */
};

/* Arguments of a call for which N is stricter than wanted. */
struct bolt_difference {
    struct bolt_input call; /* architecture and number */
    bolt_dd where;          /* of the struct bolt_dds of the proof: a set */
};

struct bolt_proof {
    enum bolt_seccomp_fit fit;
    bool compact;                        /* N answers so for some of them */
    struct bolt_difference *differences; /* fit is STRICTER: all of them; owned by the arena */
    size_t difference_count;
    /* Not proved: an input, what N answers and what is wanted. */
    struct bolt_input input;
    uint32_t answer;
    uint32_t wanted;
};

/**
 * bolt_prove() - compare a program with the stricter of two
 * @arena: owns what @out points to
 * @dds:   likewise: the sets in it; what it holds of an earlier proof is used again
 * @claim: programs are checked ones
 * @out:   fit, and if that is UNPROVED, the counterexample
 * @err:   kind BOLT_ERR_INPUT: a program is beyond what can be judged; BOLT_ERR_INTERNAL: the
 *         counterexample is none
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_prove(struct bolt_arena *arena, struct bolt_dds *dds,
                          const struct bolt_claim *claim, struct bolt_proof *out,
                          struct bolt_err *err);

/* What a program, or none, answers to a call, as a function of the arguments. */
BOLT_CHECK bool bolt_prove_diagram(struct bolt_arena *arena, struct bolt_dds *dds,
                                   const struct bolt_bpf *bpf, const struct bolt_input *input,
                                   bolt_dd *out);

/* The stricter of two answers as the kernel chooses it; @p if neither is. */
uint32_t bolt_prove_stricter(uint32_t p, uint32_t q);
