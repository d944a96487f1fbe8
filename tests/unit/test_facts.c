/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "facts/facts.h"

#define BARE "{\"ociVersion\":\"1.0.2\""
#define HEAD "{\"ociVersion\":\"1.0.2\",\"linux\":{}"

static struct bolt_facts facts_of(struct bolt_arena *arena, const char *text)
{
    struct bolt_facts facts;
    struct bolt_err err = {0};

    if (bolt_facts_from_config(arena, doc_of(arena, text), &facts, &err) != 0) {
        fail_msg("%s: %s", text, err.text);
    }
    return facts;
}

/* --- capabilities ----------------------------------------------------------------------- */

/* What libcap's cap_from_name() takes, crun grants. */
static const struct {
    const char *name;
    int number;
    int strict;
} cap_names[] = {
    {"CAP_NET_RAW", 13, 13},
    {"NET_RAW", BOLT_CAP_UNKNOWN, 13},
    {"cap_net_raw", 13, BOLT_CAP_UNKNOWN},
    {"CAP_net_raw", 13, BOLT_CAP_UNKNOWN},
    {"Cap_Net_Raw", 13, BOLT_CAP_UNKNOWN},
    {"13", 13, BOLT_CAP_UNKNOWN},
    {"013", 11, BOLT_CAP_UNKNOWN},
    {"0xd", 13, BOLT_CAP_UNKNOWN},
    {"CAP_NET_RAW ", 13, BOLT_CAP_UNKNOWN},
    {"CAP_NET_RAW,", 13, BOLT_CAP_UNKNOWN},
    {"CAP_NET_RAW,junk", 13, BOLT_CAP_UNKNOWN},
    {"CAP_CHOWN", 0, 0},
    {"CAP_CHECKPOINT_RESTORE", 40, 40},
    {" CAP_NET_RAW", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"CAP_CAP_NET_RAW", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"ALL", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"CAP_ALL", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"CAP_BOGUS", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"CAP_", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"64", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"-1", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
    {"99999999999999999999", BOLT_CAP_UNKNOWN, BOLT_CAP_UNKNOWN},
};

static void a_capability_is_whatever_any_runtime_takes_it_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(cap_names); i++) {
        print_message("  '%s'\n", cap_names[i].name);
        assert_int_equal(bolt_cap_number(bolt_bytes_of(cap_names[i].name)), cap_names[i].number);
        assert_int_equal(bolt_cap_number_strict(bolt_bytes_of(cap_names[i].name)),
                         cap_names[i].strict);
    }
}

static void every_capability_has_one_strict_name(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    (void)state;
    for (int number = 0; number <= BOLT_CAP_LAST; number++) {
        assert_int_equal(bolt_cap_number_strict(bolt_cap_name(arena, number)), number);
    }
    assert_bytes_equal(bolt_cap_name(arena, BOLT_CAP_NET_RAW), "CAP_NET_RAW");
    assert_bytes_equal(bolt_cap_name(arena, BOLT_CAP_NET_BIND_SERVICE), "CAP_NET_BIND_SERVICE");
    assert_bytes_equal(bolt_cap_name(arena, 63), "CAP_63");
}

static void a_long_capability_name_is_read_to_its_end(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf name = {.arena = arena};

    (void)state;
    bolt_buf_adds(&name, "CAP_NET_RAW,");
    for (int i = 0; i < 200; i++) {
        assert_int_equal(bolt_cap_number(bolt_buf_bytes(&name)), BOLT_CAP_NET_RAW);
        bolt_buf_adds(&name, "x");
    }
}

static void all_five_sets_are_read_with_their_places(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_facts f = facts_of(
        arena, HEAD ",\"process\":{\"user\":{\"uid\":1000,\"gid\":4294967295},"
                    "\"noNewPrivileges\":true,\"capabilities\":{"
                    "\"ambient\":[\"CAP_CHOWN\"],\"bounding\":[\"13\",\"CAP_BOGUS\"],"
                    "\"effective\":null,\"permitted\":[],\"inheritable\":[\"cap_kill\"]}}}");

    (void)state;
    assert_int_equal(f.known, BOLT_KNOWN_CONFIG);
    assert_int_equal(f.uid, 1000);
    assert_int_equal(f.gid, UINT32_MAX);
    assert_true(f.no_new_privileges);
    assert_int_equal(f.cap_count, 4);
    assert_int_equal(f.cap_mask[BOLT_CAPS_BOUNDING], UINT64_C(1) << 13);
    assert_int_equal(f.cap_mask[BOLT_CAPS_EFFECTIVE], 0);
    assert_int_equal(f.cap_mask[BOLT_CAPS_INHERITABLE], UINT64_C(1) << 5);
    assert_int_equal(f.cap_mask[BOLT_CAPS_PERMITTED], 0);
    assert_int_equal(f.cap_mask[BOLT_CAPS_AMBIENT], 1);
    assert_int_equal(f.caps[0].number, BOLT_CAP_NET_RAW);
    assert_bytes_equal(f.caps[0].name, "13");
    assert_bytes_equal(bolt_doc_pointer(arena, f.doc, f.caps[0].node),
                       "/process/capabilities/bounding/0");
    assert_int_equal(f.caps[1].number, BOLT_CAP_UNKNOWN);
    assert_int_equal(f.caps[2].set, BOLT_CAPS_INHERITABLE);
    assert_int_equal(f.caps[3].set, BOLT_CAPS_AMBIENT);
}

