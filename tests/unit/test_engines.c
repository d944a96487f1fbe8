/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include "facts/engines.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define DIGEST "sha256:" OTHER

static const struct bolt_bytes id = {ID, sizeof ID - 1};

static const struct bolt_doc *engine_doc(struct bolt_arena *arena, struct bolt_bytes text)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    if (bolt_doc_parse(arena, text, BOLT_DIALECT_ENGINE, &doc, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return doc;
}

/* "ADDRESS HOST+MORE CONTAINER PROTOCOL;" for each port, '?' for '+' where one is chosen. */
static struct bolt_bytes show(struct bolt_arena *arena, const struct bolt_told *told)
{
    struct bolt_buf out = {.arena = arena};

    for (size_t i = 0; i < told->port_count; i++) {
        const struct bolt_port *p = &told->ports[i];

        bolt_buf_addf(&out, "%.*s %u%c%u %u %.*s;", BOLT_FMT(p->address), p->host,
                      p->one_of ? '?' : '+', p->more, p->container, BOLT_FMT(p->protocol));
    }
    return bolt_buf_bytes(&out);
}

/* NULL for @want: it is not as its engine writes it. */
static void check(struct bolt_arena *arena, int result, const struct bolt_told *told,
                  const struct bolt_err *err, const char *want)
{
    if (want == NULL) {
        assert_int_equal(result, -1);
        assert_int_equal(err->kind, BOLT_ERR_INPUT);
        return;
    }
    if (result != 0) {
        fail_msg("%s", err->text);
    }
    assert_bytes_equal(show(arena, told), want);
}

/* --- the documents of engines ----------------------------------------------------------- */

static void what_only_an_engine_reads_may_have_any_number_of_members(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf wide = {.arena = arena};
    const struct bolt_doc *doc;

    (void)state;
    bolt_buf_adds(&wide, "{\"x\":\"a\\u0000b\"");
    for (int i = 0; i < 3000; i++) {
        bolt_buf_addf(&wide, ",\"%d\":0", i % 2000);
    }
    bolt_buf_adds(&wide, ",\"last\":1}");
    doc = engine_doc(arena, bolt_buf_bytes(&wide));
    assert_bytes_equal(bolt_doc_source(doc, bolt_doc_member(doc, bolt_doc_root(doc), "last")), "1");
    assert_int_equal(bolt_doc_string(doc, bolt_doc_member(doc, bolt_doc_root(doc), "x")).len, 3);
}

static void only_64_digits_are_an_id(void **state)
{
    (void)state;
    assert_true(bolt_is_container_id(id));
    assert_false(bolt_is_container_id((struct bolt_bytes){ID, 63}));
    assert_false(bolt_is_container_id(BOLT_LIT("")));
    assert_false(bolt_is_container_id(
        BOLT_LIT("0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")));
    assert_false(bolt_is_container_id(
        BOLT_LIT("../0123456789abc0123456789abcdef0123456789abcdef0123456789abcdef")));
}

/* --- Docker ----------------------------------------------------------------------------- */

static const struct {
    const char *members;
    const char *ports;
} docker[] = {
    {"\"PortBindings\":{}", ""},
    {"\"PortBindings\":null", ""},
    {"\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]}", " 8080+0 80 tcp;"},
    {"\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"1\"},"
     "{\"HostIp\":\"0:0::1\",\"HostPort\":\"2\"}]}",
     "127.0.0.1 1+0 80 tcp;::1 2+0 80 tcp;"},
    {"\"PortBindings\":{\"3/tcp\":[{\"HostPort\":\"83\"}],\"1/tcp\":[{\"HostPort\":\"81\"}],"
     "\"2/tcp\":[{\"HostPort\":\"82\"}],\"5/tcp\":[{\"HostPort\":\"85\"}]}",
     " 81+2 1 tcp; 85+0 5 tcp;"},
    {"\"PortBindings\":{\"53/udp\":[{\"HostPort\":\"53\"}],\"53/tcp\":[{\"HostPort\":\"53\"}],"
     "\"53/sctp\":[{\"HostPort\":\"53\"}]}",
     " 53+0 53 sctp; 53+0 53 tcp; 53+0 53 udp;"},
    {"\"PortBindings\":{\"99/tcp\":[{\"HostPort\":\"9000-9010\"}]}", " 9000?10 99 tcp;"},
    {"\"PortBindings\":{\"99/tcp\":[{\"HostPort\":\"0-80\"}]}", " 1?79 99 tcp;"},
    {"\"PortBindings\":{\"99/tcp\":[{\"HostPort\":\"0-1\"}]}", " 1+0 99 tcp;"},
    {"\"PortBindings\":{\"99/tcp\":[{\"HostPort\":\"0-0\"}]}", " 0+0 99 tcp;"},
    {"\"PortBindings\":{\"99/tcp\":[{\"HostPort\":\"\"}]}", " 0+0 99 tcp;"},
    {"\"PortBindings\":{\"99/tcp\":null}", " 0+0 99 tcp;"},
    {"\"PortBindings\":{\"99/tcp\":[]}", " 0+0 99 tcp;"},
    /* As the API takes it, and dockerd understands it. */
    {"\"PortBindings\":{\"080\":[{\"HostPort\":\"0080\"}]}", " 80+0 80 tcp;"},
    {"\"PortBindings\":{\"80/TCP\":[{\"HostPort\":\"80\"}]}", " 80+0 80 tcp;"},
    {"\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"localhost\",\"HostPort\":\"80\"}]}",
     "localhost 80+0 80 tcp;"},
    {"\"PortBindings\":{\"80/tcp/x\":[{\"HostPort\":\"80/tcp\"}]}", " 80+0 80 tcp;"},
    {"\"PortBindings\":{\"80/\":[{\"HostPort\":\"80-81/x/y\"}]}", " 80?1 80 tcp;"},
    /* As it is not. */
    {"\"PortBindings\":[]", NULL},
    {"\"PortBindings\":{\"x/tcp\":[{\"HostPort\":\"80\"}]}", NULL},
    {"\"PortBindings\":{\"80/icmp\":[{\"HostPort\":\"80\"}]}", NULL},
    {"\"PortBindings\":{\"80/tcp\":{}}", NULL},
    {"\"PortBindings\":{\"80/tcp\":[{}]}", NULL},
    {"\"PortBindings\":{\"80/tcp\":[80]}", NULL},
    {"\"PortBindings\":{\"80/tcp\":[{\"HostPort\":80}]}", NULL},
    {"\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"65536\"}]}", NULL},
    {"\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"90-80\"}]}", NULL},
    {"\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"+80\"}]}", NULL},
    {"\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"4294967376\"}]}", NULL},
    {"\"PortBindings\":{\"80-81/tcp\":[{\"HostPort\":\"80\"}]}", NULL},
    {"\"PortBindings\":{\"81/tcp\":[{\"HostPort\":\"80\"}],\"\":[]}", NULL},
    {"\"Other\":{}", NULL},
};

static void dockers_bindings_are_ports(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(docker); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = engine_doc(
            arena, bolt_printf(arena, "{\"NetworkMode\":\"default\",%s}", docker[i].members));
        struct bolt_told told = {0};
        struct bolt_err err = {0};

        print_message("  %s\n", docker[i].members);
        check(arena, bolt_docker_ports(arena, doc, &told, &err), &told, &err, docker[i].ports);
        assert_int_equal(told.joined.len, 0);
    }
}

