/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp programs as the kernel gets them: classic BPF over struct seccomp_data.
 *
 * Understood is what libseccomp and the runtimes generate: loads of 32-bit words, AND with a
 * constant, jumps and returns. A program with anything else in it is refused, never guessed at.
 */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/err.h"
#include "seccomp/diagram.h"

struct bolt_answers;

struct bolt_bpf {
    const struct sock_filter *insns; /* in this machine's byte order */
    size_t count;                    /* at most BPF_MAXINSNS */
    bool big_endian;                 /* the machine that it is for */
    struct bolt_answers *answers;    /* diagrams made of it, to be used again; NULL: none is kept */
};

/* Sorted starts of intervals on which all programs seen so far compare alike. */
struct bolt_points {
    uint32_t *at;
    size_t count;
};

/* Arguments that a call can have, with what else a filter sees of it. */
struct bolt_input {
    uint32_t arch; /* AUDIT_ARCH_* */
    uint32_t nr;
    uint64_t args[6];
};

/**
 * bolt_bpf_check() - whether a program is one that can be judged
 * @bpf: any bytes
 * @err: kind BOLT_ERR_INPUT
 *
 * A program that passes never runs out of its instructions, ends in an action that the kernel
 * knows, and never asks for the instruction pointer. All others here want a program that passed.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_bpf_check(struct bolt_bpf bpf, struct bolt_err *err);

/* Whether a filter can return this: an action that the kernel knows, with any data. */
bool bolt_bpf_is_action(uint32_t k);

/* A place to keep the diagrams of one program in @dds; both must live as long. */
struct bolt_answers *bolt_answers_new(struct bolt_arena *arena, const struct bolt_dds *dds);

/* What the kernel would answer. */
uint32_t bolt_bpf_run(struct bolt_bpf bpf, const struct bolt_input *input);

/**
 * bolt_bpf_points() - where a program tells calls apart
 * @arena: owns what is added
 * @bpf:   checked
 * @nrs:   added to: every interval of numbers that @bpf treats alike starts at one of these
 * @err:   kind BOLT_ERR_INPUT: it computes with the number
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_bpf_points(struct bolt_arena *arena, struct bolt_bpf bpf,
                               struct bolt_points *nrs, struct bolt_err *err);
void bolt_points_add(struct bolt_arena *arena, struct bolt_points *points, uint32_t at);
void bolt_points_sort(struct bolt_points *points);

/* True if it answers the call without a look at the arguments; sets @out to the answer. May say no
 * where a longer look would find that it does. */
bool bolt_bpf_constant(struct bolt_bpf bpf, const struct bolt_input *input, uint32_t *out);

/**
 * bolt_bpf_diagram() - a program's answer as a function of the arguments
 * @arena: for the time being
 * @dds:   where the diagram is made
 * @bpf:   checked
 * @input: architecture and number; the arguments are not looked at
 * @out:   the diagram
 *
 * Return: true, or false if that takes too many steps.
 */
BOLT_CHECK bool bolt_bpf_diagram(struct bolt_arena *arena, struct bolt_dds *dds,
                                 struct bolt_bpf bpf, const struct bolt_input *input, bolt_dd *out);
