/* SPDX-License-Identifier: Apache-2.0 */
#include "io/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/file.h"
#include "io/mounts.h"
#include "io/names.h"
#include "io/userns.h"

#define OVERFLOW_ID 65534 /* default of /proc/sys/kernel/overflowuid */
#define LINKS_MAX 40      /* as the kernel's MAXSYMLINKS */

enum walk_rules {
    WALK_OURS,  /* bolt_trusted_open() */
    WALK_PLACE, /* bolt_trusted_place() */
    WALK_ANY,   /* bolt_trusted_load_any() */
};

struct walk {
    struct bolt_arena *arena;
    struct bolt_err *err;
    struct bolt_bytes rest; /* of the path, from the directory that is open */
    int dir;
    unsigned links;
    bool outside_proc;
    enum walk_rules rules;
    bool guarded; /* nobody else can pass what is above */
    bool shared;  /* others can make entries in the open directory, but not take these away */
    uint64_t root_mount;
    uint64_t mount; /* of the open directory */
};

/* In a user namespace (rootless podman runs its hooks in one) the machine's root is not mapped, and
 * its files show the overflow id. So do other users' files there; but only root has the places
 * where policies are, and whoever runs rootless podman can do without the hook anyway. */
static bool is_unmapped(uid_t uid)
{
    return uid == OVERFLOW_ID && bolt_userns_root_is_not_roots();
}

static bool is_last(struct bolt_bytes rest)
{
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.at[i] != '/') {
            return false;
        }
    }
    return true;
}

bool bolt_trusted_owner(uid_t uid)
{
    return uid == 0 || uid == geteuid() || is_unmapped(uid);
}

bool bolt_trusted_group(gid_t gid)
{
    return gid == 0 || gid == getegid();
}

static int fail_owner(struct walk *w, const char *what, const struct stat *st)
{
    return bolt_fail(w->err, BOLT_ERR_POLICY, "'%s' belongs to user %lu, not to root or the caller",
                     what, (unsigned long)st->st_uid);
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

static int check_place(struct walk *w, const char *what, int fd, const struct stat *st)
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

static int check_owner(struct walk *w, const char *what, int fd, const struct stat *st)
{
    if (w->rules == WALK_ANY) {
        return 0;
    }
    if (w->rules == WALK_PLACE && S_ISDIR(st->st_mode)) {
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

static int move_to(struct walk *w, int fd)
{
    if (w->dir >= 0) {
        (void)close(w->dir);
    }
    w->dir = fd;
    return fd;
}

/* What is known of the open directory. */
static void note(struct walk *w, const char *name, const struct stat *st)
{
    bool goes_up = strcmp(name, "..") == 0 || strcmp(name, "/") == 0;

    w->shared = (st->st_mode & S_ISVTX) != 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
    w->guarded = (w->guarded && !goes_up) ||
                 (bolt_trusted_owner(st->st_uid) && (st->st_mode & (S_IXGRP | S_IXOTH)) == 0);
}

static int go_to_root(struct walk *w, struct stat *st)
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
static int check_mount(struct walk *w, int fd)
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
static int follow(struct walk *w, int link, const char *name)
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
static const char *next_part(struct walk *w)
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

/* One step. Return: 1 to go on, 0 at the end, -1 with an error. */
static int step(struct walk *w, int *out)
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
        if (w->rules != WALK_ANY && w->shared && !bolt_trusted_owner(st.st_uid)) {
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

static int start(struct walk *w, const char *path)
{
    char cwd[PATH_MAX];
    struct stat st;

    if (path[0] != '/') {
        if (getcwd(cwd, sizeof cwd) == NULL) {
            return bolt_fail_errno(w->err, errno, "the working directory");
        }
        w->rest = bolt_printf(w->arena, "%s/%s", cwd, path);
    }
    return go_to_root(w, &st) == 0 ? check_owner(w, "/", w->dir, &st) : -1;
}

/* As bolt_trusted_open(). */
static int walk_to_file(struct walk *w, const char *path, int *out)
{
    int more = start(w, path) == 0 ? 1 : -1;

    *out = -1;
    while (more == 1) {
        more = is_last(w->rest) ? bolt_fail(w->err, BOLT_ERR_POLICY, "a directory, not a file")
                                : step(w, out);
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
    struct walk w = {.arena = arena,
                     .err = err,
                     .rest = bolt_bytes_of(path),
                     .dir = -1,
                     .outside_proc = outside_proc};

    return walk_to_file(&w, path, out);
}

/* --- the files of a directory --------------------------------------------------------------- */

int bolt_trusted_list(struct bolt_arena *arena, const char *path, const char *part,
                      const char *suffix, const char *const **names, size_t *count,
                      struct bolt_err *err)
{
    struct walk w = {.arena = arena, .err = err, .rest = bolt_bytes_of(path), .dir = -1};
    BOLT_CLOSE int file = -1;
    const char **list = NULL;
    int more = start(&w, path) == 0 ? 1 : -1;

    *count = 0;
    while (more == 1 && !is_last(w.rest)) {
        more = step(&w, &file);
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

static int walk_to_end(struct walk *w)
{
    int none = -1;

    while (!is_last(w->rest)) {
        int more = step(w, &none);

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
    struct walk w = {
        .arena = arena, .err = err, .rest = bolt_bytes_of(path), .dir = -1, .rules = WALK_PLACE};
    int result = start(&w, path);

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
    struct walk w = {
        .arena = arena, .err = err, .rest = bolt_bytes_of(path), .dir = -1, .rules = WALK_ANY};
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
