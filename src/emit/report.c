/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions for people. */
#include "decide/rule.h"
#include "emit/emit.h"

static struct bolt_bytes id_of(const struct bolt_record *r)
{
    struct bolt_bytes id =
        r->facts != NULL && r->facts->who.id.value.len != 0 ? r->facts->who.id.value : r->id.value;

    id.len = id.len > 12 ? 12 : id.len;
    return id;
}

struct bolt_bytes bolt_emit_refusal(struct bolt_arena *arena, const struct bolt_record *r)
{
    struct bolt_bytes id = bolt_printable(arena, id_of(r));
    struct bolt_buf out = {.arena = arena};
    const struct bolt_finding *first = NULL;
    size_t more = 0;

    for (size_t i = 0; i < r->decision->finding_count; i++) {
        const struct bolt_finding *f = &r->decision->findings[i];

        if (f->action != BOLT_ACTION_REFUSE) {
            continue;
        }
        more += first != NULL ? 1 : 0;
        first = first != NULL ? first : f;
    }
    if (first == NULL) {
        return BOLT_LIT("refused");
    }
    bolt_buf_addf(&out, "refused: %.*s (rule %s", BOLT_FMT(first->text), first->rule->id);
    if (more != 0) {
        bolt_buf_addf(&out, ", and %zu more", more);
    }
    if (id.len != 0 && r->policy->log_file != NULL) {
        bolt_buf_addf(&out, "; see 'drawbolt why %.*s'", BOLT_FMT(id));
    }
    bolt_buf_adds(&out, ")");
    return bolt_buf_bytes(&out);
}

static const char *headline(const struct bolt_record *r)
{
    const struct bolt_decision *d = r->decision;

    if (d->verdict == BOLT_REFUSE) {
        return "refused";
    }
    return d->edit_count != 0 ? "allowed after a rewrite" : "allowed";
}

/* One line for all rules that could not look for the same reason. */
static void add_unchecked(struct bolt_buf *out, const struct bolt_decision *d)
{
    for (size_t i = 0; i < d->unchecked_count; i++) {
        bool first = !d->unchecked[i].quiet;

        for (size_t j = 0; j < i; j++) {
            first = first && !bolt_bytes_equal(d->unchecked[j].why, d->unchecked[i].why);
        }
        if (!first) {
            continue;
        }
        bolt_buf_addf(out, "  %-8s %s", "?", d->unchecked[i].rule->id);
        for (size_t j = i + 1; j < d->unchecked_count; j++) {
            if (bolt_bytes_equal(d->unchecked[j].why, d->unchecked[i].why)) {
                bolt_buf_addf(out, ", %s", d->unchecked[j].rule->id);
            }
        }
        bolt_buf_addf(out, ": not checked: %.*s\n", BOLT_FMT(d->unchecked[i].why));
    }
}

/* What the merged seccomp profile denies besides. */
static void add_stricter(struct bolt_buf *out, const struct bolt_decision *d)
{
    if (d->verdict != BOLT_ALLOW || d->seccomp == NULL) {
        return;
    }
    for (size_t i = 0; i < d->seccomp->stricter_count; i++) {
        bolt_buf_addf(out, "  %-8s %.*s\n", "stricter", BOLT_FMT(d->seccomp->stricter_on[i]));
    }
}

struct bolt_bytes bolt_emit_report(struct bolt_arena *arena, const struct bolt_record *r)
{
    const struct bolt_decision *d = r->decision;
    struct bolt_buf out = {.arena = arena};

    bolt_buf_addf(&out, "%.*s: %s\n", BOLT_FMT(bolt_printable(arena, r->input_name)), headline(r));
    for (size_t i = 0; i < d->finding_count; i++) {
        const struct bolt_finding *f = &d->findings[i];

        bolt_buf_addf(&out, "  %-8s %s: %.*s\n", bolt_action_name(f->action), f->rule->id,
                      BOLT_FMT(f->text));
    }
    add_stricter(&out, d);
    add_unchecked(&out, d);
    if (r->policy->mode == BOLT_MODE_REPORT) {
        bolt_buf_adds(&out, "  the policy's mode is 'report': nothing is refused or changed\n");
    }
    return bolt_buf_bytes(&out);
}

static void add_hunk(struct bolt_arena *arena, struct bolt_buf *out, const struct bolt_facts *facts,
                     const struct bolt_edit *e)
{
    struct bolt_bytes pointer = bolt_doc_pointer(arena, facts->doc, e->target);
    struct bolt_bytes name = bolt_printable(arena, e->name);
    struct bolt_bytes old = bolt_printable(arena, bolt_doc_source(facts->doc, e->target));

    pointer = bolt_printable(arena, pointer);
    switch (e->op) {
    case BOLT_EDIT_NONE:
        return;
    case BOLT_EDIT_REMOVE:
        bolt_buf_addf(out, "@@ %.*s  (%s)\n- %.*s\n", BOLT_FMT(pointer), e->reason, BOLT_FMT(old));
        return;
    case BOLT_EDIT_REPLACE:
        bolt_buf_addf(out, "@@ %.*s  (%s)\n- %.*s\n+ %.*s\n", BOLT_FMT(pointer), e->reason,
                      BOLT_FMT(old), BOLT_FMT(e->text));
        return;
    case BOLT_EDIT_INSERT:
        bolt_buf_addf(out, "@@ before %.*s  (%s)\n+ %.*s\n", BOLT_FMT(pointer), e->reason,
                      BOLT_FMT(e->text));
        return;
    case BOLT_EDIT_APPEND:
        bolt_buf_addf(out, "@@ %.*s/%s%.*s  (%s)\n+ %.*s\n", BOLT_FMT(pointer),
                      name.len == 0 ? "-" : "", BOLT_FMT(name), e->reason, BOLT_FMT(e->text));
        return;
    }
}

struct bolt_bytes bolt_emit_diff(struct bolt_arena *arena, const struct bolt_facts *facts,
                                 const struct bolt_decision *decision)
{
    struct bolt_buf out = {.arena = arena};

    for (size_t i = 0; i < decision->edit_count; i++) {
        add_hunk(arena, &out, facts, &decision->edits[i]);
    }
    return bolt_buf_bytes(&out);
}
