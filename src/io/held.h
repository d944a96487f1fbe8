/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is judged, maybe replaced, and then read by somebody else at the same path. */
#pragma once

#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"

struct bolt_held {
    struct bolt_arena *arena;
    const char *path;
    const char *name; /* its last part */
    int dir;          /* the directory, open; the caller closes it */
    struct stat st;   /* of what was read, or put in its place */
    struct bolt_bytes bytes;
    bool guarded;    /* nobody but root and the caller gets to the directory */
    bool is_foreign; /* the directory's owner could replace the file: for the caller to judge */
    uid_t owner;     /* of the directory */
    bool changed;    /* a failure was that it is another file now: worth another try */
};

/**
 * bolt_held_open() - read a file that stays held by its directory
 * @arena: owns the path and the bytes
 * @path:  its last part must be a regular file: a symbolic link, a FIFO, a device or a directory
 *         is refused without waiting for it. Links in front of the last part are followed
 * @out:   what was read; dir is -1 on failure
 * @err:   kind BOLT_ERR_INPUT: not such a file, larger than BOLT_FILE_BYTES_MAX, changed while it
 *         was read; on a FUSE file system that another user serves; it, or the way to it
 *         (see bolt_trusted_place()), can be changed by somebody other than root and the caller
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_held_open(struct bolt_arena *arena, const char *path, struct bolt_held *out,
                              struct bolt_err *err);

/**
 * bolt_held_replace() - put other bytes in the place of what was read
 * @held:  st is of the new file afterwards
 * @bytes: the whole new content
 * @err:   kind BOLT_ERR_SYSTEM
 *
 * Whoever opens the path, at any moment and even if this process is killed, finds the old file or
 * the new one, whole. Owner and mode stay. The new one is on the disk before it is in place, and
 * its place is before this returns. Fails, with @held->changed, if what is in place is not what was
 * read any more. Many processes may do this in one directory.
 *
 * Return: 0, or -1 with @err set; the old file is in place then, or the new one.
 */
BOLT_CHECK int bolt_held_replace(struct bolt_held *held, struct bolt_bytes bytes,
                                 struct bolt_err *err);

/**
 * bolt_held_take() - from now on nobody but root and the caller can replace the file
 * @err: kind BOLT_ERR_SYSTEM
 *
 * A directory that is_foreign becomes the caller's own, with mode 0711: podman 4 gives a bundle to
 * the root of the container's user namespace, who could put another file there right after the
 * last look. That user needs to pass it, not to write it.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_held_take(struct bolt_held *held, struct bolt_err *err);

/**
 * bolt_held_check() - is what was judged still what the path leads to?
 * @err: kind BOLT_ERR_SYSTEM: it is another file, or was written to; @held->changed is set
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_held_check(struct bolt_held *held, struct bolt_err *err);
