/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file system an open file is on, without asking that file system anything.
 *
 * A file system in user space (FUSE) answers as the program likes that serves it: otherwise at the
 * next question, or never. A process that waits for it cannot be killed before it answers
 * (fs/fuse/dev.c, request_wait_answer()).
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/**
 * bolt_mount_of() - the mount of an open file
 * @fd: also an O_PATH descriptor
 * @id: as in /proc/PID/mountinfo (proc(5)); not used again while @fd is open
 *
 * Return: true, or false where the kernel does not tell.
 */
BOLT_CHECK bool bolt_mount_of(int fd, uint64_t *id);

/**
 * bolt_mount_check() - is a mount one that no other user serves?
 * @id:  of a file that is open
 * @err: kind BOLT_ERR_INPUT: it is FUSE, and neither root nor the caller has mounted it (its
 *       user_id, mount.fuse(8)); or it is not in this mount namespace, or not below this root
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_mount_check(uint64_t id, struct bolt_err *err);
