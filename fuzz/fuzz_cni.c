/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first line is CNI_ARGS, the rest a network configuration. Whatever they are: an error has a
 * code; what is handed on stands in the configuration as an object; ports are known or it is said
 * why not; and an answer can be made of it that is JSON.
 */
#include <stdint.h>
#include <string.h>

#include "decide/decide.h"
#include "decide/excuse.h"
#include "emit/cni.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        __builtin_trap();
    }
}

static void demand_json(struct bolt_arena *arena, struct bolt_bytes text)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    demand(bolt_doc_parse(arena, text, BOLT_DIALECT_STRICT, &doc, &err) == 0 &&
           bolt_doc_kind(doc, bolt_doc_root(doc)) == BOLT_JSON_OBJECT);
}

static bool is_spoken(struct bolt_bytes version)
{
    for (size_t i = 0; i < BOLT_CNI_VERSIONS; i++) {
        if (bolt_bytes_is(version, bolt_cni_versions[i])) {
            return true;
        }
    }
    return false;
}

static void check_error(struct bolt_arena *arena, const struct bolt_cni_call *call,
                        const struct bolt_err *err)
{
    const struct bolt_cni_error error = {.version = call->version,
                                         .code = call->code,
                                         .said = bolt_bytes_of(err->text),
                                         .details = call->args};

    demand(err->text[0] != '\0' && call->code != 0);
    demand_json(arena, bolt_emit_cni_error(arena, &error));
}

static void check_decision(struct bolt_arena *arena, const struct bolt_facts *facts)
{
    struct bolt_policy policy;
    struct bolt_case c = {.policy = &policy, .facts = facts, .point = {.name = "cni:ADD"}};
    const struct bolt_decision *d;
    struct bolt_err err = {0};

    demand(bolt_policy_parse(arena, bolt_policy_builtin(), &policy, &err) == 0);
    bolt_case_excuse(arena, &c);
    d = bolt_decide(arena, &c);
    demand(d->edit_count == 0);
    demand((d->unchecked_count == 0) == ((facts->known & BOLT_KNOWN_PORTS) != 0));
    for (size_t i = 0; i < facts->port_count; i++) {
        const struct bolt_port *port = &facts->ports[i];

        demand(port->host == 0 || port->host >= 1024 || d->verdict == BOLT_REFUSE);
    }
}

static void check_call(struct bolt_arena *arena, struct bolt_cni_call *call,
                       const struct bolt_doc *doc)
{
    struct bolt_bytes whole = bolt_doc_text(doc);
    struct bolt_facts facts = {0};
    struct bolt_err err = {0};

    if (bolt_facts_from_cni(arena, doc, call, &facts, &err) != 0) {
        demand(err.kind == BOLT_ERR_INPUT);
        check_error(arena, call, &err);
        return;
    }
    demand(is_spoken(call->version));
    demand(call->prev_result.at >= whole.at &&
           call->prev_result.at + call->prev_result.len <= whole.at + whole.len);
    demand_json(arena, call->prev_result);
    demand(((facts.known & BOLT_KNOWN_PORTS) != 0) == (facts.ports_why == NULL));
    check_decision(arena, &facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const engines[] = {NULL, "containerd", "cri-o", "podman"};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const char *text = (const char *)data;
    const char *end = size == 0 ? NULL : memchr(text, '\n', size);
    size_t line = end == NULL ? 0 : (size_t)(end - text);
    struct bolt_bytes rest = {text + line, size - line};
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    if (line != 0 && memchr(text, '\0', line) != NULL) {
        return 0; /* no environment has that */
    }
    for (size_t i = 0; i < BOLT_LEN(engines); i++) {
        struct bolt_cni_call call = {.command = BOLT_LIT("ADD"),
                                     .container_id = BOLT_LIT("c1"),
                                     .netns = BOLT_LIT("/run/netns/c1"),
                                     .ifname = BOLT_LIT("eth0"),
                                     .args = {text, line},
                                     .engine = engines[i],
                                     .code = BOLT_CNI_ENVIRONMENT};

        if (bolt_cni_read_environment(&call, &err) != 0) {
            demand(err.kind == BOLT_ERR_USAGE);
            check_error(arena, &call, &err);
        } else if (bolt_doc_parse(arena, rest, BOLT_DIALECT_STRICT, &doc, &err) == 0) {
            check_call(arena, &call, doc);
        }
    }
    return 0;
}
