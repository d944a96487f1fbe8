/* SPDX-License-Identifier: Apache-2.0 */
/* Files behind a way that is walked and checked: that only root, or whoever runs drawbolt, can have
 * written; or at least (load_any, ask) that no other user serves. */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"

enum bolt_trusted { BOLT_TRUSTED_LOADED = 0, BOLT_TRUSTED_ABSENT };

/**
 * bolt_trusted_open() - find what a path leads to if nobody else can change that
 * @arena:        for scratch
 * @path:         absolute, or from the working directory
 * @outside_proc: refuse a way that leads through a proc file system, whose magic links lead
 *                elsewhere for somebody else
 * @out:          an O_PATH descriptor of what is there, which the caller closes; -1 if the last
 *                part of the path, or its directory, is not there (and all that is there is safe)
 * @err:          kind BOLT_ERR_POLICY
 *
 * The last part, and every directory on the way to it, symbolic links' own ways included, must
 * belong to root or to the caller and must not be writable by group or others. The way is walked
 * with openat(2) and O_NOFOLLOW, and what is checked is what is open: nobody can swap it in
 * between. None of it may be on a FUSE file system that another user serves (bolt_mount_check()).
 * In a user namespace that does not map root, an unmapped owner counts as root. A symbolic
 * link that leads to nothing is an error.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_trusted_open(struct bolt_arena *arena, const char *path, bool outside_proc,
                                 int *out, struct bolt_err *err);

/**
 * bolt_trusted_load() - read a file that nobody else can change
 * @arena: owns @out
 * @path:  absolute, or from the working directory
 * @state: LOADED; or ABSENT as for bolt_trusted_open()
 * @out:   the bytes, if LOADED
 * @err:   kind BOLT_ERR_POLICY
 *
 * The way there, and the file, must be safe as for bolt_trusted_open().
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_trusted_load(struct bolt_arena *arena, const char *path,
                                 enum bolt_trusted *state, struct bolt_bytes *out,
                                 struct bolt_err *err);

/**
 * bolt_trusted_load_any() - read a file, whoever can change it, from a file system that must answer
 * @arena: owns @out
 * @path:  absolute, or from the working directory
 * @kind:  of the errors
 * @out:   the bytes
 * @err:   it is not there, no regular file, too large, or on the way to it is a FUSE file system
 *         that another user serves
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_trusted_load_any(struct bolt_arena *arena, const char *path,
                                     enum bolt_err_kind kind, struct bolt_bytes *out,
                                     struct bolt_err *err);

/**
 * bolt_trusted_ask() - is there something at a path, whoever can change that?
 * @there: no also where a directory on the way to it is not there
 * @err:   the way leads over a FUSE file system that another user serves, which is asked nothing;
 *         through what is no directory; or into a symbolic link that leads nowhere
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_trusted_ask(struct bolt_arena *arena, const char *path, bool *there,
                                struct bolt_err *err);

/**
 * bolt_trusted_map() - a file that only root or the caller can change, as it changes
 * @path: as for bolt_trusted_open()
 * @out:  the file's bytes, which its owner may be writing to; bolt_trusted_unmap() gives them back
 * @err:  kind BOLT_ERR_POLICY; more than BOLT_MAP_BYTES_MAX is a reason
 *
 * Return: 0, or -1 with @err set.
 */
#define BOLT_MAP_BYTES_MAX ((uint64_t)1024 * 1024 * 1024)
BOLT_CHECK int bolt_trusted_map(struct bolt_arena *arena, const char *path, struct bolt_bytes *out,
                                struct bolt_err *err);
void bolt_trusted_unmap(struct bolt_bytes map);

/* True if there is a regular file, found as by bolt_trusted_open(); else @err says why. */
bool bolt_trusted_regular(struct bolt_arena *arena, const char *path, struct bolt_err *err);

#define BOLT_TRUSTED_FILES_MAX 256

/**
 * bolt_trusted_list() - the files of a directory that nobody else can change
 * @arena:  owns the names
 * @path:   of the directory, absolute or from the working directory
 * @part:   what a name must hold; "" for any
 * @suffix: of the files, as ".json", or ""; hidden ones are left out
 * @names:  sorted by their bytes
 * @count:  0 too if the directory is not there
 * @err:    kind BOLT_ERR_POLICY: the way there, or the directory, is not safe as for
 *          bolt_trusted_open(), it is no directory, or has more than BOLT_TRUSTED_FILES_MAX
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_trusted_list(struct bolt_arena *arena, const char *path, const char *part,
                                 const char *suffix, const char *const **names, size_t *count,
                                 struct bolt_err *err);

/**
 * bolt_trusted_place() - open a directory that nobody else can put another in the place of
 * @arena: for scratch
 * @path:  absolute, or from the working directory
 * @out:   a descriptor for reading, which the caller closes; -1 on failure
 * @guarded: the way leads through a directory that only root or the caller can pass
 * @err:   kind BOLT_ERR_INPUT
 *
 * More is let through than for bolt_trusted_open(), as engines need it: a directory with the sticky
 * bit, if what is followed in it, links included, is root's or the caller's; one that the caller's
 * own group can write; and behind a directory that nobody else can pass, one of another owner. The
 * owner of the directory itself is for the caller to judge.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_trusted_place(struct bolt_arena *arena, const char *path, int *out,
                                  bool *guarded, struct bolt_err *err);

/* True for root, the caller, and an unmapped owner as above. */
bool bolt_trusted_owner(uid_t uid);
/* True for root's group and the caller's own. */
bool bolt_trusted_group(gid_t gid);

/* True if no access control list of the open file (@st is its state) can let others write it: the
 * group's bits are what any entry of one has at most (acl(5)). */
bool bolt_trusted_acl(int fd, const struct stat *st);
