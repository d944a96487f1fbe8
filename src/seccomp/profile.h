/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp profile as the OCI runtime specification writes it (config-linux.md, "Seccomp"), read
 * strictly: every runtime that accepts it reads this, and what one of them would read differently
 * is an error, except for an entry that is cut: that is one only where its calls matter.
 */
#pragma once

#include "json/doc.h"

#define BOLT_PROFILE_ARGS_MAX 6 /* conditions of an entry that every runtime reads */

/* What the kernel is told to do, as in <linux/seccomp.h>: the upper half is the action, the lower
 * half its data. */
#define BOLT_ACT_KILL_PROCESS 0x80000000U
#define BOLT_ACT_KILL_THREAD 0x00000000U
#define BOLT_ACT_TRAP 0x00030000U
#define BOLT_ACT_ERRNO 0x00050000U
#define BOLT_ACT_NOTIFY 0x7fc00000U
#define BOLT_ACT_TRACE 0x7ff00000U
#define BOLT_ACT_LOG 0x7ffc0000U
#define BOLT_ACT_ALLOW 0x7fff0000U
#define BOLT_ACT_FULL 0xffff0000U

enum bolt_cmp {
    BOLT_CMP_NE = 0,
    BOLT_CMP_LT,
    BOLT_CMP_LE,
    BOLT_CMP_EQ,
    BOLT_CMP_GE,
    BOLT_CMP_GT,
    BOLT_CMP_MASKED_EQ, /* (argument & value) == value_two */
};

struct bolt_cond {
    unsigned index;
    enum bolt_cmp op;
    uint64_t value;
    uint64_t value_two;
};

struct bolt_entry {
    bolt_node node;
    bolt_node names; /* the array; its elements are strings */
    uint32_t action; /* with its data */
    struct bolt_cond conds[BOLT_PROFILE_ARGS_MAX];
    size_t cond_count;
    bool cut; /* it has more conditions, which crun ignores (src/libcrun/seccomp.c) and runc does
                 not */
};

struct bolt_profile {
    const struct bolt_doc *doc;
    bolt_node node;
    bolt_node syscalls;
    bool unconfined; /* absent, null, or an object in which runc sees no filter */
    uint32_t default_action;
    struct bolt_bytes *archs; /* "SCMP_ARCH_X86_64"; the native one is meant even if not here */
    size_t arch_count;
    struct bolt_entry *entries;
    size_t entry_count;
};

/**
 * bolt_profile_read() - a profile from its place in a document
 * @arena: owns what @out points to
 * @doc:   borrowed
 * @node:  linux.seccomp; BOLT_NONE and null are unconfined
 * @out:   the profile
 * @err:   kind BOLT_ERR_INPUT
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_profile_read(struct bolt_arena *arena, const struct bolt_doc *doc,
                                 bolt_node node, struct bolt_profile *out, struct bolt_err *err);

/* True if the kernel refuses the call under this action and makes no descriptor: KILL, TRAP and
 * ERRNO with any number, 0 included. The others run it, or let somebody else decide. */
bool bolt_act_denies(uint32_t action);

/* How strict, as the kernel orders the answers of several filters: smaller is stricter. */
int32_t bolt_act_rank(uint32_t action);

/* The members "action" and, where there is data, "errnoRet". */
const char *bolt_act_name(uint32_t action);
bool bolt_act_has_data(uint32_t action);

/* "SCMP_CMP_EQ" */
const char *bolt_cmp_name(enum bolt_cmp op);