/* --- what is refused -------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *error;
} refused[] = {
    {"[]", "1:1: is an array, not an object"},
    {"{}", "1:1: no ociVersion: not an OCI runtime configuration"},
    {"{\"ociVersion\":\"1.0.2\"}",
     "1:1: no 'linux' object: not the configuration of a Linux container"},
    {"{\"ociVersion\":\"1.0.2\",\"linux\":null}",
     "1:1: no 'linux' object: not the configuration of a Linux container"},
    {"{\"ociVersion\":1,\"linux\":{}}", "1:2: /ociVersion: is a number, not a string"},
    {"{\"ociVersion\":null,\"linux\":{}}", "1:1: no ociVersion: not an OCI runtime configuration"},
    {"{\"ociVersion\":\"1.0.2\",\"linux\":[]}", "1:23: /linux: is an array, not an object"},
    {"{\"ociVersion\":\"1.0.2\",\"linux\":{\"cgroupsPath\":7}}",
     "1:32: /linux/cgroupsPath: is a number, not a string"},
    {"{\"ociVersion\":\"1.0.2\",\"linux\":{\"maskedPaths\":{}}}",
     "1:32: /linux/maskedPaths: is an object, not an array"},
    {"{\"ociVersion\":\"1.0.2\",\"linux\":{\"readonlyPaths\":\"/\"}}",
     "1:32: /linux/readonlyPaths: is a string, not an array"},
    {HEAD ",\"process\":[]}", "1:34: /process: is an array, not an object"},
    {HEAD ",\"process\":{\"user\":0}}", "1:45: /process/user: is a number, not an object"},
    {HEAD ",\"process\":{\"user\":{\"uid\":\"0\"}}}",
     "1:53: /process/user/uid: is a string, not a number"},
    {HEAD ",\"process\":{\"user\":{\"uid\":-1}}}",
     "1:53: /process/user/uid: is not an integer from 0 to 4294967295"},
    {HEAD ",\"process\":{\"user\":{\"uid\":1e3}}}",
     "1:53: /process/user/uid: is not an integer from 0 to 4294967295"},
    {HEAD ",\"process\":{\"user\":{\"gid\":4294967296}}}",
     "1:53: /process/user/gid: is not an integer from 0 to 4294967295"},
    {HEAD ",\"process\":{\"noNewPrivileges\":\"true\"}}",
     "1:45: /process/noNewPrivileges: is a string, not a boolean"},
    {HEAD ",\"process\":{\"capabilities\":[\"CAP_NET_RAW\"]}}",
     "1:45: /process/capabilities: is an array, not an object"},
    {HEAD ",\"process\":{\"capabilities\":{\"bounding\":\"CAP_NET_RAW\"}}}",
     "1:61: /process/capabilities/bounding: is a string, not an array"},
    {HEAD ",\"process\":{\"capabilities\":{\"bounding\":[13]}}}",
     "1:73: /process/capabilities/bounding/0: is a number, not a string"},
    {HEAD ",\"process\":{\"capabilities\":{\"bounding\":[null]}}}",
     "1:73: /process/capabilities/bounding/0: is null, not a string"},
    {HEAD ",\"annotations\":[]}", "1:34: /annotations: is an array, not an object"},
    {HEAD ",\"annotations\":{\"a\":1}}", "1:49: /annotations/a: is a number, not a string"},
    {HEAD ",\"annotations\":{\"a\":null}}", "1:49: /annotations/a: is null, not a string"},
};

static void assert_refused(const char *text, const char *error)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_facts facts;
    struct bolt_err err = {0};

    print_message("  %s\n", text);
    assert_int_equal(bolt_facts_from_config(arena, doc_of(arena, text), &facts, &err), -1);
    assert_int_equal(err.kind, BOLT_ERR_INPUT);
    assert_string_equal(err.text, error);
}

static void a_wrong_type_is_an_error_at_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(refused); i++) {
        assert_refused(refused[i].text, refused[i].error);
    }
}

/* Inside "linux": what comes behind the brace of it. */
static const struct {
    const char *members;
    const char *error;
} linux_refused[] = {
    {"\"namespaces\":{}", "/linux/namespaces: is an object, not an array"},
    {"\"namespaces\":[\"network\"]", "/linux/namespaces/0: is a string, not an object"},
    {"\"namespaces\":[{\"type\":1}]", "/linux/namespaces/0/type: is a number, not a string"},
    {"\"namespaces\":[{\"type\":\"network\",\"path\":7}]",
     "/linux/namespaces/0/path: is a number, not a string"},
    {"\"namespaces\":[{\"type\":\"network\",\"path\":\"\"}]",
     "/linux/namespaces/0/path: an empty path, which some runtimes take for none and others try"},
    {"\"namespaces\":[{\"type\":\"network\"},{\"type\":\"pid\"},{\"type\":\"network\"}]",
     "/linux/namespaces/2: a second namespace of one type"},
    {"\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/a\"},{\"type\":\"network\"}]",
     "/linux/namespaces/1: a second namespace of one type"},
    {"\"namespaces\":[{\"type\":\"net\\u0077ork\"},{\"type\":\"network\"}]",
     "/linux/namespaces/1: a second namespace of one type"},
    {"\"sysctl\":[]", "/linux/sysctl: is an array, not an object"},
    {"\"sysctl\":{\"a\":1024}", "/linux/sysctl/a: is a number, not a string"},
    {"\"sysctl\":{\"a\":null}", "/linux/sysctl/a: is null, not a string"},
    {"\"sysctl\":{\"net.ipv4.x\":\"1\",\"net/ipv4/x\":\"0\"}",
     "/linux/sysctl/net~1ipv4~1x: a second spelling of one sysctl: which value stays is open"},
    {"\"sysctl\":{\"net.ipv4.x\":\"1\",\"kernel.y\":\"1\",\".net..ipv4/x/\":\"1\"}",
     "/linux/sysctl/.net..ipv4~1x~1: a second spelling of one sysctl: which value stays is open"},
    {"\"gidMappings\":{}", "/linux/gidMappings: is an object, not an array"},
    {"\"gidMappings\":[0]", "/linux/gidMappings/0: is a number, not an object"},
    {"\"gidMappings\":[{\"containerID\":\"0\"}]",
     "/linux/gidMappings/0/containerID: is a string, not a number"},
    {"\"gidMappings\":[{\"hostID\":4294967296}]",
     "/linux/gidMappings/0/hostID: is not an integer from 0 to 4294967295"},
    {"\"gidMappings\":[{\"size\":1.0}]",
     "/linux/gidMappings/0/size: is not an integer from 0 to 4294967295"},
    {"\"seccomp\":[]", "/linux/seccomp: is an array, not an object"},
    {"\"seccomp\":\"unconfined\"", "/linux/seccomp: is a string, not an object"},
};

