/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a policy: the built-in one first, then what the file says over it. What a member may
 * be is in members.c; what members may be together is here.
 */
#include <string.h>

#include "policy/policy_internal.h"

static const char builtin[] =
    "{\n"
    "  \"version\": 1,\n"
    "  \"mode\": \"enforce\",\n"
    "  \"capabilities\": {\n"
    "    \"allow\": [\n"
    "      \"AUDIT_WRITE\",\n"
    "      \"CHOWN\",\n"
    "      \"DAC_OVERRIDE\",\n"
    "      \"FOWNER\",\n"
    "      \"FSETID\",\n"
    "      \"KILL\",\n"
    "      \"MKNOD\",\n"
    "      \"NET_BIND_SERVICE\",\n"
    "      \"SETFCAP\",\n"
    "      \"SETGID\",\n"
    "      \"SETPCAP\",\n"
    "      \"SETUID\",\n"
    "      \"SYS_CHROOT\"\n"
    "    ],\n"
    "    \"action\": \"rewrite\"\n"
    "  },\n"
    "  \"rawSockets\": {\n"
    "    \"action\": \"rewrite\",\n"
    "    \"families\": \"core\",\n"
    "    \"allow\": [],\n"
    "    \"errno\": \"EPERM\",\n"
    "    \"socketcall\": \"deny\",\n"
    "    \"ioUring\": \"deny\",\n"
    "    \"inexact\": \"refuse\",\n"
    "    \"keepPing\": true\n"
    "  },\n"
    "  \"seccompUnconfined\": {\"action\": \"report\"},\n"
    "  \"privileged\": {\"action\": \"refuse\"},\n"
    "  \"ports\": {\n"
    "    \"host\": {\n"
    "      \"privilegedBelow\": 1024,\n"
    "      \"allow\": [],\n"
    "      \"action\": \"refuse\",\n"
    "      \"unknown\": \"report\"\n"
    "    },\n"
    "    \"container\": {\"privilegedBelow\": 1024, \"action\": \"report\"},\n"
    "    \"hostNetwork\": {\"action\": \"refuse\"},\n"
    "    \"sources\": [\"engine\"]\n"
    "  },\n"
    "  \"sysctls\": {\n"
    "    \"net.ipv4.ip_unprivileged_port_start\": {\"min\": 0, \"max\": 1024, \"action\": "
    "\"refuse\"},\n"
    "    \"joinedNetns\": {\"action\": \"refuse\"}\n"
    "  },\n"
    "  \"exec\": {\"action\": \"rewrite\"},\n"
    "  \"capabilityUseless\": {\"action\": \"report\"},\n"
    "  \"annotations\": {\n"
    "    \"deny\": [\n"
    "      \"run.oci.*\",\n"
    "      \"module.wasm.image/variant\",\n"
    "      \"krun.*\",\n"
    "      \"org.criu.*\"\n"
    "    ],\n"
    "    \"action\": \"refuse\"\n"
    "  },\n"
    "  \"exceptions\": [],\n"
    "  \"runtimes\": {\"runc\": \"/usr/bin/runc\", \"crun\": \"/usr/bin/crun\"},\n"
    "  \"log\": {\n"
    "    \"file\": \"/var/log/drawbolt/decisions.jsonl\",\n"
    "    \"syslog\": true,\n"
    "    \"required\": false\n"
    "  }\n"
    "}";

struct bolt_bytes bolt_policy_builtin(void)
{
    return BOLT_LIT(builtin);
}

/* The member of the port-start object that a message is about, or the object, or the root. */
static bolt_node port_start_place(const struct bolt_doc *doc, const char *name)
{
    bolt_node sysctls = bolt_doc_member(doc, bolt_doc_root(doc), "sysctls");
    bolt_node object = bolt_doc_member(doc, sysctls, "net.ipv4.ip_unprivileged_port_start");
    bolt_node member = bolt_doc_member(doc, object, name);

    return member.id != 0 ? member : object.id != 0 ? object : bolt_doc_root(doc);
}

