/* SPDX-License-Identifier: Apache-2.0 */
/* One decision as one line of JSON. */
#include "base/hash.h"
#include "decide/rule.h"
#include "emit/emit.h"
#include "emit/emit_internal.h"

static void add_named(struct bolt_json *json, const char *name, struct bolt_named named)
{
    if (named.value.len == 0) {
        bolt_json_raw(json, name, BOLT_LIT("null"));
        return;
    }
    bolt_json_open(json, name, '{');
    bolt_json_string(json, "value", named.value);
    bolt_record_origin(json, &named);
    bolt_json_close(json, '}');
}

static struct bolt_bytes engine_of(const struct bolt_record *r)
{
    return r->facts != NULL && r->facts->engine.value.len != 0 ? r->facts->engine.value
                                                               : BOLT_LIT("unknown");
}

static void add_container(struct bolt_json *json, const struct bolt_record *r)
{
    struct bolt_identity who = {.id = r->id};

    if (r->facts != NULL) {
        who = r->facts->who;
        if (who.id.value.len == 0) {
            who.id = r->id;
        }
    }
    bolt_json_open(json, "container", '{');
    add_named(json, "id", who.id);
    add_named(json, "name", who.name);
    add_named(json, "namespace", who.namespace);
    add_named(json, "image", who.image);
    bolt_json_open(json, "digests", '[');
    for (size_t i = 0; i < who.digest_count; i++) {
        add_named(json, NULL, who.digests[i]);
    }
    bolt_json_close(json, ']');
    bolt_json_close(json, '}');
}

static void add_finding(struct bolt_json *json, const struct bolt_finding *f)
{
    bolt_json_open(json, NULL, '{');
    bolt_json_cstr(json, "rule", f->rule->id);
    bolt_json_string(json, "subject", f->subject);
    bolt_json_string(json, "text", f->text);
    bolt_json_cstr(json, "action", bolt_action_name(f->action));
    if (f->exception != NULL) {
        bolt_json_string(json, "exception", f->exception->id);
    } else {
        bolt_json_raw(json, "exception", BOLT_LIT("null"));
    }
    bolt_json_open(json, "references", '[');
    for (const char *const *ref = f->rule->references; *ref != NULL; ref++) {
        bolt_json_cstr(json, NULL, *ref);
    }
    bolt_json_close(json, ']');
    bolt_json_close(json, '}');
}

static void add_seccomp(struct bolt_json *json, const struct bolt_seccomp_result *merged)
{
    bolt_json_open(json, "seccomp", '{');
    bolt_json_cstr(json, "fit", bolt_fit_name(merged->fit));
    if (merged->fit == BOLT_SECCOMP_STRICTER) {
        bolt_json_string(json, "reason", merged->reason);
        bolt_json_open(json, "stricterOn", '[');
        for (size_t i = 0; i < merged->stricter_count; i++) {
            bolt_json_string(json, NULL, merged->stricter_on[i]);
        }
        bolt_json_close(json, ']');
    }
    bolt_json_close(json, '}');
}

static void add_decision(struct bolt_arena *arena, struct bolt_json *json,
                         const struct bolt_record *r)
{
    const struct bolt_decision *d = r->decision;
    size_t edits = d != NULL && d->verdict == BOLT_ALLOW ? d->edit_count : 0;

    bolt_json_open(json, "findings", '[');
    for (size_t i = 0; d != NULL && i < d->finding_count; i++) {
        add_finding(json, &d->findings[i]);
    }
    bolt_json_close(json, ']');
    bolt_json_open(json, "unchecked", '[');
    for (size_t i = 0; d != NULL && i < d->unchecked_count; i++) {
        bolt_json_open(json, NULL, '{');
        bolt_json_cstr(json, "rule", d->unchecked[i].rule->id);
        bolt_json_string(json, "why", d->unchecked[i].why);
        bolt_json_close(json, '}');
    }
    bolt_json_close(json, ']');
    bolt_json_raw(json, "edits",
                  edits == 0 ? BOLT_LIT("[]")
                             : bolt_edit_patch(arena, r->facts->doc, d->edits, edits));
    if (edits != 0 && d->seccomp != NULL) {
        add_seccomp(json, d->seccomp);
    }
}

