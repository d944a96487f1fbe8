/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a merge says that a profile got stricter on ("inexact": "stricter"), held to whole programs:
 * every part that is told is stricter, every example is and lies within its bound, and what
 * thousands of inputs show is told. What is told is read from the text that people get.
 *
 *   BOLT_RANDOM_SEED=N    other profiles; by default the same in every run
 *   BOLT_STRICTER_COUNT=N how many that got stricter (200)
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dice.h"
#include "judge.h"

#define PROFILES_MAX 40000 /* random ones that are tried */
#define LINES_MAX 128
#define PART_INPUTS 40 /* that are tried of each part */

enum verdict { STRICTER = 0, NOT_STRICTER, BROKEN };

/* --- reading ---------------------------------------------------------------------------- */

enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GE, OP_GT };

struct cond {
    unsigned arg;
    uint64_t mask;
    enum op op;
    uint64_t value;
};

struct part {
    struct cond conds[6];
    size_t count;
};

/* "socket on x86: ...": a part, or what is said where there are more. */
struct line {
    char call[40]; /* "socket on x86" */
    bool more;
    bool bounded;
    struct part part; /* or the bound */
    struct part example;
};

static bool take(const char **at, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(*at, word, len) != 0) {
        return false;
    }
    *at += len;
    return true;
}

static bool read_number(const char **at, uint64_t *out)
{
    char *end;

    *out = strtoull(*at, &end, 0);
    if (end == *at) {
        return false;
    }
    *at = end;
    return true;
}

static bool read_argument(const char **at, unsigned *out)
{
    static const struct {
        const char *name;
        unsigned arg;
    } names[] = {{"family", 0}, {"type", 1}, {"protocol", 2}, {"call", 0}, {"pointer", 1}};
    uint64_t number;

    for (size_t i = 0; i < BOLT_LEN(names); i++) {
        if (take(at, names[i].name)) {
            *out = names[i].arg;
            return true;
        }
    }
    if (!take(at, "argument ") || !read_number(at, &number) || number > 5) {
        return false;
    }
    *out = (unsigned)number;
    return true;
}

/* "(type & 0xf) == 3", "family >= 64" */
static bool read_cond(const char **at, struct cond *out)
{
    static const char *const signs[] = {" == ", " != ", " < ", " <= ", " >= ", " > "};

    out->mask = UINT64_MAX;
    if (take(at, "(")) {
        if (!read_argument(at, &out->arg) || !take(at, " & ") || !read_number(at, &out->mask) ||
            !take(at, ")")) {
            return false;
        }
    } else if (!read_argument(at, &out->arg)) {
        return false;
    }
    for (size_t i = 0; i < BOLT_LEN(signs); i++) {
        if (take(at, signs[i])) {
            out->op = (enum op)i;
            return read_number(at, &out->value);
        }
    }
    return false;
}

static bool read_part(const char **at, struct part *out)
{
    do {
        if (out->count == BOLT_LEN(out->conds) || !read_cond(at, &out->conds[out->count])) {
            return false;
        }
        out->count++;
    } while (strncmp(*at, ", for example ", 14) != 0 && take(at, ", "));
    return true;
}

static bool read_line(struct bolt_arena *arena, struct bolt_bytes text, struct line *out)
{
    const char *at = bolt_bytes_cstr(arena, text);
    const char *colon = strstr(at, ": ");

    *out = (struct line){.more = false};
    if (colon == NULL || (size_t)(colon - at) >= sizeof out->call) {
        return false;
    }
    memcpy(out->call, at, (size_t)(colon - at));
    at = colon + 2;
    if (strcmp(at, "any arguments") == 0) {
        return true;
    }
    out->more = take(&at, "too much to be told") || take(&at, "and more");
    if (!out->more) {
        return read_part(&at, &out->part) && *at == '\0';
    }
    out->bounded = take(&at, ", all with ");
    return (!out->bounded || read_part(&at, &out->part)) && take(&at, ", for example ") &&
           read_part(&at, &out->example) && *at == '\0';
}

/* --- asking ----------------------------------------------------------------------------- */

static bool holds(const struct cond *c, const uint64_t args[6])
{
    uint64_t arg = args[c->arg] & c->mask;

    switch (c->op) {
    case OP_EQ:
        return arg == c->value;
    case OP_NE:
        return arg != c->value;
    case OP_LT:
        return arg < c->value;
    case OP_LE:
        return arg <= c->value;
    case OP_GE:
        return arg >= c->value;
    case OP_GT:
        return arg > c->value;
    }
    return false;
}

