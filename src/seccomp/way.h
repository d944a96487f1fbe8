/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to a raw socket that a profile leaves open. */
#pragma once

#include "seccomp/bpf.h"
#include "seccomp/raw.h"

struct bolt_way {
    bool leaks[4];           /* by enum bolt_call */
    bool any;                /* one of them */
    struct bolt_input input; /* the plainest */
};

/**
 * bolt_way_find() - what a program lets through that a denial denies
 * @arena: for the time being
 * @dds:   likewise
 * @machine: all of its ABIs are looked at
 * @p:     the program, checked; NULL for none
 * @raw:   the denial
 * @out:   what was found
 *
 * Return: true, or false if @p is too large to be judged.
 */
BOLT_CHECK bool bolt_way_find(struct bolt_arena *arena, struct bolt_dds *dds,
                              const struct bolt_machine *machine, const struct bolt_bpf *p,
                              const struct bolt_raw *raw, struct bolt_way *out);

/* What its arguments are called; NULL behind the last. */
const char *const *bolt_way_argument_names(enum bolt_call call);

/* Any call by its name: "mount(0, 0, 0, 0x1000, 0, 0)", or as below if it makes sockets. */
struct bolt_bytes bolt_way_example(struct bolt_arena *arena, struct bolt_bytes call,
                                   const struct bolt_abi *abi, const struct bolt_input *input);

/* "socket(AF_PACKET, SOCK_RAW, 0) on x86_64" */
struct bolt_bytes bolt_way_text(struct bolt_arena *arena, const struct bolt_input *input);
