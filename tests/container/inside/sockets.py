#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ordinary sockets of every kind, each with a message through it. One line each; exit status 1 if
one did not work. Runs inside a container (ordinary.sh)."""

import os
import socket
import sys
import tempfile

failed = 0


def case(name, function, *args):
    global failed
    try:
        print(f"{name}: {function(*args)}")
    except OSError as error:
        failed = 1
        print(f"{name}: {type(error).__name__} {error}")


def stream(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(address)
        server.listen()
        with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as client:
            client.connect(server.getsockname())
            peer, _ = server.accept()
            with peer:
                client.sendall(b"stream")
                return peer.recv(16).decode()


def datagram(family, address):
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind(address)
        with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as client:
            client.sendto(b"datagram", server.getsockname())
            server.settimeout(5)
            return server.recv(16).decode()


def pair(kind):
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    with one, other:
        one.send(b"pair")
        return other.recv(16).decode()


def descriptor():
    """A descriptor of an ordinary file over a socket, as systemd, D-Bus and containers do it."""
    one, other = socket.socketpair()
    with one, other, tempfile.TemporaryFile() as file:
        file.write(b"descriptor")
        file.flush()
        socket.send_fds(one, [b"x"], [file.fileno()])
        _, fds, _, _ = socket.recv_fds(other, 1, 1)
        with os.fdopen(fds[0], "rb") as received:
            received.seek(0)
            return received.read().decode()


def netlink():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.bind((0, 0))
        return "bound"


def resolve(name):
    found = {info[4][0] for info in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)}
    return " ".join(sorted(found))


with tempfile.TemporaryDirectory() as work:
    case("tcp", stream, socket.AF_INET, ("127.0.0.1", 0))
    case("tcp6", stream, socket.AF_INET6, ("::1", 0))
    case("udp", datagram, socket.AF_INET, ("127.0.0.1", 0))
    case("udp6", datagram, socket.AF_INET6, ("::1", 0))
    case("unix", stream, socket.AF_UNIX, f"{work}/stream")
    case("unix, abstract", stream, socket.AF_UNIX, "\0drawbolt-test")
    case("unix datagram", datagram, socket.AF_UNIX, f"{work}/datagram")
    case("socketpair", pair, socket.SOCK_STREAM)
    case("socketpair seqpacket", pair, socket.SOCK_SEQPACKET)
    case("descriptor", descriptor)
    case("netlink", netlink)
    case("getaddrinfo", resolve, "localhost")
    case("getaddrinfo, number", resolve, "192.0.2.7")
sys.exit(failed)
