/* SPDX-License-Identifier: Apache-2.0 */
#include "io/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io/file.h"
#include "io/names.h"
#include "io/userns.h"
#include "io/walk.h"

#define OVERFLOW_ID 65534 /* default of /proc/sys/kernel/overflowuid */

/* In a user namespace (rootless podman runs its hooks in one) the machine's root is not mapped, and
 * its files show the overflow id. So do other users' files there; but only root has the places
 * where policies are, and whoever runs rootless podman can do without the hook anyway. */
static bool is_unmapped(uid_t uid)
{
    return uid == OVERFLOW_ID && bolt_userns_root_is_not_roots();
}

bool bolt_trusted_owner(uid_t uid)
{
    return uid == 0 || uid == geteuid() || is_unmapped(uid);
}

bool bolt_trusted_group(gid_t gid)
{
    return gid == 0 || gid == getegid();
}

bool bolt_trusted_acl(int fd, const struct stat *st)
{
    char path[64];

    if ((st->st_mode & S_IWGRP) == 0) {
        return true;
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* fgetxattr(2) takes no O_PATH */
    return getxattr(path, "system.posix_acl_access", NULL, 0) < 0;
}

/* As bolt_trusted_open(). */
static int walk_to_file(struct bolt_walk *w, const char *path, int *out)
{
    int more = bolt_walk_start(w, path) == 0 ? 1 : -1;

    *out = -1;
    while (more == 1) {
        more = bolt_walk_at_end(w) ? bolt_fail(w->err, BOLT_ERR_POLICY, "a directory, not a file")
                                   : bolt_walk_step(w, out);
    }
    if (w->dir >= 0) {
        (void)close(w->dir);
    }
    if (more < 0 && *out >= 0) {
        (void)close(*out);
        *out = -1;
    }
    w->err->kind = more < 0 ? BOLT_ERR_POLICY : w->err->kind;
    return more;
}

int bolt_trusted_open(struct bolt_arena *arena, const char *path, bool outside_proc, int *out,
                      struct bolt_err *err)
{
    struct bolt_walk w = {.arena = arena, .err = err, .dir = -1, .outside_proc = outside_proc};

    return walk_to_file(&w, path, out);
}

/* --- the files of a directory --------------------------------------------------------------- */

int bolt_trusted_list(struct bolt_arena *arena, const char *path, const char *part,
                      const char *suffix, const char *const **names, size_t *count,
                      struct bolt_err *err)
{
    struct bolt_walk w = {.arena = arena, .err = err, .dir = -1};
    BOLT_CLOSE int file = -1;
    const char **list = NULL;
    int more = bolt_walk_start(&w, path) == 0 ? 1 : -1;

    *count = 0;
    while (more == 1 && !bolt_walk_at_end(&w)) {
        more = bolt_walk_step(&w, &file);
    }
    if (file >= 0) {
        more = bolt_fail(err, BOLT_ERR_POLICY, "not a directory");
    } else if (more == 1) {
        more = bolt_names_in(arena, w.dir, part, suffix, &list, count, err);
    }
    if (w.dir >= 0) {
        (void)close(w.dir);
    }
    *names = list;
    err->kind = more < 0 ? BOLT_ERR_POLICY : err->kind;
    return more;
}

/* --- a place for engines' files ------------------------------------------------------------- */

static int walk_to_end(struct bolt_walk *w)
{
    int none = -1;

    while (!bolt_walk_at_end(w)) {
        int more = bolt_walk_step(w, &none);

        if (none >= 0) {
            (void)close(none);
        }
        if (more != 1) {
            return more < 0 ? -1
                            : bolt_fail(w->err, BOLT_ERR_INPUT, "not a directory (%s)",
                                        none >= 0 ? "ENOTDIR" : "ENOENT");
        }
    }
    return 0;
}

int bolt_trusted_place(struct bolt_arena *arena, const char *path, int *out, bool *guarded,
                       struct bolt_err *err)
{
    struct bolt_walk w = {
        .arena = arena, .err = err, .dir = -1, .rules = BOLT_WALK_PLACE, .outside_proc = true};
    int result = bolt_walk_start(&w, path);

    *out = -1;
    if (result == 0) {
        result = walk_to_end(&w);
    }
    if (result == 0) {
        *out = openat(w.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        result = *out >= 0 ? 0 : bolt_fail_errno(err, errno, "open the directory");
    }
    if (w.dir >= 0) {
        (void)close(w.dir);
    }
    *guarded = w.guarded;
    err->kind = result != 0 ? BOLT_ERR_INPUT : err->kind;
    return result;
}

/* The very file that was found, opened again for reading. */
static int read_found(struct bolt_arena *arena, int found, const char *name,
                      enum bolt_err_kind kind, struct bolt_bytes *out, struct bolt_err *err)
{
    BOLT_CLOSE int fd = -1;
    char again[64];
    struct stat st;

    if (fstat(found, &st) != 0 || !S_ISREG(st.st_mode)) {
        return bolt_fail(err, kind, "not a regular file");
    }
    (void)snprintf(again, sizeof again, "/proc/self/fd/%d", found);
    fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        (void)bolt_fail_errno(err, errno, "open it");
        err->kind = kind;
        return -1;
    }
    return bolt_file_read(arena, fd, name, kind, out, err);
}

int bolt_trusted_load(struct bolt_arena *arena, const char *path, enum bolt_trusted *state,
                      struct bolt_bytes *out, struct bolt_err *err)
{
    BOLT_CLOSE int found = -1;

    if (bolt_trusted_open(arena, path, false, &found, err) != 0) {
        return -1;
    }
    *state = found < 0 ? BOLT_TRUSTED_ABSENT : BOLT_TRUSTED_LOADED;
    return found < 0 ? 0 : read_found(arena, found, "its content", BOLT_ERR_POLICY, out, err);
}

int bolt_trusted_load_any(struct bolt_arena *arena, const char *path, enum bolt_err_kind kind,
                          struct bolt_bytes *out, struct bolt_err *err)
{
    struct bolt_walk w = {.arena = arena, .err = err, .dir = -1, .rules = BOLT_WALK_ANY};
    BOLT_CLOSE int found = -1;
    int result = walk_to_file(&w, path, &found);

    if (result == 0 && found < 0) {
        result = bolt_fail_errno(err, ENOENT, "open it");
    }
    if (result == 0) {
        result = read_found(arena, found, "its content", kind, out, err);
    }
    if (result != 0) {
        (void)bolt_fail_in(err, "%s", path);
        err->kind = kind;
    }
    return result;
}

int bolt_trusted_ask(struct bolt_arena *arena, const char *path, bool *there, struct bolt_err *err)
{
    struct bolt_walk w = {.arena = arena, .err = err, .dir = -1, .rules = BOLT_WALK_ANY};
    BOLT_CLOSE int found = -1;
    int result = walk_to_file(&w, path, &found);

    *there = found >= 0;
    return result;
}

static int map(int fd, struct bolt_bytes *out, struct bolt_err *err)
{
    struct stat st;
    void *at;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0 ||
        (uint64_t)st.st_size > BOLT_MAP_BYTES_MAX) {
        return bolt_fail(err, BOLT_ERR_POLICY, "it cannot be opened, is empty or too large");
    }
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        return bolt_fail_errno(err, errno, "map it");
    }
    *out = (struct bolt_bytes){at, (size_t)st.st_size};
    return 0;
}