/* A member may be right by itself and wrong beside another, or beside a built-in value. */
static int check_port_start(const struct bolt_loader *loader, const struct bolt_port_start *start)
{
    if (start->min > start->max) {
        return bolt_doc_fail(loader->doc, port_start_place(loader->doc, "min"), loader->err,
                             "the range is empty: min %lld is greater than max %lld",
                             (long long)start->min, (long long)start->max);
    }
    if (start->has_set && (start->set < start->min || start->set > start->max)) {
        return bolt_doc_fail(loader->doc, port_start_place(loader->doc, "set"), loader->err,
                             "%lld is not within min %lld and max %lld", (long long)start->set,
                             (long long)start->min, (long long)start->max);
    }
    return 0;
}

/* yajl takes a comment behind the value that never ends, and what was meant to follow it with it.
 */
static int check_end(struct bolt_bytes text, const struct bolt_doc *doc, struct bolt_err *err)
{
    struct bolt_bytes root = bolt_doc_source(doc, bolt_doc_root(doc));
    const char *end = text.at + text.len;
    const char *at = root.at + root.len;

    while (end - at >= 2) {
        const char *close = "\n";

        if (memcmp(at, "/*", 2) == 0) {
            close = "*/";
        } else if (memcmp(at, "//", 2) != 0) {
            at++;
            continue;
        }
        at = memmem(at + 2, (size_t)(end - at) - 2, close, strlen(close));
        if (at == NULL) {
            return *close == '\n' ? 0
                                  : bolt_fail(err, BOLT_ERR_POLICY,
                                              "a comment behind the policy does not end");
        }
        at += strlen(close);
    }
    return 0;
}

/* Puts what the text says over what @policy holds. */
static int read_over(struct bolt_arena *arena, struct bolt_bytes text,
                     const struct bolt_member *members, struct bolt_policy *policy,
                     struct bolt_err *err)
{
    struct bolt_taken taken = {
        .arena = arena, .list = policy->exceptions, .count = policy->exception_count};
    const struct bolt_doc_list list = {"exceptions", bolt_take_exception, &taken};
    struct bolt_loader loader = {.arena = arena, .err = err, .taken = &taken};

    policy->exceptions_at = 0;
    if (bolt_doc_parse_list(arena, text, BOLT_DIALECT_COMMENTS, &list, &loader.doc, err) != 0 ||
        check_end(text, loader.doc, err) != 0 ||
        bolt_loader_object(&loader, bolt_doc_root(loader.doc), members, policy) != 0 ||
        check_port_start(&loader, &policy->port_start) != 0) {
        err->kind = BOLT_ERR_POLICY; /* a bad policy is nobody's container's fault */
        return -1;
    }
    return 0;
}

int bolt_policy_parse(struct bolt_arena *arena, struct bolt_bytes text, struct bolt_policy *out,
                      struct bolt_err *err)
{
    struct bolt_policy policy = {0};

    if (read_over(arena, bolt_policy_builtin(), bolt_policy_members, &policy, err) != 0 ||
        read_over(arena, text, bolt_policy_members, &policy, err) != 0) {
        return -1;
    }
    *out = policy;
    return 0;
}

int bolt_policy_add(struct bolt_arena *arena, struct bolt_bytes text, struct bolt_policy *policy,
                    struct bolt_err *err)
{
    struct bolt_policy with = *policy;

    if (read_over(arena, text, bolt_drop_in_members, &with, err) != 0) {
        return -1;
    }
    *policy = with;
    return 0;
}

const char *bolt_policy_runtime_in(struct bolt_arena *arena, struct bolt_bytes text,
                                   const char *runtime)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err ignored = {0};
    struct bolt_bytes path;
    bolt_node runtimes;

    if (bolt_doc_parse(arena, text, BOLT_DIALECT_COMMENTS, &doc, &ignored) != 0) {
        return NULL;
    }
    runtimes = bolt_doc_member(doc, bolt_doc_root(doc), "runtimes");
    path = bolt_doc_string(doc, bolt_doc_member(doc, runtimes, runtime));
    return path.len != 0 && path.at[0] == '/' ? bolt_bytes_cstr(arena, path) : NULL;
}
