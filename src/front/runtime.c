/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In front of runc or crun: what creates, runs or restores a container, or adds a process to one,
 * is judged, and what was judged is what the real runtime finds. Every other command is handed on
 * as it is.
 */
#include "front/runtime.h"

#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/say.h"

#define TRIES 8 /* at a file that others replace just then */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static bool runtime_named(const char *name, enum bolt_runtime *out)
{
    *out = strcmp(name, "crun") == 0 ? BOLT_CRUN : BOLT_RUNC;
    return strcmp(name, bolt_runtime_name(*out)) == 0;
}

/* "runc", "drawbolt-runc". */
static bool is_link(const char *path, enum bolt_runtime *out)
{
    static const char prefix[] = "drawbolt-";
    const char *name = last_part(path);

    if (strncmp(name, prefix, sizeof prefix - 1) == 0) {
        name += sizeof prefix - 1;
    }
    return runtime_named(name, out);
}

/* --policy in front of the command or behind it: as many words as it takes. */
static int policy_option(int argc, char **argv, int at, const char **policy)
{
    static const char joined[] = "--policy=";

    if (at < argc && strncmp(argv[at], joined, sizeof joined - 1) == 0) {
        *policy = argv[at] + sizeof joined - 1;
        return 1;
    }
    if (at + 1 < argc && strcmp(argv[at], "--policy") == 0) {
        *policy = argv[at + 1];
        return 2;
    }
    return 0;
}

bool bolt_runtime_is_called(int argc, char **argv)
{
    enum bolt_runtime runtime;
    const char *policy = NULL;
    int at;

    if (argc < 1) {
        return false;
    }
    if (is_link(argv[0], &runtime)) {
        return true;
    }
    at = 1 + policy_option(argc, argv, 1, &policy);
    return at < argc && strcmp(argv[at], "runtime") == 0;
}

/* --- what is handed on ------------------------------------------------------------------ */

static int launch(struct bolt_run *run, const struct bolt_caller *caller, struct bolt_err *err)
{
    const char *path = NULL;

    if (bolt_runtime_find(run, &path, err) != 0) {
        return -1;
    }
    return bolt_launch(path, run->wrapper->argv, run->wrapper->line.command != BOLT_COMMAND_OTHER,
                       caller, err);
}

/* A command that is not judged works under a broken policy, too: containers must be stopped. */
static enum bolt_exit pass(struct bolt_run *run)
{
    struct bolt_err policy_err = {0};
    struct bolt_err err = {0};
    const char *path = NULL;

    if (bolt_run_load_policy(run, &policy_err) == 0 &&
        !bolt_bytes_equal(run->policy_text, bolt_policy_builtin())) {
        (void)!launch(run, &run->wrapper->caller, &err);
    } else if (bolt_runtime_find_without_policy(run, &path, &err) == 0) {
        (void)!bolt_launch(path, run->wrapper->argv, false, &run->wrapper->caller, &err);
    } else if (policy_err.kind != BOLT_ERR_NONE) {
        (void)bolt_fail(&err, BOLT_ERR_POLICY, "%s", policy_err.text);
    }
    return bolt_run_fail(run, &err);
}

/* --- create, run, restore --------------------------------------------------------------- */

/* crun takes a --config of exactly this name from the bundle, any other from where it stands
 * (crun src/create.c); runc has no such option. */
static const char *config_path(struct bolt_arena *arena, const struct bolt_cmdline *line)
{
    const char *config = line->config.text != NULL ? line->config.text : "config.json";
    const char *bundle = line->bundle.text;

    if (strcmp(config, "config.json") != 0 || bundle == NULL || bundle[0] == '\0') {
        return config;
    }
    return bolt_printf(arena, "%s/%s", bundle, config).at;
}

static int read_bundle(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_wrapper *w = run->wrapper;
    const char *path = config_path(run->arena, &w->line);

    run->input_name = bolt_bytes_of(path);
    if (bolt_held_open(run->arena, path, &w->held, err) != 0) {
        return -1;
    }
    run->input = w->held.bytes;
    run->held = &w->held;
    return 0;
}

static int read_call(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_wrapper *w = run->wrapper;
    int ignored;

    run->point = (struct bolt_point){
        .name = bolt_printf(run->arena, "runtime:%s", bolt_command_name(w->line.command)).at,
        .can_rewrite = true,
        .can_look = true,
        .from_checkpoint = w->line.command == BOLT_COMMAND_RESTORE};
    run->runtime = bolt_runtime_name(w->runtime);
    run->input_name = BOLT_LIT("the command line");
    if (w->line.id.text != NULL) {
        run->id =
            (struct bolt_named){.value = bolt_bytes_of(w->line.id.text), .source = "command line"};
    }
    if (w->line_err.kind != BOLT_ERR_NONE) {
        *err = w->line_err;
        return -1;
    }
    if (bolt_runtime_first_descriptor(&w->line, &ignored, err) != 0) {
        return -1;
    }
    return w->line.command == BOLT_COMMAND_EXEC ? bolt_exec_read(run, err) : read_bundle(run, err);
}

