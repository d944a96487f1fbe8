/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runc and crun keep about a container below their root: state.json of runc, config.json of
 * crun.
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

int bolt_facts_runc_bundle(const struct bolt_doc *doc, struct bolt_bytes *out, struct bolt_err *err)
{
    static const char label[] = "bundle=";
    bolt_node config = bolt_doc_member(doc, bolt_doc_root(doc), "config");
    bolt_node labels = bolt_doc_member(doc, config, "labels");

    for (bolt_node n = bolt_doc_first(doc, labels); n.id != 0; n = bolt_doc_next(doc, n)) {
        struct bolt_bytes text = bolt_doc_string(doc, n);

        if (bolt_bytes_has_prefix(text, label)) { /* the first counts */
            *out = (struct bolt_bytes){text.at + sizeof label - 1, text.len - (sizeof label - 1)};
            return out->len != 0 && out->at[0] == '/'
                       ? 0
                       : bolt_doc_fail(doc, n, err, "is not an absolute path");
        }
    }
    return bolt_doc_fail(doc, labels, err, "no label says where the bundle is");
}
