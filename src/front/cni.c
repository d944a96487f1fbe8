/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin in a CNI network: judges the port mappings of a container that gets its network, and
 * hands on what the plugins before it made.
 *
 * A refusal or an error is an object on standard output, and says the same on standard error.
 */
#include "front/cni.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emit/cni.h"
#include "io/file.h"
#include "io/kin.h"
#include "io/say.h"

bool bolt_cni_is_called(int argc, char **argv)
{
    const char *slash = argc < 1 ? NULL : strrchr(argv[0], '/');

    if (argc < 1) {
        return false;
    }
    return strcmp(slash == NULL ? argv[0] : slash + 1, "drawbolt-cni") == 0 ||
           (argc == 1 && getenv("CNI_COMMAND") != NULL);
}

static struct bolt_bytes variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL ? bolt_bytes_of(value) : (struct bolt_bytes){0};
}

/* By the program that called us: a container's author has no say in that. k3s is many programs in
 * one file, and takes the name that it is called by for which of them to be (its cmd/server). */
static const char *find_engine(struct bolt_arena *arena)
{
    static const char *const engines[][2] = {{"containerd", "containerd"},
                                             {"crio", "cri-o"},
                                             {"nerdctl", "nerdctl"},
                                             {"podman", "podman"}};
    struct bolt_kin kin[BOLT_KIN_MAX];

    if (bolt_kin_look(arena, kin) == 0) {
        return NULL;
    }
    if (bolt_bytes_is(kin[0].program, "k3s")) {
        kin[0].program = bolt_kin_name(&kin[0]);
    }
    for (size_t i = 0; i < BOLT_LEN(engines); i++) {
        if (bolt_bytes_is(kin[0].program, engines[i][0])) {
            return engines[i][1];
        }
    }
    return NULL;
}

static int read_stdin(struct bolt_run *run, struct bolt_err *err)
{
    run->input_name = BOLT_LIT("network configuration on standard input");
    run->cni->code = BOLT_CNI_IO;
    return bolt_file_read(run->arena, STDIN_FILENO, "standard input", BOLT_ERR_INPUT, &run->input,
                          err);
}

/* --- ADD and CHECK ---------------------------------------------------------------------- */

static int read_call(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_cni_call *call = run->cni;
    bool add = bolt_bytes_is(call->command, "ADD");

    run->point = (struct bolt_point){.name = add ? "cni:ADD" : "cni:CHECK", .can_look = true};
    if (read_stdin(run, err) != 0) {
        return -1;
    }
    call->code = BOLT_CNI_ENVIRONMENT;
    if (bolt_cni_read_environment(call, err) != 0) {
        return -1;
    }
    run->id = (struct bolt_named){.value = call->container_id, .source = "CNI_CONTAINERID"};
    call->engine = find_engine(run->arena);
    call->code = BOLT_CNI_NO_DECISION;
    return 0;
}

static int learn(struct bolt_run *run, struct bolt_err *err)
{
    run->cni->code = BOLT_CNI_DECODE;
    if (bolt_doc_parse(run->arena, run->input, BOLT_DIALECT_STRICT, &run->doc, err) != 0 ||
        bolt_facts_from_cni(run->arena, run->doc, run->cni, &run->facts, err) != 0) {
        return -1;
    }
    run->cni->code = BOLT_CNI_NO_DECISION;
    return 0;
}

static int respond(struct bolt_run *run, struct bolt_err *err)
{
    if (run->decision->verdict == BOLT_REFUSE) {
        run->cni->code = BOLT_CNI_REFUSED;
        bolt_run_refuse(run);
        return 0;
    }
    return bolt_bytes_is(run->cni->command, "ADD") ? bolt_run_print(run->cni->prev_result, err) : 0;
}

static void tell(const struct bolt_run *run, struct bolt_bytes text)
{
    const struct bolt_cni_call *call = run->cni;
    struct bolt_cni_error error = {.code = BOLT_CNI_ENVIRONMENT};
    struct bolt_err ignored = {0};

    if (call != NULL) {
        error.version = call->version;
        error.code = call->code;
    }
    if (error.code == BOLT_CNI_REFUSED) {
        error.details = bolt_emit_cni_details(run->arena, run->decision);
    }
    error.said = bolt_said(run->arena, text);
    (void)!bolt_run_print(bolt_emit_cni_error(run->arena, &error), &ignored);
}

#define HERE "@" /* where the text goes that is not known yet */

