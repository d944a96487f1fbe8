/* SPDX-License-Identifier: Apache-2.0 */
#include "io/held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/file.h"

/* What is left of a process that was killed between linkat() and renameat(): the next one that
 * holds a file in that directory takes it away. */
#define LEFT_OVER ".drawbolt.new"

static int fail_input(struct bolt_err *err, const char *path)
{
    (void)bolt_fail_errno(err, errno, "%s", path);
    err->kind = BOLT_ERR_INPUT;
    return -1;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* True if every user can put something else in the place of what is in that directory. With the
 * sticky bit only the owners can. */
static bool is_open_to_all(const struct stat *dir)
{
    return (dir->st_mode & S_IWOTH) != 0 && (dir->st_mode & S_ISVTX) == 0;
}

/* The directory's own place, up to the root: "..", as the kernel goes it. */
static int check_way(const struct bolt_held *held, struct bolt_err *err)
{
    BOLT_CLOSE int at = dup(held->dir);
    struct stat below = {0};
    struct stat st;

    while (at >= 0 && fstat(at, &st) == 0) {
        int up;

        if (is_open_to_all(&st)) {
            return bolt_fail(err, BOLT_ERR_INPUT,
                             "%s: every user can write a directory on the way to it", held->path);
        }
        if (st.st_ino == below.st_ino && st.st_dev == below.st_dev) {
            return 0; /* the root's ".." is the root */
        }
        below = st;
        up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        (void)close(at);
        at = up;
    }
    return fail_input(err, held->path);
}

static int check_place(const struct bolt_held *held, struct bolt_err *err)
{
    if ((held->st.st_mode & S_IWOTH) != 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: every user can write it", held->path);
    }
    return check_way(held, err);
}

static int open_dir(struct bolt_arena *arena, struct bolt_held *held, struct bolt_err *err)
{
    const char *slash = strrchr(held->path, '/');
    const char *dir = ".";

    held->name = slash == NULL ? held->path : slash + 1;
    if (slash != NULL) {
        dir = bolt_bytes_cstr(
            arena, (struct bolt_bytes){held->path, (size_t)(slash - held->path) + 1 /* "/" */});
    }
    held->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return held->dir < 0 ? fail_input(err, held->path) : 0;
}

static int read_held(struct bolt_arena *arena, struct bolt_held *held, struct bolt_err *err)
{
    BOLT_CLOSE int fd =
        openat(held->dir, held->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    struct stat after;

    if (fd < 0 && errno == ELOOP) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: a symbolic link, not a file", held->path);
    }
    if (fd < 0 || fstat(fd, &held->st) != 0) {
        return fail_input(err, held->path);
    }
    if (!S_ISREG(held->st.st_mode)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: not a regular file", held->path);
    }
    if (check_place(held, err) != 0 ||
        bolt_file_read(arena, fd, held->path, BOLT_ERR_INPUT, &held->bytes, err) != 0) {
        return -1;
    }
    if (fstat(fd, &after) != 0 || !is_same(&held->st, &after)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: it changed while it was read", held->path);
    }
    return 0;
}

int bolt_held_open(struct bolt_arena *arena, const char *path, struct bolt_held *out,
                   struct bolt_err *err)
{
    *out = (struct bolt_held){.path = path, .dir = -1};
    if (open_dir(arena, out, err) == 0 && read_held(arena, out, err) == 0) {
        return 0;
    }
    if (out->dir >= 0) {
        (void)close(out->dir);
        out->dir = -1;
    }
    return -1;
}

/* Without a name where the file system can do that, so that a process that is killed leaves
 * nothing. */
static int make_file(const struct bolt_held *held, bool *named)
{
    const int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(held->dir, ".", O_TMPFILE | flags, 0600);

    *named = fd < 0;
    (void)unlinkat(held->dir, LEFT_OVER, 0);
    return fd >= 0 ? fd : openat(held->dir, LEFT_OVER, O_CREAT | O_EXCL | flags, 0600);
}

static int fill(int fd, const struct bolt_held *held, struct bolt_bytes bytes, struct bolt_err *err)
{
    if (bolt_file_write(fd, held->path, bytes, err) != 0) {
        return -1;
    }
    if (fchown(fd, held->st.st_uid, held->st.st_gid) != 0 ||
        fchmod(fd, held->st.st_mode & 07777U) != 0 || fsync(fd) != 0) {
        return bolt_fail_errno(err, errno, "%s: make the new file", held->path);
    }
    return 0;
}

static int name_file(int fd, const struct bolt_held *held)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, held->dir, LEFT_OVER, AT_SYMLINK_FOLLOW);
}

static int put_in_place(int fd, bool named, struct bolt_held *held, struct bolt_err *err)
{
    struct stat st;

    if (bolt_held_check(held, err) != 0) {
        return -1;
    }
    if ((!named && name_file(fd, held) != 0) || fstat(fd, &st) != 0 ||
        renameat(held->dir, LEFT_OVER, held->dir, held->name) != 0 || fsync(held->dir) != 0) {
        return bolt_fail_errno(err, errno, "%s: put the new file in its place", held->path);
    }
    held->st = st;
    return 0;
}

int bolt_held_replace(struct bolt_held *held, struct bolt_bytes bytes, struct bolt_err *err)
{
    bool named;
    BOLT_CLOSE int fd = make_file(held, &named);

    if (fd < 0) {
        return bolt_fail_errno(err, errno, "%s: make a file beside it", held->path);
    }
    if (fill(fd, held, bytes, err) != 0 || put_in_place(fd, named, held, err) != 0) {
        (void)unlinkat(held->dir, LEFT_OVER, 0);
        return -1;
    }
    held->bytes = bytes;
    return 0;
}

int bolt_held_check(const struct bolt_held *held, struct bolt_err *err)
{
    struct stat st;

    /* The whole path again, as the other reader will go it; a link is no match. */
    if (lstat(held->path, &st) != 0 || !is_same(&held->st, &st)) {
        return bolt_fail(err, BOLT_ERR_SYSTEM, "%s: it is not the file any more that was judged",
                         held->path);
    }
    return 0;
}
