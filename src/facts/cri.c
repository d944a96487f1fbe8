/* SPDX-License-Identifier: Apache-2.0 */
/* What containerd, its CRI, CRI-O and nerdctl keep about containers. */
#include "base/buf.h"
#include "facts/ports_internal.h"

static const char cri[] = "containerd CRI";
static const char conmon[] = "conmon";
static const char containers[] = "containers.json";
static const char crio[] = "CRI-O";

static const char port_mappings[] = "io.kubernetes.cri-o.PortMappings";

int bolt_cni_cache(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_bytes id,
                   struct bolt_told *out, struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(doc);
    bolt_node list =
        bolt_doc_member(doc, bolt_doc_member(doc, root, "capabilityArgs"), "portMappings");

    if (!bolt_bytes_equal(bolt_doc_string(doc, bolt_doc_member(doc, root, "containerId")), id)) {
        return bolt_doc_fail(doc, root, err, "it is about another container");
    }
    if (bolt_cni_mappings(arena, doc, list, BOLT_SOURCE_CNI_CACHE, out, err) != 0) {
        return -1;
    }
    bolt_told_settle(out);
    return 0;
}

int bolt_nerdctl_ports(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_told *out,
                       struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(doc);
    bolt_node list = bolt_doc_member(doc, root, "portMappings");

    if (bolt_doc_kind(doc, root) != BOLT_JSON_OBJECT) {
        return bolt_doc_fail(doc, root, err, "not as nerdctl writes it");
    }
    if (bolt_cni_mappings(arena, doc, list, BOLT_SOURCE_NERDCTL, out, err) != 0) {
        return -1;
    }
    bolt_told_settle(out);
    return 0;
}

/* --- annotations of engines ------------------------------------------------------------- */

static const struct bolt_annotation *find_annotation(const struct bolt_facts *facts,
                                                     const char *name)
{
    for (size_t i = 0; i < facts->annotation_count; i++) {
        if (bolt_bytes_is(facts->annotations[i].name, name)) {
            return &facts->annotations[i];
        }
    }
    return NULL;
}

static struct bolt_bytes annotation(const struct bolt_facts *facts, const char *name)
{
    const struct bolt_annotation *found = find_annotation(facts, name);

    return found == NULL ? (struct bolt_bytes){0} : found->value;
}

static struct bolt_named from_annotation(const struct bolt_facts *facts, const char *name,
                                         const char *source, bool forgeable)
{
    struct bolt_named named = bolt_named_as(annotation(facts, name), source, forgeable);

    named.from_annotation = named.value.len != 0;
    return named;
}

/* "registry/name@sha256:...": what was pulled by its digest is what has it. */
static void add_image(struct bolt_identity *who, struct bolt_named named, const char *source)
{
    struct bolt_bytes image = named.value;

    who->image = named;
    bolt_identity_add_digest(who, image, source);
    (void)bolt_bytes_cut(&image, '@');
    bolt_identity_add_digest(who, image, source);
}

struct bolt_bytes bolt_cri_sandbox(const struct bolt_facts *facts)
{
    return annotation(facts, "io.kubernetes.cri.sandbox-id");
}

void bolt_cri_who(const struct bolt_facts *facts, struct bolt_identity *who)
{
    who->namespace = from_annotation(facts, "io.kubernetes.cri.sandbox-namespace", cri, false);
    /* Of a sandbox containerd writes neither, and where it hands on the pod's annotations, these
     * stay (internal/cri/server/podsandbox/sandbox_run_linux.go, pod_annotations). */
    if (bolt_bytes_equal(who->id.value, bolt_cri_sandbox(facts))) {
        return;
    }
    who->name = from_annotation(facts, "io.kubernetes.cri.container-name", cri, true);
    add_image(who, from_annotation(facts, "io.kubernetes.cri.image-name", cri, true), cri);
}

struct bolt_bytes bolt_crio_sandbox(const struct bolt_facts *facts)
{
    return annotation(facts, "io.kubernetes.cri-o.SandboxID");
}

/* The field of that number, from 0, of "k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT". Kubernetes allows
 * no underscore in any of them. */
static struct bolt_bytes field(struct bolt_bytes name, unsigned number)
{
    for (; number != 0; number--) {
        (void)bolt_bytes_cut(&name, '_');
    }
    return bolt_bytes_cut(&name, '_');
}

