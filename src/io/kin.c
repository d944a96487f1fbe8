/* SPDX-License-Identifier: Apache-2.0 */
#include "io/kin.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/trusted.h"

#define WORDS_MAX ((size_t)128 * 1024) /* conmon's command line has 3 KiB */

static size_t read_some(int fd, char *at, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n = read(fd, at + len, size - len);

        if (n <= 0) {
            break;
        }
        len += (size_t)n;
    }
    return len;
}

/* The fourth field of /proc/PID/stat; the second is in parentheses and may hold anything. */
static unsigned long parent_of(int dir)
{
    BOLT_CLOSE int fd = openat(dir, "stat", O_RDONLY | O_CLOEXEC);
    char text[1024] = {0};
    const char *end;

    if (fd < 0 || read_some(fd, text, sizeof text - 1) == 0) {
        return 0;
    }
    end = strrchr(text, ')');
    return end == NULL || strlen(end) < 5 ? 0 : strtoul(end + 4, NULL, 10);
}

static struct bolt_bytes program_of(struct bolt_arena *arena, int dir)
{
    static const char gone[] = " (deleted)"; /* an update took it away */
    char path[PATH_MAX];
    ssize_t len = readlinkat(dir, "exe", path, sizeof path);
    struct bolt_bytes name = {path, len > 0 && (size_t)len < sizeof path ? (size_t)len : 0};
    const char *slash;

    if (name.len > sizeof gone - 1 &&
        memcmp(path + name.len - (sizeof gone - 1), gone, sizeof gone - 1) == 0) {
        name.len -= sizeof gone - 1;
    }
    slash = name.len == 0 ? NULL : memrchr(path, '/', name.len);
    if (slash != NULL) {
        name.len -= (size_t)(slash + 1 - path);
        name.at = slash + 1;
    }
    return bolt_bytes_copy(arena, name);
}

static struct bolt_bytes words_of(struct bolt_arena *arena, int dir)
{
    BOLT_CLOSE int fd = openat(dir, "cmdline", O_RDONLY | O_CLOEXEC);
    char *at = bolt_arena_alloc(arena, WORDS_MAX, 1);
    size_t len = fd < 0 ? 0 : read_some(fd, at, WORDS_MAX);

    if (len == 0 || at[len - 1] != '\0') {
        len = 0; /* one that is cut short says nothing */
    }
    bolt_arena_trim(arena, at, WORDS_MAX, len, 1);
    return (struct bolt_bytes){at, len};
}

static int open_process(unsigned long pid)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%lu", pid);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static unsigned long own_parent(void)
{
    BOLT_CLOSE int dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return dir < 0 ? 0 : parent_of(dir);
}

/* False if it is gone, or of somebody else. */
static bool look_at(struct bolt_arena *arena, unsigned long pid, int dir, struct bolt_kin *out)
{
    struct stat st;

    if (dir < 0 || fstat(dir, &st) != 0 || !bolt_trusted_owner(st.st_uid)) {
        return false;
    }
    *out = (struct bolt_kin){pid, program_of(arena, dir), words_of(arena, dir)};
    return true;
}

size_t bolt_kin_look(struct bolt_arena *arena, struct bolt_kin out[static BOLT_KIN_MAX])
{
    unsigned long pid = own_parent();
    size_t count = 0;

    while (count < BOLT_KIN_MAX && pid != 0) {
        BOLT_CLOSE int dir = open_process(pid);

        if (!look_at(arena, pid, dir, &out[count])) {
            break;
        }
        count++;
        pid = parent_of(dir);
    }
    return count;
}

bool bolt_kin_find(struct bolt_arena *arena, unsigned long pid, struct bolt_kin *out)
{
    BOLT_CLOSE int dir = open_process(pid);

    return look_at(arena, pid, dir, out);
}

struct bolt_bytes bolt_kin_name(const struct bolt_kin *kin)
{
    struct bolt_bytes name = kin->words.len == 0 ? kin->words : bolt_bytes_of(kin->words.at);
    const char *slash = name.len == 0 ? NULL : memrchr(name.at, '/', name.len);

    if (slash != NULL) {
        name.len -= (size_t)(slash + 1 - name.at);
        name.at = slash + 1;
    }
    return name;
}

size_t bolt_kin_named(struct bolt_arena *arena, const char *name, struct bolt_kin **out)
{
    DIR *all = opendir("/proc");
    const struct dirent *entry;
    size_t count = 0;

    *out = NULL;
    while (all != NULL && (entry = readdir(all)) != NULL) {
        char *end;
        unsigned long pid = strtoul(entry->d_name, &end, 10);
        BOLT_CLOSE int dir = *end == '\0' ? open_process(pid) : -1;
        struct bolt_kin kin;

        if (look_at(arena, pid, dir, &kin) && bolt_bytes_is(bolt_kin_name(&kin), name)) {
            *out = bolt_arena_grow(arena, *out, count, sizeof **out);
            (*out)[count++] = kin;
        }
    }
    if (all != NULL) {
        (void)closedir(all);
    }
    return count;
}

struct bolt_bytes bolt_kin_option(const struct bolt_kin *kin, const char *option)
{
    struct bolt_bytes words = kin->words;
    struct bolt_bytes word = {0};
    size_t len = strlen(option);

    while (bolt_bytes_take_word(&words, &word)) {
        if (bolt_bytes_is(word, option)) {
            return bolt_bytes_take_word(&words, &word) ? word : (struct bolt_bytes){0};
        }
        if (bolt_bytes_has_prefix(word, option) && word.at[len] == '=') {
            return (struct bolt_bytes){word.at + len + 1, word.len - len - 1};
        }
    }
    return (struct bolt_bytes){0};
}

bool bolt_kin_has(const struct bolt_kin *kin, const char *wanted)
{
    struct bolt_bytes words = kin->words;
    struct bolt_bytes word = {0};

    while (bolt_bytes_take_word(&words, &word)) {
        if (bolt_bytes_is(word, wanted)) {
            return true;
        }
    }
    return false;
}

bool bolt_kin_is_here(const struct bolt_kin *kin)
{
    char path[64];
    struct stat theirs;
    struct stat ours;

    (void)snprintf(path, sizeof path, "/proc/%lu/cwd", kin->pid);
    return stat(path, &theirs) != 0 || stat(".", &ours) != 0 ||
           (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino);
}