static int learn(struct bolt_run *run, struct bolt_err *err)
{
    return run->wrapper->line.command == BOLT_COMMAND_EXEC ? bolt_exec_learn(run, err)
                                                           : bolt_run_learn_config(run, err);
}

static int put_in_place(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_held *held = &run->wrapper->held;
    struct bolt_bytes out;

    if (held->dir < 0) {
        return 0;
    }
    if (run->policy.mode == BOLT_MODE_ENFORCE && bolt_held_take(held, err) != 0) {
        return -1;
    }
    if (run->decision->edit_count != 0 &&
        (bolt_run_rewrite(run, &out, err) != 0 || bolt_held_replace(held, out, err) != 0)) {
        return -1;
    }
    return bolt_held_check(held, err);
}

/* The whole judgement once more, on what is there now. */
static int judge_again(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_held *held = &run->wrapper->held;

    (void)close(held->dir);
    held->dir = -1;
    run->facts_known = false;
    run->decision = NULL;
    if (read_call(run, err) != 0 || bolt_run_judge(run, err) != 0) {
        return -1;
    }
    return bolt_run_log(run, NULL, err);
}

/* Others may start containers from the same directory just then, and replace the file first.
 * Return: 0, with what was judged in place, or refused. */
static int settle(struct bolt_run *run, struct bolt_err *err)
{
    int tries = 1;

    while (run->decision->verdict != BOLT_REFUSE && put_in_place(run, err) != 0) {
        if (!run->wrapper->held.changed || tries++ == TRIES || judge_again(run, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int respond(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_wrapper *w = run->wrapper;

    if (settle(run, err) != 0) {
        return -1;
    }
    if (run->decision->verdict == BOLT_REFUSE) {
        bolt_run_refuse(run);
        return 0;
    }
    if (w->line.command == BOLT_COMMAND_EXEC && bolt_exec_change(run, err) != 0) {
        return -1;
    }
    return launch(run, &w->caller, err);
}

/* --- the call --------------------------------------------------------------------------- */

/* Sets runtime and the runtime's own command line. */
static int find_call(struct bolt_wrapper *w, const char **policy, struct bolt_err *err)
{
    int at;

    if (is_link(w->argv[0], &w->runtime)) {
        return 0;
    }
    at = 1 + policy_option(w->argc, w->argv, 1, policy);
    at++; /* "runtime" */
    at += policy_option(w->argc, w->argv, at, policy);
    if (at >= w->argc || !runtime_named(w->argv[at], &w->runtime)) {
        return bolt_fail(err, BOLT_ERR_USAGE,
                         "usage: 'runtime' needs runc or crun, and that runtime's command line");
    }
    w->argv += at;
    w->argc -= at;
    return 0;
}

enum bolt_exit bolt_runtime_main(struct bolt_run *run, int argc, char **argv)
{
    struct bolt_wrapper w = {.argc = argc, .argv = argv, .held = {.dir = -1}};
    struct bolt_options options = {0};
    struct bolt_err err = {0};
    enum bolt_exit code;

    bolt_caller_note(&w.caller);
    run->wrapper = &w;
    run->options = &options;
    run->front = &bolt_front_runtime;
    if (find_call(&w, &options.policy, &err) != 0 || bolt_launch_check_loop(&err) != 0) {
        return bolt_run_fail(run, &err);
    }
    bolt_process_deadline(bolt_front_runtime.seconds);
    if (bolt_cmdline_parse(run->arena, w.runtime, w.argc, w.argv, &w.line, &w.line_err) == 0 &&
        w.line.command == BOLT_COMMAND_OTHER) {
        return pass(run);
    }
    bolt_runtime_note_last_words(run);
    bolt_process_prepare();
    code = bolt_run_gate(run);
    bolt_note_last_words(NULL);
    return code;
}

/* Behind other options than --policy. */
static enum bolt_exit misplaced(struct bolt_run *run)
{
    struct bolt_err err = {0};

    run->front = NULL;
    (void)bolt_fail(&err, BOLT_ERR_USAGE, "usage: drawbolt %s %s", bolt_front_runtime.name,
                    bolt_front_runtime.synopsis);
    return bolt_run_fail(run, &err);
}

const struct bolt_front bolt_front_runtime = {
    .name = "runtime",
    .synopsis = "[--policy FILE] runc|crun ARGUMENT...",
    .summary = "judge what a runtime is asked to start, then become that runtime",
    .options = BOLT_OPTION_POLICY,
    .seconds = BOLT_GATE_SECONDS,
    .read = read_call,
    .respond = respond,
    .learn = learn,
    .tell = bolt_runtime_tell,
    .command = misplaced,
};