static void dockers_network_mode_tells_whose_ports_they_are(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const char *const bad[] = {
        "{\"NetworkMode\":\"container:name\",\"PortBindings\":{}}",
        "{\"NetworkMode\":\"container:../" ID "\",\"PortBindings\":{}}",
        "{\"NetworkMode\":\"\",\"PortBindings\":{}}",
        "{\"PortBindings\":{}}",
        "{}",
        "[]",
        "7",
    };
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(bolt_docker_ports(arena,
                                       doc_of(arena, "{\"NetworkMode\":\"container:" ID
                                                     "\",\"PortBindings\":{}}"),
                                       &told, &err),
                     0);
    assert_bytes_equal(told.joined, ID);
    for (size_t i = 0; i < BOLT_LEN(bad); i++) {
        told = (struct bolt_told){0};
        print_message("  %s\n", bad[i]);
        assert_int_equal(bolt_docker_ports(arena, doc_of(arena, bad[i]), &told, &err), -1);
    }
}

static void docker_says_who_the_container_is(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *hostconfig =
        doc_of(arena, "{\"NetworkMode\":\"default\","
                      "\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"}]}}");
    const struct bolt_doc *config = doc_of(
        arena, "{\"ID\":\"" ID "\",\"Name\":\"/web\",\"Image\":\"" DIGEST "\",\"Config\":{"
               "\"Image\":\"nginx\",\"ExposedPorts\":{\"80/tcp\":{},\"80/udp\":{},\"90/tcp\":{},"
               "\"91/tcp\":{}}}}");
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(bolt_docker_ports(arena, hostconfig, &told, &err), 0);
    assert_int_equal(bolt_docker_who(arena, config, id, &told, &err), 0);
    assert_bytes_equal(show(arena, &told), " 0+1 90 tcp; 8080+0 80 tcp; 0+0 80 udp;");
    assert_bytes_equal(told.who.name.value, "web");
    assert_true(told.who.name.forgeable);
    assert_bytes_equal(told.who.image.value, "nginx");
    assert_true(told.who.image.forgeable);
    assert_int_equal(told.who.digest_count, 1);
    assert_bytes_equal(told.who.digests[0].value, DIGEST);
    assert_false(told.who.digests[0].forgeable);
    assert_int_equal(bolt_docker_who(arena, config, (struct bolt_bytes){OTHER, 64}, &told, &err),
                     -1);
}

static void every_port_of_docker_at_once_is_a_few_ranges(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf text = {.arena = arena};
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    bolt_buf_adds(&text, "{\"NetworkMode\":\"default\",\"PortBindings\":{");
    for (int i = 65535; i > 0; i--) {
        bolt_buf_addf(&text, "\"%d/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"%d\"}]%s", i, i,
                      i == 1 ? "}}" : ",");
    }
    assert_int_equal(
        bolt_docker_ports(arena, engine_doc(arena, bolt_buf_bytes(&text)), &told, &err), 0);
    assert_bytes_equal(show(arena, &told), " 1+65534 1 tcp;");
}

/* --- podman ----------------------------------------------------------------------------- */

#define MAPPING(ip, host, container, range, protocol)                                              \
    "{\"host_ip\":\"" ip "\",\"container_port\":" container ",\"host_port\":" host                 \
    ",\"range\":" range ",\"protocol\":\"" protocol "\"}"

