/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways into the kernel: what the calls that matter here are numbered where.
 *
 * Numbers are from the kernel's own tables (arch/.../syscall.tbl,
 * include/uapi/asm-generic/unistd.h) and on purpose not from libseccomp, whose output is judged
 * with them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct bolt_abi {
    const char *name; /* in a profile: "SCMP_ARCH_X86_64" */
    const char *text; /* for people: "x86_64" */
    uint32_t arch;    /* AUDIT_ARCH_*: what a filter sees */
    uint32_t socket;
    uint32_t socketcall; /* 0: there is none */
    uint32_t io_uring_setup;
    bool wide; /* libseccomp compares all 64 bits of an argument */
};

enum bolt_call {
    BOLT_CALL_OTHER = 0,
    BOLT_CALL_SOCKET,
    BOLT_CALL_SOCKETCALL,
    BOLT_CALL_IO_URING_SETUP,
};

extern const struct bolt_abi bolt_abis[];
extern const size_t bolt_abi_count;

/* By name as in a profile; NULL if it is not known here. */
const struct bolt_abi *bolt_abi_named(struct bolt_bytes name);

/* This machine's, native first: what a process can enter the kernel by. */
const struct bolt_abi *bolt_abi_native(size_t i); /* NULL behind the last */

/* Which of the calls it is; @abi, unless NULL, is set to whose number it is, or NULL. */
enum bolt_call bolt_abi_call(uint32_t arch, uint32_t nr, const struct bolt_abi **abi);
