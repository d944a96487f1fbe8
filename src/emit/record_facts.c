/* SPDX-License-Identifier: Apache-2.0 */
/* What a decision was made from. facts/from_record.c and decide/replay.c read it back. What is not
 * so, not there or 0 is left out. */
#include "base/family.h"
#include "decide/replay.h"
#include "emit/emit.h"
#include "emit/emit_internal.h"

static void add_text(struct bolt_json *json, const char *name, const char *text)
{
    if (text != NULL) {
        bolt_json_cstr(json, name, text);
    }
}

static void add_number(struct bolt_json *json, const char *name, uint64_t number)
{
    if (number != 0) {
        bolt_json_u64(json, name, number);
    }
}

static void add_flags(struct bolt_json *json, const struct bolt_facts *f)
{
    bool any = false;

    for (size_t i = 0; i < bolt_facts_flag_count; i++) {
        if (!*(const bool *)((const char *)f + bolt_facts_flags[i].offset)) {
            continue;
        }
        if (!any) {
            bolt_json_open(json, "flags", '[');
        }
        any = true;
        bolt_json_cstr(json, NULL, bolt_facts_flags[i].word);
    }
    if (any) {
        bolt_json_close(json, ']');
    }
}

/* --- capabilities ----------------------------------------------------------------------- */

/* The entries of a set stand behind each other. */
struct span {
    const struct bolt_cap *first;
    size_t count;
};

static struct span span_of(const struct bolt_cap *caps, size_t count, enum bolt_cap_set set)
{
    struct span span = {0};

    for (size_t i = 0; i < count; i++) {
        if (caps[i].set == set && caps[i].argument == 0) {
            span.first = span.count == 0 ? &caps[i] : span.first;
            span.count++;
        }
    }
    return span;
}

static bool is_same(struct span a, struct span b)
{
    for (size_t i = 0; i < a.count && a.count == b.count; i++) {
        if (!bolt_bytes_equal(a.first[i].name, b.first[i].name)) {
            return false;
        }
    }
    return a.count == b.count;
}

/* Most sets of a container are the same: those have the name of the first. */
static void add_sets(struct bolt_json *json, const char *name, const struct bolt_cap *caps,
                     size_t count)
{
    struct span spans[BOLT_CAPS_SETS];

    bolt_json_open(json, name, '{');
    for (int set = 0; set < BOLT_CAPS_SETS; set++) {
        const char *set_name = bolt_cap_set_name((enum bolt_cap_set)set);
        int same = 0;

        spans[set] = span_of(caps, count, (enum bolt_cap_set)set);
        if (spans[set].count == 0) {
            continue;
        }
        while (!is_same(spans[same], spans[set])) {
            same++;
        }
        if (same != set) {
            bolt_json_cstr(json, set_name, bolt_cap_set_name((enum bolt_cap_set)same));
            continue;
        }
        bolt_json_open(json, set_name, '[');
        for (size_t i = 0; i < spans[set].count; i++) {
            bolt_json_string(json, NULL, spans[set].first[i].name);
        }
        bolt_json_close(json, ']');
    }
    bolt_json_close(json, '}');
}

static void add_arguments(struct bolt_json *json, const struct bolt_facts *f)
{
    bool any = false;

    for (size_t i = 0; i < f->cap_count; i++) {
        if (f->caps[i].argument == 0) {
            continue;
        }
        if (!any) {
            bolt_json_open(json, "arguments", '[');
        }
        any = true;
        bolt_json_string(json, NULL, f->caps[i].name);
    }
    if (any) {
        bolt_json_close(json, ']');
    }
}

static void add_caps(struct bolt_json *json, const struct bolt_facts *f)
{
    add_sets(json, "capabilities", f->caps, f->cap_count);
    add_arguments(json, f);
    add_number(json, "available", f->caps_available);
    if (f->caps_inherited && f->own_caps_why == NULL) {
        add_sets(json, "own", f->own_caps, f->own_cap_count);
    }
    add_text(json, "ownUnknown", f->own_caps_why);
}

/* --- the rest of a container ------------------------------------------------------------ */

static void add_network(struct bolt_json *json, const struct bolt_facts *f)
{
    bolt_json_open(json, "network", '{');
    bolt_json_cstr(json, "kind", bolt_netns_name(f->netns));
    if (f->netns_path.len != 0) {
        bolt_json_string(json, "path", f->netns_path);
    }
    add_text(json, "why", f->netns_why);
    if (f->netns_port_start >= 0) {
        bolt_json_u64(json, "portStart", (uint64_t)f->netns_port_start);
    }
    bolt_json_close(json, '}');
}

static void add_gids(struct bolt_json *json, const struct bolt_facts *f)
{
    if (f->gid_count == 0) {
        return;
    }
    bolt_json_open(json, "gids", '[');
    for (size_t i = 0; i < f->gid_count; i++) {
        bolt_json_open(json, NULL, '{');
        add_number(json, "containerID", f->gids[i].container);
        add_number(json, "hostID", f->gids[i].host);
        bolt_json_u64(json, "size", f->gids[i].size);
        bolt_json_close(json, '}');
    }
    bolt_json_close(json, ']');
}