void bolt_crio_who(const struct bolt_facts *facts, struct bolt_bytes name,
                   struct bolt_identity *who)
{
    if (bolt_bytes_is(field(name, 0), "k8s")) {
        who->name = bolt_named_as(field(name, 1), conmon, true);
        who->namespace = bolt_named_as(field(name, 3), conmon, true);
    }
    if (!bolt_bytes_is(field(name, 1), "POD")) { /* as kubelet names sandboxes */
        who->image = from_annotation(facts, "io.kubernetes.cri-o.ImageName", crio, true);
    }
}

/* What CRI-O has put down with the entry: a text that is JSON again. */
static int parse_metadata(struct bolt_arena *arena, const struct bolt_doc *doc, bolt_node entry,
                          const struct bolt_doc **out, struct bolt_err *err)
{
    return bolt_doc_parse(arena, bolt_doc_string(doc, bolt_doc_member(doc, entry, "metadata")),
                          BOLT_DIALECT_ENGINE, out, err);
}

static struct bolt_bytes member_text(const struct bolt_doc *doc, const char *name)
{
    return bolt_doc_string(doc, bolt_doc_member(doc, bolt_doc_root(doc), name));
}

/* [{"id": ..., "image": ..., "metadata": "{\"pod-id\": ..., \"namespace\": ...}"}] */
int bolt_crio_stored(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_bytes id,
                     struct bolt_identity *who, struct bolt_bytes *sandbox,
                     struct bolt_bytes *image, struct bolt_err *err)
{
    bolt_node entry = bolt_storage_entry(doc, id);
    const struct bolt_doc *own = NULL;
    const struct bolt_doc *pod = NULL;

    if (entry.id == 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the container is not in it");
    }
    if (parse_metadata(arena, doc, entry, &own, err) != 0 ||
        parse_metadata(arena, doc, bolt_storage_entry(doc, member_text(own, "pod-id")), &pod,
                       err) != 0) {
        return -1;
    }
    *sandbox = member_text(own, "pod-id");
    if (!bolt_bytes_equal(*sandbox, id)) {
        who->name = bolt_named_as(member_text(own, "metadata-name"), containers, true);
    }
    who->namespace = bolt_named_as(member_text(pod, "namespace"), containers, false);
    who->image = bolt_named_as(member_text(own, "image-name"), containers, true);
    *image = bolt_doc_string(doc, bolt_doc_member(doc, entry, "image"));
    return 0;
}

static bool has_netns(const struct bolt_doc *doc, struct bolt_bytes path)
{
    bolt_node list =
        bolt_doc_member(doc, bolt_doc_member(doc, bolt_doc_root(doc), "linux"), "namespaces");

    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (bolt_bytes_is(bolt_doc_string(doc, bolt_doc_member(doc, n, "type")), "network")) {
            return path.len != 0 &&
                   bolt_bytes_equal(bolt_doc_string(doc, bolt_doc_member(doc, n, "path")), path);
        }
    }
    return false;
}

/* {"annotations": {"io.kubernetes.cri-o.PortMappings": "[...]"}} of the sandbox's config.json,
 * where the pod's annotations take the place of CRI-O's own. Those of the pod are in each
 * container's, too (SpecAddAnnotations(), internal/factory/container/container.go), but after CRI-O
 * was started anew not those of then. */
int bolt_crio_ports(struct bolt_arena *arena, const struct bolt_doc *doc, struct bolt_bytes id,
                    const struct bolt_facts *facts, struct bolt_told *out, struct bolt_err *err)
{
    bolt_node map = bolt_doc_member(doc, bolt_doc_root(doc), "annotations");
    bolt_node text = bolt_doc_member(doc, map, port_mappings);

    out->hidden =
        !bolt_bytes_equal(facts->who.id.value, id) && find_annotation(facts, port_mappings) != NULL;
    if (!bolt_bytes_equal(
            bolt_doc_string(doc, bolt_doc_member(doc, map, "io.kubernetes.cri-o.SandboxID")), id) ||
        !has_netns(doc, facts->netns_path)) {
        return bolt_doc_fail(doc, bolt_doc_root(doc), err, "it is about another sandbox");
    }
    if (bolt_doc_kind(doc, text) != BOLT_JSON_STRING) {
        return bolt_doc_fail(doc, map, err, "not as CRI-O writes it");
    }
    if (bolt_cni_mappings_text(arena, bolt_doc_string(doc, text), BOLT_SOURCE_CRIO, out, err) !=
        0) {
        return -1;
    }
    bolt_told_settle(out);
    return 0;
}
