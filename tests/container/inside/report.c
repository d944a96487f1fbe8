/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for a runtime: prints what a program is started with, so that it can be compared with
 * what it is started with when drawbolt stands in front. Ends with the status in $REPORT_STATUS.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

extern char **environ;

static void print_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[300];
        char target[300] = "";

        if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(dir)) {
            continue;
        }
        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        if (readlink(path, target, sizeof target - 1) > 0) {
            printf("fd %s %s\n", entry->d_name, target);
        }
    }
}

static void print_status(void)
{
    FILE *in = fopen("/proc/self/status", "r");
    char line[512];

    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        if (strncmp(line, "Sig", 3) == 0 || strncmp(line, "ShdPnd", 6) == 0 ||
            strncmp(line, "Cap", 3) == 0 || strncmp(line, "NoNewPrivs", 10) == 0 ||
            strncmp(line, "Umask", 5) == 0 || strncmp(line, "Seccomp:", 8) == 0) {
            fputs(line, stdout);
        }
    }
}

int main(int argc, char **argv)
{
    const char *status = getenv("REPORT_STATUS");
    struct itimerval timer;
    char cwd[4096] = "";
    char in[256];

    for (int i = 0; i < argc; i++) {
        printf("arg %d '%s'\n", i, argv[i]);
    }
    for (char **e = environ; *e != NULL; e++) {
        printf("env %s\n", *e);
    }
    printf("cwd %s\n", getcwd(cwd, sizeof cwd));
    getitimer(ITIMER_REAL, &timer);
    printf("timer %s\n", timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0 ? "on" : "off");
    print_descriptors();
    print_status();
    while (fgets(in, sizeof in, stdin) != NULL) {
        printf("stdin %s", in);
    }
    return status != NULL ? atoi(status) : 0;
}
