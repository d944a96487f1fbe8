#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a command that has a bound socket as a descriptor (launch.sh).

    listen.py tcp|mptcp|udp|udp-connected|accepted PORT DESCRIPTOR COMMAND..."""

import os
import socket
import sys

IPPROTO_MPTCP = 262  # linux/in.h

kind, port, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if kind.startswith("udp"):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
elif kind == "mptcp":
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
else:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.bind(("0.0.0.0", port))
if not kind.startswith("udp"):
    sock.listen()
if kind == "udp-connected":
    sock.connect(("127.0.0.1", 9))
if kind == "accepted":
    client = socket.create_connection(("127.0.0.1", port))
    sock, _ = sock.accept()
os.dup2(sock.fileno(), wanted)
os.execvp(sys.argv[4], sys.argv[4:])
