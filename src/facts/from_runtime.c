/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runc and crun keep about a container below their root: state.json of runc, config.json and
 * status of crun.
 */
#include "facts/facts_internal.h"

/* runc's names begin with a capital letter: its structure has no tags. */
static bolt_node own_set(const struct bolt_doc *doc, bolt_node caps, enum bolt_cap_set set)
{
    static const char *const names_of_runc[] = {"Bounding", "Effective", "Inheritable", "Permitted",
                                                "Ambient"};
    bolt_node node = bolt_doc_member(doc, caps, names_of_runc[set]);

    return node.id != 0 ? node : bolt_doc_member(doc, caps, bolt_cap_set_name(set));
}

int bolt_facts_own_caps(struct bolt_arena *arena, enum bolt_runtime runtime,
                        const struct bolt_doc *doc, struct bolt_facts *facts, struct bolt_err *err)
{
    const struct bolt_source s = {arena, doc, facts, err};
    const char *parent = runtime == BOLT_RUNC ? "config" : "process";
    bolt_node caps =
        bolt_doc_member(doc, bolt_doc_member(doc, bolt_doc_root(doc), parent), "capabilities");
    struct bolt_cap *list = NULL;
    size_t count = 0;

    if (bolt_source_expect(&s, caps, BOLT_JSON_OBJECT) != 0) {
        return -1;
    }
    if (own_set(doc, caps, BOLT_CAPS_BOUNDING).id == 0 && bolt_doc_first(doc, caps).id != 0) {
        return bolt_doc_fail(doc, caps, err, "has no bounding set");
    }
    for (int set = 0; set < BOLT_CAPS_SETS; set++) {
        bolt_node array = own_set(doc, caps, (enum bolt_cap_set)set);

        for (bolt_node n = bolt_doc_first(doc, array); n.id != 0; n = bolt_doc_next(doc, n)) {
            struct bolt_cap cap = {.set = (enum bolt_cap_set)set, .name = bolt_doc_string(doc, n)};

            cap.number = bolt_cap_number(cap.name);
            list = bolt_arena_grow(arena, list, count, sizeof *list);
            list[count++] = cap;
        }
    }
    facts->own_caps = list;
    facts->own_cap_count = count;
    facts->own_caps_why = NULL;
    return 0;
}

/* --- the bundle ------------------------------------------------------------------------- */

static const char bundle_label[] = "bundle=";

/* How many labels say where the bundle is. @first is the first of them. */
static unsigned find_labels(const struct bolt_doc *doc, bolt_node labels, bolt_node *first)
{
    unsigned count = 0;

    for (bolt_node n = bolt_doc_first(doc, labels); n.id != 0; n = bolt_doc_next(doc, n)) {
        if (bolt_bytes_has_prefix(bolt_doc_string(doc, n), bundle_label) && count++ == 0) {
            *first = n;
        }
    }
    return count;
}

static int take_path(const struct bolt_doc *doc, bolt_node node, size_t prefix,
                     struct bolt_bytes *out, struct bolt_err *err)
{
    struct bolt_bytes text = bolt_doc_string(doc, node);

    if (text.len <= prefix || text.at[prefix] != '/') {
        return bolt_doc_fail(doc, node, err, "is not an absolute path");
    }
    *out = (struct bolt_bytes){text.at + prefix, text.len - prefix};
    return 0;
}

static int runc_bundle(const struct bolt_doc *doc, bool only, struct bolt_bytes *out,
                       struct bolt_err *err)
{
    bolt_node config = bolt_doc_member(doc, bolt_doc_root(doc), "config");
    bolt_node labels = bolt_doc_member(doc, config, "labels");
    bolt_node first = BOLT_NONE;
    unsigned count = find_labels(doc, labels, &first);

    if (count == 0) {
        return bolt_doc_fail(doc, labels, err, "no label says where the bundle is");
    }
    if (only && count != 1) {
        return bolt_doc_fail(doc, labels, err, "%u labels say where the bundle is", count);
    }
    return take_path(doc, first, sizeof bundle_label - 1, out, err);
}

int bolt_facts_runc_bundle(const struct bolt_doc *doc, struct bolt_bytes *out, struct bolt_err *err)
{
    return runc_bundle(doc, false, out, err); /* the first counts */
}

int bolt_facts_own_bundle(enum bolt_runtime runtime, const struct bolt_doc *doc,
                          struct bolt_bytes *out, struct bolt_err *err)
{
    return runtime == BOLT_RUNC
               ? runc_bundle(doc, true, out, err)
               : take_path(doc, bolt_doc_member(doc, bolt_doc_root(doc), "bundle"), 0, out, err);
}