/* What ends the process at once is an answer, too. */
static void note_last_words(const struct bolt_run *run)
{
    struct bolt_last_words *words = bolt_new(run->arena, struct bolt_last_words);
    const struct bolt_cni_error error = {.code = BOLT_CNI_NO_DECISION, .said = BOLT_LIT(HERE)};
    struct bolt_bytes form = bolt_emit_cni_error(run->arena, &error);
    const char *here = memchr(form.at, HERE[0], form.len);

    words->path = "/proc/self/fd/1";
    words->before = (struct bolt_bytes){form.at, (size_t)(here - form.at)};
    words->after = (struct bolt_bytes){here + 1, form.len - words->before.len - 1};
    bolt_note_last_words(words);
}

/* --- the other commands ----------------------------------------------------------------- */

static int answer_version(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_bytes asked = {0};

    if (read_stdin(run, err) != 0) {
        return -1;
    }
    run->cni->code = BOLT_CNI_DECODE;
    if (run->input.len != 0) {
        if (bolt_doc_parse(run->arena, run->input, BOLT_DIALECT_STRICT, &run->doc, err) != 0) {
            return bolt_fail_in(err, "%.*s", BOLT_FMT(run->input_name));
        }
        asked = bolt_doc_string(run->doc,
                                bolt_doc_member(run->doc, bolt_doc_root(run->doc), "cniVersion"));
    }
    return bolt_run_print(bolt_emit_cni_versions(run->arena, asked), err);
}

/* Ready for an ADD, which needs a policy. */
static int answer_status(struct bolt_run *run, struct bolt_err *err)
{
    run->cni->code = BOLT_CNI_UNAVAILABLE;
    return bolt_run_load_policy(run, err);
}

/* There is nothing to give back, and a network must come down whatever its configuration says. */
static int answer_nothing(struct bolt_run *run, struct bolt_err *err)
{
    (void)run;
    (void)err;
    return 0;
}

static const struct {
    const char *command;
    int (*answer)(struct bolt_run *run, struct bolt_err *err); /* NULL: it is judged */
} commands[] = {
    {"ADD", NULL},          {"CHECK", NULL},           {"DEL", answer_nothing},
    {"GC", answer_nothing}, {"STATUS", answer_status}, {"VERSION", answer_version},
};

static enum bolt_exit answer(struct bolt_run *run, size_t command)
{
    struct bolt_err err = {0};
    enum bolt_exit code;

    bolt_process_deadline(bolt_front_cni.seconds);
    note_last_words(run);
    if (commands[command].answer == NULL) {
        code = bolt_run_gate(run);
    } else {
        code =
            commands[command].answer(run, &err) == 0 ? BOLT_EXIT_ALLOW : bolt_run_fail(run, &err);
    }
    bolt_note_last_words(NULL);
    return code;
}

static enum bolt_exit cni(struct bolt_run *run)
{
    struct bolt_cni_call call = {.command = variable("CNI_COMMAND"),
                                 .container_id = variable("CNI_CONTAINERID"),
                                 .netns = variable("CNI_NETNS"),
                                 .ifname = variable("CNI_IFNAME"),
                                 .args = variable("CNI_ARGS"),
                                 .code = BOLT_CNI_ENVIRONMENT};
    struct bolt_err err = {0};

    run->cni = &call;
    if (run->options->argc != 0) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "cni takes no argument, '%s' was given",
                        run->options->argv[0]);
        return bolt_run_fail(run, &err);
    }
    for (size_t i = 0; i < BOLT_LEN(commands); i++) {
        if (bolt_bytes_is(call.command, commands[i].command)) {
            return answer(run, i);
        }
    }
    if (call.command.len == 0) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "CNI_COMMAND is not set");
    } else {
        (void)bolt_fail(&err, BOLT_ERR_USAGE, "CNI_COMMAND is '%.*s', which is no command of CNI",
                        BOLT_FMT(call.command));
    }
    return bolt_run_fail(run, &err);
}

const struct bolt_front bolt_front_cni = {
    .name = "cni",
    .synopsis = "[--policy FILE] < configuration",
    .summary = "judge the published ports of a container that gets its network (a CNI plugin)",
    .options = BOLT_OPTION_POLICY,
    .seconds = BOLT_GATE_SECONDS,
    .read = read_call,
    .learn = learn,
    .respond = respond,
    .tell = tell,
    .command = cni,
};
