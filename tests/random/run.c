/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random profiles through the merge, and what it promises held to whole programs.
 *
 *   BOLT_RANDOM_SEED=N    the profiles of that run again; by default the same in every run
 *   BOLT_RANDOM_COUNT=N   how many (2000)
 *   BOLT_RANDOM_ONE=N     only that one of them, and its JSON
 *
 * libseccomp does not end on some profiles, so they are judged in children whose processor time is
 * limited; one that runs into the limit is counted and the next child goes on behind it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"

#define WORKERS 2
#define SHOWN 3 /* failures that are shrunk and printed */

struct outcome {
    enum judged judged;
    int status; /* how the child ended, if it did */
    char why[WHY_SIZE];
};

struct run {
    uint64_t seed;
    size_t count;
    struct outcome *outcomes; /* shared with the children */
};

/* --- children --------------------------------------------------------------------------- */

static void limit_time(void)
{
    const struct itimerval limit = {.it_value = {.tv_sec = 2 * SLOWER}};

    (void)setitimer(ITIMER_PROF, &limit, NULL);
}

static void judge_into(const struct spec *spec, struct outcome *out)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    limit_time();
    out->judged = judge_spec(arena, spec, out->why);
}

static void judge_number(const struct run *run, size_t number)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct spec spec = spec_random(arena, run->seed, number);

    judge_into(&spec, &run->outcomes[number]);
}

static pid_t start(const struct run *run, size_t from)
{
    pid_t pid = fork();

    if (pid != 0) {
        return pid;
    }
    for (size_t i = from; i < run->count; i += WORKERS) {
        judge_number(run, i);
    }
    _exit(0);
}

static void note_death(struct outcome *outcome, int status)
{
    outcome->status = status;
    outcome->judged =
        WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ? JUDGED_TIMEOUT : JUDGED_BROKEN;
    if (outcome->judged == JUDGED_BROKEN) {
        (void)snprintf(outcome->why, WHY_SIZE, "the process ends with status 0x%x",
                       (unsigned)status);
    }
}

/* Children that died are replaced, behind what they died of. */
static void judge_all(const struct run *run)
{
    pid_t pids[WORKERS];
    size_t next[WORKERS];
    size_t left = WORKERS;

    for (size_t i = 0; i < WORKERS; i++) {
        next[i] = i;
        pids[i] = start(run, i);
    }
    while (left != 0) {
        int status = 0;
        pid_t pid = wait(&status);
        size_t i = pid == pids[0] ? 0 : 1;

        while (next[i] < run->count && run->outcomes[next[i]].judged != JUDGED_NOTHING) {
            next[i] += WORKERS;
        }
        if (pid < 0 || next[i] >= run->count) {
            left--;
            continue;
        }
        note_death(&run->outcomes[next[i]], status);
        next[i] += WORKERS;
        pids[i] = start(run, next[i]);
    }
}

/* --- shrinking -------------------------------------------------------------------------- */

static enum judged judge_apart(const struct spec *spec, struct outcome *out)
{
    int status = 0;
    pid_t pid;

    *out = (struct outcome){.judged = JUDGED_NOTHING};
    pid = fork();
    if (pid == 0) {
        judge_into(spec, out);
        _exit(0);
    }
    (void)waitpid(pid, &status, 0);
    if (out->judged == JUDGED_NOTHING) {
        note_death(out, status);
    }
    return out->judged;
}

/* @out is shared, and says at the end what breaks in what is left. */
static struct spec shrink(struct bolt_arena *arena, struct spec spec, struct outcome *out)
{
    struct spec smaller;
    size_t number = 0;

    while (spec_shrink(arena, &spec, number, &smaller)) {
        if (judge_apart(&smaller, out) == JUDGED_BROKEN) {
            spec = smaller;
        } else {
            number++;
        }
    }
    (void)judge_apart(&spec, out);
    return spec;
}

static void show(const struct run *run, size_t number)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct outcome *out = &run->outcomes[run->count]; /* room for one more */
    struct spec spec = shrink(arena, spec_random(arena, run->seed, number), out);

    printf("FAILED: profile %zu of seed %llu, denial errno %u, socketcall %d, io_uring %d, "
           "extended %d, log %d, stricter %d, spared 0x%llx\n  %s\n",
           number, (unsigned long long)run->seed, spec.denial.errnum, spec.denial.socketcall,
           spec.denial.io_uring, spec.denial.extended, spec.denial.log, spec.denial.stricter,
           (unsigned long long)spec.denial.spared, run->outcomes[number].why);
    printf("  shrunk, %s:\n  %s\n", out->why, spec_text(arena, &spec));
}

/* --- the whole -------------------------------------------------------------------------- */

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t value;

    if (text == NULL || text[0] == '\0') {
        return otherwise;
    }
    if (!bolt_bytes_to_u64(bolt_bytes_of(text), &value)) {
        (void)fprintf(stderr, "%s: not a number\n", name);
        exit(2);
    }
    return value;
}

static int judge_one(const struct run *run, size_t number)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct spec spec = spec_random(arena, run->seed, number);

    (void)judge_apart(&spec, &run->outcomes[0]);
    printf("%s\n%s %s\n", spec_text(arena, &spec), judged_names[run->outcomes[0].judged],
           run->outcomes[0].why);
    return run->outcomes[0].judged == JUDGED_BROKEN;
}

/* Were nearly nothing accepted, or nearly nothing valid, the rest would say nothing. */
static bool is_worth_it(const size_t counts[JUDGED_KINDS], size_t all)
{
    size_t proved = counts[JUDGED_EXACT] + counts[JUDGED_TIGHT] + counts[JUDGED_MISALIGN] +
                    counts[JUDGED_STRICTER] + counts[JUDGED_DENIED];
    size_t merged = proved - counts[JUDGED_DENIED];

    return proved >= counts[JUDGED_REFUSED] && merged * 4 >= all &&
           counts[JUDGED_TIMEOUT] * 20 <= all;
}

static int summarize(const struct run *run)
{
    size_t counts[JUDGED_KINDS] = {0};
    size_t shown = 0;

    for (size_t i = 0; i < run->count; i++) {
        counts[run->outcomes[i].judged]++;
        if (run->outcomes[i].judged == JUDGED_BROKEN && shown++ < SHOWN) {
            show(run, i);
        }
    }
    printf("%zu random profiles, seed %llu:", run->count, (unsigned long long)run->seed);
    for (size_t kind = JUDGED_EXACT; kind < JUDGED_KINDS; kind++) {
        printf("%s %zu %s", kind == JUDGED_EXACT ? "" : ",", counts[kind], judged_names[kind]);
    }
    printf("\n");
    if (counts[JUDGED_BROKEN] != 0 || counts[JUDGED_NOTHING] != 0) {
        return 1;
    }
    if (!is_worth_it(counts, run->count)) {
        printf("FAILED: too few are accepted, or too many take too long\n");
        return 1;
    }
    return 0;
}

int main(void)
{
    struct run run = {.seed = setting("BOLT_RANDOM_SEED", 1),
                      .count = (size_t)setting("BOLT_RANDOM_COUNT", 2000)};
    size_t size = (run.count + 1) * sizeof *run.outcomes;

#if !defined(__x86_64__)
    printf("skipped: the profiles name x86's ABIs\n");
    return 77;
#endif
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    run.outcomes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run.outcomes == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    if (getenv("BOLT_RANDOM_ONE") != NULL) {
        return judge_one(&run, (size_t)setting("BOLT_RANDOM_ONE", 0));
    }
    judge_all(&run);
    return summarize(&run);
}
