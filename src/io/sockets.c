/* SPDX-License-Identifier: Apache-2.0 */
#include "io/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int option(int fd, int name)
{
    int value = 0;
    socklen_t size = sizeof value;

    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

/* By the kind of socket: MPTCP answers TCP as well (RFC 8684, 2.1), UDP-Lite and DCCP are not told
 * from UDP. Empty for raw sockets, whose "port" is a protocol (raw(7)). */
static struct bolt_bytes protocol_of(int fd)
{
    int type = option(fd, SO_TYPE);

    if (option(fd, SO_PROTOCOL) == IPPROTO_SCTP) {
        return BOLT_LIT("sctp");
    }
    if (type == SOCK_STREAM) {
        return BOLT_LIT("tcp");
    }
    return type == SOCK_DGRAM || type == SOCK_DCCP ? BOLT_LIT("udp") : (struct bolt_bytes){0};
}

/* A datagram socket can leave its peer and still has its port (connect(2), AF_UNSPEC); a stream
 * that somebody has accepted has not. */
static bool has_peer(int fd)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;

    return option(fd, SO_TYPE) == SOCK_STREAM &&
           getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
}

static struct bolt_bytes address_text(struct bolt_arena *arena, int family, const void *address)
{
    static const uint8_t none[16];
    char text[INET6_ADDRSTRLEN];
    size_t size = family == AF_INET ? 4 : 16;

    if (memcmp(address, none, size) == 0 || inet_ntop(family, address, text, sizeof text) == NULL) {
        return (struct bolt_bytes){0};
    }
    return bolt_bytes_copy(arena, bolt_bytes_of(text));
}

bool bolt_socket_listens(struct bolt_arena *arena, int fd, struct bolt_listener *out)
{
    struct sockaddr_storage name = {0};
    socklen_t size = sizeof name;

    if (getsockname(fd, (struct sockaddr *)&name, &size) != 0 || has_peer(fd)) {
        return false;
    }
    out->protocol = protocol_of(fd);
    if (out->protocol.len == 0) {
        return false;
    }
    if (name.ss_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, &name, sizeof in);
        out->port = ntohs(in.sin_port);
        out->address = address_text(arena, AF_INET, &in.sin_addr);
        return out->port != 0;
    }
    if (name.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, &name, sizeof in6);
        out->port = ntohs(in6.sin6_port);
        out->address = address_text(arena, AF_INET6, &in6.sin6_addr);
        return out->port != 0;
    }
    return false;
}
