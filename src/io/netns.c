/* SPDX-License-Identifier: Apache-2.0 */
#include "io/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "io/trusted.h"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673 /* linux/magic.h */
#endif

#define VISIT_MS 200
#define VISIT_LOOKS 10

struct own {
    unsigned long self;
    unsigned long parent;
    unsigned long first; /* of the container */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The fourth field of /proc/PID/stat; the second is in parentheses and may hold anything. */
static unsigned long parent_of(int proc, unsigned long pid)
{
    char path[64];
    char text[1024];
    const char *close_paren;
    unsigned long parent = 0;
    BOLT_CLOSE int fd = -1;
    ssize_t n;

    (void)snprintf(path, sizeof path, "%lu/stat", pid);
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n <= 0) {
        return 0;
    }
    text[n] = '\0';
    close_paren = strrchr(text, ')');
    if (close_paren == NULL || close_paren[1] != ' ' || close_paren[2] == '\0') {
        return 0;
    }
    parent = strtoul(close_paren + 4, NULL, 10);
    return parent;
}

static bool is_own(int proc, unsigned long pid, const struct own *own)
{
    unsigned long parent;

    if (pid == own->self || pid == own->parent || (own->first != 0 && pid == own->first)) {
        return true;
    }
    if (own->first == 0) {
        return false; /* the container has no process yet: nobody else's child is its */
    }
    parent = parent_of(proc, pid);
    return parent != 0 && (parent == own->parent || parent == own->first);
}

/* An engine's process has threads, of which the first may be sent there and stay a while: podman 5
 * leaves its own in the namespace of the container that it starts. The others are where we are, and
 * no thread of a container can be there. */
static bool is_visitor(int proc, unsigned long pid, const struct stat *ns)
{
    char path[64];
    struct stat home;
    struct stat st;
    const struct dirent *entry;
    bool found = false;
    int fd;
    DIR *dir;

    (void)snprintf(path, sizeof path, "%lu/task", pid);
    if (fstatat(proc, "self/ns/net", &home, 0) != 0 || same_file(&home, ns)) {
        return false;
    }
    fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    while (!found && (entry = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof path, "%.20s/ns/net", entry->d_name);
        found = entry->d_name[0] != '.' && fstatat(dirfd(dir), path, &st, 0) == 0 &&
                same_file(&st, &home);
    }
    (void)closedir(dir);
    return found;
}

/* 1: somebody lives there, 0: nobody, -1: could not look. A process that the caller may not look at
 * (only where the caller is not root: rootless podman) belongs to a user whose namespaces the
 * caller could not open either. */
static int is_inhabited(const struct stat *ns, const struct own *own)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    int result = 0;

    if (dir == NULL) {
        return -1;
    }
    while (result == 0 && (entry = readdir(dir)) != NULL) {
        char path[64];
        struct stat st;
        unsigned long pid;

        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') {
            continue;
        }
        pid = strtoul(entry->d_name, NULL, 10);
        (void)snprintf(path, sizeof path, "%lu/ns/net", pid);
        if (fstatat(dirfd(dir), path, &st, 0) == 0) {
            result = same_file(&st, ns) && !is_own(dirfd(dir), pid, own) &&
                             !is_visitor(dirfd(dir), pid, ns)
                         ? 1
                         : 0;
        } else if (errno != ENOENT && errno != ESRCH && errno != EACCES && errno != EPERM) {
            result = -1;
        }
    }
    (void)closedir(dir);
    return result;
}

/* Who we are by /proc's numbers. At OCI stage createContainer these are not those of getpid() and
 * of the state: we are in the container's pid namespace, and /proc is the host's still. The
 * container's first process is our parent then. */
static struct own who_we_are(uint64_t own_pid)
{
    BOLT_CLOSE int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct own own = {0};
    char text[32] = {0};

    if (proc >= 0 && readlinkat(proc, "self", text, sizeof text - 1) > 0) {
        own.self = strtoul(text, NULL, 10);
        own.parent = parent_of(proc, own.self);
        own.first = own.self == (unsigned long)getpid() ? (unsigned long)own_pid : 0;
    }
    return own;
}

static struct bolt_netns_look unreadable(const char *why)
{
    return (struct bolt_netns_look){BOLT_NETNS_IS_UNREADABLE, why, -1};
}

