/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/raw.h"

#include <linux/net.h>
#include <sys/socket.h>

#include "base/family.h"
#include "seccomp/profile.h"

#define TYPE_MASK 0xfU /* SOCK_TYPE_MASK in the kernel's <linux/net.h> */
#define ALL_TYPES 0xffffU
#define TYPE(type) (1U << (type))
#define STREAM TYPE(SOCK_STREAM)
#define DGRAM TYPE(SOCK_DGRAM)
#define RAW TYPE(SOCK_RAW)
#define PACKET TYPE(SOCK_PACKET)

/* Types as a set of bits. SOCK_PACKET with AF_INET makes a socket of AF_PACKET, and is spared with
 * that. With AF_INET6 it is listed only where denied: there it makes nothing, but 2 and 10 differ
 * in one bit, and one rule serves both. */
struct row {
    unsigned family;
    unsigned makes; /* the family that it is spared with */
    unsigned asked;
    unsigned denied;
};

static const struct row rows[] = {
    {BOLT_AF_INET, BOLT_AF_INET, RAW, RAW},
    {BOLT_AF_INET, BOLT_AF_PACKET, PACKET, PACKET},
    {BOLT_AF_INET6, BOLT_AF_INET6, RAW, RAW},
    {BOLT_AF_INET6, BOLT_AF_PACKET, 0, PACKET},
    {BOLT_AF_PACKET, BOLT_AF_PACKET, DGRAM | RAW | PACKET, ALL_TYPES},
    {BOLT_AF_XDP, BOLT_AF_XDP, RAW, ALL_TYPES},
    {BOLT_AF_AX25, BOLT_AF_AX25, RAW, RAW},
    {BOLT_AF_APPLETALK, BOLT_AF_APPLETALK, RAW, RAW},
    {BOLT_AF_LLC, BOLT_AF_LLC, STREAM | DGRAM, STREAM | DGRAM},
    {BOLT_AF_IEEE802154, BOLT_AF_IEEE802154, RAW, RAW},
    {BOLT_AF_NFC, BOLT_AF_NFC, RAW, RAW},
};

static bool is_extended(const struct row *row)
{
    const struct bolt_family *family = bolt_family_of(row->family);

    return family != NULL && family->extended;
}

/* A rule about the family alone denies socketcall(SYS_SOCKET) too where that exists, for which
 * libseccomp makes a rule of its own out of each rule for socket(); where that is not wanted, the
 * types must be told. */
static unsigned types_of(const struct bolt_raw *raw, const struct row *row)
{
    if ((is_extended(row) && !raw->extended) || (raw->spared >> row->makes & 1) != 0) {
        return 0;
    }
    if (raw->extent == BOLT_RAW_ASKED) {
        return row->asked;
    }
    return row->denied == ALL_TYPES && raw->socketcall_action == BOLT_ACT_ALLOW ? row->asked
                                                                                : row->denied;
}

static bool is_raw(const struct bolt_raw *raw, uint32_t family, uint32_t type)
{
    for (size_t i = 0; i < BOLT_LEN(rows); i++) {
        if (rows[i].family == family && (types_of(raw, &rows[i]) >> (type & TYPE_MASK) & 1) != 0) {
            return true;
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
        return is_raw(raw, first, (uint32_t)input->args[1]) ? raw->action : BOLT_ACT_ALLOW;
    case BOLT_CALL_SOCKETCALL:
        return first == SYS_SOCKET ? raw->socketcall_action : BOLT_ACT_ALLOW;
    case BOLT_CALL_IO_URING_SETUP:
        return raw->io_uring ? raw->action : BOLT_ACT_ALLOW;
    }
    return BOLT_ACT_ALLOW;
}

static bolt_dd types_set(struct bolt_dds *dds, unsigned types)
{
    bolt_dd set = bolt_dd_leaf(dds, types == ALL_TYPES);

    for (uint32_t type = 0; type <= TYPE_MASK && types != ALL_TYPES; type++) {
        if ((types >> type & 1) != 0) {
            set = bolt_dd_or(dds, set, bolt_dd_test(dds, 2, TYPE_MASK, BOLT_TEST_EQ, type));
        }
    }
    return set;
}

static bolt_dd raw_set(struct bolt_dds *dds, const struct bolt_raw *raw)
{
    bolt_dd set = bolt_dd_leaf(dds, 0);

    for (size_t i = 0; i < BOLT_LEN(rows); i++) {
        unsigned types = types_of(raw, &rows[i]);

        if (types != 0) {
            bolt_dd family = bolt_dd_test(dds, 0, UINT32_MAX, BOLT_TEST_EQ, rows[i].family);

            set = bolt_dd_or(dds, set, bolt_dd_and(dds, family, types_set(dds, types)));
        }
    }
    return set;
}

bolt_dd bolt_raw_diagram(struct bolt_dds *dds, const struct bolt_raw *raw,
                         const struct bolt_input *input)
{
    bolt_dd set = bolt_dd_leaf(dds, 0);
    uint32_t action = raw->action;

    switch (bolt_abi_call(input->arch, input->nr, NULL)) {
    case BOLT_CALL_OTHER:
        break;
    case BOLT_CALL_SOCKET:
        set = raw_set(dds, raw);
        break;
    case BOLT_CALL_SOCKETCALL:
        action = raw->socketcall_action;
        set = bolt_dd_test(dds, 0, UINT32_MAX, BOLT_TEST_EQ, SYS_SOCKET);
        break;
    case BOLT_CALL_IO_URING_SETUP:
        set = bolt_dd_leaf(dds, raw->io_uring);
        break;
    }
    return bolt_dd_ite(dds, set, bolt_dd_leaf(dds, action), bolt_dd_leaf(dds, BOLT_ACT_ALLOW));
}
