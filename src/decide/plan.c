/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/plan.h"

#include <string.h>

#include "json/write.h"

void bolt_plan_add_removal(struct bolt_arena *arena, struct bolt_plan *plan, bolt_node node,
                           const char *reason)
{
    for (size_t i = 0; i < plan->removal_count; i++) {
        if (plan->removals[i].target.id == node.id) {
            return;
        }
    }
    plan->removals =
        bolt_arena_grow(arena, plan->removals, plan->removal_count, sizeof *plan->removals);
    plan->removals[plan->removal_count++] =
        (struct bolt_edit){.op = BOLT_EDIT_REMOVE, .target = node, .reason = reason};
}

void bolt_plan_add_sysctl(struct bolt_arena *arena, struct bolt_plan *plan,
                          struct bolt_planned_sysctl sysctl)
{
    for (size_t i = 0; i < plan->sysctl_count; i++) {
        if (strcmp(plan->sysctls[i].name, sysctl.name) == 0) {
            return;
        }
    }
    plan->sysctls =
        bolt_arena_grow(arena, plan->sysctls, plan->sysctl_count, sizeof *plan->sysctls);
    plan->sysctls[plan->sysctl_count++] = sysctl;
}

struct edit_list {
    struct bolt_arena *arena;
    struct bolt_edit *items;
    size_t count;
};

static void add(struct edit_list *list, struct bolt_edit edit)
{
    list->items = bolt_arena_grow(list->arena, list->items, list->count, sizeof *list->items);
    list->items[list->count++] = edit;
}

/* The member of the linux object gets a value: it is replaced if it is there, else added. */
static void put_member(struct edit_list *list, const struct bolt_facts *facts, const char *name,
                       struct bolt_edit edit)
{
    bolt_node there = bolt_doc_member(facts->doc, facts->linux_node, name);

    edit.op = there.id != 0 ? BOLT_EDIT_REPLACE : BOLT_EDIT_APPEND;
    edit.target = there.id != 0 ? there : facts->linux_node;
    edit.name = bolt_bytes_of(name);
    add(list, edit);
}

static struct bolt_bytes json_string(struct bolt_arena *arena, struct bolt_bytes text)
{
    struct bolt_buf out = {.arena = arena};

    bolt_json_add_string(&out, text);
    return bolt_buf_bytes(&out);
}

static void add_sysctls(struct edit_list *list, const struct bolt_facts *facts,
                        const struct bolt_plan *plan)
{
    struct bolt_buf text = {.arena = list->arena};
    struct bolt_json json = {.out = &text, .empty = true};

    if (bolt_doc_kind(facts->doc, facts->sysctl_node) == BOLT_JSON_OBJECT) {
        for (size_t i = 0; i < plan->sysctl_count; i++) {
            const struct bolt_planned_sysctl *s = &plan->sysctls[i];

            add(list,
                (struct bolt_edit){BOLT_EDIT_APPEND, facts->sysctl_node, bolt_bytes_of(s->name),
                                   json_string(list->arena, s->value), s->reason});
        }
        return;
    }
    bolt_json_open(&json, NULL, '{');
    for (size_t i = 0; i < plan->sysctl_count; i++) {
        bolt_json_string(&json, plan->sysctls[i].name, plan->sysctls[i].value);
    }
    bolt_json_close(&json, '}');
    put_member(
        list, facts, "sysctl",
        (struct bolt_edit){.text = bolt_buf_bytes(&text), .reason = plan->sysctls[0].reason});
}

size_t bolt_plan_edits(struct bolt_arena *arena, const struct bolt_facts *facts,
                       const struct bolt_plan *plan, struct bolt_edit **out)
{
    struct edit_list list = {.arena = arena};

    for (size_t i = 0; i < plan->removal_count; i++) {
        add(&list, plan->removals[i]);
    }
    if (plan->sysctl_count != 0) {
        add_sysctls(&list, facts, plan);
    }
    if (plan->seccomp != NULL && plan->seccomp->unconfined) {
        put_member(
            &list, facts, "seccomp",
            (struct bolt_edit){.text = plan->seccomp->profile, .reason = plan->seccomp_reason});
    } else if (plan->seccomp != NULL) {
        for (size_t i = 0; i < plan->seccomp->edit_count; i++) {
            add(&list, plan->seccomp->edits[i]);
        }
    }
    *out = list.items;
    return list.count;
}
