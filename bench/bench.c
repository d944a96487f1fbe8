/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times whole processes against each other, in turn, and prints ratios of medians.
 *
 *   bench RUNS NAME STDIN PROGRAM [ARG...] [:: NAME STDIN PROGRAM [ARG...]]...
 *
 * The first command is what the others are compared with. Each round runs every command once, so
 * that a machine that gets slower gets slower for all of them. An argument "@after=COMMAND" is not
 * passed on: COMMAND is run by the shell after each run and not timed. A command that fails (any
 * exit status but 0, or "@exit=N") ends the bench: what did not work has no speed.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 16

extern char **environ;

struct command {
    const char *name;
    const char *input;
    char **argv;
    const char *after;
    int status;
    double *ms;
    long peak_kib;
};

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void give_up(const struct command *c, const char *why)
{
    (void)fprintf(stderr, "bench: %s: %s\n", c->name, why);
    exit(1);
}

static double run_once(struct command *c)
{
    posix_spawn_file_actions_t files;
    struct rusage usage;
    double start;
    double end;
    int status;
    pid_t pid;

    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, 0, c->input, O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    start = now_ms();
    if (posix_spawnp(&pid, c->argv[0], &files, NULL, c->argv, environ) != 0) {
        give_up(c, "could not be started");
    }
    if (wait4(pid, &status, 0, &usage) != pid) {
        give_up(c, "was lost");
    }
    end = now_ms();
    (void)posix_spawn_file_actions_destroy(&files);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != c->status) {
        give_up(c, "ended with another exit status than expected");
    }
    c->peak_kib = usage.ru_maxrss > c->peak_kib ? usage.ru_maxrss : c->peak_kib;
    if (c->after != NULL && system(c->after) != 0) { /* NOLINT(cert-env33-c) */
        give_up(c, "its @after command failed");
    }
    return end - start;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median(struct command *c, size_t runs)
{
    qsort(c->ms, runs, sizeof *c->ms, by_size);
    return c->ms[runs / 2];
}

/* Splits argv at "::" and takes the '@' arguments out. Returns how many commands there are. */
static size_t read_commands(char **argv, struct command *list)
{
    size_t count = 0;

    while (*argv != NULL && count < COMMANDS_MAX) {
        struct command *c = &list[count++];
        char **to;

        c->name = argv[0];
        c->input = argv[0] == NULL ? NULL : argv[1];
        if (c->input == NULL || argv[2] == NULL) {
            give_up(c, "needs NAME STDIN PROGRAM");
        }
        argv += 2;
        c->argv = to = argv;
        for (; *argv != NULL && strcmp(*argv, "::") != 0; argv++) {
            if (strncmp(*argv, "@after=", 7) == 0) {
                c->after = *argv + 7;
            } else if (strncmp(*argv, "@exit=", 6) == 0) {
                c->status = (int)strtol(*argv + 6, NULL, 10);
            } else {
                *to++ = *argv;
            }
        }
        argv += *argv != NULL ? 1 : 0;
        *to = NULL;
    }
    return count;
}

int main(int argc, char **argv)
{
    struct command commands[COMMANDS_MAX] = {0};
    size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    size_t count;
    double base = 0;

    if (runs < 3) {
        (void)fprintf(stderr, "usage: bench RUNS NAME STDIN PROGRAM [ARG...] [:: ...]\n");
        return 2;
    }
    count = read_commands(argv + 2, commands);
    for (size_t i = 0; i < count; i++) {
        commands[i].ms = calloc(runs, sizeof(double));
        if (commands[i].ms == NULL) {
            give_up(&commands[i], "no memory");
        }
        (void)run_once(&commands[i]); /* warms the caches */
    }
    for (size_t run = 0; run < runs; run++) {
        for (size_t i = 0; i < count; i++) {
            commands[i].ms[run] = run_once(&commands[i]);
        }
    }
    (void)printf("%-44s %9s %9s %9s %9s\n", "command", "median ms", "min ms", "ratio", "peak MiB");
    for (size_t i = 0; i < count; i++) {
        double m = median(&commands[i], runs);

        base = i == 0 ? m : base;
        (void)printf("%-44s %9.3f %9.3f %9.3f %9.1f\n", commands[i].name, m, commands[i].ms[0],
                     m / base, (double)commands[i].peak_kib / 1024);
        free(commands[i].ms);
    }
    return 0;
}