static void what_the_linux_object_must_not_hold_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(linux_refused); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *text = bolt_printf(arena, "{\"ociVersion\":\"1.0.2\",\"linux\":{%s}}",
                                       linux_refused[i].members)
                               .at;
        struct bolt_facts facts;
        struct bolt_err err = {0};

        print_message("  %s\n", linux_refused[i].members);
        assert_int_equal(bolt_facts_from_config(arena, doc_of(arena, text), &facts, &err), -1);
        assert_int_equal(err.kind, BOLT_ERR_INPUT);
        assert_non_null(strchr(err.text, '/'));
        assert_string_equal(strchr(err.text, '/'), linux_refused[i].error);
    }
}

/* One known name of each object whose members the specification fixes, %s being the spelling. */
static const struct {
    const char *object;
    const char *name;
    const char *text;
} objects[] = {
    {"root", "process", "{\"ociVersion\":\"1\",\"linux\":{},\"%s\":{}}"},
    {"root", "hooks", "{\"ociVersion\":\"1\",\"linux\":{},\"%s\":{}}"},
    {"root", "annotations", "{\"ociVersion\":\"1\",\"linux\":{},\"%s\":{}}"},
    {"process", "capabilities", HEAD ",\"process\":{\"%s\":{}}}"},
    {"process", "noNewPrivileges", HEAD ",\"process\":{\"%s\":false}}"},
    {"process", "args", HEAD ",\"process\":{\"%s\":[]}}"},
    {"user", "uid", HEAD ",\"process\":{\"user\":{\"%s\":0}}}"},
    {"user", "additionalGids", HEAD ",\"process\":{\"user\":{\"%s\":[]}}}"},
    {"capabilities", "bounding", HEAD ",\"process\":{\"capabilities\":{\"%s\":[]}}}"},
    {"capabilities", "ambient", HEAD ",\"process\":{\"capabilities\":{\"%s\":[]}}}"},
    {"linux", "seccomp", "{\"ociVersion\":\"1\",\"linux\":{\"%s\":{}}}"},
    {"linux", "sysctl", "{\"ociVersion\":\"1\",\"linux\":{\"%s\":{}}}"},
    {"linux", "namespaces", "{\"ociVersion\":\"1\",\"linux\":{\"%s\":[]}}"},
    {"namespace", "path",
     "{\"ociVersion\":\"1\",\"linux\":{\"namespaces\":[{\"type\":\"network\",\"%s\":\"/p\"}]}}"},
    {"namespace", "type", "{\"ociVersion\":\"1\",\"linux\":{\"namespaces\":[{\"%s\":\"pid\"}]}}"},
    {"gid mapping", "hostID", "{\"ociVersion\":\"1\",\"linux\":{\"gidMappings\":[{\"%s\":1}]}}"},
};

static bool is_taken(struct bolt_arena *arena, const char *text, const char *name)
{
    struct bolt_buf out = {.arena = arena};
    const char *place = strstr(text, "%s");
    struct bolt_facts facts;
    struct bolt_err err = {0};

    assert_non_null(place);
    bolt_buf_add(&out, (struct bolt_bytes){text, (size_t)(place - text)});
    bolt_buf_adds(&out, name);
    bolt_buf_adds(&out, place + 2);
    bolt_buf_add(&out, (struct bolt_bytes){"", 1});
    if (bolt_facts_from_config(arena, doc_of(arena, out.at), &facts, &err) == 0) {
        return true;
    }
    assert_int_equal(err.kind, BOLT_ERR_INPUT);
    return false;
}

static void a_name_that_folds_to_a_fixed_one_is_refused_in_every_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(objects); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *name = objects[i].name;
        size_t len = strlen(name);

        print_message("  %s: %s\n", objects[i].object, name);
        assert_true(is_taken(arena, objects[i].text, name));
        for (size_t c = 0; c < len; c++) {
            char *other = (char *)bolt_arena_alloc(arena, len + 1, 1);

            memcpy(other, name, len);
            other[c] = (char)(other[c] ^ 0x20);
            assert_false(is_taken(arena, objects[i].text, other));
        }
        /* s and k have a second lower case beyond ASCII for Go. */
        assert_false(is_taken(arena, objects[i].text, "\xc5\xbf"));
        assert_false(is_taken(arena, objects[i].text, "\\u212a"));
        assert_true(is_taken(arena, objects[i].text, "unheardOf"));
    }
}

static void free_maps_may_hold_any_name(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_facts f = facts_of(
        arena, "{\"ociVersion\":\"1\",\"annotations\":{\"Process\":\"\",\"\xc5\xbf\":\"x\"},"
               "\"linux\":{\"sysctl\":{\"Net.ipv4.x\":\"1\",\"net.ipv4.x\":\"2\"}}}");

    (void)state;
    assert_int_equal(f.annotation_count, 2);
    assert_bytes_equal(f.annotations[1].name, "\xc5\xbf");
    assert_int_equal(f.sysctl_count, 2);
}