static const struct {
    const char *members;
    const char *ports;
} podman[] = {
    {"\"x\":1", ""},
    {"\"newPortMappings\":null", ""},
    {"\"newPortMappings\":[" MAPPING("127.0.0.1", "8081", "80", "1", "tcp") "," MAPPING(
         "", "8082", "8082", "3", "tcp") "," MAPPING("", "5353", "53", "1", "udp") "]",
     " 8082+2 8082 tcp;127.0.0.1 8081+0 80 tcp; 5353+0 53 udp;"},
    {"\"newPortMappings\":[" MAPPING("", "1", "1", "65535", "tcp") "]", " 1+65534 1 tcp;"},
    {"\"newPortMappings\":[" MAPPING("", "80", "80", "0", "sctp") "]", " 80+0 80 sctp;"},
    {"\"newPortMappings\":[" MAPPING(
         "", "80", "80", "1", "tcp") "],"
                                     "\"exposedPorts\":{\"80\":[\"tcp\",\"udp\"],\"90\":[\"tcp\"]}",
     " 0+0 90 tcp; 80+0 80 tcp; 0+0 80 udp;"},
    {"\"portMappings\":[{\"hostPort\":80,\"containerPort\":8080,\"protocol\":\"tcp\","
     "\"hostIP\":\"\"}]",
     " 80+0 8080 tcp;"},
    {"\"newPortMappings\":{}", NULL},
    {"\"portMappings\":{\"hostPort\":80}", NULL},
    {"\"portMappings\":\"80\"", NULL},
    {"\"exposedPorts\":[\"80\"]", NULL},
    {"\"exposedPorts\":null", ""},
    {"\"newPortMappings\":[7]", NULL},
    {"\"newPortMappings\":[{}]", NULL},
    {"\"newPortMappings\":[" MAPPING("", "\"80\"", "80", "1", "tcp") "]", NULL},
    {"\"newPortMappings\":[" MAPPING("", "65536", "80", "1", "tcp") "]", NULL},
    {"\"newPortMappings\":[" MAPPING("", "65535", "80", "2", "tcp") "]", NULL},
    {"\"newPortMappings\":[" MAPPING("", "80", "65535", "2", "tcp") "]", NULL},
    {"\"newPortMappings\":[" MAPPING("", "80", "80", "1", "tcp,udp") "]", NULL},
    {"\"exposedPorts\":{\"x\":[\"tcp\"]}", NULL},
    {"\"exposedPorts\":{\"80\":[\"icmp\"]}", NULL},
    {"\"netNsCtr\":\"infra\"", NULL},
};

static void podmans_configuration_tells_ports(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(podman); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc =
            engine_doc(arena, bolt_printf(arena, "{\"id\":\"" ID "\",%s}", podman[i].members));
        struct bolt_told told = {0};
        struct bolt_err err = {0};

        print_message("  %s\n", podman[i].members);
        check(arena, bolt_podman_config(arena, doc, id, "db", &told, &err), &told, &err,
              podman[i].ports);
    }
}

static void podman_says_who_the_container_is(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *doc =
        doc_of(arena, "{\"id\":\"" ID "\",\"name\":\"web\",\"rootfsImageID\":\"" OTHER "\","
                      "\"rootfsImageName\":\"localhost/a:latest\",\"netNsCtr\":\"" OTHER "\"}");
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(bolt_podman_config(arena, doc, id, "db", &told, &err), 0);
    assert_bytes_equal(told.joined, OTHER);
    assert_bytes_equal(told.who.name.value, "web");
    assert_true(told.who.name.forgeable);
    assert_bytes_equal(told.who.image.value, "localhost/a:latest");
    assert_true(told.who.image.forgeable);
    assert_bytes_equal(told.image, OTHER);
    assert_int_equal(told.who.digest_count, 0);
    assert_int_equal(
        bolt_podman_config(arena, doc, (struct bolt_bytes){OTHER, 64}, "db", &told, &err), -1);
}

static void containers_storage_has_the_digest_of_a_manifest(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *images =
        doc_of(arena, "[{\"id\":\"" ID "\",\"digest\":\"sha256:" ID "\"},{\"id\":\"" OTHER "\"}]");

    (void)state;
    assert_bytes_equal(bolt_storage_digest(images, id), "sha256:" ID);
    assert_bytes_equal(bolt_storage_digest(images, (struct bolt_bytes){OTHER, 64}), "");
    assert_bytes_equal(bolt_storage_digest(images, BOLT_LIT("")), "");
}

/* The image's layers are "b" on "a". */
static const struct {
    const char *config;
    bool made_of_it;
} configs[] = {
    {"{\"rootfs\":{\"diff_ids\":[\"sha256:" ID "\",\"" DIGEST "\"]}}", true},
    {"{\"rootfs\":{\"diff_ids\":[\"" DIGEST "\",\"sha256:" ID "\"]}}", false},
    {"{\"rootfs\":{\"diff_ids\":[\"" DIGEST "\"]}}", false},
    {"{\"rootfs\":{\"diff_ids\":[\"sha256:" ID "\",\"sha256:" ID "\",\"" DIGEST "\"]}}", false},
    {"{\"rootfs\":{\"diff_ids\":[\"sha256:" ID "\",1]}}", false},
    {"{\"rootfs\":{\"diff_ids\":[\"\",\"" DIGEST "\"]}}", false},
    {"{\"rootfs\":{\"diff_ids\":[]}}", false},
    {"{\"rootfs\":{}}", false},
    {"{}", false},
    {"[]", false},
};

static void an_image_is_made_of_the_layers_that_its_configuration_names(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *images =
        doc_of(arena, "[{\"id\":\"" ID "\",\"layer\":\"b\"},{\"id\":\"empty\"}]");
    const struct bolt_doc *layers =
        doc_of(arena, "[{\"id\":\"a\",\"diff-digest\":\"sha256:" ID "\"},"
                      "{\"id\":\"b\",\"parent\":\"a\",\"diff-digest\":\"" DIGEST "\"}]");
    const struct bolt_doc *none = doc_of(arena, "{\"rootfs\":{\"diff_ids\":[]}}");

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(configs); i++) {
        print_message("  %s\n", configs[i].config);
        assert_int_equal(
            bolt_storage_is_made_of(arena, images, id, layers, doc_of(arena, configs[i].config)),
            configs[i].made_of_it);
    }
    assert_true(bolt_storage_is_made_of(arena, images, BOLT_LIT("empty"), layers, none));
    assert_false(bolt_storage_is_made_of(arena, images, BOLT_LIT("other"), layers, none));
    assert_false(bolt_storage_is_made_of(arena, images, id, doc_of(arena, "[{\"id\":\"b\"}]"),
                                         doc_of(arena, configs[0].config)));
}

