/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Q: the denial of raw sockets as a function, apart from every profile and from libseccomp.
 *
 * The kernel takes the lower 32 bits of family and type, and of the type four. It asks for
 * CAP_NET_RAW, which a process gets for itself in a user namespace of its own, to make
 *
 *   AF_INET, AF_INET6   SOCK_RAW                 net/ipv4/af_inet.c, net/ipv6/af_inet6.c
 *   AF_INET             SOCK_PACKET              __sock_create() in net/socket.c: AF_PACKET
 *   AF_PACKET           SOCK_DGRAM, _RAW, _PACKET  net/packet/af_packet.c
 *   AF_XDP              SOCK_RAW                 net/xdp/xsk.c
 *
 * Families that ask for it in the initial user and network namespace only (AX.25, AppleTalk,
 * IEEE 802.15.4, NFC, LLC) are left to the dropped capability. AF_NETLINK's SOCK_RAW and
 * AF_UNIX's are raw in name only.
 */
#pragma once

#include "seccomp/abi.h"
#include "seccomp/bpf.h"

enum bolt_raw_extent {
    BOLT_RAW_ASKED = 0, /* what the kernel asks CAP_NET_RAW for: the list above */
    BOLT_RAW_DENIED,    /* what is denied: besides, inputs that no kernel makes a socket of, where
                         * that takes fewer rules */
};

struct bolt_raw {
    enum bolt_raw_extent extent;
    unsigned errnum;
    unsigned socketcall_errnum; /* 0: socketcall(SYS_SOCKET) is not denied */
    bool io_uring;
};

/* ERRNO or ALLOW. */
uint32_t bolt_raw_run(const struct bolt_raw *raw, const struct bolt_input *input);
bolt_dd bolt_raw_diagram(struct bolt_dds *dds, const struct bolt_raw *raw,
                         const struct bolt_input *input);
