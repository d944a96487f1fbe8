/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A way through the file system, directory by directory: openat(2) with O_NOFOLLOW, and what is
 * checked is what is open, so that nobody can swap it in between. What io/trusted.h offers is made
 * of it.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

enum bolt_walk_rules {
    BOLT_WALK_OURS,  /* bolt_trusted_open() */
    BOLT_WALK_PLACE, /* bolt_trusted_place() */
    BOLT_WALK_ANY,   /* bolt_trusted_load_any(), bolt_trusted_ask() */
};

struct bolt_walk {
    struct bolt_arena *arena; /* these five are the caller's to set, dir to -1 */
    struct bolt_err *err;
    int dir; /* the open directory, O_PATH; the caller closes it */
    enum bolt_walk_rules rules;
    bool outside_proc;      /* refuse a way through a proc file system */
    struct bolt_bytes rest; /* of the path, from the directory that is open */
    unsigned links;         /* symbolic links so far */
    bool guarded;           /* nobody else can pass what is above */
    bool shared; /* others can make entries in the open directory, but not take these away */
    uint64_t root_mount;
    uint64_t mount; /* of the open directory */
};

/* Opens the root directory, with the way to @path in front. Return: 0, or -1 with an error: one is
 * that a path is relative, and the working directory is not where its own path leads. */
BOLT_CHECK int bolt_walk_start(struct bolt_walk *w, const char *path);

/* Is there nothing left of the path? */
bool bolt_walk_at_end(const struct bolt_walk *w);

/* Into the next directory. Return: 1 to go on; 0 where there is nothing, or a file: it is opened as
 * @out (O_PATH), else left alone; -1 with an error. */
BOLT_CHECK int bolt_walk_step(struct bolt_walk *w, int *out);
