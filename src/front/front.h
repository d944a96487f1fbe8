/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Front ends: how a request comes in and an answer goes out. What lies between is the same for
 * all of them and stands in run.c.
 */
#pragma once

#include "emit/emit.h"
#include "front/exit.h"

struct bolt_front;
struct bolt_held;
struct bolt_wrapper;
struct bolt_cni_call;
struct bolt_index;

enum bolt_format { BOLT_FORMAT_TEXT = 0, BOLT_FORMAT_JSON, BOLT_FORMAT_JUNIT };

/* What the command line says. */
struct bolt_options {
    const char *policy; /* --policy, or NULL */
    enum bolt_format format;
    bool bad_format; /* --format was given something else */
    bool diff;
    const char *as;   /* --as, or NULL */
    const char *arch; /* --arch, or NULL */
    const char *log;  /* --log, or NULL */
    const char *days; /* --days, or NULL */
    unsigned given;   /* enum bolt_option_mask, or'd */
    int argc;         /* what is left: positional arguments */
    char **argv;
};

/* One request on its way through. Each stage fills in what is below it. */
struct bolt_run {
    struct bolt_arena *arena;
    const struct bolt_front *front; /* NULL until it is known */
    const struct bolt_options *options;
    uint64_t started_us;

    struct bolt_policy policy;
    struct bolt_bytes policy_file; /* for the record */
    struct bolt_bytes policy_text;
    struct bolt_bytes policy_sha256; /* empty: not computed yet */
    struct bolt_drop_in *drop_ins;
    size_t drop_in_count;
    struct bolt_bytes drop_ins_sha256;
    bool policy_known;
    const struct bolt_index *index;  /* the policy's exceptions are not read yet; or NULL */
    const struct bolt_bytes *unread; /* those, in the order of the index */

    struct bolt_point point;
    struct bolt_state state;      /* of a hook; zeroed otherwise */
    struct bolt_named id;         /* of the container, where the request names it */
    const char *runtime;          /* that asks, or is asked for; NULL if that is not known */
    struct bolt_wrapper *wrapper; /* of the runtime wrapper (front/runtime.h); NULL otherwise */
    struct bolt_cni_call *cni;    /* of the CNI plugin (facts/cni.h); NULL otherwise */
    struct bolt_bytes input_name; /* for messages: "config.json on standard input" */
    struct bolt_bytes input;      /* the config.json */
    const struct bolt_held *held; /* that it was read from; NULL otherwise */
    bool nothing_to_judge;        /* the request asks for no decision: end with 0 */

    const struct bolt_doc *doc;
    struct bolt_facts facts;
    bool facts_known;
    const struct bolt_case *judged;
    const struct bolt_decision *decision;
};

/* The time limit of a gate. hooks.d/ gives the engines a longer one, so that it is drawbolt that
 * says what happened; tests/check/tables.sh compares them, and the manual. */
#define BOLT_GATE_SECONDS 8

enum bolt_option_mask {
    BOLT_OPTION_POLICY = 1U << 0,
    BOLT_OPTION_FORMAT = 1U << 1,
    BOLT_OPTION_DIFF = 1U << 2,
    BOLT_OPTION_AS = 1U << 3,
    BOLT_OPTION_ARCH = 1U << 4,
    BOLT_OPTION_LOG = 1U << 5,
    BOLT_OPTION_DAYS = 1U << 6,
    BOLT_OPTION_JUNIT = 1U << 7, /* --format junit */
};

struct bolt_front {
    const char *name;     /* `drawbolt NAME` */
    const char *synopsis; /* what follows the name */
    const char *summary;
    unsigned options; /* enum bolt_option_mask, or'd */
    unsigned seconds; /* the time limit; 0: none */
    /* A gate: fills point and input, and answers. */
    int (*read)(struct bolt_run *run, struct bolt_err *err);
    int (*respond)(struct bolt_run *run, struct bolt_err *err);
    /* The facts of an input that may be no config.json; NULL: it is one. */
    int (*learn)(struct bolt_run *run, struct bolt_err *err);
    /* Who hears of a refusal or an error besides standard error; NULL: see io/say.h. */
    void (*tell)(const struct bolt_run *run, struct bolt_bytes text);
    /* Or a command that is no gate: returns the exit code. */
    enum bolt_exit (*command)(struct bolt_run *run);
};

/* All front ends, in the order of --help. */
extern const struct bolt_front *const bolt_fronts[];
extern const size_t bolt_front_count;

/* The whole program: picks a front end by the first argument and runs it. Returns an exit code. */
int bolt_front_main(int argc, char **argv);

/* run.c: one request through all stages. */
enum bolt_exit bolt_run_gate(struct bolt_run *run);
/* The input is a config.json: what it says. */
BOLT_CHECK int bolt_run_learn_config(struct bolt_run *run, struct bolt_err *err);
/* The stages from document to decision; fails with what is wrong with the document. */
BOLT_CHECK int bolt_run_judge(struct bolt_run *run, struct bolt_err *err);

/* load.c: the policy with its drop-ins. A gate reads exceptions later where an index allows that:
 * those that may be about the container, once its facts are known. */
BOLT_CHECK int bolt_run_load_policy(struct bolt_run *run, struct bolt_err *err);
/* Read or not. */
bool bolt_run_has_exceptions(const struct bolt_run *run);
BOLT_CHECK int bolt_run_load_exceptions(struct bolt_run *run, struct bolt_err *err);

/* stages.c: what the stages need from outside. */
/* What only the kernel knows: namespaces, live sysctls, our own bounding set. */
void bolt_run_look(struct bolt_run *run);
/* What the record of this run says; @why is NULL if there is a decision. */
struct bolt_record bolt_run_record(struct bolt_run *run, const struct bolt_err *why);
/* Writes the record where the policy says. A failure is said on standard error; it is an error
 * (-1, @err set) only where the policy requires the record. */
BOLT_CHECK int bolt_run_log(struct bolt_run *run, const struct bolt_err *why, struct bolt_err *err);
/* "drawbolt: error: ..." to whoever may listen, and the exit code for it. */
enum bolt_exit bolt_run_fail(const struct bolt_run *run, const struct bolt_err *err);
/* The refusal, to whoever may listen. */
void bolt_run_refuse(struct bolt_run *run);
/* Prints to standard output. */
BOLT_CHECK int bolt_run_print(struct bolt_bytes text, struct bolt_err *err);
/* The config.json with the decision's edits made. */
BOLT_CHECK int bolt_run_rewrite(struct bolt_run *run, struct bolt_bytes *out, struct bolt_err *err);
