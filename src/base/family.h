/* SPDX-License-Identifier: Apache-2.0 */
/* The address families in which raw sockets can be made: policies and sentences name them, the
 * denial compares their numbers (seccomp/raw.h). */
#pragma once

#include "base/mem.h"

/* AF_*: numbers of the kernel, which are the same on all architectures. */
#define BOLT_AF_INET 2U
#define BOLT_AF_AX25 3U
#define BOLT_AF_APPLETALK 5U
#define BOLT_AF_INET6 10U
#define BOLT_AF_PACKET 17U
#define BOLT_AF_LLC 26U
#define BOLT_AF_IEEE802154 36U
#define BOLT_AF_NFC 39U
#define BOLT_AF_XDP 44U

struct bolt_family {
    const char *name; /* "AF_PACKET" */
    unsigned number;  /* less than 64 */
    bool extended;    /* not on the core list, which is denied by default */
};

/* All of them, core ones first. */
extern const struct bolt_family bolt_families[];
extern const size_t bolt_family_count;

/* By its number, or by its name as it is written in C; NULL if there is none. */
const struct bolt_family *bolt_family_of(uint64_t number);
const struct bolt_family *bolt_family_named(struct bolt_bytes name);
