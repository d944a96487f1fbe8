/* SPDX-License-Identifier: Apache-2.0 */
#include "io/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/trusted.h"

static int by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name);
    size_t tail = strlen(suffix);

    return len > tail && strcmp(name + len - tail, suffix) == 0;
}

static int read_names(struct bolt_arena *arena, DIR *dir, const char *part, const char *suffix,
                      const char ***names, size_t *count, struct bolt_err *err)
{
    const struct dirent *entry;

    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        if (entry->d_name[0] == '.' || !has_suffix(entry->d_name, suffix) ||
            strstr(entry->d_name, part) == NULL) {
            continue;
        }
        if (*count == BOLT_TRUSTED_FILES_MAX) {
            return bolt_fail(err, BOLT_ERR_POLICY, "more than %d files", BOLT_TRUSTED_FILES_MAX);
        }
        *names = bolt_arena_grow(arena, *names, *count, sizeof **names);
        (*names)[(*count)++] = bolt_bytes_copy(arena, bolt_bytes_of(entry->d_name)).at;
    }
    return errno == 0 ? 0 : bolt_fail_errno(err, errno, "read the directory");
}

int bolt_names_in(struct bolt_arena *arena, int at, const char *part, const char *suffix,
                  const char ***names, size_t *count, struct bolt_err *err)
{
    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int result;

    if (dir == NULL) {
        result = bolt_fail_errno(err, errno, "open the directory");
        if (fd >= 0) {
            (void)close(fd);
        }
        return result;
    }
    result = read_names(arena, dir, part, suffix, names, count, err);
    (void)closedir(dir);
    if (*count != 0) {
        qsort(*names, *count, sizeof **names, by_name);
    }
    return result;
}
