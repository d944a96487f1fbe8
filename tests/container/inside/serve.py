#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file system in user space, as a user with fusermount would mount it with allow_other.

    serve.py PLACE USER FILE

PLACE is a directory, which then has FILE's content as config.json, or a file, which then has that
content. USER serves it: root opens the device and mounts, as fusermount3 does. Prints "ready" when it
is mounted, and of each request what it is and the program that asks; ends when it is unmounted. The
layouts are those of linux/fuse.h, protocol 7.31."""

import ctypes
import errno
import os
import stat
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE = 1, 2, 3, 14, 15, 17, 18
FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, BATCH_FORGET = 25, 26, 27, 28, 29, 34, 42
NAMES = {LOOKUP: "lookup", GETATTR: "getattr", OPEN: "open", READ: "read"}
ROOT, FILE = 1, 2  # inodes; of a file that is mounted itself, ROOT is the file
MS_NOSUID_NODEV = 2 | 4


class Server:
    def __init__(self, place, user, content):
        self.content = content
        self.is_file = stat.S_ISREG(os.stat(place).st_mode)
        self.device = os.open("/dev/fuse", os.O_RDWR)
        mode = "100000" if self.is_file else "40000"
        options = f"fd={self.device},rootmode={mode},user_id={user},group_id={user},allow_other"
        mount = ctypes.CDLL(None, use_errno=True).mount
        if mount(b"serve", place.encode(), b"fuse", ctypes.c_ulong(MS_NOSUID_NODEV), options.encode()):
            sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)

    def attributes(self, inode):
        if inode == ROOT and not self.is_file:
            size, mode, links = 0, stat.S_IFDIR | 0o755, 2
        else:
            size, mode, links = len(self.content), stat.S_IFREG | 0o644, 1
        # ino, size, blocks, times, their nanoseconds, mode, nlink, uid, gid, rdev, blksize, flags
        return struct.pack("<QQQQQQIIIIIIIIII", inode, size, 1, 0, 0, 0, 0, 0, 0, mode, links, 0, 0, 0, 4096, 0)

    def answer(self, operation, inode, body):
        """The bytes of an answer, or an errno."""
        if operation == INIT:
            return struct.pack("<IIIIHHIIHHI", 7, 31, 65536, 0, 12, 10, 65536, 1, 16, 0, 0) + bytes(28)
        if operation == LOOKUP:
            if body.rstrip(b"\0") != b"config.json":
                return errno.ENOENT
            return struct.pack("<QQQQII", FILE, 0, 0, 0, 0, 0) + self.attributes(FILE)
        if operation == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(inode)
        if operation in (OPEN, OPENDIR):
            return struct.pack("<QII", 1, 0, 0)
        if operation == READ:
            _, offset, size = struct.unpack("<QQI", body[:20])
            return self.content[offset : offset + size]
        if operation == STATFS:
            return bytes(80)
        if operation == READDIR:
            return b""
        if operation in (RELEASE, FLUSH, RELEASEDIR, ACCESS):
            return b""
        return errno.ENOSYS

    def note(self, operation, pid):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                program = file.read().strip()
        except OSError:
            program = "?"
        print(NAMES.get(operation, operation), program, flush=True)

    def serve(self):
        print("ready", flush=True)
        while True:
            try:
                request = os.read(self.device, 1 << 20)
            except OSError:  # unmounted
                return
            _, operation, unique, inode, _, _, pid, _ = struct.unpack("<IIQQIIII", request[:40])
            if operation != INIT:
                self.note(operation, pid)
            if operation in (FORGET, BATCH_FORGET):
                continue
            got = self.answer(operation, inode, request[40:])
            error, data = (got, b"") if isinstance(got, int) else (0, got)
            os.write(self.device, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)


with open(sys.argv[3], "rb") as file:
    Server(sys.argv[1], int(sys.argv[2]), file.read()).serve()
