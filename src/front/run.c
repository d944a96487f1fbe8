/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline, the whole of it: request, policy -> document -> facts -> decision -> record ->
 * answer.
 *
 * Each stage is a function from what is there to one thing more. Whatever fails ends in
 * bolt_run_gate() with a record, a sentence on standard error and an exit code that refuses.
 */
#include "decide/excuse.h"
#include "decide/merge.h"
#include "front/front.h"
#include "io/held.h"
#include "io/say.h"

static int decide(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_case *c = bolt_new(run->arena, struct bolt_case);

    *c = (struct bolt_case){.policy = &run->policy,
                            .facts = &run->facts,
                            .now = bolt_clock_seconds(),
                            .point = run->point};
    bolt_case_excuse(run->arena, c);
    if (bolt_case_merge(run->arena, c, err) != 0) {
        return -1;
    }
    run->judged = c;
    run->decision = bolt_decide(run->arena, c);
    return 0;
}

int bolt_run_learn_config(struct bolt_run *run, struct bolt_err *err)
{
    if (bolt_doc_parse(run->arena, run->input, BOLT_DIALECT_STRICT, &run->doc, err) != 0) {
        return -1;
    }
    return bolt_facts_from_config(run->arena, run->doc, &run->facts, err);
}

/* podman gives the directory to the root of the container's user namespace, and to nobody else. */
static int check_owner(const struct bolt_run *run, struct bolt_err *err)
{
    if (run->held == NULL || !run->held->is_foreign ||
        bolt_facts_maps_root_to(run->doc, run->held->owner)) {
        return 0;
    }
    return bolt_fail(err, BOLT_ERR_INPUT,
                     "its directory belongs to user %lu, not to root or the caller",
                     (unsigned long)run->held->owner);
}

int bolt_run_judge(struct bolt_run *run, struct bolt_err *err)
{
    int (*learn)(struct bolt_run *, struct bolt_err *) = run->front->learn;

    if ((learn != NULL ? learn(run, err) : bolt_run_learn_config(run, err)) != 0 ||
        check_owner(run, err) != 0) {
        return bolt_fail_in(err, "%.*s", BOLT_FMT(run->input_name));
    }
    run->facts_known = true;
    bolt_run_look(run);
    if (bolt_run_load_exceptions(run, err) != 0) {
        return -1;
    }
    if (decide(run, err) != 0) {
        return bolt_fail_in(err, "%.*s", BOLT_FMT(run->input_name));
    }
    return 0;
}

/* The request is read first, to its end, whatever the policy: crun 1.8 fails in its own words if a
 * hook does not read. And a request that is bad is recorded where the policy says. */
static int take_request(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_err policy_err = {0};
    int result = run->front->read(run, err);

    if (bolt_run_load_policy(run, &policy_err) != 0 && result == 0) {
        *err = policy_err;
        result = -1;
    }
    return result;
}

static int run_stages(struct bolt_run *run, struct bolt_err *err)
{
    if (take_request(run, err) != 0) {
        return -1;
    }
    if (run->nothing_to_judge) {
        return 0;
    }
    /* Recorded first: where the policy requires the record, nothing goes out without it. */
    if (bolt_run_judge(run, err) != 0 || bolt_run_log(run, NULL, err) != 0) {
        return -1;
    }
    return run->front->respond(run, err);
}

enum bolt_exit bolt_run_gate(struct bolt_run *run)
{
    struct bolt_err err = {0};
    struct bolt_err second = {0};

    if (run_stages(run, &err) != 0) {
        if (run->policy_known) {
            (void)!bolt_run_log(run, &err, &second);
        }
        return bolt_run_fail(run, &err);
    }
    if (run->nothing_to_judge || run->decision->verdict == BOLT_ALLOW) {
        return BOLT_EXIT_ALLOW;
    }
    return BOLT_EXIT_REFUSED;
}
