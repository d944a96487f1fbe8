/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/inspection.h"

#include "seccomp/profile.h"
#include "seccomp/way.h"
#include "json/write.h"

/* --- proofs ------------------------------------------------------------------------------ */

static void add_abis(struct bolt_buf *out, const struct bolt_machine *machine)
{
    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        bolt_buf_addf(out, "%s%s", i == 0 ? "" : ", ", machine->abis[i]->text);
    }
}

static const char *claim_of(const struct bolt_inspection *i)
{
    return i->denial->log ? "no raw socket goes unlogged" : "no raw socket";
}

struct bolt_bytes bolt_emit_proof(struct bolt_arena *arena, const struct bolt_inspection *i)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_bytes which = bolt_template_case_text(arena, i->which);
    const struct bolt_seccomp_verdict *v = &i->verdict;

    bolt_buf_add(&out, bolt_printable(arena, i->file));
    bolt_buf_addf(&out, "%s%.*s: ", which.len == 0 ? "" : ", ",
                  BOLT_FMT(bolt_printable(arena, which)));
    if (v->proved) {
        bolt_buf_addf(&out, "proved: %s on ", claim_of(i));
        add_abis(&out, i->machine);
        bolt_buf_addf(&out, " (%.0f paths, %llu us)\n", v->paths,
                      (unsigned long long)i->duration_us);
        return bolt_buf_bytes(&out);
    }
    bolt_buf_addf(&out, "not proved: %.*s -> %.*s, ", BOLT_FMT(v->call),
                  BOLT_FMT(bolt_act_text(arena, v->answer)));
    if (v->entry >= 0) {
        bolt_buf_addf(&out, "by entry %ld\n", v->entry);
    } else {
        bolt_buf_adds(&out, v->entry == BOLT_BY_DEFAULT
                                ? "by the default action\n"
                                : "by what other rules imply, or an architecture not listed\n");
    }
    return bolt_buf_bytes(&out);
}

static void add_names(struct bolt_json *json, const char *name, const struct bolt_cap_names *caps)
{
    bolt_json_open(json, name, '[');
    for (size_t i = 0; i < caps->count; i++) {
        bolt_json_string(json, NULL, caps->names[i]);
    }
    bolt_json_close(json, ']');
}

/* As text: JSON readers that keep numbers as doubles lose the upper bits. */
static void add_arguments(struct bolt_arena *arena, struct bolt_json *json,
                          const struct bolt_input *input)
{
    bolt_json_open(json, "arguments", '[');
    for (size_t i = 0; i < BOLT_LEN(input->args); i++) {
        bolt_json_string(json, NULL,
                         bolt_printf(arena, "0x%llx", (unsigned long long)input->args[i]));
    }
    bolt_json_close(json, ']');
}

static void add_action(struct bolt_json *json, const char *name, const char *data_name,
                       uint32_t action)
{
    bolt_json_cstr(json, name, bolt_act_name(action));
    if (bolt_act_has_data(action)) {
        bolt_json_u64(json, data_name, action & ~BOLT_ACT_FULL);
    }
}

static void add_counterexample(struct bolt_arena *arena, struct bolt_json *json,
                               const struct bolt_seccomp_verdict *v)
{
    const struct bolt_abi *abi;
    enum bolt_call call = bolt_abi_call(v->input.arch, v->input.nr, &abi);

    bolt_json_open(json, "counterexample", '{');
    bolt_json_string(json, "text", v->call);
    bolt_json_cstr(json, "abi", abi->text);
    bolt_json_cstr(json, "call", bolt_call_name(call));
    add_arguments(arena, json, &v->input);
    add_action(json, "answer", "answerErrno", v->answer);
    if (v->entry >= 0) {
        bolt_json_u64(json, "entry", (uint64_t)v->entry);
    }
    bolt_json_cstr(json, "by",
                   v->entry >= 0                 ? "entry"
                   : v->entry == BOLT_BY_DEFAULT ? "default"
                                                 : "implied");
    bolt_json_close(json, '}');
}