static void null_is_the_same_as_nothing(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_facts f = facts_of(
        arena, "{\"ociVersion\":\"1\",\"process\":null,\"annotations\":null,\"linux\":{"
               "\"namespaces\":null,\"sysctl\":null,\"seccomp\":null,\"gidMappings\":null}}");

    (void)state;
    assert_int_equal(f.cap_count, 0);
    assert_int_equal(f.netns, BOLT_NETNS_HOST);
    assert_int_equal(f.sysctl_count, 0);
    assert_int_equal(f.gid_count, 0);
    assert_true(f.seccomp_unconfined);
    assert_int_equal(bolt_doc_kind(f.doc, f.sysctl_node), BOLT_JSON_NULL);
    assert_int_equal(bolt_doc_kind(f.doc, f.seccomp), BOLT_JSON_NULL);

    f = facts_of(arena, HEAD ",\"process\":{\"user\":null,\"capabilities\":null,"
                             "\"noNewPrivileges\":null}}");
    assert_int_equal(f.uid, 0);
    assert_false(f.no_new_privileges);

    f = facts_of(arena, HEAD ",\"process\":{\"user\":{\"uid\":null},\"capabilities\":"
                             "{\"bounding\":null}}}");
    assert_int_equal(f.uid, 0);
    assert_int_equal(f.cap_count, 0);
}

/* --- namespaces ------------------------------------------------------------------------- */

static const struct {
    const char *namespaces;
    enum bolt_netns netns;
    const char *path;
    bool own_userns;
    bool joined_userns;
} namespaces[] = {
    {"", BOLT_NETNS_HOST, "", false, false},
    {"{\"type\":\"pid\"},{\"type\":\"mount\"}", BOLT_NETNS_HOST, "", false, false},
    {"{\"type\":\"network\"}", BOLT_NETNS_OWN, "", false, false},
    {"{\"type\":\"network\",\"path\":null}", BOLT_NETNS_OWN, "", false, false},
    {"{\"type\":\"Network\"}", BOLT_NETNS_HOST, "", false, false},
    {"{\"type\":\"net\"}", BOLT_NETNS_HOST, "", false, false},
    {"{\"path\":\"/run/netns/a\"}", BOLT_NETNS_HOST, "", false, false},
    {"{\"type\":\"network\",\"path\":\"/run/netns/a\"}", BOLT_NETNS_UNKNOWN, "/run/netns/a", false,
     false},
    {"{\"type\":\"network\"},{\"type\":\"user\"}", BOLT_NETNS_OWN, "", true, false},
    {"{\"type\":\"user\",\"path\":\"/proc/7/ns/user\"},{\"type\":\"network\"}", BOLT_NETNS_OWN, "",
     false, true},
};

static void a_namespace_is_the_hosts_until_the_document_says_otherwise(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(namespaces); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts f = facts_of(
            arena, bolt_printf(arena, "{\"ociVersion\":\"1\",\"linux\":{\"namespaces\":[%s]}}",
                               namespaces[i].namespaces)
                       .at);

        print_message("  %s\n", namespaces[i].namespaces);
        assert_int_equal(f.netns, namespaces[i].netns);
        assert_bytes_equal(f.netns_path, namespaces[i].path);
        assert_int_equal(f.own_userns, namespaces[i].own_userns);
        assert_int_equal(f.joined_userns, namespaces[i].joined_userns);
        assert_int_equal(f.netns_why != NULL, f.netns == BOLT_NETNS_UNKNOWN);
        assert_int_equal(f.netns_port_start, -1);
    }
}

static void gid_mappings_are_read_in_their_order(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_facts f = facts_of(
        arena, "{\"ociVersion\":\"1\",\"linux\":{\"gidMappings\":["
               "{\"containerID\":0,\"hostID\":1000,\"size\":1},"
               "{\"containerID\":1,\"hostID\":100000,\"size\":65536},{\"size\":4294967295}]}}");

    (void)state;
    assert_int_equal(f.gid_count, 3);
    assert_int_equal(f.gids[0].host, 1000);
    assert_int_equal(f.gids[1].container, 1);
    assert_int_equal(f.gids[1].size, 65536);
    assert_int_equal(f.gids[2].container, 0);
    assert_int_equal(f.gids[2].size, UINT32_MAX);
}

/* --- seccomp, sysctls ------------------------------------------------------------------- */

static void a_profile_without_members_is_none(void **state)
{
    static const struct {
        const char *member;
        bool unconfined;
    } profiles[] = {
        {"", true},
        {"\"seccomp\":null", true},
        {"\"seccomp\":{ }", true},
        {"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", false},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(profiles); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts f = facts_of(
            arena,
            bolt_printf(arena, "{\"ociVersion\":\"1\",\"linux\":{%s}}", profiles[i].member).at);

        assert_int_equal(f.seccomp_unconfined, profiles[i].unconfined);
    }
}

static void a_sysctl_is_found_by_any_spelling(void **state)
{
    static const char *const spellings[] = {
        "net.ipv4.ip_unprivileged_port_start",       "net/ipv4/ip_unprivileged_port_start",
        "net.ipv4/ip_unprivileged_port_start",       "net..ipv4.ip_unprivileged_port_start",
        "/net/ipv4//ip_unprivileged_port_start",     "net.ipv4.ip_unprivileged_port_start.",
        "net.ip\\u00764.ip_unprivileged_port_start",
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(spellings); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts f = facts_of(
            arena,
            bolt_printf(arena,
                        "{\"ociVersion\":\"1\",\"linux\":{\"sysctl\":{\"a.b\":\"\",\"%s\":\"7\"}}}",
                        spellings[i])
                .at);
        const struct bolt_sysctl *found = bolt_facts_sysctl(&f, BOLT_SYSCTL_PORT_START);

        print_message("  %s\n", spellings[i]);
        assert_non_null(found);
        assert_bytes_equal(found->value, "7");
        assert_null(bolt_facts_sysctl(&f, BOLT_SYSCTL_PING_RANGE));
    }
}