static void podman_says_what_network_the_container_has(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *bridge =
        doc_of(arena, "{\"id\":\"" ID "\",\"createNetNS\":false,\"networkMode\":\"bridge\"}");
    const struct bolt_doc *pasta =
        doc_of(arena, "{\"id\":\"" ID "\",\"createNetNS\":true,\"networkMode\":\"pasta\","
                      "\"network_options\":{\"pasta\":[\"-4\",\"-t80\"],\"x\":[\"-u\"]}}");
    const struct bolt_doc *containers = doc_of(arena, "[{\"id\":\"x\"},{\"id\":\"" OTHER
                                                      "\",\"layer\":\"" ID "\"},{\"layer\":\"\"}]");
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(bolt_podman_config(arena, bridge, id, "db", &told, &err), 0);
    assert_bytes_equal(told.network, "bridge");
    assert_false(told.has_network);
    assert_int_equal(told.pasta.len, 0);
    assert_int_equal(bolt_podman_config(arena, pasta, id, "db", &told, &err), 0);
    assert_bytes_equal(told.network, "pasta");
    assert_true(told.has_network);
    assert_int_equal(told.pasta.len, sizeof "-4\0-t80");
    assert_memory_equal(told.pasta.at, "-4\0-t80", sizeof "-4\0-t80");
    assert_bytes_equal(bolt_storage_container(containers, id), OTHER);
    assert_bytes_equal(bolt_storage_container(containers, (struct bolt_bytes){OTHER, 64}), "");
}

/* --- pasta ------------------------------------------------------------------------------ */

#define NONE "-t", "none", "-u", "none"

static const struct {
    const char *words[16];
    const char *ports; /* NULL: hidden */
} pasta[] = {
    {{"pasta", "--config-net", NONE, "--netns", "/run/netns/x"}, ""},
    {{"pasta", "-t", "8080-8080:80-80", "-u", "none"}, " 8080+0 80 tcp;"},
    {{"pasta", "-t", "127.0.0.1/81:80", "-u", "::1/53-55:1053-1055"},
     "127.0.0.1 81+0 80 tcp;::1 53+2 1053 udp;"},
    {{"pasta", "-t", "80", NONE}, " 80+0 80 tcp;"},
    {{"pasta", "-4t80:8080", NONE}, " 80+0 8080 tcp;"},
    {{"pasta", "-qu", "53", NONE}, " 53+0 53 udp;"},
    {{"pasta", "--tcp-p", "80", NONE}, " 80+0 80 tcp;"},
    {{"pasta", "--udp-ports=53", NONE}, " 53+0 53 udp;"},
    /* What podman has told already. */
    {{"pasta", "-t", "9000-9000:90-90", "-t", "9001-9002:91-92", "-u", "none"}, " 9000+2 90 tcp;"},
    /* Other options, and ports of the host that the container can reach. */
    {{"pasta", "-Itun0", "-m", "1400", "-T", "80", "--tcp-ns", "81", "-U82", NONE}, ""},
    /* What cannot be told before it is open, or is not understood. */
    {{"pasta"}, NULL},
    {{"pasta", "-t", "none"}, NULL},
    {{"pasta", "-u", "none", "-t"}, NULL},
    {{"pasta", "-t", "auto", "-u", "none"}, NULL},
    {{"pasta", "-t", "all", "-u", "none"}, NULL},
    {{"pasta", "-t", "~25", "-u", "none"}, NULL},
    {{"pasta", "-t", "80,81", "-u", "none"}, NULL},
    {{"pasta", "-t", "80:", "-u", "none"}, NULL},
    {{"pasta", "-t", "80-81:80", "-u", "none"}, NULL},
    {{"pasta", "-t", "81-80", "-u", "none"}, NULL},
    {{"pasta", "-t", "0", "-u", "none"}, NULL},
    {{"pasta", "-t", "65536", "-u", "none"}, NULL},
    {{"pasta", "-t", "eth0%/80", "-u", "-"}, NULL},
    {{"pasta", "-c", "/tmp/socket", NONE}, NULL},
    {{"pasta", "--conf-p=/tmp/socket", NONE}, NULL},
    {{"pasta", "-Z80", NONE}, NULL},
};

static void pastas_command_line_tells_ports(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(pasta); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_port known = {
            .protocol = BOLT_LIT("tcp"), .host = 9000, .container = 90, .more = 2};
        struct bolt_told told = {0};
        struct bolt_err err = {0};
        struct bolt_buf words = {.arena = arena};
        bool podmans = false;

        for (size_t n = 0; n < BOLT_LEN(pasta[i].words) && pasta[i].words[n] != NULL; n++) {
            podmans = podmans || strncmp(pasta[i].words[n], "9000", 4) == 0;
            bolt_buf_add(&words,
                         (struct bolt_bytes){pasta[i].words[n], strlen(pasta[i].words[n]) + 1});
        }
        if (podmans) {
            told = (struct bolt_told){.ports = &known, .port_count = 1};
        }
        print_message("  %zu\n", i);
        check(arena, bolt_pasta_ports(arena, bolt_buf_bytes(&words), true, &told, &err), &told,
              &err, pasta[i].ports);
        assert_true(told.hidden == (pasta[i].ports == NULL));
    }
}

