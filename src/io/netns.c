/* SPDX-License-Identifier: Apache-2.0 */
#include "io/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <threads.h>
#include <unistd.h>

#include "io/trusted.h"
#include "io/userns.h"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673 /* linux/magic.h */
#endif

struct own {
    unsigned long self;
    unsigned long parent;
    unsigned long first;  /* of the container */
    struct stat homes[2]; /* networks that the engine may be in: the host's, the caller's */
    size_t home_count;
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

/* Is one of the process's threads in one of these networks? */
static bool has_thread_in(int proc, unsigned long pid, const struct stat *networks, size_t count)
{
    char path[64];
    int fd;
    DIR *tasks;
    const struct dirent *entry;
    bool found = false;

    (void)snprintf(path, sizeof path, "%lu/task", pid);
    fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tasks = fd < 0 ? NULL : fdopendir(fd);
    if (tasks == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    while (!found && (entry = readdir(tasks)) != NULL) {
        struct stat st;

        (void)snprintf(path, sizeof path, "%.32s/ns/net", entry->d_name);
        if (fstatat(fd, path, &st, 0) != 0) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            found = found || same_file(&st, &networks[i]);
        }
    }
    (void)closedir(tasks);
    return found;
}

/* An engine in Go makes a namespace in one thread, which then ends; but if that is the main thread,
 * Go keeps it there, idle, for as long as the engine runs. The others stay where the engine is, and
 * nobody who lives in a container's network has a thread there. */
static bool is_visitor(int proc, unsigned long pid, const struct own *own)
{
    return has_thread_in(proc, pid, own->homes, own->home_count);
}

static bool shares(int proc, unsigned long pid, const char *kind)
{
    char path[64];
    struct stat theirs;
    struct stat ours;

    (void)snprintf(path, sizeof path, "%lu/ns/%s", pid, kind);
    if (fstatat(proc, path, &theirs, 0) != 0) {
        return false;
    }
    (void)snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
    return stat(path, &ours) == 0 && same_file(&theirs, &ours);
}

/* Rootless podman keeps a process in the network that brings the published ports there. It is where
 * podman itself is otherwise, and no container is. */
static bool is_helper(int proc, unsigned long pid)
{
    return bolt_userns_root_is_a_user() && shares(proc, pid, "user") && shares(proc, pid, "mnt");
}

static bool is_stranger(int proc, unsigned long pid, const struct own *own)
{
    return !is_own(proc, pid, own) && !is_visitor(proc, pid, own) && !is_helper(proc, pid);
}

static bool may_look_at_everybody(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capget, &head, caps) == 0 &&
           (caps[0].effective & UINT32_C(1) << CAP_SYS_PTRACE) != 0;
}

/* A process that a plain user may not look at (rootless podman) belongs to somebody whose
 * namespaces that user could not open either; and who may look at everybody is kept from a process
 * by a security module only, which does so to what no container is. Root without that right does
 * not see other users' processes. */
static bool may_be_passed_over(void)
{
    return geteuid() != 0 || bolt_userns_root_is_a_user() || may_look_at_everybody();
}

/* 1: a stranger lives there, 0: it does not, -1: could not look. Of a process whose first thread
 * has ended only the others have a network. */
static int lives_in(int proc, unsigned long pid, const struct stat *ns, const struct own *own)
{
    char path[64];
    struct stat st;
    bool there = false;

    (void)snprintf(path, sizeof path, "%lu/ns/net", pid);
    if (fstatat(proc, path, &st, 0) == 0) {
        there = same_file(&st, ns);
    } else if (errno == ENOENT) {
        there = has_thread_in(proc, pid, ns, 1);
    } else if (errno == EACCES || errno == EPERM) {
        return may_be_passed_over() ? 0 : -1;
    } else if (errno != ESRCH) {
        return -1;
    }
    return there && is_stranger(proc, pid, own);
}

/* 1: somebody lives there, 0: nobody, -1: could not look. */
static int is_inhabited(const struct stat *ns, const struct own *own)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    int result = 0;

    if (dir == NULL) {
        return -1;
    }
    while (result == 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
            result = lives_in(dirfd(dir), strtoul(entry->d_name, NULL, 10), ns, own);
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
    struct own own = who_we_are(own_pid);
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
        own.homes[own.home_count++] = other;
    } else if (inside) {
        (void)close(fd);
        return unreadable("the host's namespace could not be compared with it");
    }
    if (!inside && stat("/proc/self/ns/net", &other) == 0) {
        if (same_file(&ns, &other)) {
            return look;
        }
        own.homes[own.home_count++] = other;
    }
    inhabited = is_inhabited(&ns, &own);
    if (inhabited < 0) {
        (void)close(fd);
        return unreadable("it could not be seen whether processes live in it");
    }
    look.kind = inhabited ? BOLT_NETNS_IS_INHABITED : BOLT_NETNS_IS_EMPTY;
    return look;
}

struct visit {
    int fd;
    const char *path;
    char text[256];
    ssize_t length;
};

static int go_and_read(void *arg)
{
    struct visit *visit = (struct visit *)arg;
    BOLT_CLOSE int file = -1;

    if (setns(visit->fd, CLONE_NEWNET) == 0) {
        file = open(visit->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        visit->length = file < 0 ? -1 : read(file, visit->text, sizeof visit->text);
    }
    return 0;
}

bool bolt_netns_sysctl(struct bolt_arena *arena, int fd, const char *name, struct bolt_bytes *value)
{
    char path[256];
    struct visit visit = {.fd = fd, .path = path, .length = -1};
    thrd_t thread;

    if (strlen(name) + sizeof "/proc/sys/" > sizeof path) {
        return false;
    }
    (void)snprintf(path, sizeof path, "/proc/sys/%s", name);
    for (char *c = path + sizeof "/proc/sys/" - 1; *c != '\0'; c++) {
        *c = *c == '.' ? '/' : *c;
    }
    if (thrd_create(&thread, go_and_read, &visit) != thrd_success) {
        return false;
    }
    (void)thrd_join(thread, NULL);
    if (visit.length <= 0 || (size_t)visit.length == sizeof visit.text) {
        return false;
    }
    *value = bolt_bytes_copy(arena, (struct bolt_bytes){visit.text, (size_t)visit.length});
    while (value->len != 0 && value->at[value->len - 1] == '\n') {
        value->len--;
    }
    return true;
}