/* --- who it is -------------------------------------------------------------------------- */

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FOREIGN_ID "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const struct {
    const char *linux_member;
    const char *id;
} groups[] = {
    {"\"cgroupsPath\":\"/libpod_parent/libpod-" ID "\"", ID},
    {"\"cgroupsPath\":\"machine.slice:libpod:" ID "\"", ID},
    {"\"cgroupsPath\":\"/docker/" ID "\"", ID},
    {"\"cgroupsPath\":\"/kubepods.slice/cri-containerd-" ID ".scope\"", ID},
    {"\"cgroupsPath\":\"" ID "\"", ID},
    {"\"cgroupsPath\":\"/libpod-" ID "/container\"", ""},
    {"\"cgroupsPath\":\"/libpod-" ID "/\"", ""},
    {"\"cgroupsPath\":\"/libpod-" ID ".scope.scope\"", ""},
    {"\"cgroupsPath\":\"/libpod-" ID ".slice\"", ""},
    {"\"cgroupsPath\":\"/libpod-" ID "0\"", ""},
    {"\"cgroupsPath\":\"/libpod-0" ID "\"", ""},
    {"\"cgroupsPath\":\"/" ID "/libpod-0123\"", ""},
    {"\"cgroupsPath\":\"/libpod-0123456789ABCDEF" ID "\"", ID},
    {"\"cgroupsPath\":\".scope\"", ""},
    {"\"cgroupsPath\":\"\"", ""},
    {"\"cgroupsPath\":null", ""},
    {"\"namespaces\":[]", ""},
};

static void the_control_group_tells_the_id(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(groups); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts f =
            facts_of(arena, bolt_printf(arena, BARE ",\"linux\":{%s}}", groups[i].linux_member).at);

        print_message("  %s\n", groups[i].linux_member);
        assert_bytes_equal(f.who.id.value, groups[i].id);
        if (groups[i].id[0] != '\0') {
            assert_string_equal(f.who.id.source, "cgroupsPath");
        }
    }
}

/* Whoever starts a container chooses what is mounted: podman's own mounts look just like these. */
static void mounts_do_not_tell_the_id(void **state)
{
    static const char *const mounts[] = {
        "{\"destination\":\"/etc/hosts\",\"source\":\"/s/overlay-containers/" ID
        "/userdata/hosts\"}",
        "{\"destination\":\"/etc/hostname\",\"source\":\"/x/y-containers/" ID "/h\"}",
        "{\"destination\":\"/etc/hosts\",\"source\":7},7,[]",
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(mounts); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *rest = ",\"linux\":{\"cgroupsPath\":\"/libpod-" FOREIGN_ID "\"}";
        struct bolt_facts f =
            facts_of(arena, bolt_printf(arena, HEAD ",\"mounts\":[%s]}", mounts[i]).at);

        print_message("  %s\n", mounts[i]);
        assert_bytes_equal(f.who.id.value, "");
        f = facts_of(arena, bolt_printf(arena, BARE ",\"mounts\":[%s]%s}", mounts[i], rest).at);
        assert_bytes_equal(f.who.id.value, FOREIGN_ID);
    }
}

static const struct {
    const char *linux_member;
    bool unmasked;
} masks[] = {
    {",\"linux\":{}", true},
    {",\"linux\":{\"maskedPaths\":null,\"readonlyPaths\":[]}", true},
    {",\"linux\":{\"maskedPaths\":[],\"readonlyPaths\":[]}", true},
    {",\"linux\":{\"maskedPaths\":[\"/proc/kcore\"]}", false},
    {",\"linux\":{\"readonlyPaths\":[\"/proc/sys\"]}", false},
    {",\"linux\":{\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\"]}", false},
};

static void paths_are_masked_if_any_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(masks); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts f =
            facts_of(arena, bolt_printf(arena, BARE "%s}", masks[i].linux_member).at);

        print_message("  %s\n", masks[i].linux_member);
        assert_int_equal(f.unmasked, masks[i].unmasked);
        assert_false(f.gids_limited); /* nobody has looked */
    }
}

static const struct {
    const char *annotations;
    const char *engine;
    bool said_privileged;
} engines[] = {
    {"", "", false},
    {"\"io.container.manager\":\"libpod\"", "podman", false},
    {"\"io.container.manager\":\"cri-o\"", "cri-o", false},
    {"\"io.kubernetes.cri.container-type\":\"container\"", "containerd", false},
    {"\"io.podman.annotations.privileged\":\"TRUE\"", "", true},
    {"\"io.podman.annotations.privileged\":\"true\"", "", false},
    {"\"io.podman.annotations.privileged\":\"FALSE\",\"io.container.manager\":\"libpod\"", "podman",
     false},
};

static void annotations_hint_at_the_engine(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(engines); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts f = facts_of(
            arena, bolt_printf(arena, HEAD ",\"annotations\":{%s}}", engines[i].annotations).at);

        assert_bytes_equal(f.engine.value, engines[i].engine);
        assert_true(f.engine.forgeable);
        assert_int_equal(f.engine.from_annotation, engines[i].engine[0] != '\0');
        assert_int_equal(f.said_privileged, engines[i].said_privileged);
    }
}

/* --- states ----------------------------------------------------------------------------- */

