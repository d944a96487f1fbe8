/* SPDX-License-Identifier: Apache-2.0 */
#include "io/say.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

#define LINE_MAX_BYTES 1200

/* Names in a document may hold anything, and engines take these phrases on standard error for
 * errors of their own (podman libpod/oci_util.go, moby daemon/errors.go). */
static void defuse(char *line)
{
    static const struct {
        const char *phrase;
        size_t blank; /* where its first blank is */
    } traps[] = {{"permission denied", 10},
                 {"operation not permitted", 9},
                 {"no such file", 2},
                 {"not found", 3}};

    for (size_t i = 0; i < BOLT_LEN(traps); i++) {
        for (char *at = line; (at = strcasestr(at, traps[i].phrase)) != NULL;) {
            at[traps[i].blank] = '_';
        }
    }
}

/* A pipe takes PIPE_BUF bytes at once, a syslog datagram a few thousand; people read less. */
static struct bolt_bytes shortened(struct bolt_arena *arena, struct bolt_bytes text)
{
    const size_t head = LINE_MAX_BYTES * 3 / 4;
    const size_t tail = LINE_MAX_BYTES / 4;

    if (text.len <= LINE_MAX_BYTES) {
        return text;
    }
    /* The rule stands at the end. */
    return bolt_printf(arena, "%.*s [...] %.*s", (int)head, text.at, (int)tail,
                       text.at + text.len - tail);
}

struct bolt_bytes bolt_said(struct bolt_arena *arena, struct bolt_bytes text)
{
    struct bolt_buf line = {.arena = arena};

    bolt_buf_addf(&line, "drawbolt: %.*s", BOLT_FMT(shortened(arena, text)));
    bolt_buf_addc(&line, '\0');
    defuse(line.at);
    return (struct bolt_bytes){line.at, line.len - 1};
}

static void say_to(int fd, struct bolt_bytes text)
{
    BOLT_ARENA struct bolt_arena *scratch = bolt_arena_new();
    struct bolt_bytes line = bolt_printf(scratch, "%.*s\n", BOLT_FMT(bolt_said(scratch, text)));

    if (bolt_takes_line(fd, BOLT_PATIENCE_MS)) {
        (void)!write(fd, line.at, line.len);
    }
}

void bolt_say(struct bolt_bytes text)
{
    say_to(STDERR_FILENO, text);
}

static bool is_dev_null(int fd)
{
    struct stat st;

    /* Documentation/admin-guide/devices.txt: 1:3 is /dev/null. */
    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* The parent's own open file, so that its offset is shared: what the parent writes next to a file
 * then comes behind our line and not over it (pidfd_getfd(2), Linux 5.6). */
static int share_stderr_of(pid_t pid)
{
    BOLT_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    return pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0);
}

static int open_stderr_of(pid_t pid)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%ld/fd/2", (long)pid);
    return open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

void bolt_say_to_caller(struct bolt_bytes text)
{
    BOLT_CLOSE int fd = -1;

    if (!is_dev_null(STDERR_FILENO)) {
        return;
    }
    fd = share_stderr_of(getppid());
    if (fd < 0) {
        fd = open_stderr_of(getppid());
    }
    if (fd >= 0 && bolt_takes_line(fd, 0)) {
        say_to(fd, text);
    }
}

void bolt_say_syslog(struct bolt_bytes text)
{
    BOLT_ARENA struct bolt_arena *scratch = bolt_arena_new();

    openlog("drawbolt", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
    syslog(LOG_WARNING, "%.*s", BOLT_FMT(shortened(scratch, text)));
    closelog();
}

int64_t bolt_clock_seconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

uint64_t bolt_clock_us(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

/* gmtime_r() would do, but opens /etc/localtime first. Years begin in March here, so that the leap
 * day is a year's last; 153 days are the five months from March to July. */
struct bolt_bytes bolt_clock_format(struct bolt_arena *arena, int64_t seconds, unsigned ms)
{
    int64_t day = seconds / 86400 + 719468; /* since 0000-03-01 */
    int64_t second = seconds % 86400;
    int64_t era = day / 146097; /* 400 years */
    int64_t in_era = day % 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153;
    int64_t in_month = in_year - (153 * month + 2) / 5 + 1;

    month = month < 10 ? month + 3 : month - 9;
    year += era * 400 + (month <= 2 ? 1 : 0);
    return bolt_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", (int)year, (int)month,
                       (int)in_month, (int)(second / 3600), (int)(second / 60 % 60),
                       (int)(second % 60), ms);
}

struct bolt_bytes bolt_clock_text(struct bolt_arena *arena)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return bolt_clock_format(arena, now.tv_sec > 0 ? now.tv_sec : 0,
                             (unsigned)(now.tv_nsec / 1000000));
}

static void on_deadline(int sig)
{
    (void)sig;
    bolt_die("drawbolt: error: no decision within the time limit\n");
}

void bolt_process_prepare(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct stat st;

    for (int fd = 0; fd <= 2; fd++) {
        if (fstat(fd, &st) != 0) {
            /* The wrong direction on purpose: reading and writing fail, as on a closed one. */
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
        }
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL);
}

void bolt_process_deadline(unsigned seconds)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction deadline = {.sa_handler = on_deadline};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGALRM);
    (void)sigaction(SIGALRM, &ignore, NULL); /* one that the caller left pending is not ours */
    (void)sigaction(SIGALRM, &deadline, NULL);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL); /* a mask is inherited */
    (void)alarm(seconds);
}

uint64_t bolt_process_bounding_set(void)
{
    uint64_t set = 0;

    for (int cap = 0; cap < 64; cap++) {
        int has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

        if (has < 0) {
            break;
        }
        set |= has == 1 ? UINT64_C(1) << cap : 0;
    }
    return set;
}

static size_t read_map(const char *path, struct bolt_gid_range out[static BOLT_GID_RANGES_MAX])
{
    BOLT_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[1024] = {0};
    const char *at = text;
    size_t count = 0;
    int used = 0;

    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) {
        return 0;
    }
    while (count < BOLT_GID_RANGES_MAX &&
           sscanf(at, "%u %u %u%n", &out[count].first, &out[count].outside, &out[count].count,
                  &used) == 3) { /* NOLINT(cert-err34-c) */
        at += used;
        count++;
    }
    return count;
}

size_t bolt_process_gid_map(struct bolt_gid_range out[static BOLT_GID_RANGES_MAX])
{
    return read_map("/proc/self/gid_map", out);
}

bool bolt_process_is_in_userns(void)
{
    struct bolt_gid_range ranges[BOLT_GID_RANGES_MAX];
    size_t count = read_map("/proc/self/uid_map", ranges);

    return count != 1 || ranges[0].first != 0 || ranges[0].outside != 0 ||
           ranges[0].count != UINT32_MAX;
}