static void add_ports(struct bolt_json *json, const struct bolt_facts *facts)
{
    bolt_json_open(json, "ports", '[');
    for (size_t i = 0; facts != NULL && i < facts->port_count; i++) {
        const struct bolt_port *port = &facts->ports[i];

        bolt_json_open(json, NULL, '{');
        bolt_json_string(json, "address", port->address);
        bolt_json_u64(json, "host", port->host);
        bolt_json_u64(json, "container", port->container);
        if (port->more != 0) {
            bolt_json_u64(json, "more", port->more);
        }
        if (port->one_of) {
            bolt_json_bool(json, "oneOf", true);
        }
        bolt_json_string(json, "protocol", port->protocol);
        bolt_json_cstr(json, "source", port->source);
        bolt_json_close(json, '}');
    }
    bolt_json_close(json, ']');
}

static void add_port_sources(struct bolt_json *json, const struct bolt_facts *facts)
{
    bolt_json_open(json, "portSources", '[');
    for (size_t i = 0; facts != NULL && i < facts->ports_tried_count; i++) {
        const struct bolt_port_source *source = &facts->ports_tried[i];

        bolt_json_open(json, NULL, '{');
        bolt_json_cstr(json, "source", source->name);
        if (source->why.len != 0) {
            bolt_json_cstr(json, "outcome", "failed");
            bolt_json_string(json, "why", source->why);
        } else {
            bolt_json_cstr(json, "outcome", source->has_ports ? "ports" : "none");
        }
        bolt_json_close(json, '}');
    }
    bolt_json_close(json, ']');
}

static const char *verdict_of(const struct bolt_record *r)
{
    if (r->decision == NULL) {
        return "error";
    }
    return r->decision->verdict == BOLT_ALLOW ? "allow" : "refuse";
}

struct bolt_bytes bolt_drop_ins_sha256(struct bolt_arena *arena, const struct bolt_drop_in *list,
                                       size_t count)
{
    struct bolt_buf all = {.arena = arena};

    for (size_t i = 0; i < count; i++) {
        bolt_buf_add(&all, list[i].file);
        bolt_buf_addc(&all, '\0');
        bolt_buf_add(&all, list[i].text);
    }
    return bolt_sha256_hex(arena, bolt_buf_bytes(&all));
}

static void add_drop_ins(struct bolt_arena *arena, struct bolt_json *json,
                         const struct bolt_record *r)
{
    bolt_json_open(json, "dropIns", '{');
    bolt_json_u64(json, "files", r->drop_in_count);
    bolt_json_string(json, "sha256",
                     r->drop_ins_sha256.len != 0
                         ? r->drop_ins_sha256
                         : bolt_drop_ins_sha256(arena, r->drop_ins, r->drop_in_count));
    bolt_json_close(json, '}');
}

static void add_origin(struct bolt_arena *arena, struct bolt_json *json,
                       const struct bolt_record *r)
{
    bolt_json_open(json, "policy", '{');
    bolt_json_string(json, "file", r->policy_file);
    bolt_json_string(json, "sha256",
                     r->policy_sha256.len != 0 ? r->policy_sha256
                                               : bolt_sha256_hex(arena, r->policy_text));
    if (r->drop_in_count != 0) {
        add_drop_ins(arena, json, r);
    }
    bolt_json_close(json, '}');
    bolt_json_open(json, "input", '{');
    if (r->input_name.len != 0) {
        bolt_json_string(json, "name", r->input_name);
    }
    bolt_json_string(json, "sha256", bolt_sha256_hex(arena, r->input));
    bolt_json_u64(json, "bytes", r->input.len);
    bolt_json_close(json, '}');
}

struct bolt_bytes bolt_emit_record(struct bolt_arena *arena, const struct bolt_record *r)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};
    bool report = r->policy != NULL && r->policy->mode == BOLT_MODE_REPORT;

    bolt_json_open(&json, NULL, '{');
    bolt_json_string(&json, "time", r->time);
    bolt_json_cstr(&json, "version", r->version);
    bolt_json_cstr(&json, "point", r->point.name);
    bolt_json_string(&json, "engine", engine_of(r));
    bolt_json_cstr(&json, "runtime", r->runtime);
    add_container(&json, r);
    bolt_json_cstr(&json, "mode", report ? "report" : "enforce");
    bolt_json_cstr(&json, "verdict", verdict_of(r));
    if (r->decision == NULL) {
        bolt_json_string(&json, "error", r->error);
    }
    add_decision(arena, &json, r);
    add_ports(&json, r->facts);
    add_port_sources(&json, r->facts);
    if (r->decision != NULL && r->judged != NULL) {
        bolt_record_facts(arena, &json, r->judged);
    }
    add_origin(arena, &json, r);
    bolt_json_u64(&json, "duration_us", r->duration_us);
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}
