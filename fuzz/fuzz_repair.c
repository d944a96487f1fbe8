/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the document: nothing crashes, every edit that is asked for can be made, what was
 * rewritten is clean when judged again, and the record is one line of JSON.
 */
#include <stdint.h>
#include <string.h>

#include "decide/merge.h"
#include "emit/emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const policies[] = {
    "{\"version\":1}",
    "{\"version\":1,"
    "\"annotations\":{\"action\":\"rewrite\",\"deny\":[\"*a*b*\",\"run.oci.*\",\"?\"]},"
    "\"ports\":{\"sources\":[\"engine\",\"annotations\"],\"hostNetwork\":{\"action\":\"report\"},"
    "\"host\":{\"action\":\"report\"}},\"privileged\":{\"action\":\"report\"},"
    "\"rawSockets\":{\"families\":\"extended\",\"inexact\":\"stricter\","
    "\"allow\":[\"AF_PACKET\",\"AF_NFC\"],\"socketcall\":\"allow\",\"ioUring\":\"allow\"},"
    "\"sysctls\":{\"net.ipv4.ip_unprivileged_port_start\":{\"set\":80},"
    "\"joinedNetns\":{\"action\":\"report\"}}}",
    "{\"version\":1,\"rawSockets\":{\"action\":\"ignore\"},\"capabilities\":{\"allow\":[]}}",
    "{\"version\":1,\"rawSockets\":{\"action\":\"report\"}}",
};

struct judged {
    struct bolt_policy policy;
    struct bolt_facts facts;
    struct bolt_case c;
    const struct bolt_decision *decision; /* NULL: there was none */
};

static void demand(bool condition)
{
    if (!condition) {
        __builtin_trap();
    }
}

static void judge(struct bolt_arena *arena, const char *policy, struct bolt_bytes text,
                  struct judged *j)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    *j = (struct judged){0};
    demand(bolt_policy_parse(arena, bolt_bytes_of(policy), &j->policy, &err) == 0);
    if (bolt_doc_parse(arena, text, BOLT_DIALECT_STRICT, &doc, &err) != 0 ||
        bolt_facts_from_config(arena, doc, &j->facts, &err) != 0) {
        demand(err.kind == BOLT_ERR_INPUT && err.text[0] != '\0');
        return;
    }
    if (j->policy.trust_annotations) {
        bolt_facts_ports_from_annotations(arena, &j->facts);
    }
    j->c = (struct bolt_case){.policy = &j->policy,
                              .facts = &j->facts,
                              .point = {.name = "check", .can_rewrite = true, .can_look = false}};
    if (bolt_case_merge(arena, &j->c, &err) != 0) {
        demand(err.kind == BOLT_ERR_INPUT && err.text[0] != '\0');
        return;
    }
    j->decision = bolt_decide(arena, &j->c);
}

static void tell(struct bolt_arena *arena, const struct judged *j, struct bolt_bytes text)
{
    const struct bolt_record record = {.time = BOLT_LIT("now"),
                                       .version = "",
                                       .point = j->c.point,
                                       .runtime = "",
                                       .input = text,
                                       .policy = &j->policy,
                                       .facts = &j->facts,
                                       .decision = j->decision};
    struct bolt_bytes line = bolt_emit_record(arena, &record);
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    demand(line.len != 0 && memchr(line.at, '\n', line.len) == line.at + line.len - 1);
    demand(line.len > BOLT_DOC_BYTES_MAX ||
           bolt_doc_parse(arena, line, BOLT_DIALECT_STRICT, &doc, &err) == 0);
    (void)bolt_emit_report(arena, &record);
    (void)bolt_emit_refusal(arena, &record);
    (void)bolt_emit_diff(arena, &j->facts, j->decision);
}

static void demand_clean(const struct bolt_decision *d)
{
    demand(d != NULL && d->verdict == BOLT_ALLOW && d->edit_count == 0);
    for (size_t i = 0; i < d->finding_count; i++) {
        demand(d->findings[i].action != BOLT_ACTION_REFUSE &&
               d->findings[i].action != BOLT_ACTION_REWRITE);
    }
}

static void repair(const char *policy, struct bolt_bytes text)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf out = {.arena = arena};
    struct bolt_err err = {0};
    struct judged first;
    struct judged second;

    judge(arena, policy, text, &first);
    if (first.decision == NULL) {
        return;
    }
    tell(arena, &first, text);
    demand(bolt_edit_apply(first.facts.doc, first.decision->edits, first.decision->edit_count, &out,
                           &err) == 0);
    if (first.decision->verdict != BOLT_ALLOW) {
        return;
    }
    demand(first.decision->edit_count != 0 || bolt_bytes_equal(bolt_buf_bytes(&out), text));
    judge(arena, policy, bolt_buf_bytes(&out), &second);
    demand_clean(second.decision);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < BOLT_LEN(policies); i++) {
        repair(policies[i], (struct bolt_bytes){(const char *)data, size});
    }
    return 0;
}
