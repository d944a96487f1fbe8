/* SPDX-License-Identifier: Apache-2.0 */
#include "io/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/mounts.h"
#include "io/trusted.h"

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

static bool is_last(struct bolt_bytes rest)
{
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.at[i] != '/') {
            return false;
        }
    }
    return true;
}

bool bolt_walk_at_end(const struct bolt_walk *w)
{
    return is_last(w->rest);
}

static int fail_owner(struct bolt_walk *w, const char *what, const struct stat *st)
{
    return bolt_fail(w->err, BOLT_ERR_POLICY, "'%s' belongs to user %lu, not to root or the caller",
                     what, (unsigned long)st->st_uid);
}

static int check_place(struct bolt_walk *w, const char *what, int fd, const struct stat *st)
{
    if (!bolt_trusted_owner(st->st_uid) && !w->guarded && !is_last(w->rest)) {
        return fail_owner(w, what, st);
    }
    if ((st->st_mode & S_ISVTX) != 0) {
        return 0;
    }
    if ((st->st_mode & S_IWOTH) != 0) {
        return bolt_fail(w->err, BOLT_ERR_POLICY, "every user can write the directory '%s'", what);
    }
    if ((st->st_mode & S_IWGRP) != 0 && !bolt_trusted_group(st->st_gid) && !w->guarded) {
        return bolt_fail(w->err, BOLT_ERR_POLICY, "group %lu can write the directory '%s'",
                         (unsigned long)st->st_gid, what);
    }
    if (!bolt_trusted_acl(fd, st) && !w->guarded) {
        return bolt_fail(w->err, BOLT_ERR_POLICY,
                         "an access control list may let others write the directory '%s'", what);
    }
    return 0;
}

static int check_owner(struct bolt_walk *w, const char *what, int fd, const struct stat *st)
{
    if (w->rules == BOLT_WALK_ANY) {
        return 0;
    }
    if (w->rules == BOLT_WALK_PLACE && S_ISDIR(st->st_mode)) {
        return check_place(w, what, fd, st);
    }
    if (!bolt_trusted_owner(st->st_uid)) {
        return fail_owner(w, what, st);
    }
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return bolt_fail(w->err, BOLT_ERR_POLICY, "'%s' can be written by others (mode %04o)", what,
                         st->st_mode & 07777U);
    }
    return 0;
}

static int move_to(struct bolt_walk *w, int fd)
{
    if (w->dir >= 0) {
        (void)close(w->dir);
    }
    w->dir = fd;
    return fd;
}

/* What is known of the open directory. */
static void note(struct bolt_walk *w, const char *name, const struct stat *st)
{
    bool goes_up = strcmp(name, "..") == 0 || strcmp(name, "/") == 0;

    w->shared = (st->st_mode & S_ISVTX) != 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
    w->guarded = (w->guarded && !goes_up) ||
                 (bolt_trusted_owner(st->st_uid) && (st->st_mode & (S_IXGRP | S_IXOTH)) == 0);
}