static bool is_in(const struct part *part, const uint64_t args[6])
{
    for (size_t i = 0; i < part->count; i++) {
        if (!holds(&part->conds[i], args)) {
            return false;
        }
    }
    return true;
}

/* Makes arguments be in a part. */
static void move_into(const struct part *part, uint64_t *seed, uint64_t args[6])
{
    for (size_t i = 0; i < part->count; i++) {
        const struct cond *c = &part->conds[i];
        uint64_t *arg = &args[c->arg];

        if (c->op == OP_EQ) {
            *arg = (*arg & ~c->mask) | c->value;
        } else if (!holds(c, args)) {
            *arg = c->op == OP_GE || c->op == OP_LE ? c->value
                   : c->op == OP_LT                 ? c->value - 1
                                                    : c->value + 1;
            *arg |=
                c->op == OP_GT && dice(seed) % 2 == 0 ? (uint64_t)1 << (32 + dice(seed) % 32) : 0;
        }
    }
}

struct session {
    const struct trial *trial;
    struct line lines[LINES_MAX];
    size_t count;
    size_t inputs; /* that were found to be stricter */
    char why[WHY_SIZE];
};

static bool fail(struct session *s, const char *what, const struct bolt_input *in)
{
    (void)snprintf(s->why, sizeof s->why, "%s: 0x%x call %u (0x%llx, 0x%llx, 0x%llx, 0x%llx)", what,
                   in->arch, in->nr, (unsigned long long)in->args[0],
                   (unsigned long long)in->args[1], (unsigned long long)in->args[2],
                   (unsigned long long)in->args[3]);
    return false;
}

static bool is_of(const struct line *line, const struct bolt_input *in)
{
    const struct bolt_abi *abi;
    enum bolt_call call = bolt_abi_call(in->arch, in->nr, &abi);
    char name[sizeof line->call] = "";

    if (call != BOLT_CALL_OTHER) {
        (void)snprintf(name, sizeof name, "%s on %s", bolt_call_name(call), abi->text);
    }
    return strcmp(name, line->call) == 0;
}

/* What differs is told, and what is told differs. */
static bool visit(void *data, const struct bolt_input *in)
{
    struct session *s = data;
    enum judged_way way = judge_stricter(s->trial, in);
    bool told = false;
    bool more = false;

    for (size_t i = 0; i < s->count; i++) {
        const struct line *line = &s->lines[i];

        if (!is_of(line, in)) {
            continue;
        }
        if (line->more) {
            more = true;
            if (way == WAY_STRICTER && line->bounded && !is_in(&line->part, in->args)) {
                return fail(s, "beyond the bound", in);
            }
        } else if (is_in(&line->part, in->args)) {
            told = true;
        }
    }
    s->inputs += way == WAY_STRICTER;
    if (way == WAY_LOOSER) {
        return fail(s, "looser", in);
    }
    if (told && way == WAY_SAME) {
        return fail(s, "told, but not stricter", in);
    }
    return way != WAY_STRICTER || told || more || fail(s, "stricter, but not told", in);
}

static bool try_line(struct session *s, const struct line *line, uint64_t *seed)
{
    static const uint64_t values[] = {0, 1, 2, 3, 5, 9, 10, 16, 17, 44, 64, 0x80003};
    struct bolt_input in = {0};
    bool known = false;

    for (size_t i = 0; bolt_machine_native()->abis[i] != NULL && !known; i++) {
        const struct bolt_abi *abi = bolt_machine_native()->abis[i];

        for (enum bolt_call c = BOLT_CALL_SOCKET; c <= BOLT_CALL_IO_URING_SETUP && !known; c++) {
            in.arch = abi->arch;
            in.nr = bolt_abi_number(abi, c);
            known = in.nr != 0 && is_of(line, &in);
        }
    }
    if (!known) {
        (void)snprintf(s->why, sizeof s->why, "no call: %s", line->call);
        return false;
    }
    for (size_t i = 0; i < (line->more ? 1 : PART_INPUTS); i++) {
        for (size_t arg = 0; arg < 6; arg++) {
            in.args[arg] = line->more            ? 0
                           : dice(seed) % 3 == 0 ? dice(seed)
                           : dice(seed) % 3 == 0 ? values[dice(seed) % BOLT_LEN(values)] << 32
                                                 : values[dice(seed) % BOLT_LEN(values)];
        }
        move_into(line->more ? &line->example : &line->part, seed, in.args);
        if (line->more && judge_stricter(s->trial, &in) != WAY_STRICTER) {
            return fail(s, "the example is not stricter", &in);
        }
        if (!visit(s, &in)) {
            return false;
        }
    }
    return true;
}

/* --- a profile -------------------------------------------------------------------------- */

