/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/scope.h"

#include <linux/net.h>

#include "seccomp/compile.h"

struct view {
    struct bolt_arena *arena;
    const struct bolt_profile *profile;
    struct bolt_bytes *archs; /* by name, the machine's own first */
    size_t arch_count;
};

static bool is_rule(const struct view *v, const struct bolt_entry *entry)
{
    return entry->action != v->profile->default_action;
}

static bool is_everywhere(const struct view *v, const char *name)
{
    return bolt_compile_has_call(v->archs, v->arch_count, name);
}

static bool makes_sockets(struct bolt_bytes name)
{
    return bolt_bytes_is(name, "socket") || bolt_bytes_is(name, "socketcall") ||
           bolt_bytes_is(name, "io_uring_setup");
}

/* What socketcall() stands for besides socket(): include/uapi/linux/net.h, SYS_*. */
static bool is_multiplexed(struct bolt_bytes name)
{
    static const char *const names[] = {
        "bind",    "connect", "listen",  "accept",   "getsockname", "getpeername", "socketpair",
        "send",    "recv",    "sendto",  "recvfrom", "shutdown",    "setsockopt",  "getsockopt",
        "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg"};

    for (size_t i = 0; i < BOLT_LEN(names); i++) {
        if (bolt_bytes_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

static bool names_any(const struct view *v, const struct bolt_entry *e,
                      bool (*is)(struct bolt_bytes name))
{
    const struct bolt_doc *doc = v->profile->doc;

    for (bolt_node n = bolt_doc_first(doc, e->names); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (is(bolt_doc_string(doc, n))) {
            return true;
        }
    }
    return false;
}

static bool is_socketcall(struct bolt_bytes name)
{
    return bolt_bytes_is(name, "socketcall");
}

/* "Everything but SYS_SOCKET", or everything. */
static bool is_about_the_rest(const struct bolt_entry *e)
{
    return e->cond_count == 0 || (e->cond_count == 1 && e->conds[0].index == 0 &&
                                  e->conds[0].op == BOLT_CMP_NE && e->conds[0].value == SYS_SOCKET);
}

static bool is_about_socket_only(const struct bolt_entry *e)
{
    const struct bolt_cond *c = e->conds;

    return e->cond_count == 1 && c->index == 0 &&
           ((c->op == BOLT_CMP_EQ && c->value == SYS_SOCKET) ||
            (c->op == BOLT_CMP_MASKED_EQ && c->value == UINT32_MAX && c->value_two == SYS_SOCKET));
}

/* Whether the rules for connect() and so on say anything else than those for socketcall(). */
static bool mixes_socketcall(const struct view *v)
{
    bool named = false;
    bool has_rest = false;
    uint32_t rest = 0;

    for (size_t i = 0; i < v->profile->entry_count; i++) {
        const struct bolt_entry *e = &v->profile->entries[i];

        if (!is_rule(v, e) || !names_any(v, e, is_socketcall)) {
            continue;
        }
        named = true;
        if (is_about_socket_only(e)) {
            continue;
        }
        if (!is_about_the_rest(e) || (has_rest && rest != e->action)) {
            return true;
        }
        has_rest = true;
        rest = e->action;
    }
    for (size_t i = 0; named && has_rest && i < v->profile->entry_count; i++) {
        const struct bolt_entry *e = &v->profile->entries[i];

        if (is_rule(v, e) && (e->cond_count != 0 || e->action != rest) &&
            names_any(v, e, is_multiplexed)) {
            return true;
        }
    }
    return false;
}

/* A call that libseccomp knows and that is missing on a listed architecture. */
static bool is_missing_somewhere(const struct view *v, struct bolt_bytes name)
{
    const char *text = bolt_bytes_cstr(v->arena, name);

    return bolt_compile_knows_call(text) && !is_everywhere(v, text);
}

/* The first call with an unconditional rule that exists on all architectures; not one of those
 * whose rules are rewritten, so that it is the same one before and after. None if rules with
 * conditions, outside of the scope, are about calls that an architecture lacks. */
static bool find_guard(const struct view *v, struct bolt_bytes *guard)
{
    const struct bolt_doc *doc = v->profile->doc;

    for (size_t i = 0; i < v->profile->entry_count; i++) {
        const struct bolt_entry *e = &v->profile->entries[i];

        if (!is_rule(v, e) || (e->cond_count == 0 && guard->len != 0)) {
            continue;
        }
        for (bolt_node n = bolt_doc_first(doc, e->names); n.id != 0; n = bolt_doc_next(doc, n)) {
            struct bolt_bytes name = bolt_doc_string(doc, n);

            if (makes_sockets(name)) {
                continue;
            }
            if (e->cond_count != 0) {
                if (is_missing_somewhere(v, name)) {
                    return false;
                }
            } else if (guard->len == 0 && is_everywhere(v, bolt_bytes_cstr(v->arena, name))) {
                *guard = name;
            }
        }
    }
    return guard->len != 0;
}

/* --- the scope --------------------------------------------------------------------------- */

struct bolt_scope_of bolt_scope_find(struct bolt_arena *arena, const struct bolt_profile *profile,
                                     const struct bolt_machine *machine)
{
    struct view v = {.arena = arena, .profile = profile};
    struct bolt_scope_of scope = {.all = false};

    v.archs = bolt_new_n(arena, struct bolt_bytes, profile->arch_count + 1);
    v.archs[v.arch_count++] = bolt_bytes_of(machine->abis[0]->name);
    for (size_t i = 0; i < profile->arch_count; i++) {
        v.archs[v.arch_count++] = profile->archs[i];
    }
    scope.all = !find_guard(&v, &scope.guard);
    scope.mixed = !scope.all && mixes_socketcall(&v);
    return scope;
}

bool bolt_scope_has(const struct bolt_scope_of *scope, struct bolt_bytes call)
{
    return scope->all || makes_sockets(call) || bolt_bytes_equal(call, scope->guard) ||
           (scope->mixed && is_multiplexed(call));
}

bool bolt_scope_mixes(const struct bolt_profile *profile)
{
    const struct view v = {.profile = profile};

    return mixes_socketcall(&v);
}

bool bolt_scope_reaches(struct bolt_arena *arena, const struct bolt_machine *machine,
                        struct bolt_bytes call, bool conditions)
{
    struct bolt_bytes archs[BOLT_MACHINE_ABIS];
    struct view v = {.arena = arena, .archs = archs};

    for (size_t i = 0; machine->abis[i] != NULL; i++) {
        archs[v.arch_count++] = bolt_bytes_of(machine->abis[i]->name);
    }
    return is_multiplexed(call) || (conditions && is_missing_somewhere(&v, call));
}
