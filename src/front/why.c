/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt why ID`: what the decision log says about a container. */
#include <string.h>

#include "front/front.h"
#include "front/log.h"
#include "io/tail.h"

#define ID_MIN 4

static void add_record(struct bolt_buf *out, const struct bolt_doc *doc)
{
    bolt_node root = bolt_doc_root(doc);
    bolt_node list = bolt_doc_member(doc, root, "findings");
    struct bolt_buf line = {.arena = out->arena};

    bolt_buf_addf(&line, "%.*s %.*s: %.*s", BOLT_FMT(bolt_log_text(doc, root, "time")),
                  BOLT_FMT(bolt_log_text(doc, root, "point")),
                  BOLT_FMT(bolt_log_text(doc, root, "verdict")));
    if (bolt_doc_member(doc, root, "error").id != 0) {
        bolt_buf_addf(&line, ": %.*s", BOLT_FMT(bolt_log_text(doc, root, "error")));
    }
    bolt_buf_add(out, bolt_printable(out->arena, bolt_buf_bytes(&line)));
    bolt_buf_adds(out, "\n");
    for (bolt_node f = bolt_doc_first(doc, list); f.id != 0; f = bolt_doc_next(doc, f)) {
        struct bolt_bytes finding = bolt_printf(
            out->arena, "  %.*s %.*s: %.*s", BOLT_FMT(bolt_log_text(doc, f, "action")),
            BOLT_FMT(bolt_log_text(doc, f, "rule")), BOLT_FMT(bolt_log_text(doc, f, "text")));

        bolt_buf_add(out, bolt_printable(out->arena, finding));
        bolt_buf_adds(out, "\n");
    }
}

static bool is_about(const struct bolt_doc *doc, const char *id)
{
    bolt_node container = bolt_doc_member(doc, bolt_doc_root(doc), "container");

    return bolt_bytes_has_prefix(bolt_log_text(doc, bolt_doc_member(doc, container, "id"), "value"),
                                 id);
}

/* Lines that are no records are passed over. */
static size_t add_records(struct bolt_buf *out, struct bolt_bytes log, const char *id)
{
    struct bolt_bytes line;
    size_t found = 0;

    while (bolt_log_next(&log, &line)) {
        const struct bolt_doc *doc = memmem(line.at, line.len, id, strlen(id)) != NULL
                                         ? bolt_log_record(out->arena, line)
                                         : NULL;

        if (doc != NULL && is_about(doc, id)) {
            add_record(out, doc);
            found++;
        }
    }
    return found;
}

static enum bolt_exit why(struct bolt_run *run)
{
    const struct bolt_options *o = run->options;
    struct bolt_buf out = {.arena = run->arena};
    struct bolt_bytes log = {0};
    struct bolt_err err = {0};
    bool whole;

    if (o->argc != 1 || strlen(o->argv[0]) < ID_MIN) {
        (void)bolt_fail(&err, BOLT_ERR_USAGE,
                        "why takes the first %d or more digits of a container's id", ID_MIN);
    } else if (bolt_run_load_policy(run, &err) == 0 && run->policy.log_file == NULL) {
        (void)bolt_fail(&err, BOLT_ERR_POLICY, "policy '%.*s': it names no log file",
                        BOLT_FMT(run->policy_file));
    }
    if (err.kind == BOLT_ERR_NONE &&
        bolt_tail_load(run->arena, run->policy.log_file, &log, &whole, &err) == 0 &&
        add_records(&out, log, o->argv[0]) == 0) {
        (void)bolt_fail(&err, BOLT_ERR_INPUT, "no decision about '%s' is in %s", o->argv[0],
                        run->policy.log_file);
    }
    if (err.kind != BOLT_ERR_NONE || bolt_run_print(bolt_buf_bytes(&out), &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    return BOLT_EXIT_ALLOW;
}

extern const struct bolt_front bolt_front_why;
const struct bolt_front bolt_front_why = {
    .name = "why",
    .synopsis = "[--policy FILE] ID",
    .summary = "print the recorded decisions about a container",
    .options = BOLT_OPTION_POLICY,
    .command = why,
};
