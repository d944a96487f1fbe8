/* SPDX-License-Identifier: Apache-2.0 */
/* What a descriptor that we were given listens on. */
#pragma once

#include "base/mem.h"

struct bolt_listener {
    struct bolt_bytes address; /* empty for all */
    uint16_t port;
    struct bolt_bytes protocol; /* "tcp", "udp", "sctp" */
};

/* True if @fd is an IPv4 or IPv6 socket that is bound to a port and that others can reach, or could
 * if its owner went on with it: not a stream that is connected. @out is what it is bound to, owned
 * by the arena (getsockname(2), socket(7)). */
bool bolt_socket_listens(struct bolt_arena *arena, int fd, struct bolt_listener *out);
