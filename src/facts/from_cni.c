/* SPDX-License-Identifier: Apache-2.0 */
/* A call of the CNI plugin -> facts. */
#include "facts/cni.h"

#include <string.h>

#include "facts/facts_internal.h"
#include "facts/ports_internal.h"

#define POD_ANNOTATIONS "io.kubernetes.cri.pod-annotations"

const char *const bolt_cni_versions[BOLT_CNI_VERSIONS] = {"0.3.1", "0.4.0", "1.0.0", "1.1.0"};
#define FIRST_WITH_CHECK 1

static const char *const network_names[] = {"cniVersion",    "name",         "type", "prevResult",
                                            "runtimeConfig", "capabilities", NULL};
static const char *const runtime_names[] = {"portMappings", POD_ANNOTATIONS, NULL};

/* --- the environment -------------------------------------------------------------------- */

/* "Must start with an alphanumeric character, optionally followed by any combination of one or more
 * alphanumeric characters, underscore, dot or hyphen" (section 2). */
static bool is_container_id(struct bolt_bytes id)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (size_t i = 0; i < id.len; i++) {
        if (memchr(letters, id.at[i], sizeof letters - 1) == NULL &&
            (i == 0 || memchr("_.-", id.at[i], 3) == NULL)) {
            return false;
        }
    }
    return id.len != 0;
}

/* Values are joined without escapes (libcni, invoke/args.go), so one that holds a semicolon may
 * bring a second name along. */
static int take_argument(struct bolt_cni_call *call, struct bolt_bytes name,
                         struct bolt_bytes value, struct bolt_err *err)
{
    const struct {
        const char *name;
        struct bolt_bytes *place;
    } known[] = {{"K8S_POD_NAME", &call->pod_name},
                 {"K8S_POD_NAMESPACE", &call->pod_namespace},
                 {"K8S_POD_INFRA_CONTAINER_ID", &call->pod_sandbox}};

    for (size_t i = 0; i < BOLT_LEN(known); i++) {
        if (!bolt_bytes_is(name, known[i].name)) {
            continue;
        }
        if (known[i].place->at != NULL) {
            return bolt_fail(err, BOLT_ERR_USAGE, "CNI_ARGS has %s twice", known[i].name);
        }
        *known[i].place = value;
    }
    return 0;
}

/* "FOO=BAR;ABC=123" */
static int read_arguments(struct bolt_cni_call *call, struct bolt_err *err)
{
    struct bolt_bytes text = call->args;

    while (text.len != 0) {
        struct bolt_bytes value = bolt_bytes_cut(&text, ';');
        struct bolt_bytes pair = value;
        struct bolt_bytes name = bolt_bytes_cut(&value, '=');

        if (name.len == pair.len) {
            return bolt_fail(err, BOLT_ERR_USAGE, "CNI_ARGS has '%.*s', which has no value",
                             BOLT_FMT(pair));
        }
        if (take_argument(call, name, value, err) != 0) {
            return -1;
        }
    }
    return 0;
}

int bolt_cni_read_environment(struct bolt_cni_call *call, struct bolt_err *err)
{
    if (call->container_id.len == 0) {
        return bolt_fail(err, BOLT_ERR_USAGE, "CNI_CONTAINERID is not set");
    }
    if (!is_container_id(call->container_id)) {
        return bolt_fail(err, BOLT_ERR_USAGE, "CNI_CONTAINERID is '%.*s', not a container's id",
                         BOLT_FMT(call->container_id));
    }
    if (call->netns.len == 0) {
        return bolt_fail(err, BOLT_ERR_USAGE, "CNI_NETNS is not set");
    }
    if (call->ifname.len == 0) {
        return bolt_fail(err, BOLT_ERR_USAGE, "CNI_IFNAME is not set");
    }
    return read_arguments(call, err);
}

static bool is_kubernetes(const struct bolt_cni_call *call)
{
    return call->engine != NULL &&
           (strcmp(call->engine, "containerd") == 0 || strcmp(call->engine, "cri-o") == 0);
}

/* nerdctl calls for containers of containerd, but for no pods. */
static const char *engine_of(const struct bolt_cni_call *call)
{
    return strcmp(call->engine, "nerdctl") == 0 ? "containerd" : call->engine;
}

static void name_container(const struct bolt_cni_call *call, struct bolt_facts *facts)
{
    static const char source[] = "CNI_ARGS";
    struct bolt_identity *who = &facts->who;

    facts->engine = call->engine != NULL
                        ? (struct bolt_named){.value = bolt_bytes_of(engine_of(call)),
                                              .source = "parent process"}
                        : (struct bolt_named){.source = "nobody", .forgeable = true};
    who->id = (struct bolt_named){.value = call->container_id, .source = "CNI_CONTAINERID"};
    who->name = (struct bolt_named){.value = call->pod_name, .source = source, .forgeable = true};
    who->namespace = (struct bolt_named){
        .value = call->pod_namespace,
        .source = source,
        .forgeable =
            !is_kubernetes(call) || !bolt_bytes_equal(call->pod_sandbox, call->container_id),
    };
}

