#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A packet socket that somebody else opened (beyond.sh).

    pass.py send SOCKET           opens one and hands it to whoever connects to SOCKET
    pass.py hold FILE             opens one, writes its number to FILE and waits
    pass.py run COMMAND...        opens one as descriptor 3 and becomes COMMAND
    pass.py receive SOCKET        gets one over SOCKET
    pass.py take PID NUMBER       gets one from a process
    pass.py inherited             has one as descriptor 3

Whoever gets one prints whether it could have opened one itself, what it got, and whether it can send
a frame with it and see it come back."""

import ctypes
import os
import socket
import sys
import time

ETH_P_ALL = 3
EXPERIMENTAL = b"\x88\xb5"  # an EtherType for experiments
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438  # the same on every architecture


def packet_socket():
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.bind(("lo", 0))
    return sock


def send(path):
    with socket.socket(socket.AF_UNIX) as server, packet_socket() as sock:
        server.bind(path)
        server.listen()
        peer, _ = server.accept()
        with peer:
            socket.send_fds(peer, [b"x"], [sock.fileno()])


def hold(path):
    with packet_socket() as sock:
        with open(path + ".new", "w", encoding="ascii") as file:
            print(sock.fileno(), file=file)
        os.rename(path + ".new", path)
        time.sleep(60)


def run(*command):
    sock = packet_socket()
    os.dup2(sock.fileno(), 3, inheritable=True)
    os.execvp(command[0], command)


def receive(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        _, fds, _, _ = socket.recv_fds(client, 1, 1)
    use(fds[0])


def system_call(*args):
    libc = ctypes.CDLL(None, use_errno=True)
    ret = libc.syscall(*(ctypes.c_long(arg) for arg in args))
    if ret < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ret


def take(pid, number):
    pidfd = system_call(SYS_PIDFD_OPEN, int(pid), 0)
    use(system_call(SYS_PIDFD_GETFD, pidfd, int(number), 0))


def inherited():
    use(3)


def use(descriptor):
    try:
        packet_socket()
        print("own: open")
    except OSError as error:
        print(f"own: {error.strerror}")
    with socket.socket(fileno=descriptor) as sock:
        print(f"got: domain={int(sock.family)} type={int(sock.type)}")
        frame = bytes(12) + EXPERIMENTAL + f"frame of {os.getpid()} ".encode() + bytes(40)
        sock.settimeout(10)
        sock.send(frame)
        while sock.recv(2048) != frame:
            pass
        print("frame: sent and seen")


actions = {f.__name__: f for f in (send, hold, run, receive, take, inherited)}
try:
    actions[sys.argv[1]](*sys.argv[2:])
except OSError as error:
    sys.exit(f"pass.py: {error}")
