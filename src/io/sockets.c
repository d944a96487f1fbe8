/* SPDX-License-Identifier: Apache-2.0 */
#include "io/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static bool find_protocol(int fd, struct bolt_bytes *out)
{
    int protocol = 0;
    socklen_t size = sizeof protocol;

    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0) {
        return false;
    }
    switch (protocol) {
    case IPPROTO_TCP:
        *out = BOLT_LIT("tcp");
        return true;
    case IPPROTO_UDP:
        *out = BOLT_LIT("udp");
        return true;
    case IPPROTO_SCTP:
        *out = BOLT_LIT("sctp");
        return true;
    default:
        return false;
    }
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
    struct sockaddr_storage peer;
    socklen_t size = sizeof name;
    socklen_t peer_size = sizeof peer;

    if (getsockname(fd, (struct sockaddr *)&name, &size) != 0 ||
        !find_protocol(fd, &out->protocol) ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_size) == 0) {
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
