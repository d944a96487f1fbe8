/* SPDX-License-Identifier: Apache-2.0 */
#include "base/family.h"

const struct bolt_family bolt_families[] = {
    {"AF_INET", BOLT_AF_INET, false},     {"AF_INET6", BOLT_AF_INET6, false},
    {"AF_PACKET", BOLT_AF_PACKET, false}, {"AF_XDP", BOLT_AF_XDP, false},
    {"AF_AX25", BOLT_AF_AX25, true},      {"AF_APPLETALK", BOLT_AF_APPLETALK, true},
    {"AF_LLC", BOLT_AF_LLC, true},        {"AF_IEEE802154", BOLT_AF_IEEE802154, true},
    {"AF_NFC", BOLT_AF_NFC, true},
};

const size_t bolt_family_count = BOLT_LEN(bolt_families);

const struct bolt_family *bolt_family_of(uint64_t number)
{
    for (size_t i = 0; i < bolt_family_count; i++) {
        if (bolt_families[i].number == number) {
            return &bolt_families[i];
        }
    }
    return NULL;
}

const struct bolt_family *bolt_family_named(struct bolt_bytes name)
{
    for (size_t i = 0; i < bolt_family_count; i++) {
        if (bolt_bytes_is(name, bolt_families[i].name)) {
            return &bolt_families[i];
        }
    }
    return NULL;
}
