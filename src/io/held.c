/* SPDX-License-Identifier: Apache-2.0 */
#include "io/held.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/file.h"
#include "io/mounts.h"
#include "io/trusted.h"

/* The new file's name until it is in place; random, as others may work in the same directory. What
 * is left of a process that was killed between linkat() and renameat() the next one takes away
 * that puts a file there, once it is older than any process may get. */
#define NEW_PREFIX ".drawbolt."
#define NEW_DIGITS 16
#define NEW_LENGTH (sizeof NEW_PREFIX - 1 + NEW_DIGITS)
#define TAKEN_MODE 0711
#define LEFT_OVER_SECONDS 60

#define TRIES 8 /* at what other processes may do just then */

struct new_file {
    int fd;
    bool named; /* it is in the directory */
    char name[NEW_LENGTH + 1];
};

static int fail_input(struct bolt_err *err, const char *path)
{
    (void)bolt_fail_errno(err, errno, "%s", path);
    err->kind = BOLT_ERR_INPUT;
    return -1;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The same file with the same bytes, as far as can be told without the time of its last change,
 * which a new name changes as well. */
static bool is_alike(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           is_same_time(a->st_mtim, b->st_mtim);
}

/* Who writes a file can put its mtime back, but not its ctime. */
static bool is_same(const struct stat *a, const struct stat *b)
{
    return is_alike(a, b) && is_same_time(a->st_ctim, b->st_ctim);
}

static int check_file(const struct bolt_held *held, int fd, struct bolt_err *err)
{
    if (!bolt_trusted_owner(held->st.st_uid) && !held->guarded) {
        return bolt_fail(err, BOLT_ERR_INPUT,
                         "%s: it belongs to user %lu, not to root or the caller", held->path,
                         (unsigned long)held->st.st_uid);
    }
    if ((held->st.st_mode & S_IWOTH) != 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: every user can write it", held->path);
    }
    if ((held->st.st_mode & S_IWGRP) != 0 && !bolt_trusted_group(held->st.st_gid) &&
        !held->guarded) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: group %lu can write it", held->path,
                         (unsigned long)held->st.st_gid);
    }
    if (!bolt_trusted_acl(fd, &held->st) && !held->guarded) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: an access control list may let others write it",
                         held->path);
    }
    return 0;
}

static int open_dir(struct bolt_held *held, struct bolt_err *err)
{
    const char *slash = strrchr(held->path, '/');
    const char *dir = ".";
    struct stat st;

    held->name = slash == NULL ? held->path : slash + 1;
    if (slash != NULL) {
        dir = bolt_bytes_cstr(
            held->arena,
            (struct bolt_bytes){held->path, (size_t)(slash - held->path) + 1 /* "/" */});
    }
    if (bolt_trusted_place(held->arena, dir, &held->dir, &held->guarded, err) != 0) {
        return bolt_fail_in(err, "%s", held->path);
    }
    if (fstat(held->dir, &st) != 0) {
        return fail_input(err, held->path);
    }
    held->is_foreign = !held->guarded && !bolt_trusted_owner(st.st_uid);
    held->owner = st.st_uid;
    return 0;
}

/* The file, before it is asked for anything: it may be a mount of its own. */
static int find(struct bolt_held *held, struct bolt_err *err)
{
    int fd = openat(held->dir, held->name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    uint64_t of_dir;
    uint64_t mount;

    if (fd < 0) {
        return fail_input(err, held->path);
    }
    if (!bolt_mount_of(held->dir, &of_dir) || !bolt_mount_of(fd, &mount)) {
        (void)bolt_fail(err, BOLT_ERR_INPUT, "the kernel does not tell its mount");
    } else if (mount == of_dir || bolt_mount_check(mount, err) == 0) {
        return fd;
    }
    (void)close(fd);
    return bolt_fail_in(err, "%s", held->path);
}

/* Return: 0; 1 if it changed while it was read; -1 with an error. */
static int read_once(struct bolt_held *held, struct bolt_err *err)
{
    BOLT_CLOSE int found = find(held, err);
    BOLT_CLOSE int fd = -1;
    char again[64];
    struct stat after;

    if (found < 0) {
        return -1;
    }
    if (fstat(found, &held->st) != 0) {
        return fail_input(err, held->path);
    }
    if (S_ISLNK(held->st.st_mode)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: a symbolic link, not a file", held->path);
    }
    if (!S_ISREG(held->st.st_mode)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "%s: not a regular file", held->path);
    }
    (void)snprintf(again, sizeof again, "/proc/self/fd/%d", found);
    fd = open(again, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return fail_input(err, held->path);
    }
    if (check_file(held, fd, err) != 0 ||
        bolt_file_read(held->arena, fd, held->path, BOLT_ERR_INPUT, &held->bytes, err) != 0) {
        return -1;
    }
    return fstat(fd, &after) == 0 && is_same(&held->st, &after) ? 0 : 1;
}

/* What another process replaces loses its name while it is read: that changes its ctime. */
static int read_held(struct bolt_held *held, struct bolt_err *err)
{
    int result = 1;

    for (int try = 0; result == 1 && try < TRIES; try++) {
        result = read_once(held, err);
    }
    return result != 1
               ? result
               : bolt_fail(err, BOLT_ERR_INPUT, "%s: it changed while it was read", held->path);
}

int bolt_held_open(struct bolt_arena *arena, const char *path, struct bolt_held *out,
                   struct bolt_err *err)
{
    *out = (struct bolt_held){.arena = arena, .path = path, .dir = -1};
    if (open_dir(out, err) == 0 && read_held(out, err) == 0) {
        return 0;
    }
    if (out->dir >= 0) {
        (void)close(out->dir);
        out->dir = -1;
    }
    return -1;
}