/* No rule looks at others. */
static void add_sysctls(struct bolt_json *json, const struct bolt_facts *f)
{
    bool any = false;

    for (size_t i = 0; i < f->sysctl_count; i++) {
        const struct bolt_sysctl *sysctl = &f->sysctls[i];

        if (!bolt_bytes_has_prefix(sysctl->name, "net.")) {
            continue;
        }
        if (!any) {
            bolt_json_open(json, "sysctls", '{');
        }
        any = true;
        bolt_json_string(json, bolt_bytes_cstr(json->out->arena, sysctl->name), sysctl->value);
    }
    if (any) {
        bolt_json_close(json, '}');
    }
}

/* All of them: another policy may deny others. No rule looks at their values. */
static void add_annotations(struct bolt_json *json, const struct bolt_facts *f)
{
    if (f->annotation_count == 0) {
        return;
    }
    bolt_json_open(json, "annotations", '[');
    for (size_t i = 0; i < f->annotation_count; i++) {
        bolt_json_string(json, NULL, f->annotations[i].name);
    }
    bolt_json_close(json, ']');
}

void bolt_record_origin(struct bolt_json *json, const struct bolt_named *named)
{
    bolt_json_cstr(json, "source", named->source);
    bolt_json_bool(json, "forgeable", named->forgeable);
    if (named->from_annotation) {
        bolt_json_bool(json, "fromAnnotation", true);
    }
}

static void add_engine(struct bolt_json *json, const struct bolt_facts *f)
{
    bolt_json_open(json, "engine", '{');
    bolt_record_origin(json, &f->engine);
    bolt_json_close(json, '}');
}

/* --- where, and what the merge found ---------------------------------------------------- */

static void add_point(struct bolt_json *json, const struct bolt_case *c)
{
    const struct bolt_point *point = &c->point;

    bolt_json_open(json, "gate", '[');
    for (size_t i = 0; i < bolt_gate_flag_count; i++) {
        if (*(const bool *)((const char *)point + bolt_gate_flags[i].offset)) {
            bolt_json_cstr(json, NULL, bolt_gate_flags[i].word);
        }
    }
    if (c->policy->trust_annotations) {
        bolt_json_cstr(json, NULL, BOLT_GATE_ANNOTATIONS);
    }
    bolt_json_close(json, ']');
}

static void add_result(struct bolt_json *json, const char *name,
                       const struct bolt_seccomp_result *result)
{
    bolt_json_open(json, name, '{');
    if (result->denied) {
        bolt_json_bool(json, "denied", true);
    } else {
        bolt_json_cstr(json, "fit", bolt_fit_name(result->fit));
        if (result->way.len != 0) {
            bolt_json_string(json, "way", result->way);
        }
        if (result->reason.len != 0) {
            bolt_json_string(json, "reason", result->reason);
        }
    }
    bolt_json_close(json, '}');
}

static void add_spared(struct bolt_json *json, uint64_t spared)
{
    if (spared == 0) {
        return;
    }
    bolt_json_open(json, "allow", '[');
    for (size_t i = 0; i < bolt_family_count; i++) {
        if ((spared >> bolt_families[i].number & 1) != 0) {
            bolt_json_cstr(json, NULL, bolt_families[i].name);
        }
    }
    bolt_json_close(json, ']');
}

/* A container without a filter can be given one at any time. */
static void add_filter(struct bolt_json *json, const struct bolt_case *c)
{
    const struct bolt_raw_sockets *raw = &c->policy->raw_sockets;

    if (c->seccomp == NULL || c->facts->seccomp_unconfined) {
        return;
    }
    bolt_json_open(json, "filter", '{');
    add_text(json, "families", raw->extended ? "extended" : NULL);
    add_spared(json, bolt_policy_spared(c->policy));
    add_text(json, "socketcall", raw->deny_socketcall ? NULL : "allow");
    add_text(json, "ioUring", raw->deny_io_uring ? NULL : "allow");
    add_text(json, "inexact", raw->stricter ? "stricter" : NULL);
    bolt_json_u64(json, "errno", raw->errnum);
    if (c->seccomp != c->logged) {
        add_result(json, "denial", c->seccomp);
    }
    if (c->logged != NULL) {
        add_result(json, "logging", c->logged);
    }
    bolt_json_close(json, '}');
}

void bolt_record_facts(struct bolt_arena *arena, struct bolt_json *json, const struct bolt_case *c)
{
    const struct bolt_facts *f = c->facts;
    struct bolt_buf out = {.arena = arena};
    struct bolt_json facts = {.out = &out, .empty = true};

    bolt_json_open(&facts, NULL, '{');
    bolt_json_cstr(&facts, "of", bolt_facts_kind(f));
    add_flags(&facts, f);
    add_caps(&facts, f);
    add_number(&facts, "uid", f->uid);
    add_number(&facts, "gid", f->gid);
    if ((f->known & BOLT_KNOWN_CONFIG) != 0) {
        add_network(&facts, f);
        add_gids(&facts, f);
        add_sysctls(&facts, f);
        add_annotations(&facts, f);
    }
    add_text(&facts, "portsUnknown", (f->known & BOLT_KNOWN_PORTS) == 0 ? f->ports_why : NULL);
    add_engine(&facts, f);
    add_point(&facts, c);
    add_filter(&facts, c);
    bolt_json_close(&facts, '}');
    if (out.len <= BOLT_RECORD_FACTS_MAX) {
        bolt_json_raw(json, "facts", bolt_buf_bytes(&out));
    }
}
