/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network namespaces at a path: whose they are, and what their sysctls hold.
 *
 * Engines make a namespace first and put its path into config.json (podman's bridge networks,
 * containerd's and CRI-O's pods), and users put paths there to join somebody else's. The path looks
 * the same. What tells them apart is whether a process lives in it.
 */
#pragma once

#include "base/mem.h"

enum bolt_netns_kind {
    BOLT_NETNS_IS_HOSTS = 0,
    BOLT_NETNS_IS_INHABITED,
    BOLT_NETNS_IS_EMPTY,
    BOLT_NETNS_IS_UNREADABLE,
};

struct bolt_netns_look {
    enum bolt_netns_kind kind;
    const char *why; /* UNREADABLE: one clause */
    int fd;          /* of the namespace, for bolt_netns_sysctl(); -1 if there is none */
};

/**
 * bolt_netns_look() - what is at the path
 * @arena:   for scratch
 * @path:    as in linux.namespaces. Only /proc/PID/ns/net with a number, or a path outside /proc
 *           that nobody but root and the caller can change, is looked at: the runtime must find
 *           the same there, later and from another working directory
 * @inside:  true where the caller may be in the container's namespaces itself (OCI stage
 *           createContainer): then only process 1's namespace counts as the host's
 * @own_pid: the container's first process, 0 if there is none yet; it, the caller, the caller's
 *           parent and their other children do not count as inhabitants, nor does a process that
 *           has a thread in the host's namespace: an engine that has made this one
 *
 * Return: what was seen. The caller closes fd.
 */
struct bolt_netns_look bolt_netns_look(struct bolt_arena *arena, const char *path, bool inside,
                                       uint64_t own_pid);

/* True if the process is seen to be in the network namespace of process 1. */
bool bolt_netns_is_hosts(uint64_t pid);

/**
 * bolt_netns_sysctl() - read one file below /proc/sys/net in a namespace
 * @arena: owns the result
 * @fd:    the namespace; a thread of its own goes there, as who is root in a user namespace only
 *         (rootless podman) could not come back, and as a process would seem to live there
 * @name:  with dots, static
 * @value: without the newline at the end
 *
 * Return: true if the file could be read.
 */
bool bolt_netns_sysctl(struct bolt_arena *arena, int fd, const char *name,
                       struct bolt_bytes *value);
