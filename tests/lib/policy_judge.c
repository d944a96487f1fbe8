/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says what the loader thinks of many policies at once, for comparison with the schema.
 *
 *   policy_judge FILE...     a line for each file: "ok" or "bad LINE:COLUMN: REASON"
 *   policy_judge -           the same for each line of stdin
 *   policy_judge --show      the built-in policy, as shown
 *   policy_judge --lint FILE the lines of lint
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "policy/policy.h"

static int judge(struct bolt_bytes text)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_policy policy;
    struct bolt_err err = {0};

    if (bolt_policy_parse(arena, text, &policy, &err) == 0) {
        return puts("ok") < 0 ? 1 : 0;
    }
    return printf("bad %s\n", err.text) < 0 ? 1 : 0;
}

static struct bolt_bytes slurp(struct bolt_arena *arena, const char *path)
{
    struct bolt_buf out = {.arena = arena};
    FILE *in = fopen(path, "re");
    char chunk[4096];
    size_t got;

    if (in == NULL) {
        (void)fprintf(stderr, "policy_judge: cannot open %s\n", path);
        exit(2);
    }
    while ((got = fread(chunk, 1, sizeof chunk, in)) != 0) {
        bolt_buf_add(&out, (struct bolt_bytes){chunk, got});
    }
    (void)fclose(in);
    return bolt_buf_bytes(&out);
}

static int judge_lines(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    while ((len = getline(&line, &size, stdin)) >= 0) {
        if (judge((struct bolt_bytes){line, (size_t)len}) != 0) {
            break;
        }
    }
    free(line);
    return len < 0 ? 0 : 1;
}

static int show(struct bolt_arena *arena)
{
    struct bolt_policy policy;
    struct bolt_err err = {0};

    if (bolt_policy_parse(arena, bolt_policy_builtin(), &policy, &err) != 0) {
        (void)fprintf(stderr, "policy_judge: %s\n", err.text);
        return 1;
    }
    return printf("%.*s\n", BOLT_FMT(bolt_policy_show(arena, &policy))) < 0 ? 1 : 0;
}

static int lint(struct bolt_arena *arena, const char *path)
{
    const struct bolt_bytes *lines = NULL;
    struct bolt_policy policy;
    struct bolt_err err = {0};
    size_t count;

    if (bolt_policy_parse(arena, slurp(arena, path), &policy, &err) != 0) {
        (void)fprintf(stderr, "policy_judge: %s: %s\n", path, err.text);
        return 1;
    }
    count = bolt_policy_lint(arena, &policy, 0, BOLT_LINT_DAYS, &lines);
    for (size_t i = 0; i < count; i++) {
        (void)printf("%.*s\n", BOLT_FMT(lines[i]));
    }
    return 0;
}

int main(int argc, char **argv)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    if (argc == 2 && strcmp(argv[1], "-") == 0) {
        return judge_lines();
    }
    if (argc == 2 && strcmp(argv[1], "--show") == 0) {
        return show(arena);
    }
    if (argc == 3 && strcmp(argv[1], "--lint") == 0) {
        return lint(arena, argv[2]);
    }
    for (int i = 1; i < argc; i++) {
        if (judge(slurp(arena, argv[i])) != 0) {
            return 1;
        }
    }
    return 0;
}
