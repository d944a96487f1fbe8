/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/abi.h"

#include <linux/audit.h>

#define X32_BIT 0x40000000U /* __X32_SYSCALL_BIT */

enum {
    X86_64,
    X86,
    X32,
    AARCH64,
    ARM,
    PPC64LE,
    S390X,
    S390,
    RISCV64,
    LOONGARCH64,
};

const struct bolt_abi bolt_abis[] = {
    [X86_64] = {"SCMP_ARCH_X86_64", "x86_64", AUDIT_ARCH_X86_64, 41, 0, 425, true},
    [X86] = {"SCMP_ARCH_X86", "x86", AUDIT_ARCH_I386, 359, 102, 425, false},
    [X32] = {"SCMP_ARCH_X32", "x32", AUDIT_ARCH_X86_64, X32_BIT | 41, 0, X32_BIT | 425, false},
    [AARCH64] = {"SCMP_ARCH_AARCH64", "aarch64", AUDIT_ARCH_AARCH64, 198, 0, 425, true},
    [ARM] = {"SCMP_ARCH_ARM", "arm", AUDIT_ARCH_ARM, 281, 0, 425, false},
    [PPC64LE] = {"SCMP_ARCH_PPC64LE", "ppc64le", AUDIT_ARCH_PPC64LE, 326, 102, 425, true},
    [S390X] = {"SCMP_ARCH_S390X", "s390x", AUDIT_ARCH_S390X, 359, 102, 425, true},
    [S390] = {"SCMP_ARCH_S390", "s390", AUDIT_ARCH_S390, 359, 102, 425, false},
    [RISCV64] = {"SCMP_ARCH_RISCV64", "riscv64", AUDIT_ARCH_RISCV64, 198, 0, 425, true},
    [LOONGARCH64] = {"SCMP_ARCH_LOONGARCH64", "loongarch64", AUDIT_ARCH_LOONGARCH64, 198, 0, 425,
                     true},
};
const size_t bolt_abi_count = BOLT_LEN(bolt_abis);

/* What a 64-bit kernel lets a process use besides the native ABI is compiled into it or not; a
 * filter that does not list one kills whoever uses it, so all are listed. */
#define ABI(which) (&bolt_abis[which])
const struct bolt_machine bolt_machines[] = {
    {"x86_64", {ABI(X86_64), ABI(X86), ABI(X32)}, false},
    {"aarch64", {ABI(AARCH64), ABI(ARM)}, false},
    {"s390x", {ABI(S390X), ABI(S390)}, true},
    {"ppc64le", {ABI(PPC64LE)}, false},
    {"riscv64", {ABI(RISCV64)}, false},
    {"loongarch64", {ABI(LOONGARCH64)}, false},
    {"i686", {ABI(X86)}, false},
    {"armv7l", {ABI(ARM)}, false},
};
const size_t bolt_machine_count = BOLT_LEN(bolt_machines);

#if defined(__x86_64__)
#define NATIVE "x86_64"
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define NATIVE "aarch64"
#elif defined(__s390x__)
#define NATIVE "s390x"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define NATIVE "ppc64le"
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE "riscv64"
#elif defined(__loongarch64)
#define NATIVE "loongarch64"
#elif defined(__i386__)
#define NATIVE "i686"
#elif defined(__arm__) && defined(__ARMEL__)
#define NATIVE "armv7l"
#else
#error "which system call ABIs this machine has must be known: add them here and above"
#endif

const struct bolt_machine *bolt_machine_named(struct bolt_bytes name)
{
    for (size_t i = 0; i < bolt_machine_count; i++) {
        if (bolt_bytes_is(name, bolt_machines[i].name)) {
            return &bolt_machines[i];
        }
    }
    return NULL;
}

const struct bolt_machine *bolt_machine_native(void)
{
    return bolt_machine_named(BOLT_LIT(NATIVE));
}

uint32_t bolt_abi_number(const struct bolt_abi *abi, enum bolt_call call)
{
    switch (call) {
    case BOLT_CALL_SOCKET:
        return abi->socket;
    case BOLT_CALL_SOCKETCALL:
        return abi->socketcall;
    case BOLT_CALL_IO_URING_SETUP:
        return abi->io_uring_setup;
    case BOLT_CALL_OTHER:
        break;
    }
    return 0;
}

const char *bolt_call_name(enum bolt_call call)
{
    static const char *const names[] = {"", "socket", "socketcall", "io_uring_setup"};

    return names[call];
}

enum bolt_call bolt_abi_call(uint32_t arch, uint32_t nr, const struct bolt_abi **abi)
{
    if (abi != NULL) {
        *abi = NULL;
    }
    for (size_t i = 0; i < bolt_abi_count; i++) {
        const struct bolt_abi *a = &bolt_abis[i];
        enum bolt_call call = BOLT_CALL_OTHER;

        if (a->arch != arch) {
            continue;
        }
        if (nr == a->socket) {
            call = BOLT_CALL_SOCKET;
        } else if (nr == a->socketcall && nr != 0) {
            call = BOLT_CALL_SOCKETCALL;
        } else if (nr == a->io_uring_setup) {
            call = BOLT_CALL_IO_URING_SETUP;
        }
        if (call != BOLT_CALL_OTHER) {
            if (abi != NULL) {
                *abi = a;
            }
            return call;
        }
    }
    return BOLT_CALL_OTHER;
}
