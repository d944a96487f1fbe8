/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs, and what bolt_bpf_run() says that they answer, for another interpreter to agree with
 * (tests/check/simulator.sh).
 *
 *   points DIR    writes DIR/NAME.bpf, DIR/points (arguments of scmp_bpf_sim, one call a line) and
 *                 DIR/answers (what it should print, in the same order)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/audit.h>

#include "judge.h"

#define POINTS 220 /* of each program */
#define TRIO "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"

static const struct {
    const char *name;
    const char *recorded; /* or */
    const char *text;
} profiles[] = {
    {"docker", "docker-default", NULL},
    {"podman", "podman-default", NULL},
    {"none", NULL, "null"},
    {"families", NULL,
     "{\"defaultAction\":\"SCMP_ACT_KILL\"," TRIO ",\"syscalls\":[{\"names\":[\"read\",\"futex\","
     "\"socketcall\"],\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"socket\"],"
     "\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":17,\"op\":\"SCMP_CMP_LE\"}]}]}"},
    {"actions", NULL,
     "{\"defaultAction\":\"SCMP_ACT_LOG\"," TRIO ",\"syscalls\":[{\"names\":[\"connect\"],"
     "\"action\":\"SCMP_ACT_TRAP\"},{\"names\":[\"bind\"],\"action\":\"SCMP_ACT_TRACE\","
     "\"errnoRet\":9},{\"names\":[\"socketpair\"],\"action\":\"SCMP_ACT_NOTIFY\"},{\"names\":[\"sendfile\"],"
     "\"action\":\"SCMP_ACT_KILL_PROCESS\"},{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\","
     "\"errnoRet\":97,\"args\":[{\"index\":0,\"value\":38,\"op\":\"SCMP_CMP_EQ\"}]}]}"},
};

struct writer {
    const char *dir;
    FILE *points;
    FILE *answers;
    const char *program; /* its file */
    struct bolt_bpf bpf;
    size_t seen;
    size_t every;
};

static BOLT_NORETURN void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "points: %s: %s\n", what, why);
    exit(1);
}

/* As the simulator prints it; it does not know NOTIFY. */
static void write_answer(FILE *out, uint32_t action)
{
    static const struct {
        uint32_t action;
        const char *text;
    } texts[] = {{BOLT_ACT_KILL_PROCESS, "KILL_PROCESS"},
                 {BOLT_ACT_KILL_THREAD, "KILL"},
                 {BOLT_ACT_TRAP, "TRAP"},
                 {BOLT_ACT_ERRNO, "ERRNO"},
                 {BOLT_ACT_NOTIFY, "ERROR"},
                 {BOLT_ACT_TRACE, "TRACE"},
                 {BOLT_ACT_LOG, "LOG"},
                 {BOLT_ACT_ALLOW, "ALLOW"}};

    for (size_t i = 0; i < BOLT_LEN(texts); i++) {
        if (texts[i].action == (action & BOLT_ACT_FULL)) {
            (void)fprintf(out, bolt_act_has_data(action) ? "%s(%u)\n" : "%s\n", texts[i].text,
                          action & ~BOLT_ACT_FULL);
        }
    }
}

static bool write_point(void *data, const struct bolt_input *in)
{
    struct writer *w = data;

    if (w->every == 0 || w->seen++ % w->every != 0) {
        w->seen += w->every == 0;
        return true;
    }
    (void)fprintf(w->points, "-f %s -a %s -s %u", w->program,
                  in->arch == AUDIT_ARCH_I386 ? "x86" : "x86_64", in->nr);
    for (size_t i = 0; i < BOLT_LEN(in->args); i++) {
        (void)fprintf(w->points, " -%zu 0x%llx", i, (unsigned long long)in->args[i]);
    }
    (void)fprintf(w->points, "\n");
    write_answer(w->answers, bolt_bpf_run(w->bpf, in));
    return true;
}

static void write_program(struct bolt_arena *arena, const struct writer *out,
                          const struct spec *spec, const char *name, bool binary_tree,
                          uint64_t seed)
{
    struct writer w = *out;
    struct bolt_err err = {0};
    FILE *file;

    if (!judge_compile(arena, spec_text(arena, spec), binary_tree, &w.bpf, &err)) {
        give_up(name, err.text);
    }
    w.program = bolt_bytes_cstr(
        arena, bolt_printf(arena, "%s/%s%s.bpf", w.dir, name, binary_tree ? "-tree" : ""));
    file = fopen(w.program, "wb");
    if (file == NULL ||
        fwrite(w.bpf.insns, sizeof *w.bpf.insns, w.bpf.count, file) != w.bpf.count ||
        fclose(file) != 0) {
        give_up(w.program, "cannot be written");
    }
    (void)judge_inputs(spec, seed, write_point, &w); /* counts */
    w.every = w.seen / POINTS;
    w.seen = 0;
    (void)judge_inputs(spec, seed, write_point, &w);
}

static void write_profile(struct bolt_arena *arena, const struct writer *w, size_t i)
{
    static const struct bolt_seccomp_denial denial = {
        .errnum = 1, .socketcall = true, .io_uring = true};
    const char *name = profiles[i].name;
    const char *text = profiles[i].text;
    const char *after;
    struct bolt_err err = {0};
    struct spec spec;

    if (text == NULL) {
        text = spec_recorded(arena, profiles[i].recorded);
    }
    if (text == NULL) {
        give_up(name, "BOLT_TESTS is not set");
    }
    after = judge_merged(arena, text, &denial, &err);
    if (after == NULL) {
        give_up(name, err.text);
    }
    if (strcmp(text, "null") != 0) {
        spec = spec_read(arena, text);
        write_program(arena, w, &spec, name, false, i + 3);
    }
    spec = spec_read(arena, after);
    name = bolt_bytes_cstr(arena, bolt_printf(arena, "%s-merged", name));
    write_program(arena, w, &spec, name, false, i + 30);
    write_program(arena, w, &spec, name, true, i + 300);
}

static FILE *create(struct bolt_arena *arena, const char *dir, const char *name)
{
    FILE *file = fopen(bolt_bytes_cstr(arena, bolt_printf(arena, "%s/%s", dir, name)), "w");

    if (file == NULL) {
        give_up(dir, "cannot be written");
    }
    return file;
}

int main(int argc, char **argv)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct writer w = {0};

    if (argc != 2) {
        give_up("usage", "points DIR");
    }
    w.dir = argv[1];
    w.points = create(arena, w.dir, "points");
    w.answers = create(arena, w.dir, "answers");
    for (size_t i = 0; i < BOLT_LEN(profiles); i++) {
        write_profile(arena, &w, i);
    }
    if (fclose(w.points) != 0 || fclose(w.answers) != 0) {
        give_up(w.dir, "cannot be written");
    }
    return 0;
}