/* /proc/PID/ns/net with a number: the one way through /proc that is the same for everybody. */
static bool is_of_process(const char *path)
{
    static const char *const parts[] = {"/proc/", "/ns/net"};
    size_t lead = strlen(parts[0]);
    size_t digits = strspn(path + (strncmp(path, parts[0], lead) == 0 ? lead : 0), "0123456789");

    return strncmp(path, parts[0], lead) == 0 && digits != 0 &&
           strcmp(path + lead + digits, parts[1]) == 0;
}

/* What the runtime will open later must be what is open now. So the way there must be one that
 * nobody but root and the caller can change, and one that does not depend on who goes it. */
static int open_namespace(struct bolt_arena *arena, const char *path)
{
    BOLT_CLOSE int found = -1;
    struct bolt_err err = {0};
    char again[64];

    if (is_of_process(path)) {
        return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    if (bolt_trusted_open(arena, path, true, &found, &err) != 0 || found < 0) {
        return -1;
    }
    (void)snprintf(again, sizeof again, "/proc/self/fd/%d", found);
    return open(again, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

bool bolt_netns_is_hosts(uint64_t pid)
{
    char path[64];
    struct stat of_pid;
    struct stat of_host;

    (void)snprintf(path, sizeof path, "/proc/%llu/ns/net", (unsigned long long)pid);
    return stat(path, &of_pid) == 0 && stat("/proc/1/ns/net", &of_host) == 0 &&
           same_file(&of_pid, &of_host);
}

struct bolt_netns_look bolt_netns_look(struct bolt_arena *arena, const char *path, bool inside,
                                       uint64_t own_pid)
{
    const struct own own = who_we_are(own_pid);
    int fd = open_namespace(arena, path);
    struct bolt_netns_look look = {.fd = fd};
    struct stat ns;
    struct stat other;
    struct statfs fs;
    int inhabited;

    if (fd < 0) {
        return unreadable("there is nothing at its path that only root could change");
    }
    if (fstatfs(fd, &fs) != 0 || fs.f_type != NSFS_MAGIC || fstat(fd, &ns) != 0 ||
        ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) { /* ioctl_ns(2), Linux 4.11 */
        (void)close(fd);
        return unreadable("what is at its path is not a network namespace");
    }
    if (stat("/proc/1/ns/net", &other) == 0) {
        if (same_file(&ns, &other)) {
            return look;
        }
    } else if (inside) {
        (void)close(fd);
        return unreadable("the host's namespace could not be compared with it");
    }
    if (!inside && stat("/proc/self/ns/net", &other) == 0 && same_file(&ns, &other)) {
        return look;
    }
    inhabited = is_inhabited(&ns, &own);
    if (inhabited < 0) {
        (void)close(fd);
        return unreadable("it could not be seen whether processes live in it");
    }
    look.kind = inhabited ? BOLT_NETNS_IS_INHABITED : BOLT_NETNS_IS_EMPTY;
    return look;
}

struct bolt_netns_look bolt_netns_look_again(struct bolt_arena *arena, const char *path,
                                             bool inside, uint64_t own_pid)
{
    struct bolt_netns_look look = bolt_netns_look(arena, path, inside, own_pid);

    for (unsigned i = 0; i < VISIT_LOOKS && look.kind == BOLT_NETNS_IS_INHABITED; i++) {
        (void)close(look.fd);
        (void)poll(NULL, 0, VISIT_MS / VISIT_LOOKS);
        look = bolt_netns_look(arena, path, inside, own_pid);
    }
    return look;
}

bool bolt_netns_sysctl(struct bolt_arena *arena, int fd, const char *name, struct bolt_bytes *value)
{
    BOLT_CLOSE int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    BOLT_CLOSE int file = -1;
    char path[256];
    char text[256];
    ssize_t n = -1;

    if (home < 0 || strlen(name) + sizeof "/proc/sys/" > sizeof path) {
        return false;
    }
    (void)snprintf(path, sizeof path, "/proc/sys/%s", name);
    for (char *c = path + sizeof "/proc/sys/" - 1; *c != '\0'; c++) {
        *c = *c == '.' ? '/' : *c;
    }
    if (setns(fd, CLONE_NEWNET) != 0) {
        return false;
    }
    file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file >= 0) {
        n = read(file, text, sizeof text);
    }
    if (setns(home, CLONE_NEWNET) != 0) {
        bolt_die("drawbolt: error: could not come back from a network namespace\n");
    }
    if (n <= 0 || (size_t)n == sizeof text) {
        return false;
    }
    *value = bolt_bytes_copy(arena, (struct bolt_bytes){text, (size_t)n});
    while (value->len != 0 && value->at[value->len - 1] == '\n') {
        value->len--;
    }
    return true;
}