static const struct {
    const char *text;
    bool is_state;
    const char *id; /* NULL: an error */
    uint64_t pid;
} states[] = {
    {"{\"ociVersion\":\"1.0.2\",\"id\":\"c1\",\"status\":\"creating\",\"pid\":42,"
     "\"bundle\":\"/b\"}",
     true, "c1", 42},
    {"{\"id\":\"c1\",\"bundle\":\"\\/b\\/c\"}", true, "c1", 0},
    {"{\"id\":\"c1\",\"bundle\":\"/b\",\"linux\":{}}", false, "c1", 0},
    {"{\"id\":\"c1\"}", false, NULL, 0},
    {"[]", false, NULL, 0},
    {"{\"bundle\":\"/b\"}", true, NULL, 0},
    {"{\"id\":\"\",\"bundle\":\"/b\"}", true, NULL, 0},
    {"{\"id\":\"c1\",\"bundle\":\"b\"}", true, NULL, 0},
    {"{\"id\":\"c1\",\"bundle\":\"\"}", true, NULL, 0},
    {"{\"id\":\"c1\",\"bundle\":7}", true, NULL, 0},
    {"{\"id\":\"c1\",\"bundle\":null}", true, NULL, 0},
    {"{\"id\":1,\"bundle\":\"/b\"}", true, NULL, 0},
    {"{\"id\":\"c1\",\"bundle\":\"/b\",\"pid\":-1}", true, NULL, 0},
    {"{\"id\":\"c1\",\"bundle\":\"/b\",\"pid\":\"42\"}", true, NULL, 0},
    {"{\"id\":\"c1\",\"bundle\":\"/b\",\"pid\":18446744073709551616}", true, NULL, 0},
};

static void a_state_has_an_id_and_an_absolute_bundle(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(states); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = doc_of(arena, states[i].text);
        struct bolt_state got = {0};
        struct bolt_err err = {0};

        print_message("  %s\n", states[i].text);
        assert_int_equal(bolt_facts_is_state(doc), states[i].is_state);
        if (states[i].id == NULL) {
            assert_int_equal(bolt_facts_from_state(doc, &got, &err), -1);
            assert_int_equal(err.kind, BOLT_ERR_INPUT);
            continue;
        }
        assert_int_equal(bolt_facts_from_state(doc, &got, &err), 0);
        assert_bytes_equal(got.id, states[i].id);
        assert_int_equal(got.pid, states[i].pid);
    }
}

/* --- ports ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    const char *value; /* as in the document: quotes escaped */
    const char *ports; /* "address host container protocol;"..., or NULL: not known */
} port_annotations[] = {
    {"io.kubernetes.cri-o.PortMappings",
     "[{\\\"hostPort\\\":80,\\\"containerPort\\\":8080,\\\"protocol\\\":\\\"TCP\\\","
     "\\\"hostIP\\\":\\\"192.0.2.1\\\"}]",
     "192.0.2.1 80 8080 tcp;"},
    {"nerdctl/ports",
     "[{\\\"HostPort\\\":53,\\\"ContainerPort\\\":53,\\\"Protocol\\\":\\\"udp\\\","
     "\\\"HostIP\\\":\\\"\\\"},{\\\"HostPort\\\":65535}]",
     " 65535 0 tcp; 53 53 udp;"},
    {"io.kubernetes.container.ports",
     "[{\\\"containerPort\\\":9,\\\"protocol\\\":\\\"SCTP\\\",\\\"name\\\":\\\"x\\\"}]",
     " 0 9 sctp;"},
    {"nerdctl/ports", "[]", ""},
    {"nerdctl/ports", "", NULL},
    {"nerdctl/ports", "{}", NULL},
    {"nerdctl/ports", "80", NULL},
    {"nerdctl/ports", "[80]", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":80}", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":65536}]", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":-1}]", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":\\\"80\\\"}]", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":8e1}]", NULL},
    {"nerdctl/ports", "[{\\\"Protocol\\\":\\\"icmp\\\"}]", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":8080,\\\"HostPort\\\":80}]", NULL},
    {"nerdctl/ports", "[{\\\"hostPort\\\":8080,\\\"HostPort\\\":80}]", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":8080,\\\"ho\\\\u017ftPort\\\":80}]", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":80,\\\"Protocol\\\":6}]", NULL},
    {"nerdctl/ports", "[{\\\"HostPort\\\":80,\\\"HostIP\\\":0}]", NULL},
    {"example.org/ports", "[{\\\"HostPort\\\":80}]", NULL},
};

static void ports_are_known_only_from_a_well_formed_annotation(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(port_annotations); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_facts f =
            facts_of(arena, bolt_printf(arena, HEAD ",\"annotations\":{\"%s\":\"%s\"}}",
                                        port_annotations[i].name, port_annotations[i].value)
                                .at);
        struct bolt_buf got = {.arena = arena};

        print_message("  %s: %s\n", port_annotations[i].name, port_annotations[i].value);
        assert_int_equal(f.known & BOLT_KNOWN_PORTS, 0);
        assert_non_null(f.ports_why);
        bolt_facts_ports_from_annotations(arena, &f);
        if (port_annotations[i].ports == NULL) {
            assert_int_equal(f.known & BOLT_KNOWN_PORTS, 0);
            assert_int_equal(f.port_count, 0);
            assert_non_null(f.ports_why);
            continue;
        }
        assert_int_equal(f.known & BOLT_KNOWN_PORTS, BOLT_KNOWN_PORTS);
        for (size_t p = 0; p < f.port_count; p++) {
            bolt_buf_addf(&got, "%.*s %u %u %.*s;", BOLT_FMT(f.ports[p].address), f.ports[p].host,
                          f.ports[p].container, BOLT_FMT(f.ports[p].protocol));
            assert_string_equal(f.ports[p].source, port_annotations[i].name);
        }
        assert_bytes_equal(bolt_buf_bytes(&got), port_annotations[i].ports);
    }
}