/* --- the network configuration ---------------------------------------------------------- */

static int read_version(const struct bolt_source *s, struct bolt_cni_call *call)
{
    size_t first = bolt_bytes_is(call->command, "CHECK") ? FIRST_WITH_CHECK : 0;
    struct bolt_bytes written;
    bolt_node node;

    if (bolt_source_take(s, bolt_doc_root(s->doc), "cniVersion", BOLT_JSON_STRING, &node) != 0) {
        return -1;
    }
    written = bolt_doc_string(s->doc, node);
    for (size_t i = 0; i < BOLT_CNI_VERSIONS; i++) {
        if (bolt_bytes_is(written, bolt_cni_versions[i])) {
            call->version = written;
            if (i >= first) {
                return 0;
            }
        }
    }
    call->code = BOLT_CNI_VERSION;
    return bolt_fail(s->err, BOLT_ERR_INPUT, "cniVersion is '%.*s', and %.*s takes %s to %s",
                     BOLT_FMT(written), BOLT_FMT(call->command), bolt_cni_versions[first],
                     BOLT_CNI_NEWEST);
}

static int read_prev_result(const struct bolt_source *s, struct bolt_cni_call *call)
{
    bolt_node node;

    if (bolt_source_take(s, bolt_doc_root(s->doc), "prevResult", BOLT_JSON_OBJECT, &node) != 0) {
        return -1;
    }
    if (node.id == 0) {
        return bolt_fail(s->err, BOLT_ERR_INPUT,
                         "no prevResult: drawbolt makes no network, and must stand in a list of "
                         "plugins behind one that does");
    }
    call->prev_result = bolt_doc_source(s->doc, node);
    return 0;
}

/* Without port mappings: why that does not mean that there are none. NULL: it does mean that. */
static const char *why_unknown(const struct bolt_source *s, const struct bolt_cni_call *call)
{
    bolt_node asked = bolt_doc_member(s->doc, bolt_doc_root(s->doc), "capabilities");

    if (!bolt_doc_is_true(s->doc, bolt_doc_member(s->doc, asked, "portMappings"))) {
        return "drawbolt's entry in the network configuration does not ask for them with "
               "\"capabilities\": {\"portMappings\": true}";
    }
    if (call->engine == NULL) {
        return "the caller told none, and it is not known to be an engine that would";
    }
    if (strcmp(call->engine, "cri-o") == 0) {
        return "CRI-O does not tell them to CNI plugins";
    }
    return NULL;
}

static int take_ports(const struct bolt_source *s, bolt_node list)
{
    struct bolt_told told = {0};

    if (bolt_cni_mappings(s->arena, s->doc, list, "cni runtimeConfig", &told, s->err) != 0) {
        return -1;
    }
    bolt_told_settle(&told);
    s->facts->ports = told.ports;
    s->facts->port_count = told.port_count;
    s->facts->known |= BOLT_KNOWN_PORTS;
    s->facts->ports_why = NULL;
    return 0;
}

static int read_ports(const struct bolt_source *s, const struct bolt_cni_call *call,
                      bolt_node runtime)
{
    bolt_node list;

    if (bolt_source_take(s, runtime, "portMappings", BOLT_JSON_ARRAY, &list) != 0) {
        return -1;
    }
    if (list.id == 0) {
        s->facts->ports_why = why_unknown(s, call);
        s->facts->known |= s->facts->ports_why == NULL ? BOLT_KNOWN_PORTS : 0;
        return 0;
    }
    return take_ports(s, list);
}

int bolt_facts_from_cni(struct bolt_arena *arena, const struct bolt_doc *doc,
                        struct bolt_cni_call *call, struct bolt_facts *facts, struct bolt_err *err)
{
    const struct bolt_source s = {arena, doc, facts, err};
    bolt_node root = bolt_doc_root(doc);
    bolt_node runtime;

    *facts = (struct bolt_facts){.doc = doc, .known = BOLT_KNOWN_NETWORK, .netns_port_start = -1};
    call->code = BOLT_CNI_CONFIG;
    if (bolt_source_expect(&s, root, BOLT_JSON_OBJECT) != 0 || read_version(&s, call) != 0 ||
        bolt_doc_check_names(doc, root, network_names, err) != 0 ||
        read_prev_result(&s, call) != 0 ||
        bolt_source_take(&s, root, "runtimeConfig", BOLT_JSON_OBJECT, &runtime) != 0 ||
        bolt_doc_check_names(doc, runtime, runtime_names, err) != 0) {
        return -1;
    }
    name_container(call, facts);
    if (bolt_source_annotations(&s, runtime, POD_ANNOTATIONS) != 0) {
        return -1;
    }
    return read_ports(&s, call, runtime);
}
