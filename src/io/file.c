/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_READ ((size_t)16 * 1024) /* of what has no size; most configurations fit */

static int fail(struct bolt_err *err, enum bolt_err_kind kind, const char *name)
{
    (void)bolt_fail_errno(err, errno, "%s", name);
    err->kind = kind;
    return -1;
}

/* A file's size, and a byte more to find its end; it may have another size by then. */
static size_t first_read(int fd)
{
    struct stat st;

    return fstat(fd, &st) != 0 || st.st_size <= 0                 ? FIRST_READ
           : (uint64_t)st.st_size > (uint64_t)BOLT_FILE_BYTES_MAX ? BOLT_FILE_BYTES_MAX + 1
                                                                  : (size_t)st.st_size + 1;
}

int bolt_file_read(struct bolt_arena *arena, int fd, const char *name, enum bolt_err_kind kind,
                   struct bolt_bytes *out, struct bolt_err *err)
{
    size_t size = first_read(fd);
    char *at = bolt_arena_alloc(arena, size, 1);
    size_t len = 0;

    for (;;) {
        ssize_t n = read(fd, at + len, size - len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fail(err, kind, name);
        }
        if (n == 0) {
            *out = (struct bolt_bytes){at, len};
            return 0;
        }
        len += (size_t)n;
        if (len > BOLT_FILE_BYTES_MAX) {
            (void)bolt_fail(err, kind, "%s: larger than the limit of %zu MiB", name,
                            BOLT_FILE_BYTES_MAX / 1024 / 1024);
            err->too_large = true;
            return -1;
        }
        if (len == size) {
            at = bolt_arena_resize(arena, at, size, size * 4, 1);
            size *= 4;
        }
    }
}

int bolt_file_load(struct bolt_arena *arena, const char *path, enum bolt_err_kind kind,
                   struct bolt_bytes *out, struct bolt_err *err)
{
    /* O_NONBLOCK: to open a FIFO must not wait for a writer. */
    BOLT_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        return fail(err, kind, path);
    }
    if (S_ISDIR(st.st_mode)) {
        return bolt_fail(err, kind, "%s: a directory, not a file", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return bolt_fail(err, kind, "%s: not a regular file", path);
    }
    return bolt_file_read(arena, fd, path, kind, out, err);
}

bool bolt_file_is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int bolt_file_write(int fd, const char *name, struct bolt_bytes bytes, struct bolt_err *err)
{
    while (bytes.len != 0) {
        ssize_t n = write(fd, bytes.at, bytes.len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return bolt_fail_errno(err, errno, "write to %s", name);
        }
        bytes.at += n;
        bytes.len -= (size_t)n;
    }
    return 0;
}

/* ".NAME.XXXXXX" beside the file. */
static char *name_beside(struct bolt_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    size_t len = strlen(path);
    char *name = bolt_arena_alloc(arena, len + sizeof "..XXXXXX", 1);

    memcpy(name, path, dir);
    name[dir] = '.';
    memcpy(name + dir + 1, path + dir, len - dir);
    memcpy(name + len + 1, ".XXXXXX", sizeof ".XXXXXX");
    return name;
}

int bolt_file_put(struct bolt_arena *arena, const char *path, struct bolt_bytes bytes, mode_t mode,
                  struct bolt_err *err)
{
    char *beside = name_beside(arena, path);
    BOLT_CLOSE int fd = mkostemp(beside, O_CLOEXEC);

    if (fd < 0) {
        return bolt_fail_errno(err, errno, "%s: make a file beside it", path);
    }
    if (bolt_file_write(fd, path, bytes, err) != 0) {
        (void)unlink(beside);
        return -1;
    }
    if (fchmod(fd, mode) != 0 || fsync(fd) != 0 || rename(beside, path) != 0) {
        (void)bolt_fail_errno(err, errno, "%s: put the new file in its place", path);
        (void)unlink(beside);
        return -1;
    }
    return 0;
}

static int make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char dir[4096];

    if (slash == NULL || slash == path || (size_t)(slash - path) >= sizeof dir) {
        return -1;
    }
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = '\0';
    return mkdir(dir, 0700);
}

static int open_log(const char *path)
{
    const int flags =
        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags, 0600);

    if (fd < 0 && errno == ENOENT && make_parent(path) == 0) {
        fd = open(path, flags, 0600);
    }
    return fd;
}

int bolt_file_append(const char *path, struct bolt_bytes line, struct bolt_err *err)
{
    BOLT_CLOSE int fd = open_log(path);
    struct stat st;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st) != 0) {
        return bolt_fail_errno(err, errno, "%s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return bolt_fail(err, BOLT_ERR_SYSTEM, "%s: not a regular file", path);
    }
    do {
        n = write(fd, line.at, line.len);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return bolt_fail_errno(err, errno, "%s", path);
    }
    if ((size_t)n < line.len) {
        /* The part that was written is the file's end unless somebody has appended since. */
        off_t end = lseek(fd, 0, SEEK_CUR);

        if (fstat(fd, &st) == 0 && st.st_size == end) {
            (void)!ftruncate(fd, end - n);
        }
        return bolt_fail(err, BOLT_ERR_SYSTEM, "%s: no space for the record", path);
    }
    return 0;
}