static void some_of_pastas_words_are_no_reason_to_expect_more(void **state)
{
    static const char words[] = "-t\0"
                                "80";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    check(arena,
          bolt_pasta_ports(arena, (struct bolt_bytes){words, sizeof words}, false, &told, &err),
          &told, &err, " 80+0 80 tcp;");
    check(arena, bolt_pasta_ports(arena, (struct bolt_bytes){0}, false, &told, &err), &told, &err,
          " 80+0 80 tcp;");
}

static void netavarks_file_is_about_one_container(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *doc =
        doc_of(arena, "{\"container_id\":\"" ID "\",\"network_name\":\"podman\","
                      "\"port_mappings\":[" MAPPING("", "80", "8080", "2", "tcp") "]}");
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    check(arena, bolt_netavark_ports(arena, doc, id, &told, &err), &told, &err, " 80+1 8080 tcp;");
    assert_int_equal(bolt_netavark_ports(arena, doc, (struct bolt_bytes){OTHER, 64}, &told, &err),
                     -1);
}

/* --- bbolt ------------------------------------------------------------------------------ */

#define PAGE 4096
#define PAGES 8

struct entry {
    const char *key;
    struct bolt_bytes value;
    bool bucket;
};

static void put(char *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (char)(value >> (8 * i) & 0xff);
    }
}

static void put_leaf(char *page, const struct entry *entries, size_t count)
{
    size_t end = 16 + count * 16;

    put(page + 8, 2, 2);
    put(page + 10, count, 2);
    for (size_t i = 0; i < count; i++) {
        char *element = page + 16 + i * 16;
        size_t key = strlen(entries[i].key);

        put(element, entries[i].bucket, 4);
        put(element + 4, end - (16 + i * 16), 4);
        put(element + 8, key, 4);
        put(element + 12, entries[i].value.len, 4);
        memcpy(page + end, entries[i].key, key);
        memcpy(page + end + key, entries[i].value.at, entries[i].value.len);
        end += key + entries[i].value.len;
    }
}

static void put_branch(char *page, const char *const *keys, const uint64_t *children, size_t count)
{
    size_t end = 16 + count * 16;

    put(page + 8, 1, 2);
    put(page + 10, count, 2);
    for (size_t i = 0; i < count; i++) {
        char *element = page + 16 + i * 16;

        put(element, end - (16 + i * 16), 4);
        put(element + 4, strlen(keys[i]), 4);
        put(element + 8, children[i], 8);
        memcpy(page + end, keys[i], strlen(keys[i]));
        end += strlen(keys[i]);
    }
}

static void put_meta(char *page, uint64_t root, uint64_t moment)
{
    uint64_t hash = 0xcbf29ce484222325U;

    memset(page, 0, 128);
    put(page + 8, 4, 2);
    put(page + 16, 0xED0CDAED, 4);
    put(page + 20, 2, 4);
    put(page + 24, PAGE, 4);
    put(page + 32, root, 8);
    put(page + 64, moment, 8);
    for (int i = 0; i < 56; i++) {
        hash = (hash ^ (unsigned char)page[16 + i]) * 0x100000001b3U;
    }
    put(page + 72, hash, 8);
}

/* bucket "ctr" (page 4, a branch over 5 and 6) > buckets a, m (inline) > keys. */
static char *database(struct bolt_arena *arena)
{
    static const char *const keys[] = {"a", "m"};
    static const uint64_t children[] = {5, 6};
    char *file = bolt_arena_alloc(arena, PAGES, PAGE);
    char root[16] = {4};
    char inlined[256] = {0};
    const struct entry config[] = {{"config", BOLT_LIT("{\"id\":1}"), false},
                                   {"state", BOLT_LIT("x"), false}};
    const struct entry top[] = {{"ctr", {root, sizeof root}, true}, {"zzz", BOLT_LIT("v"), false}};
    const struct entry first[] = {{"a", {inlined, sizeof inlined}, true}};
    const struct entry second[] = {{"m", {inlined, sizeof inlined}, true}};

    put_leaf(inlined + 16, config, 2);
    put_meta(file, 3, 6);
    put_meta(file + PAGE, 2, 5); /* of the transaction before, whose root is no page */
    put_leaf(file + (size_t)3 * PAGE, top, 2);
    put_branch(file + (size_t)4 * PAGE, keys, children, 2);
    put_leaf(file + (size_t)5 * PAGE, first, 1);
    put_leaf(file + (size_t)6 * PAGE, second, 1);
    return file;
}

static int look_up(const char *file, size_t len, const char *bucket, const char *name,
                   const char *key, struct bolt_bytes *out)
{
    const struct bolt_bytes path[] = {bolt_bytes_of(bucket), bolt_bytes_of(name),
                                      bolt_bytes_of(key)};
    struct bolt_err err = {0};

    return bolt_bbolt_find((struct bolt_bytes){file, len}, path, 3, out, &err);
}

