/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules of a profile can matter to those about sockets.
 *
 * libseccomp 2.5.0 to 2.6.1 forgets to load the call's number where, among an architecture's rules,
 * the first by priority is about a call that the architecture lacks (gen_bpf.c,
 * _gen_bpf_syscalls(): only the head of the list resets the accumulator, and such calls are
 * skipped): all its rules are then dead. A rule without conditions has the highest priority, and
 * among equals a call that exists comes first; only a call with more than 65,535 conditions comes
 * before (the priority is 0xffff less their number, unsigned). So one such rule, for a call that
 * exists on every listed architecture, tells that the bug does not strike, as long as all rules
 * with conditions are about calls that exist everywhere too. The smaller scope takes the first one
 * along; without one, or with other conditions, it takes the whole profile.
 *
 * Where an architecture has socketcall(), libseccomp makes a rule for it of each rule for
 * connect(), bind() and so on. Those matter to what is written about socketcall() unless they say
 * the same as it does; then they are in the smaller scope too.
 */
#pragma once

#include "seccomp/abi.h"
#include "seccomp/profile.h"

/* What is compiled of a profile. */
struct bolt_scope_of {
    bool all;                /* all of it: what is outside could reach in */
    struct bolt_bytes guard; /* else: the calls that make sockets, this one, which has a rule
                              * without conditions and exists everywhere, */
    bool mixed;              /* and those that socketcall() stands for */
};

/* The smaller scope if it will do, for the architectures that are listed and the machine's own. */
struct bolt_scope_of bolt_scope_find(struct bolt_arena *arena, const struct bolt_profile *profile,
                                     const struct bolt_machine *machine);

bool bolt_scope_has(const struct bolt_scope_of *scope, struct bolt_bytes call);

/* Whether what socketcall() stands for says something else than the rules about it. Of two programs
 * that are compared both must have those calls, or none. */
bool bolt_scope_mixes(const struct bolt_profile *profile);

/* True if rules for that call can reach beyond it: socketcall() stands for it, or an ABI of the
 * machine lacks it and the rule has @conditions. */
bool bolt_scope_reaches(struct bolt_arena *arena, const struct bolt_machine *machine,
                        struct bolt_bytes call, bool conditions);
