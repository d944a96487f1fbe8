/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

int bolt_tail_load(struct bolt_arena *arena, const char *path, struct bolt_bytes *out, bool *whole,
                   struct bolt_err *err)
{
    BOLT_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *newline;
    size_t want;
    off_t from;
    struct stat st;
    ssize_t n;
    char *at;

    if (fd < 0 || fstat(fd, &st) != 0) {
        return bolt_fail_errno(err, errno, "%s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return bolt_fail(err, BOLT_ERR_SYSTEM, "%s: not a regular file", path);
    }
    want = (size_t)st.st_size < BOLT_FILE_BYTES_MAX ? (size_t)st.st_size : BOLT_FILE_BYTES_MAX;
    from = st.st_size - (off_t)want;
    at = bolt_arena_alloc(arena, want + 1, 1);
    n = pread(fd, at, want, from);
    if (n < 0) {
        return bolt_fail_errno(err, errno, "%s", path);
    }
    *out = (struct bolt_bytes){at, (size_t)n};
    *whole = from == 0;
    newline = from == 0 ? NULL : memchr(at, '\n', (size_t)n);
    if (newline != NULL) {
        *out = (struct bolt_bytes){newline + 1, (size_t)(at + n - newline) - 1};
    }
    return 0;
}
