/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile made into the program that a runtime would load, by the same library and with the same
 * calls in the same order as runc (libcontainer/seccomp/seccomp_linux.go) and crun (seccomp.c).
 */
#pragma once

#include "seccomp/abi.h"
#include "seccomp/bpf.h"
#include "seccomp/profile.h"

enum bolt_scope {
    BOLT_SCOPE_SOCKETS = 0, /* the calls that make sockets, and what guards their rules against
                             * being lost; falls back to all where nothing does */
    BOLT_SCOPE_ALL,
};

struct bolt_compile {
    enum bolt_scope scope;
    bool binary_tree; /* as runc does from 1.2 for more than 32 rules: same answers, by another
                       * program */
    const struct bolt_machine *machine; /* NULL: this one */
    bool mixed; /* the smaller scope has what socketcall() stands for in any case */
};

/**
 * bolt_compile() - a profile's program
 * @arena:   owns the instructions
 * @profile: not unconfined
 * @how:     what to compile and how
 * @out:     the program, checked (bolt_bpf_check())
 * @err:     kind BOLT_ERR_INPUT: no runtime could load it here, or it is beyond what is tried
 *
 * There are small profiles on which libseccomp 2.5.4 does not end (and neither would a runtime):
 * the process that calls this must be one that is killed in time.
 *
 * libseccomp gives programs to descriptors only, so that this is the one place in this folder that
 * makes system calls: for a memory file.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_compile(struct bolt_arena *arena, const struct bolt_profile *profile,
                            const struct bolt_compile *how, struct bolt_bpf *out,
                            struct bolt_err *err);

/* Whether libseccomp makes filters for a machine: 2.5 has no loongarch64. */
bool bolt_compile_knows(const struct bolt_machine *machine);

/* Whether libseccomp knows a call by that name; and whether all of the architectures, by their
 * names in a profile, have it. */
bool bolt_compile_knows_call(const char *name);
bool bolt_compile_has_call(const struct bolt_bytes *archs, size_t count, const char *name);

/* What libseccomp calls a number; empty if it knows none. */
struct bolt_bytes bolt_compile_call_name(struct bolt_arena *arena, const struct bolt_abi *abi,
                                         uint32_t nr);

/* The highest number on @abi of all calls that @profile names, -1 if it names none. */
long bolt_compile_highest(struct bolt_arena *arena, const struct bolt_profile *profile,
                          const char *arch);
