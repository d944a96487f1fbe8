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
