/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/abi.h"

#include <linux/audit.h>

#define X32 0x40000000U /* __X32_SYSCALL_BIT */

const struct bolt_abi bolt_abis[] = {
    {"SCMP_ARCH_X86_64", "x86_64", AUDIT_ARCH_X86_64, 41, 0, 425, true},
    {"SCMP_ARCH_X86", "x86", AUDIT_ARCH_I386, 359, 102, 425, false},
    {"SCMP_ARCH_X32", "x32", AUDIT_ARCH_X86_64, X32 | 41, 0, X32 | 425, false},
    {"SCMP_ARCH_AARCH64", "aarch64", AUDIT_ARCH_AARCH64, 198, 0, 425, true},
    {"SCMP_ARCH_ARM", "arm", AUDIT_ARCH_ARM, 281, 0, 425, false},
    {"SCMP_ARCH_PPC64LE", "ppc64le", AUDIT_ARCH_PPC64LE, 326, 102, 425, true},
    {"SCMP_ARCH_PPC64", "ppc64", AUDIT_ARCH_PPC64, 326, 102, 425, true},
    {"SCMP_ARCH_PPC", "ppc", AUDIT_ARCH_PPC, 326, 102, 425, false},
    {"SCMP_ARCH_S390X", "s390x", AUDIT_ARCH_S390X, 359, 102, 425, true},
    {"SCMP_ARCH_S390", "s390", AUDIT_ARCH_S390, 359, 102, 425, false},
    {"SCMP_ARCH_RISCV64", "riscv64", AUDIT_ARCH_RISCV64, 198, 0, 425, true},
    {"SCMP_ARCH_LOONGARCH64", "loongarch64", AUDIT_ARCH_LOONGARCH64, 198, 0, 425, true},
    {"SCMP_ARCH_MIPS", "mips", AUDIT_ARCH_MIPS, 4183, 4102, 4425, false},
    {"SCMP_ARCH_MIPSEL", "mipsel", AUDIT_ARCH_MIPSEL, 4183, 4102, 4425, false},
    {"SCMP_ARCH_MIPS64", "mips64", AUDIT_ARCH_MIPS64, 5040, 0, 5425, true},
    {"SCMP_ARCH_MIPSEL64", "mipsel64", AUDIT_ARCH_MIPSEL64, 5040, 0, 5425, true},
    {"SCMP_ARCH_MIPS64N32", "mips64n32", AUDIT_ARCH_MIPS64N32, 6040, 0, 6425, false},
    {"SCMP_ARCH_MIPSEL64N32", "mipsel64n32", AUDIT_ARCH_MIPSEL64N32, 6040, 0, 6425, false},
};
const size_t bolt_abi_count = BOLT_LEN(bolt_abis);

/* Those that a 64-bit kernel lets a process use besides the native one are compiled into it or
 * not; a filter that does not list one kills whoever uses it, so all are listed. */
static const char *const native[] = {
#if defined(__x86_64__)
    "SCMP_ARCH_X86_64",
    "SCMP_ARCH_X86",
    "SCMP_ARCH_X32",
#elif defined(__aarch64__) && defined(__AARCH64EL__)
    "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_ARM",
#elif defined(__s390x__)
    "SCMP_ARCH_S390X",
    "SCMP_ARCH_S390",
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    "SCMP_ARCH_PPC64LE",
#elif defined(__riscv) && __riscv_xlen == 64
    "SCMP_ARCH_RISCV64",
#elif defined(__loongarch64)
    "SCMP_ARCH_LOONGARCH64",
#elif defined(__i386__)
    "SCMP_ARCH_X86",
#elif defined(__arm__) && defined(__ARMEL__)
    "SCMP_ARCH_ARM",
#else
#error "which system call ABIs this machine has must be known: add them here and above"
#endif
};

const struct bolt_abi *bolt_abi_named(struct bolt_bytes name)
{
    for (size_t i = 0; i < bolt_abi_count; i++) {
        if (bolt_bytes_is(name, bolt_abis[i].name)) {
            return &bolt_abis[i];
        }
    }
    return NULL;
}

const struct bolt_abi *bolt_abi_native(size_t i)
{
    return i < BOLT_LEN(native) ? bolt_abi_named(bolt_bytes_of(native[i])) : NULL;
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
