/* SPDX-License-Identifier: Apache-2.0 */
#include "facts/facts.h"

bool bolt_facts_is_state(const struct bolt_doc *doc)
{
    bolt_node root = bolt_doc_root(doc);

    return bolt_doc_member(doc, root, "bundle").id != 0 &&
           bolt_doc_member(doc, root, "linux").id == 0;
}

int bolt_facts_from_state(const struct bolt_doc *doc, struct bolt_state *state,
                          struct bolt_err *err)
{
    bolt_node root = bolt_doc_root(doc);
    bolt_node pid = bolt_doc_member(doc, root, "pid");

    *state = (struct bolt_state){0};
    state->id = bolt_doc_string(doc, bolt_doc_member(doc, root, "id"));
    state->status = bolt_doc_string(doc, bolt_doc_member(doc, root, "status"));
    state->bundle = bolt_doc_string(doc, bolt_doc_member(doc, root, "bundle"));
    if (state->id.len == 0 || state->bundle.len == 0 || state->bundle.at[0] != '/') {
        return bolt_doc_fail(doc, root, err,
                             "neither an OCI configuration nor a state with id and bundle");
    }
    if (pid.id != 0 && !bolt_bytes_to_u64(bolt_doc_source(doc, pid), &state->pid)) {
        return bolt_doc_fail(doc, pid, err, "is not a process id");
    }
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
