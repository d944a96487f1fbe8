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
 * These are the core. The extended list has also
 *
 *   AF_AX25, AF_APPLETALK, AF_IEEE802154  SOCK_RAW   asked for in the initial user namespace only
 *   AF_LLC              SOCK_STREAM, _DGRAM      in the initial network namespace only: net/llc
 *   AF_NFC              SOCK_RAW                 net/nfc/rawsock.c: also in a namespace of one's
 *                                                own, where the host has an NFC device
 *
 * AF_NETLINK's SOCK_RAW and AF_UNIX's are raw in name only.
 */
#pragma once

#include "seccomp/abi.h"
#include "seccomp/bpf.h"

enum bolt_raw_extent {
    BOLT_RAW_ASKED = 0, /* what the kernel asks CAP_NET_RAW for: the lists above */
    BOLT_RAW_DENIED,    /* what is denied: besides, inputs that no kernel makes a socket of, where
                         * that takes fewer rules */
};

struct bolt_raw {
    enum bolt_raw_extent extent;
    uint32_t action;            /* what raw sockets get: ERRNO with its number, or LOG */
    uint32_t socketcall_action; /* what socketcall(SYS_SOCKET) gets; ALLOW: it is left */
    bool io_uring;              /* io_uring_setup() gets @action too */
    bool extended;
    uint64_t spared; /* families that are left, as bits: 1 << AF_PACKET */
};

/* What is asked for, and ALLOW for all else. */
uint32_t bolt_raw_run(const struct bolt_raw *raw, const struct bolt_input *input);
bolt_dd bolt_raw_diagram(struct bolt_dds *dds, const struct bolt_raw *raw,
                         const struct bolt_input *input);