static void the_user_that_is_the_containers_root_is_known(void **state)
{
    static const struct {
        const char *maps;
        bool is_root;
    } configs[] = {
        {"[{\"containerID\":0,\"hostID\":100000,\"size\":10}]", true},
        {"[{\"containerID\":1,\"hostID\":1,\"size\":1},"
         "{\"containerID\":0,\"hostID\":100000,\"size\":1}]",
         true},
        {"[{\"containerID\":0,\"hostID\":1,\"size\":1000000}]", false},
        {"[{\"containerID\":1,\"hostID\":100000,\"size\":1}]", false},
        {"[{\"hostID\":100000,\"size\":1}]", false},
        {"[{\"containerID\":0,\"hostID\":\"100000\",\"size\":1}]", false},
        {"[]", false},
        {"null", false},
    };
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(configs); i++) {
        struct bolt_bytes text =
            bolt_printf(arena, "{\"linux\":{\"uidMappings\":%s}}", configs[i].maps);

        print_message("  %s\n", configs[i].maps);
        assert_int_equal(bolt_facts_maps_root_to(doc_of(arena, text.at), 100000),
                         configs[i].is_root);
    }
    assert_false(bolt_facts_maps_root_to(doc_of(arena, "{}"), 0));
}

/* --- the process of an exec --------------------------------------------------------------- */

#define PROCESS "\"args\":[\"id\"],\"cwd\":\"/\""

static void a_process_file_is_read_as_the_process_of_a_configuration(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *doc =
        doc_of(arena, "{" PROCESS ",\"user\":{\"uid\":5},\"noNewPrivileges\":true,"
                      "\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\"],\"ambient\":[\"x\"]}}");
    struct bolt_facts facts;
    struct bolt_err err = {0};

    (void)state;
    assert_true(bolt_facts_is_process(doc));
    assert_int_equal(bolt_facts_from_process(arena, doc, &facts, &err), 0);
    assert_int_equal(facts.known, BOLT_KNOWN_PROCESS | BOLT_KNOWN_PORTS);
    assert_int_equal(facts.uid, 5);
    assert_true(facts.no_new_privileges);
    assert_int_equal(facts.cap_count, 2);
    assert_int_equal(facts.caps[0].number, BOLT_CAP_NET_RAW);
    assert_int_equal(facts.caps[0].argument, 0);
    assert_int_equal(facts.caps[1].number, BOLT_CAP_UNKNOWN);
}

static void a_process_without_sets_inherits_them(void **state)
{
    static const struct {
        const char *text;
        bool inherited;
    } processes[] = {{"{" PROCESS "}", true},
                     {"{" PROCESS ",\"capabilities\":null}", true},
                     {"{" PROCESS ",\"capabilities\":{}}", false},
                     {"{" PROCESS ",\"capabilities\":{\"bounding\":null}}", false}};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_facts facts;
    struct bolt_err err = {0};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(processes); i++) {
        print_message("  %s\n", processes[i].text);
        assert_int_equal(
            bolt_facts_from_process(arena, doc_of(arena, processes[i].text), &facts, &err), 0);
        assert_int_equal(facts.caps_inherited, processes[i].inherited);
        assert_int_equal(facts.own_caps_why != NULL, processes[i].inherited);
    }
}

static void runtimes_note_the_capabilities_of_a_container(void **state)
{
    static const struct {
        enum bolt_runtime runtime;
        const char *text;
        int count; /* -1: an error */
    } records[] = {
        {BOLT_RUNC,
         "{\"config\":{\"capabilities\":{\"Bounding\":[\"CAP_NET_RAW\"],"
         "\"Effective\":[\"CAP_NET_RAW\",\"CAP_CHOWN\"],\"Inheritable\":null}}}",
         3},
        {BOLT_RUNC, "{\"config\":{\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\"]}}}", 1},
        {BOLT_CRUN, "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\"]}}}", 1},
        {BOLT_CRUN, "{\"process\":{\"capabilities\":{}}}", 0},
        {BOLT_RUNC, "{\"config\":{\"capabilities\":null}}", -1},
        {BOLT_RUNC, "{\"config\":{\"capabilities\":{\"BOUNDING\":[]}}}", -1},
        {BOLT_RUNC, "{\"process\":{\"capabilities\":{}}}", -1},
        {BOLT_CRUN, "{\"config\":{\"capabilities\":{}}}", -1},
        {BOLT_CRUN, "{}", -1},
    };
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(records); i++) {
        struct bolt_facts facts = {0};
        struct bolt_err err = {0};
        int result;

        print_message("  %s\n", records[i].text);
        bolt_facts_inherit_caps(&facts);
        result = bolt_facts_own_caps(arena, records[i].runtime, doc_of(arena, records[i].text),
                                     &facts, &err);
        assert_int_equal(result, records[i].count < 0 ? -1 : 0);
        assert_int_equal(facts.own_caps_why == NULL, result == 0);
        assert_int_equal(facts.own_cap_count, records[i].count < 0 ? 0 : records[i].count);
        if (facts.own_cap_count != 0) {
            assert_int_equal(facts.own_caps[0].number, BOLT_CAP_NET_RAW);
            assert_int_equal(facts.own_caps[0].node.id, 0);
        }
    }
}

static void what_is_no_process_file_fails(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{" PROCESS ",\"ociVersion\":\"1\"}",
        "{" PROCESS ",\"Capabilities\":{}}",
        "{" PROCESS ",\"capabilities\":[]}",
        "{" PROCESS ",\"capabilities\":{\"bounding\":\"CAP_NET_RAW\"}}",
        "{" PROCESS ",\"capabilities\":{\"Bounding\":[]}}",
        "{" PROCESS ",\"user\":{\"uid\":-1}}",
    };
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(texts); i++) {
        struct bolt_facts facts;
        struct bolt_err err = {0};

        print_message("  %s\n", texts[i]);
        assert_int_equal(bolt_facts_from_process(arena, doc_of(arena, texts[i]), &facts, &err), -1);
        assert_int_equal(err.kind, BOLT_ERR_INPUT);
    }
    assert_false(bolt_facts_is_process(doc_of(arena, HEAD "}")));
    assert_false(bolt_facts_is_process(doc_of(arena, "{}")));
}