int bolt_trusted_map(struct bolt_arena *arena, const char *path, struct bolt_bytes *out,
                     struct bolt_err *err)
{
    BOLT_CLOSE int found = -1;
    BOLT_CLOSE int fd = -1;
    char again[64];
    struct stat st;

    if (bolt_trusted_open(arena, path, false, &found, err) != 0) {
        return -1;
    }
    if (found < 0 || fstat(found, &st) != 0 || !S_ISREG(st.st_mode)) {
        return bolt_fail(err, BOLT_ERR_POLICY,
                         found < 0 ? "it is not there" : "not a regular file");
    }
    (void)snprintf(again, sizeof again, "/proc/self/fd/%d", found);
    fd = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return map(fd, out, err);
}

void bolt_trusted_unmap(struct bolt_bytes map)
{
    union {
        const char *read_only;
        void *at;
    } bytes = {.read_only = map.at};

    (void)munmap(bytes.at, map.len);
}

bool bolt_trusted_regular(struct bolt_arena *arena, const char *path, struct bolt_err *err)
{
    BOLT_CLOSE int found = -1;
    struct stat st;

    if (bolt_trusted_open(arena, path, false, &found, err) != 0) {
        return false;
    }
    if (found < 0 || fstat(found, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)bolt_fail(err, BOLT_ERR_POLICY, found < 0 ? "it is not there" : "not a regular file");
        return false;
    }
    return true;
}
