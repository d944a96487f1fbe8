#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A pod with one container, by the Container Runtime Interface: started, and taken away again.

    cri_pod.py SOCKET IMAGE [-p ADDRESS:HOST:CONTAINER/PROTOCOL]... [-a KEY=VALUE]...

Ends with 0, or with 1 and the engine's words on standard error. The messages are written by hand
(runtime/v1/api.proto), so that nothing but python3-grpcio is needed.
"""

import sys
import time

import grpc

PROTOCOLS = {"tcp": 0, "udp": 1, "sctp": 2}


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """A string, bytes or a message."""
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def integer(number, value):
    return varint(number << 3) + varint(value) if value else b""


def first_string(message):
    """The first field of an answer, which is short."""
    length, start, shift = 0, 1, 0
    while True:
        byte = message[start]
        length |= (byte & 127) << shift
        start, shift = start + 1, shift + 7
        if byte < 128:
            return message[start:start + length].decode()


def mapping(text):
    rest, protocol = text.split("/")
    address, host, container = rest.rsplit(":", 2)
    return field(5, integer(1, PROTOCOLS[protocol]) + integer(2, int(container))
                 + integer(3, int(host)) + field(4, address))


def annotation(number, text):
    key, value = text.split("=", 1)
    return field(number, field(1, key) + field(2, value))


class Runtime:
    def __init__(self, path):
        self.channel = grpc.insecure_channel(f"unix:{path}")

    def call(self, method, message):
        stub = self.channel.unary_unary(f"/runtime.v1.RuntimeService/{method}",
                                        request_serializer=bytes, response_deserializer=bytes)
        return stub(message, timeout=30)


def run(runtime, image, mappings, annotations):
    unique = str(time.monotonic_ns())
    sandbox = (field(1, field(1, "pod") + field(2, unique) + field(3, "prod"))
               + field(3, "/var/log/pods") + b"".join(mapping(m) for m in mappings)
               + b"".join(annotation(7, a) for a in annotations) + field(8, b""))
    pod = first_string(runtime.call("RunPodSandbox", field(1, sandbox)))
    try:
        config = (field(1, field(1, "web")) + field(2, field(1, image)) + field(3, "/bin/true")
                  + b"".join(annotation(10, a) for a in annotations))
        container = first_string(runtime.call(
            "CreateContainer", field(1, pod) + field(2, config) + field(3, sandbox)))
        runtime.call("StartContainer", field(1, container))
    finally:
        runtime.call("StopPodSandbox", field(1, pod))
        runtime.call("RemovePodSandbox", field(1, pod))


def main():
    path, image, *options = sys.argv[1:]
    given = list(zip(options[::2], options[1::2]))
    try:
        run(Runtime(path), image, [v for o, v in given if o == "-p"],
            [v for o, v in given if o == "-a"])
    except grpc.RpcError as error:
        print(error.details(), file=sys.stderr)
        return 1
    return 0


sys.exit(main())