static void capabilities_of_a_command_line_stand_behind_those_of_the_document(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_cmd_value caps[] = {{.text = "CAP_CHOWN"}, {.text = "13"}};
    const struct bolt_cmdline line = {.caps = caps, .cap_count = 2};
    struct bolt_facts facts;

    (void)state;
    bolt_facts_from_nothing(&facts);
    assert_int_equal(facts.known, BOLT_KNOWN_PROCESS | BOLT_KNOWN_PORTS);
    bolt_facts_add_caps(arena, &facts, &line);
    assert_int_equal(facts.cap_count, 2);
    assert_int_equal(facts.caps[0].number, 0);
    assert_int_equal(facts.caps[0].argument, 1);
    assert_int_equal(facts.caps[1].number, BOLT_CAP_NET_RAW);
    assert_int_equal(facts.caps[1].argument, 2);
}

static void runc_says_where_its_bundle_is(void **state)
{
    static const char *const bad[] = {"{}", "{\"config\":{\"labels\":[]}}",
                                      "{\"config\":{\"labels\":[\"bundle=\"]}}",
                                      "{\"config\":{\"labels\":[\"bundle=relative\"]}}",
                                      "{\"config\":{\"labels\":\"bundle=/b\"}}"};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes bundle = {0};
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(
        bolt_facts_runc_bundle(
            doc_of(arena, "{\"config\":{\"labels\":[\"a=b\",\"bundle=/b 1\",\"bundle=/2\"]}}"),
            &bundle, &err),
        0);
    assert_bytes_equal(bundle, "/b 1");
    for (size_t i = 0; i < BOLT_LEN(bad); i++) {
        assert_int_equal(bolt_facts_runc_bundle(doc_of(arena, bad[i]), &bundle, &err), -1);
    }
}

static void a_label_that_looks_like_runcs_own_leads_nowhere(void **state)
{
    static const struct {
        enum bolt_runtime runtime;
        const char *text;
        const char *bundle; /* NULL: an error */
    } records[] = {
        {BOLT_RUNC, "{\"config\":{\"labels\":[\"a=b\",\"bundle=/b 1\"]}}", "/b 1"},
        {BOLT_RUNC, "{\"config\":{\"labels\":[\"bundle=/evil\",\"bundle=/b\"]}}", NULL},
        {BOLT_RUNC, "{\"config\":{\"labels\":[\"bundle=/b\",\"x=y\",\"bundle==\"]}}", NULL},
        {BOLT_RUNC, "{\"config\":{\"labels\":[\"bundle=b\"]}}", NULL},
        {BOLT_RUNC, "{\"bundle\":\"/b\"}", NULL},
        {BOLT_CRUN, "{\"pid\":1,\"bundle\":\"/b\"}", "/b"},
        {BOLT_CRUN, "{\"bundle\":\"b\"}", NULL},
        {BOLT_CRUN, "{\"bundle\":[\"/b\"]}", NULL},
        {BOLT_CRUN, "{\"config\":{\"labels\":[\"bundle=/b\"]}}", NULL},
    };
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(records); i++) {
        struct bolt_bytes bundle = {0};
        struct bolt_err err = {0};

        print_message("  %s\n", records[i].text);
        assert_int_equal(bolt_facts_own_bundle(records[i].runtime, doc_of(arena, records[i].text),
                                               &bundle, &err),
                         records[i].bundle != NULL ? 0 : -1);
        if (records[i].bundle != NULL) {
            assert_bytes_equal(bundle, records[i].bundle);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_user_that_is_the_containers_root_is_known),
        cmocka_unit_test(a_process_file_is_read_as_the_process_of_a_configuration),
        cmocka_unit_test(a_process_without_sets_inherits_them),
        cmocka_unit_test(runtimes_note_the_capabilities_of_a_container),
        cmocka_unit_test(what_is_no_process_file_fails),
        cmocka_unit_test(capabilities_of_a_command_line_stand_behind_those_of_the_document),
        cmocka_unit_test(runc_says_where_its_bundle_is),
        cmocka_unit_test(a_label_that_looks_like_runcs_own_leads_nowhere),
        cmocka_unit_test(a_capability_is_whatever_any_runtime_takes_it_for),
        cmocka_unit_test(every_capability_has_one_strict_name),
        cmocka_unit_test(a_long_capability_name_is_read_to_its_end),
        cmocka_unit_test(all_five_sets_are_read_with_their_places),
        cmocka_unit_test(a_wrong_type_is_an_error_at_its_place),
        cmocka_unit_test(what_the_linux_object_must_not_hold_is_refused),
        cmocka_unit_test(a_name_that_folds_to_a_fixed_one_is_refused_in_every_object),
        cmocka_unit_test(free_maps_may_hold_any_name),
        cmocka_unit_test(null_is_the_same_as_nothing),
        cmocka_unit_test(a_namespace_is_the_hosts_until_the_document_says_otherwise),
        cmocka_unit_test(gid_mappings_are_read_in_their_order),
        cmocka_unit_test(a_profile_without_members_is_none),
        cmocka_unit_test(a_sysctl_is_found_by_any_spelling),
        cmocka_unit_test(the_control_group_tells_the_id),
        cmocka_unit_test(mounts_do_not_tell_the_id),
        cmocka_unit_test(paths_are_masked_if_any_is_named),
        cmocka_unit_test(annotations_hint_at_the_engine),
        cmocka_unit_test(a_state_has_an_id_and_an_absolute_bundle),
        cmocka_unit_test(ports_are_known_only_from_a_well_formed_annotation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
