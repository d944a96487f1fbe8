/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "decide/merge.h"
#include "decide/rule.h"
#include "emit/cni.h"

#define TELLS "\"capabilities\":{\"portMappings\":true}"

static struct bolt_cni_call call_of(const char *args, const char *engine)
{
    return (struct bolt_cni_call){.command = BOLT_LIT("ADD"),
                                  .container_id = BOLT_LIT("c1"),
                                  .netns = BOLT_LIT("/run/netns/c1"),
                                  .ifname = BOLT_LIT("eth0"),
                                  .args = bolt_bytes_of(args),
                                  .engine = engine};
}

static struct bolt_facts facts_of(struct bolt_arena *arena, struct bolt_cni_call *call,
                                  const char *members)
{
    const char *text =
        bolt_printf(arena, "{\"cniVersion\":\"1.0.0\",\"prevResult\":{\"ips\":[]}%s%s}",
                    members[0] == '\0' ? "" : ",", members)
            .at;
    struct bolt_facts facts = {0};
    struct bolt_err err = {0};

    if (bolt_cni_read_environment(call, &err) != 0 ||
        bolt_facts_from_cni(arena, doc_of(arena, text), call, &facts, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return facts;
}

/* --- who ---------------------------------------------------------------------------------- */

static const struct {
    const char *args;
    const char *engine;
    const char *name;
    const char *namespace;
    bool forgeable; /* the namespace */
} identities[] = {
    {"", NULL, "", "", true},
    {"IgnoreUnknown=1", "containerd", "", "", true},
    {"K8S_POD_NAME=web", "podman", "web", "", true},
    {"K8S_POD_NAMESPACE=prod;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=c1", "containerd", "web",
     "prod", false},
    {"K8S_POD_INFRA_CONTAINER_ID=c1;K8S_POD_NAMESPACE=prod;", "cri-o", "", "prod", false},
    {"K8S_POD_NAMESPACE=prod;K8S_POD_INFRA_CONTAINER_ID=c2", "containerd", "", "prod", true},
    {"K8S_POD_NAMESPACE=prod;K8S_POD_INFRA_CONTAINER_ID=c1", "podman", "", "prod", true},
    {"K8S_POD_NAMESPACE=prod;K8S_POD_INFRA_CONTAINER_ID=c1", NULL, "", "prod", true},
    {"K8S_POD_NAMESPACE=prod", "containerd", "", "prod", true},
    {"K8S_POD_NAME=a=b", "podman", "a=b", "", true},
};

static void who_it_is_comes_from_the_runtime(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(identities); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_cni_call call = call_of(identities[i].args, identities[i].engine);
        struct bolt_facts f = facts_of(arena, &call, "");

        print_message("  %s\n", identities[i].args);
        assert_bytes_equal(f.who.id.value, "c1");
        assert_false(f.who.id.forgeable);
        assert_bytes_equal(f.who.name.value, identities[i].name);
        assert_true(f.who.name.forgeable);
        assert_bytes_equal(f.who.namespace.value, identities[i].namespace);
        assert_int_equal(f.who.namespace.forgeable, identities[i].forgeable);
        assert_bytes_equal(f.engine.value,
                           identities[i].engine == NULL ? "" : identities[i].engine);
        assert_int_equal(f.engine.forgeable, identities[i].engine == NULL);
    }
}

static void arguments_that_can_be_read_in_two_ways_are_errors(void **state)
{
    static const char *const bad[] = {
        "x",
        ";",
        "a=b;c",
        "K8S_POD_NAME=a;K8S_POD_NAME=a",
        "K8S_POD_NAME=;K8S_POD_NAME=a",
        "K8S_POD_INFRA_CONTAINER_ID=c1;x=y;K8S_POD_INFRA_CONTAINER_ID=c2"};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(bad); i++) {
        struct bolt_cni_call call = call_of(bad[i], "containerd");
        struct bolt_err err = {0};

        print_message("  %s\n", bad[i]);
        assert_int_equal(bolt_cni_read_environment(&call, &err), -1);
        assert_int_equal(err.kind, BOLT_ERR_USAGE);
    }
}

/* --- which ports -------------------------------------------------------------------------- */

