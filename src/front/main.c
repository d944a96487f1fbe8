/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: which front end, and with which options. */
#include <getopt.h>
#include <string.h>

#include "front/cni.h"
#include "front/precreate.h"
#include "front/runtime.h"
#include "io/say.h"

extern const struct bolt_front bolt_front_hook;
extern const struct bolt_front bolt_front_check;
extern const struct bolt_front bolt_front_policy;
extern const struct bolt_front bolt_front_why;
extern const struct bolt_front bolt_front_rules;
extern const struct bolt_front bolt_front_seccomp;

const struct bolt_front *const bolt_fronts[] = {
    &bolt_front_precreate, &bolt_front_hook,  &bolt_front_runtime,
    &bolt_front_cni,       &bolt_front_check, &bolt_front_policy,
    &bolt_front_seccomp,   &bolt_front_why,   &bolt_front_rules,
};
const size_t bolt_front_count = BOLT_LEN(bolt_fronts);

enum {
    OPT_POLICY = 256,
    OPT_FORMAT,
    OPT_DIFF,
    OPT_AS,
    OPT_ARCH,
    OPT_LOG,
    OPT_DAYS,
    OPT_HELP,
    OPT_VERSION
};

static const struct option long_options[] = {
    {"policy", required_argument, NULL, OPT_POLICY},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"diff", no_argument, NULL, OPT_DIFF},
    {"as", required_argument, NULL, OPT_AS},
    {"arch", required_argument, NULL, OPT_ARCH},
    {"log", required_argument, NULL, OPT_LOG},
    {"days", required_argument, NULL, OPT_DAYS},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static enum bolt_exit print(struct bolt_run *run, struct bolt_bytes text)
{
    struct bolt_err err = {0};

    return bolt_run_print(text, &err) == 0 ? BOLT_EXIT_ALLOW : bolt_run_fail(run, &err);
}

static enum bolt_exit help(struct bolt_run *run)
{
    struct bolt_buf out = {.arena = run->arena};

    bolt_buf_adds(&out, "drawbolt - the last gate before a Linux container starts\n\nUsage:\n");
    for (size_t i = 0; i < bolt_front_count; i++) {
        bolt_buf_addf(&out, "  drawbolt %s %s\n      %s\n", bolt_fronts[i]->name,
                      bolt_fronts[i]->synopsis, bolt_fronts[i]->summary);
    }
    bolt_buf_adds(&out,
                  "  drawbolt --help | --version\n\n"
                  "The policy is " BOLT_POLICY_FILE ", or the built-in one if there is none.\n"
                  "Exit status: 0 allowed, 1 refused (check, lint: findings), 2 usage,\n"
                  "3 input, 4 policy, 5 system, 6 internal. See drawbolt(8).\n");
    return print(run, bolt_buf_bytes(&out));
}

static enum bolt_exit usage(struct bolt_run *run, const char *fmt, ...) BOLT_PRINTF(2, 3);

static enum bolt_exit usage(struct bolt_run *run, const char *fmt, ...)
{
    struct bolt_err err = {0};
    struct bolt_bytes text;
    va_list args;

    va_start(args, fmt);
    text = bolt_vprintf(run->arena, fmt, args);
    va_end(args);
    (void)bolt_fail(&err, BOLT_ERR_USAGE, "usage: %.*s", BOLT_FMT(text));
    return bolt_run_fail(run, &err);
}

static void take_format(struct bolt_options *o, unsigned *seen)
{
    static const char *const formats[] = {
        [BOLT_FORMAT_TEXT] = "text", [BOLT_FORMAT_JSON] = "json", [BOLT_FORMAT_JUNIT] = "junit"};

    *seen |= BOLT_OPTION_FORMAT;
    o->bad_format = true;
    for (size_t i = 0; i < BOLT_LEN(formats); i++) {
        if (strcmp(optarg, formats[i]) == 0) {
            o->format = (enum bolt_format)i;
            o->bad_format = false;
        }
    }
}

/* Returns the option's number, 0 at the end, -1 for one that is unknown. */
static int take_option(int argc, char **argv, struct bolt_options *o, unsigned *seen)
{
    int option = getopt_long(argc, argv, ":", long_options, NULL);

    switch (option) {
    case -1:
        return 0;
    case OPT_POLICY:
        *seen |= BOLT_OPTION_POLICY;
        o->policy = optarg;
        return option;
    case OPT_FORMAT:
        take_format(o, seen);
        return option;
    case OPT_DIFF:
        *seen |= BOLT_OPTION_DIFF;
        o->diff = true;
        return option;
    case OPT_AS:
        *seen |= BOLT_OPTION_AS;
        o->as = optarg;
        return option;
    case OPT_ARCH:
        *seen |= BOLT_OPTION_ARCH;
        o->arch = optarg;
        return option;
    case OPT_LOG:
        *seen |= BOLT_OPTION_LOG;
        o->log = optarg;
        return option;
    case OPT_DAYS:
        *seen |= BOLT_OPTION_DAYS;
        o->days = optarg;
        return option;
    case OPT_HELP:
    case OPT_VERSION:
        return option;
    default:
        return -1;
    }
}

static const struct bolt_front *find_front(const char *name)
{
    for (size_t i = 0; i < bolt_front_count; i++) {
        if (strcmp(bolt_fronts[i]->name, name) == 0) {
            return bolt_fronts[i];
        }
    }
    return NULL;
}

static enum bolt_exit run_front(struct bolt_run *run, struct bolt_options *o, unsigned seen)
{
    const struct bolt_front *front = run->front;

    if (front == NULL) {
        if (o->argc == 0) {
            return usage(run, "a command is needed; see drawbolt --help");
        }
        front = find_front(o->argv[0]);
        if (front == NULL) {
            return usage(run, "'%s' is not a command; see drawbolt --help", o->argv[0]);
        }
        o->argc--;
        o->argv++;
    }
    if ((seen & ~front->options) != 0) {
        return usage(run, "an option was given that '%s' does not take", front->name);
    }
    if (o->bad_format ||
        (o->format == BOLT_FORMAT_JUNIT && (front->options & BOLT_OPTION_JUNIT) == 0)) {
        return usage(run, "--format takes text or json");
    }
    o->given = seen;
    run->front = front;
    if (front->command != NULL) {
        return front->command(run);
    }
    bolt_process_deadline(front->seconds);
    return bolt_run_gate(run);
}

int bolt_front_main(int argc, char **argv)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_options options = {0};
    struct bolt_run run = {.arena = arena, .options = &options, .started_us = bolt_clock_us()};
    unsigned seen = 0;
    int option;

    if (bolt_runtime_is_called(argc, argv)) {
        return (int)bolt_runtime_main(&run, argc, argv);
    }
    if (bolt_cni_is_called(argc, argv)) {
        run.front = &bolt_front_cni;
    }
    bolt_process_prepare();
    while ((option = take_option(argc, argv, &options, &seen)) > 0) {
        if (option == OPT_HELP) {
            return (int)help(&run);
        }
        if (option == OPT_VERSION) {
            return (int)print(&run, BOLT_LIT("drawbolt " BOLT_VERSION " (" BOLT_BUILT_WITH ")\n"));
        }
    }
    if (option < 0) {
        return (int)usage(&run, "'%s' is not an option here, or lacks its value",
                          argv[optind > 1 ? optind - 1 : 0]);
    }
    options.argc = argc > optind ? argc - optind : 0; /* argc may be 0 before Linux 5.18 */
    options.argv = argv + optind;
    return (int)run_front(&run, &options, seen);
}
