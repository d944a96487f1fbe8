/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.json on standard input, the allowed and maybe rewritten one on standard output: podman's
 * precreate stage, and any pipeline.
 *
 * podman shows its user only the arguments and the exit status of the hook, so a refusal also goes
 * to the standard error of the process that started us (io/say.h).
 */
#include "front/precreate.h"

#include <unistd.h>

#include "io/file.h"

static int read_config(struct bolt_run *run, struct bolt_err *err)
{
    run->point = (struct bolt_point){.name = "precreate", .can_rewrite = true, .can_look = true};
    run->input_name = BOLT_LIT("config.json on standard input");
    if (run->options->argc != 0) {
        return bolt_fail(err, BOLT_ERR_USAGE, "precreate takes no argument, '%s' was given",
                         run->options->argv[0]);
    }
    return bolt_file_read(run->arena, STDIN_FILENO, "standard input", BOLT_ERR_INPUT, &run->input,
                          err);
}

int bolt_precreate_respond(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_bytes out = {0};

    if (run->decision->verdict == BOLT_REFUSE) {
        bolt_run_refuse(run);
        return 0;
    }
    if (bolt_run_rewrite(run, &out, err) != 0) {
        return -1;
    }
    return bolt_run_print(out, err);
}

const struct bolt_front bolt_front_precreate = {
    .name = "precreate",
    .synopsis = "[--policy FILE] < config.json",
    .summary = "judge and rewrite the config.json on standard input (podman's precreate stage)",
    .options = BOLT_OPTION_POLICY,
    .seconds = BOLT_GATE_SECONDS,
    .read = read_config,
    .respond = bolt_precreate_respond,
};