static const struct {
    const char *members;
    const char *engine;
    const char *ports; /* NULL: not known */
} told[] = {
    {TELLS ",\"runtimeConfig\":{\"portMappings\":[{\"HostPort\":80,\"ContainerPort\":81,"
           "\"Protocol\":\"UDP\",\"HostIP\":\"::1\"},{\"hostPort\":82}]}",
     NULL, " 82 0 tcp;::1 80 81 udp;"},
    {"\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":80}]}", "cri-o", " 80 0 tcp;"},
    {"\"runtimeConfig\":{\"portMappings\":[]}", NULL, ""},
    {TELLS, "containerd", ""},
    {TELLS, "podman", ""},
    {TELLS ",\"runtimeConfig\":null", "podman", ""},
    {TELLS ",\"runtimeConfig\":{\"portMappings\":null}", "podman", ""},
    {TELLS, "cri-o", NULL},
    {TELLS, NULL, NULL},
    {"", "podman", NULL},
    {"\"capabilities\":{\"portMappings\":false}", "podman", NULL},
    {"\"capabilities\":{\"portMappings\":\"true\"}", "podman", NULL},
    {"\"capabilities\":[true]", "podman", NULL},
};

static void ports_are_none_only_where_somebody_would_tell(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(told); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_cni_call call = call_of("", told[i].engine);
        struct bolt_facts f = facts_of(arena, &call, told[i].members);
        struct bolt_buf got = {.arena = arena};

        print_message("  %s %s\n", told[i].engine, told[i].members);
        assert_int_equal((f.known & BOLT_KNOWN_PORTS) != 0, told[i].ports != NULL);
        assert_int_equal(f.ports_why == NULL, told[i].ports != NULL);
        for (size_t p = 0; p < f.port_count; p++) {
            bolt_buf_addf(&got, "%.*s %u %u %.*s;", BOLT_FMT(f.ports[p].address), f.ports[p].host,
                          f.ports[p].container, BOLT_FMT(f.ports[p].protocol));
            assert_string_equal(f.ports[p].source, "cni runtimeConfig");
        }
        assert_bytes_equal(bolt_buf_bytes(&got), told[i].ports == NULL ? "" : told[i].ports);
        assert_bytes_equal(call.prev_result, "{\"ips\":[]}");
        assert_bytes_equal(call.version, "1.0.0");
    }
}

static const struct {
    const char *command;
    const char *text;
    enum bolt_cni_code code;
} mistakes[] = {
    {"ADD", "[]", BOLT_CNI_CONFIG},
    {"ADD", "{}", BOLT_CNI_VERSION},
    {"ADD", "{\"cniVersion\":\"0.3.0\",\"prevResult\":{}}", BOLT_CNI_VERSION},
    {"CHECK", "{\"cniVersion\":\"0.3.1\",\"prevResult\":{}}", BOLT_CNI_VERSION},
    {"ADD", "{\"cniVersion\":1,\"prevResult\":{}}", BOLT_CNI_CONFIG},
    {"ADD", "{\"cniVersion\":\"1.0.0\"}", BOLT_CNI_CONFIG},
    {"CHECK", "{\"cniVersion\":\"1.0.0\"}", BOLT_CNI_CONFIG},
    {"ADD", "{\"cniVersion\":\"1.0.0\",\"prevResult\":[]}", BOLT_CNI_CONFIG},
    {"ADD", "{\"cniVersion\":\"1.0.0\",\"prevResult\":{},\"RuntimeConfig\":{}}", BOLT_CNI_CONFIG},
    {"ADD", "{\"cniVersion\":\"1.0.0\",\"prevResult\":{},\"runtimeConfig\":[]}", BOLT_CNI_CONFIG},
    {"ADD", "{\"cniVersion\":\"1.0.0\",\"prevResult\":{},\"runtimeConfig\":{\"PortMappings\":[]}}",
     BOLT_CNI_CONFIG},
    {"ADD", "{\"cniVersion\":\"1.0.0\",\"prevResult\":{},\"runtimeConfig\":{\"portMappings\":[7]}}",
     BOLT_CNI_CONFIG},
    {"ADD",
     "{\"cniVersion\":\"1.0.0\",\"prevResult\":{},"
     "\"runtimeConfig\":{\"io.kubernetes.cri.pod-annotations\":{\"a\":7}}}",
     BOLT_CNI_CONFIG},
};

