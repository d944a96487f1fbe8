/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OCI hook: the state on standard input, <bundle>/config.json beside it, silence or a refusal.
 *
 * A hook comes too late to change the container: the runtime has read the file. So what a rewrite
 * would mend is refused here.
 */
#include <string.h>
#include <unistd.h>

#include "front/precreate.h"
#include "io/file.h"
#include "io/held.h"

static const char *const stages[][2] = {
    {"prestart", "hook:prestart"},
    {"createRuntime", "hook:createRuntime"},
    {"createContainer", "hook:createContainer"},
    {"startContainer", "hook:startContainer"},
    {"poststart", "hook:poststart"},
    {"poststop", "hook:poststop"},
};

static int name_point(struct bolt_run *run, struct bolt_err *err)
{
    const struct bolt_options *o = run->options;

    run->point = (struct bolt_point){.name = "hook", .can_rewrite = false, .can_look = true};
    if (o->argc == 0) {
        return 0;
    }
    if (o->argc > 1) {
        return bolt_fail(err, BOLT_ERR_USAGE, "hook takes one stage, '%s' is one too many",
                         o->argv[1]);
    }
    for (size_t i = 0; i < BOLT_LEN(stages); i++) {
        if (strcmp(o->argv[0], stages[i][0]) == 0) {
            run->point.name = stages[i][1];
            return 0;
        }
    }
    return bolt_fail(err, BOLT_ERR_USAGE, "'%s' is not a stage of OCI hooks", o->argv[0]);
}

static int read_bundle(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_bytes path =
        bolt_printf(run->arena, "%.*s/config.json", BOLT_FMT(run->state.bundle));
    struct bolt_held *held = bolt_new(run->arena, struct bolt_held);

    run->input_name = path;
    /* poststop: the container is gone. */
    run->nothing_to_judge = bolt_bytes_is(run->state.status, "stopped");
    if (run->nothing_to_judge) {
        return 0;
    }
    /* The runtime has read it before: nobody else may have put another one there since. */
    if (bolt_held_open(run->arena, path.at, held, err) != 0) {
        return -1;
    }
    (void)close(held->dir);
    run->input = held->bytes;
    run->held = held;
    return 0;
}

static int read_state(struct bolt_run *run, struct bolt_err *err)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_bytes request = {0};

    run->input_name = BOLT_LIT("state on standard input");
    if (bolt_file_read(run->arena, STDIN_FILENO, "standard input", BOLT_ERR_INPUT, &request, err) !=
            0 ||
        name_point(run, err) != 0) {
        return -1;
    }
    if (bolt_doc_parse(run->arena, request, BOLT_DIALECT_STRICT, &doc, err) != 0) {
        return bolt_fail_in(err, "standard input");
    }
    if (!bolt_facts_is_state(doc)) {
        run->point =
            (struct bolt_point){.name = "precreate", .can_rewrite = true, .can_look = true};
        run->input_name = BOLT_LIT("config.json on standard input");
        run->input = request;
        return 0;
    }
    if (bolt_facts_from_state(doc, &run->state, err) != 0) {
        return bolt_fail_in(err, "standard input");
    }
    run->id = (struct bolt_named){.value = run->state.id, .source = "oci state"};
    return read_bundle(run, err);
}

static int respond(struct bolt_run *run, struct bolt_err *err)
{
    if (run->point.can_rewrite) {
        return bolt_precreate_respond(run, err);
    }
    if (run->decision->verdict == BOLT_REFUSE) {
        bolt_run_refuse(run);
    }
    return 0;
}

extern const struct bolt_front bolt_front_hook;
const struct bolt_front bolt_front_hook = {
    .name = "hook",
    .synopsis = "[--policy FILE] [STAGE] < state",
    .summary = "judge a container that a runtime is creating (an OCI hook)",
    .options = BOLT_OPTION_POLICY,
    .seconds = BOLT_GATE_SECONDS,
    .read = read_state,
    .respond = respond,
};