static int changed(struct bolt_held *held, struct bolt_err *err)
{
    held->changed = true;
    return bolt_fail(err, BOLT_ERR_SYSTEM, "%s: it is not the file any more that was judged",
                     held->path);
}

static int choose_name(struct new_file *new)
{
    uint64_t number;

    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number) {
        return -1;
    }
    (void)snprintf(new->name, sizeof new->name, NEW_PREFIX "%016" PRIx64, number);
    return 0;
}

static bool is_left_over(int dir, const char *name)
{
    struct stat st;

    return strlen(name) == NEW_LENGTH && strncmp(name, NEW_PREFIX, sizeof NEW_PREFIX - 1) == 0 &&
           strspn(name + sizeof NEW_PREFIX - 1, "0123456789abcdef") == NEW_DIGITS &&
           fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_uid == geteuid() && st.st_mtim.tv_sec < time(NULL) - LEFT_OVER_SECONDS;
}

static void clean_up(int at)
{
    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (is_left_over(at, entry->d_name)) {
            (void)unlinkat(at, entry->d_name, 0);
        }
    }
    (void)closedir(dir);
}

static int make_named(int dir, struct new_file *new)
{
    const int flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW;

    for (int try = 0; try < TRIES && choose_name(new) == 0; try++) {
        new->fd = openat(dir, new->name, flags, 0600);
        new->named = new->fd >= 0;
        if (new->named || errno != EEXIST) {
            break;
        }
    }
    return new->named ? 0 : -1;
}

/* Without a name where the file system can do that, so that a process that is killed leaves
 * nothing. */
static int make_file(int dir, struct new_file *new)
{
    clean_up(dir);
    new->fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    return new->fd >= 0 ? 0 : make_named(dir, new);
}

static int fill(int fd, const struct bolt_held *held, struct bolt_bytes bytes, struct bolt_err *err)
{
    if (bolt_file_write(fd, held->path, bytes, err) != 0) {
        return -1;
    }
    /* What the directory gives to new files may let others write this one. */
    if (fremovexattr(fd, "system.posix_acl_access") != 0 && errno != ENODATA && errno != ENOTSUP) {
        return bolt_fail_errno(err, errno, "%s: make the new file", held->path);
    }
    if (fchown(fd, held->st.st_uid, held->st.st_gid) != 0 ||
        fchmod(fd, held->st.st_mode & 07777U) != 0 || fsync(fd) != 0) {
        return bolt_fail_errno(err, errno, "%s: make the new file", held->path);
    }
    return 0;
}

static int name_file(int dir, struct new_file *new)
{
    char path[64];

    if (new->named) {
        return 0;
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", new->fd);
    for (int try = 0; try < TRIES && choose_name(new) == 0; try++) {
        new->named = linkat(AT_FDCWD, path, dir, new->name, AT_SYMLINK_FOLLOW) == 0;
        if (new->named || errno != EEXIST) {
            break;
        }
    }
    return new->named ? 0 : -1;
}

/* Is it this file that has the name? */
static bool is_named(int dir, const struct new_file *new, struct stat *st)
{
    struct stat at;

    if (fstat(new->fd, st) != 0 || fstatat(dir, new->name, &at, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    errno = ESTALE;
    return is_same(st, &at);
}

static int put_in_place(struct new_file *new, struct bolt_held *held, struct bolt_err *err)
{
    struct stat before;
    struct stat after;

    if (bolt_held_check(held, err) != 0) {
        return -1;
    }
    if (name_file(held->dir, new) != 0 || !is_named(held->dir, new, &before) ||
        renameat(held->dir, new->name, held->dir, held->name) != 0) {
        return bolt_fail_errno(err, errno, "%s: put the new file in its place", held->path);
    }
    new->named = false;
    if (fsync(held->dir) != 0 || fstat(new->fd, &after) != 0) {
        return bolt_fail_errno(err, errno, "%s: put the new file in its place", held->path);
    }
    held->st = after; /* with another ctime, by rename(2) */
    if (!is_alike(&before, &after)) {
        return changed(held, err);
    }
    return 0;
}

int bolt_held_replace(struct bolt_held *held, struct bolt_bytes bytes, struct bolt_err *err)
{
    struct new_file new = {.fd = -1};
    int result = -1;

    if (make_file(held->dir, &new) != 0) {
        return bolt_fail_errno(err, errno, "%s: make a file beside it", held->path);
    }
    if (fill(new.fd, held, bytes, err) == 0 && put_in_place(&new, held, err) == 0) {
        held->bytes = bytes;
        result = 0;
    }
    if (new.named) {
        (void)unlinkat(held->dir, new.name, 0);
    }
    (void)close(new.fd);
    return result;
}

int bolt_held_take(struct bolt_held *held, struct bolt_err *err)
{
    if (held->is_foreign &&
        (fchown(held->dir, geteuid(), getegid()) != 0 || fchmod(held->dir, TAKEN_MODE) != 0)) {
        return bolt_fail_errno(err, errno, "%s: take its directory", held->path);
    }
    return 0;
}

int bolt_held_check(struct bolt_held *held, struct bolt_err *err)
{
    /* The whole path again, and once more as the other reader will go it; a link is no match. */
    struct bolt_held again = {.arena = held->arena, .path = held->path, .dir = -1};
    struct bolt_err why = {0};
    BOLT_CLOSE int fd = open_dir(&again, &why) == 0 ? find(&again, &why) : -1;
    bool same = fd >= 0 && fstat(fd, &again.st) == 0 && is_same(&held->st, &again.st) &&
                lstat(held->path, &again.st) == 0 && is_same(&held->st, &again.st);

    if (again.dir >= 0) {
        (void)close(again.dir);
    }
    return same ? 0 : changed(held, err);
}