static void a_wrong_configuration_has_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(mistakes); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_cni_call call = call_of("", "podman");
        struct bolt_facts facts = {0};
        struct bolt_err err = {0};

        print_message("  %s %s\n", mistakes[i].command, mistakes[i].text);
        call.command = bolt_bytes_of(mistakes[i].command);
        assert_int_equal(
            bolt_facts_from_cni(arena, doc_of(arena, mistakes[i].text), &call, &facts, &err), -1);
        assert_int_equal(err.kind, BOLT_ERR_INPUT);
        assert_int_equal(call.code, mistakes[i].code);
    }
}

/* --- what is decided, and said ------------------------------------------------------------ */

static const struct bolt_decision *decide(struct bolt_arena *arena, const struct bolt_facts *facts,
                                          struct bolt_policy *policy)
{
    struct bolt_case c = {
        .policy = policy, .facts = facts, .point = {.name = "cni:ADD", .can_look = true}};
    struct bolt_err err = {0};

    if (bolt_policy_parse(arena, bolt_policy_builtin(), policy, &err) != 0 ||
        bolt_case_merge(arena, &c, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return bolt_decide(arena, &c);
}

static void rules_about_other_things_are_silent(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_cni_call call = call_of("", "podman");
    struct bolt_facts known = facts_of(arena, &call, TELLS);
    struct bolt_facts unknown = facts_of(arena, &call, "");
    struct bolt_policy policy;
    const struct bolt_decision *d = decide(arena, &known, &policy);

    (void)state;
    assert_int_equal(d->verdict, BOLT_ALLOW);
    assert_int_equal(d->finding_count + d->unchecked_count, 0);
    d = decide(arena, &unknown, &policy);
    assert_int_equal(d->verdict, BOLT_ALLOW);
    assert_int_equal(d->finding_count, 0);
    assert_int_equal(d->unchecked_count, 3);
}

static void what_is_refused_is_told_in_full(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_cni_call call = call_of("", "podman");
    struct bolt_facts one =
        facts_of(arena, &call, "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":80}]}");
    struct bolt_facts two =
        facts_of(arena, &call,
                 "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":80,\"containerPort\":80},"
                 "{\"hostPort\":53,\"protocol\":\"udp\"}]}");
    struct bolt_policy policy;
    const struct bolt_decision *d = decide(arena, &one, &policy);

    (void)state;
    assert_int_equal(d->verdict, BOLT_REFUSE);
    assert_bytes_equal(bolt_emit_cni_details(arena, d), "");
    d = decide(arena, &two, &policy);
    assert_bytes_equal(
        bolt_emit_cni_details(arena, d),
        "host port 80/tcp is below 1024 and not allowed for this container (rule "
        "host-port-privileged); host port 53/udp is below 1024 and not allowed for this container "
        "(rule host-port-privileged)");
}

static void answers_are_as_the_specification_has_them(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_cni_error error = {.code = BOLT_CNI_DECODE, .said = BOLT_LIT("a \"b\"\n")};

    (void)state;
    assert_bytes_equal(bolt_emit_cni_error(arena, &error),
                       "{\"cniVersion\":\"1.1.0\",\"code\":6,\"msg\":\"a \\\"b\\\"\\u000a\"}\n");
    error = (struct bolt_cni_error){BOLT_LIT("0.4.0"), BOLT_CNI_REFUSED, BOLT_LIT("no"),
                                    BOLT_LIT("because")};
    assert_bytes_equal(
        bolt_emit_cni_error(arena, &error),
        "{\"cniVersion\":\"0.4.0\",\"code\":100,\"msg\":\"no\",\"details\":\"because\"}\n");
    assert_bytes_equal(bolt_emit_cni_versions(arena, BOLT_LIT("0.1.0")),
                       "{\"cniVersion\":\"0.1.0\",\"supportedVersions\":[\"0.3.1\",\"0.4.0\","
                       "\"1.0.0\",\"1.1.0\"]}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_it_is_comes_from_the_runtime),
        cmocka_unit_test(arguments_that_can_be_read_in_two_ways_are_errors),
        cmocka_unit_test(ports_are_none_only_where_somebody_would_tell),
        cmocka_unit_test(a_wrong_configuration_has_its_code),
        cmocka_unit_test(rules_about_other_things_are_silent),
        cmocka_unit_test(what_is_refused_is_told_in_full),
        cmocka_unit_test(answers_are_as_the_specification_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
