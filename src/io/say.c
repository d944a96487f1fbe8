/* SPDX-License-Identifier: Apache-2.0 */
#include "io/say.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

static void say_to(int fd, struct bolt_bytes text)
{
    BOLT_ARENA struct bolt_arena *scratch = bolt_arena_new();
    struct bolt_bytes line = bolt_printf(scratch, "drawbolt: %.*s\n", BOLT_FMT(text));

    (void)!write(fd, line.at, line.len);
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

void bolt_say_to_caller(struct bolt_bytes text)
{
    BOLT_CLOSE int fd = -1;
    char path[64];

    if (!is_dev_null(STDERR_FILENO)) {
        return;
    }
    (void)snprintf(path, sizeof path, "/proc/%ld/fd/2", (long)getppid());
    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0) {
        say_to(fd, text);
    }
}

void bolt_say_syslog(struct bolt_bytes text, bool refused)
{
    openlog("drawbolt", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
    syslog(refused ? LOG_WARNING : LOG_INFO, "%.*s", BOLT_FMT(text));
    closelog();
}

int64_t bolt_clock_now(void)
{
    return (int64_t)time(NULL);
}

uint64_t bolt_clock_us(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

struct bolt_bytes bolt_clock_text(struct bolt_arena *arena)
{
    struct timespec now = {0};
    struct tm tm = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &tm);
    return bolt_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                       now.tv_nsec / 1000000);
}

static void on_deadline(int sig)
{
    static const char text[] = "drawbolt: error: no decision within the time limit\n";

    (void)sig;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(5);
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
}

void bolt_process_deadline(unsigned seconds)
{
    struct sigaction deadline = {.sa_handler = on_deadline};

    (void)sigaction(SIGALRM, &deadline, NULL);
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
