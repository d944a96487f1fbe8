#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small client of the Kubernetes Container Runtime Interface (runtime.v1), for the tests.

cri.py METHOD [JSON]        calls the method with that request, and prints the answer as JSON
cri.py tty CONTAINER WORD...  runs a command on a terminal in the container, by the streaming server

The socket is containerd's, or the one that CRI_SOCKET names. An error is one line on standard error, and the exit status 1. Only the fields that the tests use are
known; others in an answer are passed over.
"""

import base64
import json
import os
import socket
import sys
import urllib.parse

import grpc

SOCKET = "unix://" + os.environ.get("CRI_SOCKET", "/run/containerd/containerd.sock")

# Message by message: the fields' names, numbers and types. "*" is a list; "map" has strings.
NUMBER, TEXT = "number", "text"
TYPES = {
    "metadata": {"name": (1, TEXT), "uid": (2, TEXT), "namespace": (3, TEXT)},
    "container_metadata": {"name": (1, TEXT)},
    "namespaces": {"network": (1, NUMBER), "pid": (2, NUMBER), "ipc": (3, NUMBER)},
    "sandbox_security": {"namespace_options": (1, "namespaces"), "privileged": (6, NUMBER)},
    "sandbox_linux": {"security_context": (2, "sandbox_security"), "sysctls": (3, "map")},
    "port": {"protocol": (1, NUMBER), "container_port": (2, NUMBER), "host_port": (3, NUMBER), "host_ip": (4, TEXT)},
    "sandbox_config": {
        "metadata": (1, "metadata"),
        "log_directory": (3, TEXT),
        "port_mappings": (5, "*port"),
        "labels": (6, "map"),
        "annotations": (7, "map"),
        "linux": (8, "sandbox_linux"),
    },
    "image": {"image": (1, TEXT)},
    "mount": {"container_path": (1, TEXT), "host_path": (2, TEXT)},
    "capabilities": {"add": (1, "*" + TEXT), "drop": (2, "*" + TEXT)},
    "security": {
        "capabilities": (1, "capabilities"),
        "privileged": (2, NUMBER),
        "namespace_options": (3, "namespaces"),
        "seccomp": (15, "profile"),
    },
    "profile": {"type": (1, NUMBER), "file": (2, TEXT)},
    "resources": {"cpu_period": (1, NUMBER), "cpu_quota": (2, NUMBER), "cpu_shares": (3, NUMBER)},
    "container_linux": {"resources": (1, "resources"), "security_context": (2, "security")},
    "container_config": {
        "metadata": (1, "container_metadata"),
        "image": (2, "image"),
        "command": (3, "*" + TEXT),
        "labels": (9, "map"),
        "annotations": (10, "map"),
        "log_path": (11, TEXT),
        "tty": (14, NUMBER),
        "linux": (15, "container_linux"),
    },
    "status": {"state": (3, NUMBER), "exit_code": (7, NUMBER), "reason": (10, TEXT), "message": (11, TEXT)},
    "item": {"id": (1, TEXT)},
    "nothing": {},
}
ID = {"id": (1, TEXT)}
METHODS = {
    "Version": ({}, {"runtime_name": (2, TEXT), "runtime_version": (3, TEXT)}),
    "RunPodSandbox": ({"config": (1, "sandbox_config"), "runtime_handler": (2, TEXT)}, ID),
    "StopPodSandbox": (ID, {}),
    "RemovePodSandbox": (ID, {}),
    "ListPodSandbox": ({}, {"items": (1, "*item")}),
    "CreateContainer": (
        {"sandbox": (1, TEXT), "config": (2, "container_config"), "sandbox_config": (3, "sandbox_config")},
        ID,
    ),
    "StartContainer": (ID, {}),
    "StopContainer": ({"id": (1, TEXT), "timeout": (2, NUMBER)}, {}),
    "RemoveContainer": (ID, {}),
    "ListContainers": ({}, {"containers": (1, "*item")}),
    "ContainerStatus": (ID, {"status": (1, "status")}),
    "ContainerStats": (ID, {"stats": (1, "nothing")}),
    "UpdateContainerResources": ({"id": (1, TEXT), "linux": (2, "resources")}, {}),
    "ReopenContainerLog": (ID, {}),
    "ExecSync": (
        {"id": (1, TEXT), "cmd": (2, "*" + TEXT), "timeout": (3, NUMBER)},
        {"stdout": (1, TEXT), "stderr": (2, TEXT), "exit_code": (3, NUMBER)},
    ),
    "Exec": ({"id": (1, TEXT), "cmd": (2, "*" + TEXT), "tty": (3, NUMBER), "stdin": (4, NUMBER), "stdout": (5, NUMBER)}, {"url": (1, TEXT)}),
}


# --- protocol buffers -----------------------------------------------------------------------------


def varint(number):
    number &= (1 << 64) - 1
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def encode(fields, values):
    out = b""
    for name, value in values.items():
        number, kind = fields[name]
        if kind == NUMBER:
            out += varint(number << 3) + varint(int(value))
            continue
        if kind == "map":
            entry = {"key": (1, TEXT), "value": (2, TEXT)}
            parts = [encode(entry, {"key": k, "value": v}) for k, v in value.items()]
        else:
            items = value if kind.startswith("*") else [value]
            kind = kind.lstrip("*")
            parts = [item.encode() if kind == TEXT else encode(TYPES[kind], item) for item in items]
        for part in parts:
            out += varint(number << 3 | 2) + varint(len(part)) + part
    return out


def read_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def decode(fields, data):
    known = {number: (name, kind) for name, (number, kind) in fields.items()}
    out = {name: [] if kind.startswith("*") else 0 if kind == NUMBER else "" for name, (_, kind) in fields.items()}
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        elif key & 7 == 2:
            size, at = read_varint(data, at)
            value = data[at : at + size]
            at += size
        else:
            sys.exit(f"cri.py: a field of wire type {key & 7}")
        name, kind = known.get(key >> 3, (None, None))
        if name is None:
            continue
        if kind == TEXT:
            value = value.decode(errors="replace")
        elif kind != NUMBER:
            value = decode(TYPES[kind.lstrip("*")], value)
        if kind.startswith("*"):
            out[name].append(value)
        else:
            out[name] = value
    return out


def call(method, values):
    asked, answered = METHODS[method]
    with grpc.insecure_channel(SOCKET) as channel:
        rpc = channel.unary_unary("/runtime.v1.RuntimeService/" + method)
        try:
            return decode(answered, rpc(encode(asked, values), timeout=60))
        except grpc.RpcError as error:
            sys.exit(f"cri.py: {method}: {error.details()}")


# --- a terminal, by WebSocket ---------------------------------------------------------------------


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def frames(connection):
    """Each message's channel and content, until the server is done."""
    while True:
        kind, size = receive(connection, 2)
        if size == 126:
            size = int.from_bytes(receive(connection, 2), "big")
        elif size == 127:
            size = int.from_bytes(receive(connection, 8), "big")
        data = receive(connection, size)
        if kind & 15 == 8:
            return
        if kind & 15 in (1, 2) and data:
            yield data[0], data[1:]


def terminal(url):
    """Prints what the command writes; returns its exit status."""
    parts = urllib.parse.urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(
            (
                f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n"
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
            ).encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += receive(connection, 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            sys.exit(f"cri.py: {head.decode().splitlines()[0]}")
        status = {}
        for channel, data in frames(connection):
            if channel == 1:
                sys.stdout.buffer.write(data)
            elif channel == 3:
                status = json.loads(data)
    if status.get("status") == "Success":
        return 0
    causes = status.get("details", {}).get("causes", [])
    if status.get("reason") == "NonZeroExitCode":
        return int(causes[0]["message"])
    sys.exit(f"cri.py: {status.get('message', 'the stream ended early')}")


def main():
    if sys.argv[1] == "tty":
        # containerd sends no output of a terminal to a caller without an input.
        asked = {"id": sys.argv[2], "cmd": sys.argv[3:], "tty": 1, "stdin": 1, "stdout": 1}
        sys.exit(terminal(call("Exec", asked)["url"]))
    print(json.dumps(call(sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {})))


main()