struct bolt_bytes bolt_emit_proof_json(struct bolt_arena *arena, const struct bolt_inspection *i)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};
    const struct bolt_seccomp_verdict *v = &i->verdict;

    bolt_json_open(&json, NULL, '{');
    bolt_json_string(&json, "file", i->file);
    add_names(&json, "with", &i->which->container.with);
    add_names(&json, "without", &i->which->container.without);
    bolt_json_bool(&json, "proved", v->proved);
    bolt_json_open(&json, "abis", '[');
    for (size_t a = 0; i->machine->abis[a] != NULL; a++) {
        bolt_json_cstr(&json, NULL, i->machine->abis[a]->text);
    }
    bolt_json_close(&json, ']');
    bolt_json_u64(&json, "instructions", v->instructions);
    bolt_json_raw(&json, "paths", bolt_printf(arena, "%.0f", v->paths));
    bolt_json_u64(&json, "microseconds", i->duration_us);
    if (!v->proved) {
        add_counterexample(arena, &json, v);
    }
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}

/* --- differences ------------------------------------------------------------------------- */

static void add_calls(struct bolt_buf *out, const struct bolt_seccomp_change *c)
{
    for (size_t i = 0; i < c->call_count; i++) {
        bolt_buf_adds(out, i == 0 ? "" : ", ");
        bolt_buf_add(out, c->calls[i]);
    }
}

static void add_change(struct bolt_arena *arena, struct bolt_buf *out,
                       const struct bolt_seccomp_change *c)
{
    bolt_buf_addf(out, "%s: %.*s -> %.*s: ", c->abi->text,
                  BOLT_FMT(bolt_act_text(arena, c->before)),
                  BOLT_FMT(bolt_act_text(arena, c->after)));
    add_calls(out, c);
    bolt_buf_adds(out, "\n");
    if (c->where.everything) {
        return;
    }
    for (size_t i = 0; i < c->where.count; i++) {
        bolt_buf_addf(out, "    %s %.*s\n", i == 0 ? "where" : "or   ",
                      BOLT_FMT(c->where.parts[i]));
    }
    if (c->where.more) {
        bolt_buf_addf(out, "    %s%s%.*s\n",
                      c->where.count == 0 ? "where too much is to be told" : "and more",
                      c->where.bound.len == 0 ? "" : ", all with ", BOLT_FMT(c->where.bound));
    }
    bolt_buf_addf(out, "    for example %.*s\n",
                  BOLT_FMT(bolt_way_example(arena, c->calls[0], c->abi, &c->example)));
}

struct bolt_bytes bolt_emit_changes(struct bolt_arena *arena,
                                    const struct bolt_seccomp_changes *changes)
{
    struct bolt_buf out = {.arena = arena};

    for (size_t i = 0; i < changes->count; i++) {
        add_change(arena, &out, &changes->list[i]);
    }
    return bolt_buf_bytes(&out);
}

static void add_change_json(struct bolt_arena *arena, struct bolt_json *json,
                            const struct bolt_seccomp_change *c)
{
    bolt_json_open(json, NULL, '{');
    bolt_json_cstr(json, "abi", c->abi->text);
    bolt_json_open(json, "calls", '[');
    for (size_t i = 0; i < c->call_count; i++) {
        bolt_json_string(json, NULL, c->calls[i]);
    }
    bolt_json_close(json, ']');
    add_action(json, "before", "beforeErrno", c->before);
    add_action(json, "after", "afterErrno", c->after);
    bolt_json_open(json, "where", '[');
    if (c->where.everything) {
        bolt_json_cstr(json, NULL, "any arguments");
    }
    for (size_t i = 0; i < c->where.count; i++) {
        bolt_json_string(json, NULL, c->where.parts[i]);
    }
    bolt_json_close(json, ']');
    bolt_json_bool(json, "more", c->where.more);
    if (c->where.bound.len != 0) {
        bolt_json_string(json, "allWith", c->where.bound);
    }
    bolt_json_open(json, "example", '{');
    bolt_json_string(json, "call", c->calls[0]);
    add_arguments(arena, json, &c->example);
    bolt_json_close(json, '}');
    bolt_json_close(json, '}');
}

struct bolt_bytes bolt_emit_changes_json(struct bolt_arena *arena,
                                         const struct bolt_seccomp_changes *changes)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_json_bool(&json, "equal", changes->count == 0);
    bolt_json_open(&json, "changes", '[');
    for (size_t i = 0; i < changes->count; i++) {
        add_change_json(arena, &json, &changes->list[i]);
    }
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}
