/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides what records tell once more and prints the records of that.
 *
 *   replay_records POLICY <LOG     a record for each line, or "untold", or what was wrong
 *
 * What a record does not tell (time, input, edits and others) is empty.
 */
#include <stdio.h>
#include <stdlib.h>

#include "decide/replay.h"
#include "emit/emit.h"

static void load(struct bolt_arena *arena, const char *path, struct bolt_policy *policy)
{
    struct bolt_err err = {0};
    char text[65536];
    FILE *in = fopen(path, "re");
    size_t len;

    if (in == NULL) {
        (void)fprintf(stderr, "replay_records: cannot open %s\n", path);
        exit(2);
    }
    len = fread(text, 1, sizeof text, in);
    (void)fclose(in);
    if (bolt_policy_parse(arena, bolt_bytes_copy(arena, (struct bolt_bytes){text, len}), policy,
                          &err) != 0) {
        (void)fprintf(stderr, "replay_records: %s\n", err.text);
        exit(2);
    }
}

static struct bolt_bytes replay(struct bolt_arena *arena, const struct bolt_policy *policy,
                                struct bolt_bytes line)
{
    const struct bolt_doc *doc;
    struct bolt_replay replay;
    struct bolt_replayed now;
    struct bolt_err err = {0};

    if (bolt_doc_parse(arena, line, BOLT_DIALECT_STRICT, &doc, &err) != 0 ||
        bolt_replay_read(arena, doc, bolt_doc_root(doc), &replay, &err) != 0 ||
        bolt_replay_decide(arena, &replay, policy, &now, &err) != 0) {
        return bolt_printf(arena, "%s\n", err.text);
    }
    if (now.filter_untold || now.ports_untold || now.at_best != NULL) {
        return BOLT_LIT("untold\n");
    }
    /* Edits have no place in a record's document. */
    ((struct bolt_decision *)(uintptr_t)now.decision)->edit_count = 0;
    return bolt_emit_record(arena, &(struct bolt_record){.point = replay.point,
                                                         .version = "",
                                                         .runtime = "",
                                                         .policy = policy,
                                                         .facts = &replay.facts,
                                                         .judged = &now.c,
                                                         .decision = now.decision});
}

int main(int argc, char **argv)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_policy policy;
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    if (argc != 2) {
        return 2;
    }
    load(arena, argv[1], &policy);
    while ((len = getline(&line, &size, stdin)) >= 0) {
        struct bolt_bytes out =
            replay(arena, &policy, bolt_bytes_copy(arena, (struct bolt_bytes){line, (size_t)len}));

        (void)fwrite(out.at, 1, out.len, stdout);
    }
    free(line);
    return fflush(stdout) == 0 ? 0 : 1;
}