static int go_to_root(struct bolt_walk *w, struct stat *st)
{
    if (move_to(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 || fstat(w->dir, st) != 0) {
        return bolt_fail_errno(w->err, errno, "/");
    }
    if (!bolt_mount_of(w->dir, &w->root_mount)) {
        return bolt_fail(w->err, BOLT_ERR_SYSTEM, "the kernel does not tell the mount of '/'");
    }
    w->mount = w->root_mount;
    note(w, "/", st);
    return 0;
}

/* Before the file itself is asked for anything. The root's own mount is not in the list of mounts
 * where the root directory is a part of it (chroot(2)). */
static int check_mount(struct bolt_walk *w, int fd)
{
    uint64_t mount;

    if (!bolt_mount_of(fd, &mount)) {
        return bolt_fail(w->err, BOLT_ERR_SYSTEM, "the kernel does not tell its mount");
    }
    if (mount != w->root_mount && mount != w->mount && bolt_mount_check(mount, w->err) != 0) {
        return -1;
    }
    w->mount = mount;
    return 0;
}

/* Puts the link's target in front of what is left of the path. */
static int follow(struct bolt_walk *w, int link, const char *name)
{
    char target[PATH_MAX];
    struct stat root;
    ssize_t len = readlinkat(link, "", target, sizeof target);

    if (len < 0 || (size_t)len == sizeof target || ++w->links > LINKS_MAX) {
        return bolt_fail(w->err, BOLT_ERR_POLICY, "the symbolic link '%s' leads nowhere", name);
    }
    w->rest = bolt_printf(w->arena, "%.*s/%.*s", (int)len, target, BOLT_FMT(w->rest));
    return target[0] == '/' ? go_to_root(w, &root) : 0;
}

/* The next part of the path as a C string; empty at the end. */
static const char *next_part(struct bolt_walk *w)
{
    struct bolt_bytes part;

    while (w->rest.len != 0 && w->rest.at[0] == '/') {
        w->rest.at++;
        w->rest.len--;
    }
    part = w->rest;
    part.len = 0;
    while (part.len < w->rest.len && part.at[part.len] != '/') {
        part.len++;
    }
    w->rest.at += part.len;
    w->rest.len -= part.len;
    return bolt_bytes_cstr(w->arena, part);
}

static bool is_in_proc(int dir)
{
    struct statfs fs;

    return fstatfs(dir, &fs) != 0 || fs.f_type == PROC_SUPER_MAGIC;
}

int bolt_walk_step(struct bolt_walk *w, int *out)
{
    const char *name = next_part(w);
    BOLT_CLOSE int found = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (found < 0 && errno == ENOENT && w->links == 0) {
        return 0;
    }
    if (found < 0) {
        return bolt_fail_errno(w->err, errno, "'%s'", name);
    }
    if (check_mount(w, found) != 0) {
        return bolt_fail_in(w->err, "'%s'", name);
    }
    if (fstat(found, &st) != 0) {
        return bolt_fail_errno(w->err, errno, "'%s'", name);
    }
    if (S_ISLNK(st.st_mode)) {
        if (w->rules != BOLT_WALK_ANY && w->shared && !bolt_trusted_owner(st.st_uid)) {
            return fail_owner(w, name, &st);
        }
        return follow(w, found, name) == 0 ? 1 : -1;
    }
    if (check_owner(w, name, found, &st) != 0) {
        return -1;
    }
    if (S_ISDIR(st.st_mode)) {
        (void)move_to(w, found);
        note(w, name, &st);
        found = -1;
        return w->outside_proc && is_in_proc(w->dir)
                   ? bolt_fail(w->err, BOLT_ERR_POLICY, "the way leads through /proc")
                   : 1;
    }
    if (!is_last(w->rest)) {
        return bolt_fail(w->err, BOLT_ERR_POLICY, "'%s' is not a directory", name);
    }
    *out = found;
    found = -1;
    return 0;
}

/* Is what the kernel calls the working directory what its path leads to? Something else may have
 * been mounted over it since, or it may be of another mount namespace. */
static int check_cwd(const struct bolt_walk *w, const char *cwd)
{
    struct bolt_walk there = {.arena = w->arena,
                              .err = w->err,
                              .rest = bolt_bytes_of(cwd),
                              .dir = -1,
                              .rules = BOLT_WALK_ANY};
    BOLT_CLOSE int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat a;
    struct stat b;
    uint64_t mount;
    int none = -1;
    int more = go_to_root(&there, &a) == 0 ? 1 : -1;

    while (more == 1 && !bolt_walk_at_end(&there)) {
        more = bolt_walk_step(&there, &none);
    }
    if (more == 1 &&
        (here < 0 || !bolt_mount_of(here, &mount) || mount != there.mount || fstat(here, &a) != 0 ||
         fstat(there.dir, &b) != 0 || a.st_ino != b.st_ino || a.st_dev != b.st_dev)) {
        more = 0;
    }
    if (none >= 0) {
        (void)close(none);
    }
    if (there.dir >= 0) {
        (void)close(there.dir);
    }
    return more == 0 ? bolt_fail(w->err, BOLT_ERR_POLICY,
                                 "the working directory is not the one that '%s' is now", cwd)
                     : more;
}

int bolt_walk_start(struct bolt_walk *w, const char *path)
{
    char cwd[PATH_MAX];
    struct stat st;

    w->rest = bolt_bytes_of(path);
    if (path[0] != '/') {
        if (getcwd(cwd, sizeof cwd) == NULL) {
            return bolt_fail_errno(w->err, errno, "the working directory");
        }
        if (check_cwd(w, cwd) < 0) {
            return -1;
        }
        w->rest = bolt_printf(w->arena, "%s/%s", cwd, path);
    }
    return go_to_root(w, &st) == 0 ? check_owner(w, "/", w->dir, &st) : -1;
}