static void a_key_of_bbolt_is_found_through_branches_and_inline_buckets(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    char *file = database(arena);
    const size_t len = (size_t)PAGES * PAGE;
    static const char *const names[] = {"a", "m"};
    static const char *const absent[][3] = {{"ctx", "a", "config"},
                                            {"ctr", "b", "config"},
                                            {"ctr", "0", "config"},
                                            {"ctr", "z", "config"},
                                            {"ctr", "a", "conf"}};
    struct bolt_bytes out;

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(names); i++) {
        assert_int_equal(look_up(file, len, "ctr", names[i], "config", &out), 0);
        assert_bytes_equal(out, "{\"id\":1}");
    }
    for (size_t i = 0; i < BOLT_LEN(absent); i++) {
        assert_int_equal(look_up(file, len, absent[i][0], absent[i][1], absent[i][2], &out), 0);
        assert_int_equal(out.len, 0);
    }
    assert_int_equal(look_up(file, len, "zzz", "a", "config", &out), -1); /* no bucket */
    assert_int_equal(bolt_bbolt_moment((struct bolt_bytes){file, len}), 6);
    put_meta(file + PAGE, 3, 7);
    put_meta(file, 2, 6);
    assert_int_equal(look_up(file, len, "ctr", "m", "config", &out), 0);
    assert_bytes_equal(out, "{\"id\":1}");
    file[0 + 40]++; /* the other one is damaged */
    assert_int_equal(bolt_bbolt_moment((struct bolt_bytes){file, len}), 7);
    file[PAGE + 40]++;
    assert_int_equal(bolt_bbolt_moment((struct bolt_bytes){file, len}), 0);
    assert_int_equal(look_up(file, len, "ctr", "m", "config", &out), -1);
}

/* Whatever is in the file: an answer or an error, and nothing outside of the file is read. */
static void a_damaged_database_is_an_error_or_has_no_such_key(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    char *whole = database(arena);
    const size_t len = (size_t)PAGES * PAGE;
    struct bolt_bytes out;

    (void)state;
    for (size_t cut = 0; cut < len; cut += 64) {
        char *part = bolt_arena_alloc(arena, cut + 1, 1);

        memcpy(part, whole, cut);
        if (look_up(part, cut, "ctr", "m", "config", &out) == 0) {
            assert_true(out.len == 0 || out.at + out.len <= part + cut);
        }
    }
    for (size_t at = (size_t)3 * PAGE; at < len; at++) {
        char old = whole[at];

        if (old == 0 && at % PAGE > 400) {
            continue;
        }
        whole[at] = (char)0xff;
        if (look_up(whole, len, "ctr", "m", "config", &out) == 0 && out.len != 0) {
            assert_true(out.at >= whole && out.at + out.len <= whole + len);
        }
        whole[at] = old;
    }
    put(whole + (size_t)4 * PAGE + 16 + 8, 4, 8); /* a page that is its own child */
    put(whole + (size_t)4 * PAGE + 32 + 8, 4, 8);
    assert_int_equal(look_up(whole, len, "ctr", "m", "config", &out), -1);
}

/* --- CNI, CRI and CRI-O ----------------------------------------------------------------- */

static const struct {
    const char *members;
    const char *ports;
} caches[] = {
    {"\"x\":1", ""},
    {"\"capabilityArgs\":{}", ""},
    {"\"capabilityArgs\":{\"portMappings\":null}", ""},
    {"\"capabilityArgs\":{\"portMappings\":[{\"HostPort\":8080,\"ContainerPort\":80,"
     "\"Protocol\":\"tcp\",\"HostIP\":\"\"}]}",
     " 8080+0 80 tcp;"},
    {"\"capabilityArgs\":{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,"
     "\"protocol\":\"tcp\",\"hostIP\":\"127.0.0.1\"}]}",
     "127.0.0.1 8080+0 80 tcp;"},
    {"\"capabilityArgs\":{\"portMappings\":{}}", NULL},
    {"\"capabilityArgs\":{\"portMappings\":[{\"HostPort\":\"80\"}]}", NULL},
};

static void the_cni_cache_tells_a_sandboxs_ports(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOLT_LEN(caches); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const struct bolt_doc *doc = engine_doc(
            arena, bolt_printf(arena, "{\"containerId\":\"" ID "\",%s}", caches[i].members));
        struct bolt_told told = {0};
        struct bolt_err err = {0};

        print_message("  %s\n", caches[i].members);
        check(arena, bolt_cni_cache(arena, doc, id, &told, &err), &told, &err, caches[i].ports);
        assert_int_equal(bolt_cni_cache(arena, doc, (struct bolt_bytes){OTHER, 64}, &told, &err),
                         -1);
    }
}

/* Of each network that a sandbox is in there is a file, with the same mappings. */
static void what_is_told_twice_is_there_once(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *doc =
        doc_of(arena, "{\"containerId\":\"" ID "\",\"capabilityArgs\":{\"portMappings\":["
                      "{\"hostPort\":80,\"containerPort\":8080},{\"hostPort\":81,"
                      "\"containerPort\":8081},{\"hostPort\":81,\"containerPort\":9000}]}}");
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bolt_cni_cache(arena, doc, id, &told, &err), 0);
    }
    assert_bytes_equal(show(arena, &told), " 80+1 8080 tcp; 81+0 9000 tcp;");
}

static void nerdctls_file_has_the_mappings_of_cni(void **state)
{
    /* As nerdctl 2.1.6 wrote it for -p 8091-8092:80-81 -p [::1]:8091:80/udp. */
    static const char recorded[] =
        "{\"portMappings\":[{\"HostPort\":8091,\"ContainerPort\":80,\"Protocol\":\"tcp\",\"HostIP\":\"0.0.0.0\"}"
        ",{\"HostPort\":8092,\"ContainerPort\":81,\"Protocol\":\"tcp\",\"HostIP\":\"0.0.0.0\"}"
        ",{\"HostPort\":8091,\"ContainerPort\":80,\"Protocol\":\"udp\",\"HostIP\":\"::1\"}]}";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    check(arena,
          bolt_nerdctl_ports(
              arena, doc_of(arena, "{\"portMappings\":[{\"HostPort\":80,\"ContainerPort\":8080}]}"),
              &told, &err),
          &told, &err, " 80+0 8080 tcp;");
    told = (struct bolt_told){0};
    check(arena, bolt_nerdctl_ports(arena, doc_of(arena, recorded), &told, &err), &told, &err,
          "0.0.0.0 8091+1 80 tcp;::1 8091+0 80 udp;");
    assert_int_equal(bolt_nerdctl_ports(arena, doc_of(arena, "[]"), &told, &err), -1);
    assert_int_equal(bolt_nerdctl_ports(arena, doc_of(arena, "{\"portMappings\":7}"), &told, &err),
                     -1);
}