static enum verdict broken(const struct spec *spec, const char *what)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    printf("FAILED: %s\n  errno %u, socketcall %d, io_uring %d, extended %d, log %d: %s\n", what,
           spec->denial.errnum, spec->denial.socketcall, spec->denial.io_uring,
           spec->denial.extended, spec->denial.log, spec_text(arena, spec));
    return BROKEN;
}

static enum verdict judge_lines(struct bolt_arena *arena, struct session *s, uint64_t seed)
{
    const struct bolt_seccomp_result *promise = &s->trial->promise;
    const struct spec *spec = s->trial->spec;

    if (promise->stricter_count == 0 || promise->stricter_count > LINES_MAX) {
        return broken(spec, "nothing is told, or too much");
    }
    for (size_t i = 0; i < promise->stricter_count; i++) {
        if (!read_line(arena, promise->stricter_on[i], &s->lines[s->count++])) {
            return broken(spec, bolt_bytes_cstr(arena, promise->stricter_on[i]));
        }
    }
    for (size_t i = 0; i < s->count; i++) {
        if (!try_line(s, &s->lines[i], &seed)) {
            return broken(spec, s->why);
        }
    }
    return judge_inputs(spec, seed, visit, s) ? STRICTER : broken(spec, s->why);
}

static enum verdict judge(const struct spec *spec, uint64_t seed)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const char *text = spec_text(arena, spec);
    const struct bolt_doc *doc = NULL;
    struct bolt_buf after = {.arena = arena};
    struct trial trial = {.spec = spec, .count = 1};
    struct session *session = bolt_new(arena, struct session);
    struct bolt_err err = {0};

    if (!judge_compile(arena, text, false, &trial.p[0], &err)) {
        return NOT_STRICTER;
    }
    if (bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &doc, &err) != 0 ||
        bolt_seccomp_merge(arena, doc, bolt_doc_root(doc), &spec->denial, "test", &trial.promise,
                           &err) != 0) {
        return broken(spec, err.text);
    }
    if (trial.promise.fit != BOLT_SECCOMP_STRICTER) {
        return trial.promise.stricter_count == 0 ? NOT_STRICTER : broken(spec, "told, but no less");
    }
    if (bolt_edit_apply(doc, trial.promise.edits, trial.promise.edit_count, &after, &err) != 0) {
        return broken(spec, err.text);
    }
    if (!judge_compile(arena, bolt_bytes_cstr(arena, bolt_buf_bytes(&after)), false, &trial.n[0],
                       &err)) {
        return NOT_STRICTER; /* judge.c looks into that */
    }
    session->trial = &trial;
    return judge_lines(arena, session, seed);
}

/* In a child whose processor time is limited: libseccomp does not end on some profiles. */
static enum verdict judge_apart(uint64_t seed, size_t number)
{
    int status = 0;
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct itimerval limit = {.it_value = {.tv_sec = 2 * SLOWER}};
        struct spec spec = spec_random(arena, seed, number);

        spec.denial.stricter = true;
        (void)setitimer(ITIMER_PROF, &limit, NULL);
        status = (int)judge(&spec, number * 2 + 1);
        (void)fflush(stdout);
        _exit(status);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        printf("FAILED: no child\n");
        return BROKEN;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) {
        return NOT_STRICTER;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) > BROKEN) {
        printf("FAILED: profile %zu: the process ends with status 0x%x\n", number,
               (unsigned)status);
        return BROKEN;
    }
    return (enum verdict)WEXITSTATUS(status);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL || text[0] == '\0' ? otherwise : strtoull(text, NULL, 10);
}

int main(void)
{
    uint64_t seed = setting("BOLT_RANDOM_SEED", 1);
    size_t wanted = (size_t)setting("BOLT_STRICTER_COUNT", 200);
    size_t counts[BROKEN + 1] = {0};
    size_t number = 0;

#if !defined(__x86_64__)
    printf("skipped: the profiles name x86's ABIs\n");
    return 77;
#endif
    for (; counts[STRICTER] + counts[BROKEN] < wanted && number < PROFILES_MAX; number++) {
        enum verdict verdict = judge_apart(seed, number);

        counts[verdict]++;
        if (verdict == BROKEN) {
            printf("  profile %zu of seed %llu\n", number, (unsigned long long)seed);
        }
    }
    printf("%zu random profiles, seed %llu: %zu got stricter, %zu broken\n", number,
           (unsigned long long)seed, counts[STRICTER], counts[BROKEN]);
    if (counts[STRICTER] < wanted) {
        printf("FAILED: too few\n");
        return 1;
    }
    return counts[BROKEN] != 0;
}
