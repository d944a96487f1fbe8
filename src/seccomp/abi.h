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

/* The bits of a number that tell ABIs of one architecture apart. */
#define BOLT_ABI_BASE 0x40000000U

enum bolt_call {
    BOLT_CALL_OTHER = 0,
    BOLT_CALL_SOCKET,
    BOLT_CALL_SOCKETCALL,
    BOLT_CALL_IO_URING_SETUP,
};

/* Those of the machines below. */
extern const struct bolt_abi bolt_abis[];
extern const size_t bolt_abi_count;

#define BOLT_MACHINE_ABIS 3

/* A kind of machine: what a process on it can enter the kernel by. */
struct bolt_machine {
    const char *name;                                   /* as `uname -m` says */
    const struct bolt_abi *abis[BOLT_MACHINE_ABIS + 1]; /* native first; ends with NULL */
    bool big_endian;
};

extern const struct bolt_machine bolt_machines[];
extern const size_t bolt_machine_count;

/* The one that this program was built for. */
const struct bolt_machine *bolt_machine_native(void);

/* By name; NULL if it is not known here. */
const struct bolt_machine *bolt_machine_named(struct bolt_bytes name);

/* Its number; 0: there is none. */
uint32_t bolt_abi_number(const struct bolt_abi *abi, enum bolt_call call);

/* Its name in a profile: "socket". */
const char *bolt_call_name(enum bolt_call call);

/* Which of the calls it is; @abi, unless NULL, is set to whose number it is, or NULL. */
enum bolt_call bolt_abi_call(uint32_t arch, uint32_t nr, const struct bolt_abi **abi);