static struct bolt_facts facts_with(struct bolt_arena *arena, const char *annotations)
{
    struct bolt_facts facts;
    struct bolt_err err = {0};

    if (bolt_facts_from_config(
            arena,
            doc_of(arena,
                   bolt_printf(arena, "{\"ociVersion\":\"1\",\"linux\":{},\"annotations\":{%s}}",
                               annotations)
                       .at),
            &facts, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return facts;
}

static void containerds_cri_says_who_the_container_is(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_facts facts =
        facts_with(arena, "\"io.kubernetes.cri.sandbox-id\":\"" ID "\","
                          "\"io.kubernetes.cri.container-name\":\"web\","
                          "\"io.kubernetes.cri.sandbox-namespace\":\"prod\","
                          "\"io.kubernetes.cri.image-name\":\"example.org/a/b@" DIGEST "\"");
    struct bolt_identity who = {0};

    (void)state;
    bolt_cri_who(&facts, &who);
    assert_bytes_equal(bolt_cri_sandbox(&facts), ID);
    assert_bytes_equal(who.name.value, "web");
    assert_true(who.name.forgeable);
    assert_bytes_equal(who.namespace.value, "prod");
    assert_false(who.namespace.forgeable);
    assert_true(who.image.forgeable);
    assert_true(who.name.from_annotation && who.namespace.from_annotation &&
                who.image.from_annotation);
    assert_int_equal(who.digest_count, 1);
    assert_bytes_equal(who.digests[0].value, DIGEST);
    assert_false(who.digests[0].forgeable);
    who = (struct bolt_identity){.id.value = BOLT_LIT(ID)}; /* the sandbox: a pod's own words */
    bolt_cri_who(&facts, &who);
    assert_bytes_equal(who.namespace.value, "prod");
    assert_int_equal(who.name.value.len + who.image.value.len + who.digest_count, 0);
}

#define POD_ID "2222222222222222222222222222222222222222222222222222222222222222"

static void cri_os_name_for_a_container_is_its_callers(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_facts facts =
        facts_with(arena, "\"io.kubernetes.cri-o.SandboxID\":\"" ID "\","
                          "\"io.kubernetes.pod.namespace\":\"forged\","
                          "\"io.kubernetes.cri-o.ImageRef\":\"" OTHER "\","
                          "\"io.kubernetes.cri-o.ImageName\":\"example.org/a:1\"");
    struct bolt_identity who = {0};

    (void)state;
    assert_bytes_equal(bolt_crio_sandbox(&facts), ID);
    bolt_crio_who(&facts, BOLT_LIT("k8s_web_pod_prod_uid_0"), &who);
    assert_bytes_equal(who.name.value, "web");
    assert_bytes_equal(who.namespace.value, "prod");
    assert_true(who.namespace.forgeable);
    assert_bytes_equal(who.image.value, "example.org/a:1");
    assert_true(who.image.from_annotation);
    assert_false(who.name.from_annotation || who.namespace.from_annotation);
    assert_int_equal(who.digest_count, 0);
    who = (struct bolt_identity){0};
    bolt_crio_who(&facts, BOLT_LIT("web"), &who);
    assert_int_equal(who.name.value.len + who.namespace.value.len, 0);
    who = (struct bolt_identity){0};
    bolt_crio_who(&facts, BOLT_LIT("k8s_POD_pod_prod_uid_0"), &who);
    assert_bytes_equal(who.namespace.value, "prod");
    assert_int_equal(who.image.value.len, 0);
}

static void cri_o_puts_down_who_the_container_is(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const char list[] =
        "[{\"id\":\"" POD_ID "\",\"image\":\"" ID "\",\"metadata\":\"{\\\"pod-id\\\":\\\"" POD_ID
        "\\\",\\\"metadata-name\\\":\\\"pod\\\",\\\"namespace\\\":\\\"prod\\\"}\"},"
        "{\"id\":\"" ID "\",\"image\":\"" OTHER "\",\"metadata\":\"{\\\"pod-id\\\":\\\"" POD_ID
        "\\\",\\\"metadata-name\\\":\\\"web\\\",\\\"image-name\\\":\\\"example.org/a:1\\\"}\"}]";
    const struct bolt_doc *doc = doc_of(arena, list);
    const struct bolt_bytes pod = BOLT_LIT(POD_ID);
    struct bolt_identity who = {0};
    struct bolt_bytes sandbox = {0};
    struct bolt_bytes image = {0};
    struct bolt_err err = {0};

    (void)state;
    assert_int_equal(bolt_crio_stored(arena, doc, id, &who, &sandbox, &image, &err), 0);
    assert_bytes_equal(image, OTHER);
    assert_bytes_equal(sandbox, POD_ID);
    assert_bytes_equal(who.name.value, "web");
    assert_true(who.name.forgeable);
    assert_bytes_equal(who.namespace.value, "prod");
    assert_false(who.namespace.forgeable);
    assert_bytes_equal(who.image.value, "example.org/a:1");
    assert_true(who.image.forgeable);
    assert_int_equal(who.digest_count, 0);
    who = (struct bolt_identity){0};
    assert_int_equal(bolt_crio_stored(arena, doc, pod, &who, &sandbox, &image, &err), 0);
    assert_bytes_equal(sandbox, POD_ID);
    assert_bytes_equal(who.namespace.value, "prod");
    assert_int_equal(who.name.value.len, 0);
    assert_int_equal(
        bolt_crio_stored(arena, doc, (struct bolt_bytes){OTHER, 64}, &who, &sandbox, &image, &err),
        -1);
    assert_int_equal(bolt_crio_stored(arena, doc_of(arena, "[{\"id\":\"" ID "\"}]"), id, &who,
                                      &sandbox, &image, &err),
                     -1);
    assert_int_equal(bolt_crio_stored(arena, doc_of(arena, "{}"), id, &who, &sandbox, &image, &err),
                     -1);
}

/* The facts of a container with these annotations, in the network namespace at the path. */
static struct bolt_facts in_netns(struct bolt_arena *arena, const char *path,
                                  const char *annotations)
{
    struct bolt_facts facts = facts_with(arena, annotations);

    facts.netns_path = bolt_bytes_of(path);
    facts.who.id.value = BOLT_LIT(OTHER);
    return facts;
}

static const struct bolt_doc *sandbox_with(struct bolt_arena *arena, const char *mappings)
{
    return doc_of(
        arena, bolt_printf(
                   arena,
                   "{\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/a\"}]},"
                   "\"annotations\":{\"io.kubernetes.cri-o.SandboxID\":\"" ID "\","
                   "\"io.kubernetes.cri-o.PortMappings\":\"%s\"}}",
                   mappings)
                   .at);
}

static const char port_80[] = "[{\\\"HostPort\\\":80,\\\"ContainerPort\\\":8080,"
                              "\\\"Protocol\\\":\\\"TCP\\\",\\\"HostIP\\\":\\\"\\\"}]";

static void cri_os_sandbox_has_the_ports_of_its_containers(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_doc *sandbox = sandbox_with(arena, port_80);
    const struct bolt_facts in_a = in_netns(arena, "/run/netns/a", "");
    const struct bolt_facts in_b = in_netns(arena, "/run/netns/b", "");
    const struct bolt_facts nowhere = in_netns(arena, "", "");
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    (void)state;
    check(arena, bolt_crio_ports(arena, sandbox, id, &in_a, &told, &err), &told, &err,
          " 80+0 8080 tcp;");
    assert_false(told.hidden);
    assert_int_equal(bolt_crio_ports(arena, sandbox, id, &in_b, &told, &err), -1);
    assert_int_equal(bolt_crio_ports(arena, sandbox, id, &nowhere, &told, &err), -1);
    assert_int_equal(
        bolt_crio_ports(arena, sandbox, (struct bolt_bytes){OTHER, 64}, &in_a, &told, &err), -1);
    assert_int_equal(bolt_crio_ports(arena, sandbox_with(arena, "null"), id, &in_a, &told, &err),
                     -1);
    assert_false(told.hidden);
}

static void a_pod_that_says_itself_what_it_publishes_hides_it(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    static const struct {
        const char *container;
        bool hidden;
    } rows[] = {
        {"\"kubernetes.io/config.seen\":\"2026-11-22T10:58:26.5Z\"", false},
        {"\"io.kubernetes.cri-o.PortMappings\":\"[]\"", true},
        {"\"io.kubernetes.cri-o.PortMappings\":\"\"", true},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(rows); i++) {
        const struct bolt_facts facts = in_netns(arena, "/run/netns/a", rows[i].container);
        struct bolt_told told = {0};
        struct bolt_err err = {0};

        assert_int_equal(bolt_crio_ports(arena, sandbox_with(arena, "[]"), id, &facts, &told, &err),
                         0);
        assert_int_equal(told.hidden, rows[i].hidden);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_an_engine_reads_may_have_any_number_of_members),
        cmocka_unit_test(only_64_digits_are_an_id),
        cmocka_unit_test(dockers_bindings_are_ports),
        cmocka_unit_test(dockers_network_mode_tells_whose_ports_they_are),
        cmocka_unit_test(docker_says_who_the_container_is),
        cmocka_unit_test(every_port_of_docker_at_once_is_a_few_ranges),
        cmocka_unit_test(podmans_configuration_tells_ports),
        cmocka_unit_test(podman_says_who_the_container_is),
        cmocka_unit_test(containers_storage_has_the_digest_of_a_manifest),
        cmocka_unit_test(an_image_is_made_of_the_layers_that_its_configuration_names),
        cmocka_unit_test(podman_says_what_network_the_container_has),
        cmocka_unit_test(pastas_command_line_tells_ports),
        cmocka_unit_test(some_of_pastas_words_are_no_reason_to_expect_more),
        cmocka_unit_test(netavarks_file_is_about_one_container),
        cmocka_unit_test(a_key_of_bbolt_is_found_through_branches_and_inline_buckets),
        cmocka_unit_test(a_damaged_database_is_an_error_or_has_no_such_key),
        cmocka_unit_test(the_cni_cache_tells_a_sandboxs_ports),
        cmocka_unit_test(what_is_told_twice_is_there_once),
        cmocka_unit_test(nerdctls_file_has_the_mappings_of_cni),
        cmocka_unit_test(containerds_cri_says_who_the_container_is),
        cmocka_unit_test(cri_os_name_for_a_container_is_its_callers),
        cmocka_unit_test(cri_o_puts_down_who_the_container_is),
        cmocka_unit_test(cri_os_sandbox_has_the_ports_of_its_containers),
        cmocka_unit_test(a_pod_that_says_itself_what_it_publishes_hides_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
