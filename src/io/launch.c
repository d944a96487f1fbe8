/* SPDX-License-Identifier: Apache-2.0 */
#include "io/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/file.h"
#include "io/trusted.h"

#define LOOP_MARK "DRAWBOLT_TURNS"
#define TURNS_MAX 8 /* a hook of a container may start another one */

void bolt_caller_note(struct bolt_caller *out)
{
    struct stat st;
    sigset_t pending;

    (void)sigpending(&pending);
    out->alarmed = sigismember(&pending, SIGALRM) == 1;
    for (int fd = 0; fd <= 2; fd++) {
        out->closed[fd] = fstat(fd, &st) != 0;
    }
    (void)sigaction(SIGPIPE, NULL, &out->pipe);
    (void)sigaction(SIGXFSZ, NULL, &out->file_size);
    (void)sigaction(SIGALRM, NULL, &out->alarm);
    (void)sigprocmask(SIG_SETMASK, NULL, &out->mask);
    (void)getitimer(ITIMER_REAL, &out->timer); /* execve(2) keeps it running */
}

static void put_back(const struct bolt_caller *caller)
{
    const struct itimerval off = {{0}, {0}};

    (void)setitimer(ITIMER_REAL, &off, NULL);
    (void)sigaction(SIGALRM, &caller->alarm, NULL);
    (void)sigaction(SIGPIPE, &caller->pipe, NULL);
    (void)sigaction(SIGXFSZ, &caller->file_size, NULL);
    (void)sigprocmask(SIG_SETMASK, &caller->mask, NULL);
    (void)setitimer(ITIMER_REAL, &caller->timer, NULL);
    if (caller->alarmed) {
        (void)kill(getpid(), SIGALRM); /* execve(2) keeps what is pending */
    }
    for (int fd = 0; fd <= 2; fd++) {
        if (caller->closed[fd]) {
            (void)close(fd);
        }
    }
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int bolt_launch_check(struct bolt_arena *arena, const char *path, bool *absent,
                      struct bolt_err *err)
{
    BOLT_CLOSE int found = -1;
    struct stat self;
    struct stat st;
    int opened = bolt_trusted_open(arena, path, false, &found, err);

    /* Behind a symbolic link (/sbin) what is not there is an error to bolt_trusted_open(). */
    *absent = found < 0 && access(path, F_OK) != 0 && errno == ENOENT;
    if (opened != 0 && !*absent) {
        return bolt_fail_in(err, "the runtime '%s'", path);
    }
    if (found < 0) {
        return bolt_fail(err, BOLT_ERR_SYSTEM, "the runtime '%s' is not there", path);
    }
    if (fstat(found, &st) != 0 || stat("/proc/self/exe", &self) != 0) {
        return bolt_fail_errno(err, errno, "the runtime '%s' or /proc/self/exe", path);
    }
    if (is_same_file(&st, &self)) {
        return bolt_fail(err, BOLT_ERR_POLICY, "the runtime '%s' is drawbolt itself", path);
    }
    return 0;
}

bool bolt_launch_is_self(const char *path)
{
    struct stat self;
    struct stat st;

    return stat(path, &st) == 0 && stat("/proc/self/exe", &self) == 0 && is_same_file(&st, &self);
}

static int seal(int fd, struct bolt_bytes bytes, struct bolt_err *err)
{
    if (bolt_file_write(fd, "memory", bytes, err) != 0) {
        return -1;
    }
    if (lseek(fd, 0, SEEK_SET) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
        return bolt_fail_errno(err, errno, "seal a file in memory");
    }
    return 0;
}

int bolt_launch_memory(struct bolt_arena *arena, struct bolt_bytes bytes, int lowest,
                       const char **path, struct bolt_err *err)
{
    BOLT_CLOSE int fd = memfd_create("drawbolt", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    int kept;

    if (fd < 0) {
        return bolt_fail_errno(err, errno, "make a file in memory");
    }
    if (seal(fd, bytes, err) != 0) {
        return -1;
    }
    kept = fcntl(fd, F_DUPFD, lowest);
    if (kept < 0) {
        return bolt_fail_errno(err, errno, "a descriptor from %d on", lowest);
    }
    *path = bolt_printf(arena, "/proc/self/fd/%d", kept).at;
    return 0;
}

/* How often drawbolt has become a runtime on the way to here. */
static unsigned turns(void)
{
    const char *text = getenv(LOOP_MARK);
    uint64_t count = 0;

    if (text == NULL) {
        return 0;
    }
    return bolt_bytes_to_u64(bolt_bytes_of(text), &count) && count < TURNS_MAX ? (unsigned)count
                                                                               : TURNS_MAX;
}

int bolt_launch_check_loop(struct bolt_err *err)
{
    return turns() < TURNS_MAX
               ? 0
               : bolt_fail(err, BOLT_ERR_POLICY, "the runtime starts drawbolt again and again");
}

static bool is_script(const char *path)
{
    BOLT_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char start[2];

    return fd >= 0 && read(fd, start, sizeof start) == (ssize_t)sizeof start &&
           memcmp(start, "#!", sizeof start) == 0;
}

static int count_turn(void)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%u", turns() + 1);
    return setenv(LOOP_MARK, text, 1);
}

int bolt_launch(const char *path, char *const *argv, bool counts, const struct bolt_caller *caller,
                struct bolt_err *err)
{
    if ((counts || is_script(path)) && count_turn() != 0) {
        return bolt_fail_errno(err, errno, "set " LOOP_MARK);
    }
    put_back(caller);
    (void)execv(path, argv);
    return bolt_fail_errno(err, errno, "the runtime '%s'", path);
}

void bolt_launch_log(const char *path, struct bolt_bytes line)
{
    BOLT_CLOSE int fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);

    if (fd >= 0) {
        (void)!write(fd, line.at, line.len);
    }
}
