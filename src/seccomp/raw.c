/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/raw.h"

#include <linux/net.h>
#include <sys/socket.h>

#include "seccomp/profile.h"

#define TYPE_MASK 0xfU /* SOCK_TYPE_MASK in the kernel's <linux/net.h> */
#define TYPE(type) (1U << (type))

/* Types as a set of bits. In both, SOCK_PACKET is listed for AF_INET6 only where denied: there it
 * makes nothing, but 2 and 10 differ in one bit, and one rule serves both. */
static const struct {
    uint32_t family;
    unsigned asked;
    unsigned denied;
} families[] = {
    {2 /* AF_INET */, TYPE(SOCK_RAW) | TYPE(SOCK_PACKET), TYPE(SOCK_RAW) | TYPE(SOCK_PACKET)},
    {10 /* AF_INET6 */, TYPE(SOCK_RAW), TYPE(SOCK_RAW) | TYPE(SOCK_PACKET)},
    {17 /* AF_PACKET */, TYPE(SOCK_DGRAM) | TYPE(SOCK_RAW) | TYPE(SOCK_PACKET),
     TYPE(SOCK_DGRAM) | TYPE(SOCK_RAW) | TYPE(SOCK_PACKET)},
    {44 /* AF_XDP */, TYPE(SOCK_RAW), TYPE(SOCK_RAW)},
};
#define ALL_TYPES 0xffffU

/* A rule about the family alone denies socketcall(SYS_SOCKET) too where that exists, for which
 * libseccomp makes a rule of its own out of each rule for socket(); where that is not wanted, the
 * types must be told. */
static unsigned types_of(const struct bolt_raw *raw, size_t row)
{
    if (raw->extent == BOLT_RAW_ASKED) {
        return families[row].asked;
    }
    return families[row].family == 17 && raw->socketcall_errnum != 0 ? ALL_TYPES
                                                                     : families[row].denied;
}

static bool is_raw(const struct bolt_raw *raw, uint32_t family, uint32_t type)
{
    for (size_t i = 0; i < BOLT_LEN(families); i++) {
        if (families[i].family == family) {
            return (types_of(raw, i) >> (type & TYPE_MASK) & 1) != 0;
        }
    }
    return false;
}

uint32_t bolt_raw_run(const struct bolt_raw *raw, const struct bolt_input *input)
{
    uint32_t first = (uint32_t)input->args[0];

    switch (bolt_abi_call(input->arch, input->nr, NULL)) {
    case BOLT_CALL_OTHER:
        break;
    case BOLT_CALL_SOCKET:
        if (is_raw(raw, first, (uint32_t)input->args[1])) {
            return BOLT_ACT_ERRNO | raw->errnum;
        }
        break;
    case BOLT_CALL_SOCKETCALL:
        if (raw->socketcall_errnum != 0 && first == SYS_SOCKET) {
            return BOLT_ACT_ERRNO | raw->socketcall_errnum;
        }
        break;
    case BOLT_CALL_IO_URING_SETUP:
        if (raw->io_uring) {
            return BOLT_ACT_ERRNO | raw->errnum;
        }
        break;
    }
    return BOLT_ACT_ALLOW;
}

static bolt_dd raw_set(struct bolt_dds *dds, const struct bolt_raw *raw)
{
    bolt_dd set = bolt_dd_leaf(dds, 0);

    for (size_t i = 0; i < BOLT_LEN(families); i++) {
        bolt_dd types = bolt_dd_leaf(dds, 0);

        for (uint32_t type = 0; type <= TYPE_MASK; type++) {
            if ((types_of(raw, i) >> type & 1) != 0) {
                types = bolt_dd_or(dds, types, bolt_dd_test(dds, 2, TYPE_MASK, BOLT_TEST_EQ, type));
            }
        }
        set = bolt_dd_or(
            dds, set,
            bolt_dd_and(dds, bolt_dd_test(dds, 0, UINT32_MAX, BOLT_TEST_EQ, families[i].family),
                        types));
    }
    return set;
}

bolt_dd bolt_raw_diagram(struct bolt_dds *dds, const struct bolt_raw *raw,
                         const struct bolt_input *input)
{
    bolt_dd set = bolt_dd_leaf(dds, 0);
    unsigned errnum = raw->errnum;

    switch (bolt_abi_call(input->arch, input->nr, NULL)) {
    case BOLT_CALL_OTHER:
        break;
    case BOLT_CALL_SOCKET:
        set = raw_set(dds, raw);
        break;
    case BOLT_CALL_SOCKETCALL:
        errnum = raw->socketcall_errnum;
        set = errnum != 0 ? bolt_dd_test(dds, 0, UINT32_MAX, BOLT_TEST_EQ, SYS_SOCKET) : set;
        break;
    case BOLT_CALL_IO_URING_SETUP:
        set = bolt_dd_leaf(dds, raw->io_uring);
        break;
    }
    return bolt_dd_ite(dds, set, bolt_dd_leaf(dds, BOLT_ACT_ERRNO | errnum),
                       bolt_dd_leaf(dds, BOLT_ACT_ALLOW));
}
