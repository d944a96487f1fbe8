/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `exec`: the process that is added has a process file, or else what runc reads in the bundle's
 * config.json once more, or else, with crun, what the container was created with; and what --cap
 * adds (runc) or asks for instead (crun).
 *
 * A process file is handed on as a sealed copy: what was judged is what the runtime reads, even
 * where somebody else can write the file.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts/facts.h"
#include "front/engine.h"
#include "front/runtime.h"
#include "io/say.h"
#include "io/trusted.h"

/* What crun ignores in the place of a capability. The option stays: without any --cap, crun's
 * process would have all that the container has. */
#define NO_CAP "none"

#define DESCRIPTORS_MAX 100000

/* --- what there is to judge ------------------------------------------------------------- */

/* runc main.go and rootless_linux.go, shouldHonorXDGRuntimeDir(). */
static bool is_below_xdg(const char *xdg)
{
    const char *user = getenv("USER");

    if (xdg == NULL || xdg[0] == '\0') {
        return false;
    }
    return geteuid() != 0 ||
           (bolt_process_is_in_userns() && (user == NULL || strcmp(user, "root") != 0));
}

static int record_of_runc(struct bolt_run *run, const char **out, struct bolt_err *err)
{
    const struct bolt_cmdline *line = &run->wrapper->line;
    const char *xdg = getenv("XDG_RUNTIME_DIR");

    if (line->root.text != NULL) {
        *out = bolt_printf(run->arena, "%s/%s/state.json", line->root.text, line->id.text).at;
        return 0;
    }
    if (!is_below_xdg(xdg)) {
        *out = bolt_printf(run->arena, "/run/runc/%s/state.json", line->id.text).at;
        return 0;
    }
    *out = bolt_printf(run->arena, "%s/runc/%s/state.json", xdg, line->id.text).at;
    return bolt_cmdline_has_parent(xdg)
               ? bolt_fail(err, BOLT_ERR_USAGE, "XDG_RUNTIME_DIR '%s' has '..' in it", xdg)
               : 0;
}

/* What crun keeps below $XDG_RUNTIME_DIR, if that is set (1.8.1 and 1.28, measured), and otherwise
 * below /run; never both. */
static int record_of_crun(struct bolt_run *run, const char **out, struct bolt_err *err)
{
    const struct bolt_cmdline *line = &run->wrapper->line;
    const char *xdg = getenv("XDG_RUNTIME_DIR");
    const char *system = bolt_printf(run->arena, "/run/crun/%s/config.json", line->id.text).at;
    bool there[2];

    if (line->root.text != NULL) {
        *out = bolt_printf(run->arena, "%s/%s/config.json", line->root.text, line->id.text).at;
        return 0;
    }
    *out = system;
    if (xdg == NULL || xdg[0] == '\0') {
        return 0;
    }
    *out = bolt_printf(run->arena, "%s/crun/%s/config.json", xdg, line->id.text).at;
    if (bolt_trusted_ask(run->arena, *out, &there[0], err) != 0 ||
        bolt_trusted_ask(run->arena, system, &there[1], err) != 0) {
        return bolt_fail_in(err, "%s", *out);
    }
    if (there[0] && there[1]) {
        return bolt_fail(err, BOLT_ERR_INPUT, "there are two: %s, %s", *out, system);
    }
    *out = there[0] ? *out : system;
    return 0;
}

/* What the runtime keeps about the container. */
static int record_path(struct bolt_run *run, const char **out, struct bolt_err *err)
{
    const struct bolt_cmdline *line = &run->wrapper->line;

    if (strchr(line->id.text, '/') != NULL) {
        return bolt_fail(err, BOLT_ERR_USAGE, "'%s' is no container's id", line->id.text);
    }
    return line->runtime == BOLT_RUNC ? record_of_runc(run, out, err)
                                      : record_of_crun(run, out, err);
}

int bolt_exec_bundle(struct bolt_run *run, const char **out, struct bolt_err *err)
{
    enum bolt_runtime runtime = run->wrapper->runtime;
    const struct bolt_doc *doc = NULL;
    const char *path = NULL;
    struct bolt_bytes bundle;

    if (record_path(run, &path, err) != 0) {
        return -1;
    }
    if (runtime == BOLT_CRUN) {
        path = bolt_printf(run->arena, "%.*s/status", BOLT_FMT(bolt_above(path, 1))).at;
    }
    if (bolt_engine_load(run->arena, path, BOLT_DIALECT_STRICT, &doc, err) != 0 ||
        bolt_facts_own_bundle(runtime, doc, &bundle, err) != 0) {
        return -1;
    }
    *out = bolt_bytes_cstr(run->arena, bundle);
    return 0;
}

static int read_bundle_of_runc(struct bolt_run *run, struct bolt_err *err)
{
    const struct bolt_doc *doc = NULL;
    const char *state = NULL;
    struct bolt_bytes text;
    struct bolt_bytes bundle;

    if (record_path(run, &state, err) != 0 ||
        bolt_trusted_load_any(run->arena, state, BOLT_ERR_INPUT, &text, err) != 0) {
        return -1;
    }
    if (bolt_doc_parse(run->arena, text, BOLT_DIALECT_STRICT, &doc, err) != 0 ||
        bolt_facts_runc_bundle(doc, &bundle, err) != 0) {
        return bolt_fail_in(err, "%s", state);
    }
    run->input_name = bolt_printf(run->arena, "%.*s/config.json", BOLT_FMT(bundle));
    if (bolt_held_open(run->arena, run->input_name.at, &run->wrapper->held, err) != 0) {
        return -1;
    }
    run->input = run->wrapper->held.bytes;
    run->held = &run->wrapper->held;
    return 0;
}

int bolt_exec_read(struct bolt_run *run, struct bolt_err *err)
{
    const struct bolt_cmdline *line = &run->wrapper->line;

    if (line->process.text != NULL && line->process.text[0] == '\0') {
        return bolt_fail(err, BOLT_ERR_USAGE, "--process is given no file");
    }
    if (line->process.text != NULL) {
        run->input_name = bolt_bytes_of(line->process.text);
        return bolt_trusted_load_any(run->arena, line->process.text, BOLT_ERR_INPUT, &run->input,
                                     err);
    }
    return line->runtime == BOLT_RUNC ? read_bundle_of_runc(run, err) : 0;
}

static int read_own_caps(struct bolt_run *run, struct bolt_err *err)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_bytes text;
    const char *path = NULL;

    if (record_path(run, &path, err) != 0 ||
        bolt_trusted_load_any(run->arena, path, BOLT_ERR_INPUT, &text, err) != 0) {
        return -1;
    }
    if (bolt_doc_parse(run->arena, text, BOLT_DIALECT_STRICT, &doc, err) != 0 ||
        bolt_facts_own_caps(run->arena, run->wrapper->runtime, doc, &run->facts, err) != 0) {
        return bolt_fail_in(err, "%s", path);
    }
    return 0;
}

/* Of a process that names no capabilities, those that the runtime has noted of the container. */
static void learn_own_caps(struct bolt_run *run)
{
    struct bolt_err err = {0};

    if (run->facts.caps_inherited && read_own_caps(run, &err) != 0) {
        run->facts.own_caps_why =
            bolt_printf(run->arena,
                        "the process names no capabilities and gets the container's own, which "
                        "could not be read (%s)",
                        err.text)
                .at;
    }
}

static int learn_config_of_runc(struct bolt_run *run, struct bolt_err *err)
{
    bolt_node process;

    if (bolt_run_learn_config(run, err) != 0) {
        return -1;
    }
    run->facts.known = BOLT_KNOWN_PROCESS; /* the container is there already */
    process = bolt_doc_member(run->doc, bolt_doc_root(run->doc), "process");
    if (bolt_doc_kind(run->doc, bolt_doc_member(run->doc, process, "capabilities")) !=
        BOLT_JSON_OBJECT) {
        bolt_facts_inherit_caps(&run->facts);
    }
    return 0;
}

int bolt_exec_learn(struct bolt_run *run, struct bolt_err *err)
{
    const struct bolt_cmdline *line = &run->wrapper->line;

    if (line->process.text != NULL) {
        if (bolt_doc_parse(run->arena, run->input, BOLT_DIALECT_STRICT, &run->doc, err) != 0 ||
            bolt_facts_from_process(run->arena, run->doc, &run->facts, err) != 0) {
            return -1;
        }
    } else if (line->runtime == BOLT_RUNC) {
        if (learn_config_of_runc(run, err) != 0) {
            return -1;
        }
    } else {
        bolt_facts_from_nothing(&run->facts);
        if (line->cap_count == 0) {
            bolt_facts_inherit_caps(&run->facts);
        }
    }
    bolt_facts_add_caps(run->arena, &run->facts, line);
    learn_own_caps(run);
    return 0;
}

/* --- the command line that is handed on -------------------------------------------------- */

/* The word with another value, and the same in front of it. */
static void replace_value(struct bolt_run *run, const struct bolt_cmd_value *value,
                          const char *text)
{
    char **word = &run->wrapper->argv[value->word];
    size_t len = strlen(text);
    char *with = bolt_arena_alloc(run->arena, value->head + len + 1, 1);

    memcpy(with, *word, value->head);
    memcpy(with + value->head, text, len);
    *word = with;
}

int bolt_runtime_first_descriptor(const struct bolt_cmdline *line, int *out, struct bolt_err *err)
{
    const char *listen = getenv("LISTEN_FDS");
    uint64_t preserved = 0;
    uint64_t listening = 0;

    if (line->preserve_fds.text != NULL &&
        !bolt_bytes_to_u64(bolt_bytes_of(line->preserve_fds.text), &preserved)) {
        return bolt_fail(err, BOLT_ERR_USAGE, "--preserve-fds '%s' is no number",
                         line->preserve_fds.text);
    }
    if (listen != NULL && listen[0] != '\0' &&
        !bolt_bytes_to_u64(bolt_bytes_of(listen), &listening)) {
        return bolt_fail(err, BOLT_ERR_USAGE, "LISTEN_FDS '%s' is no number", listen);
    }
    if (preserved > DESCRIPTORS_MAX || listening > DESCRIPTORS_MAX) {
        return bolt_fail(err, BOLT_ERR_USAGE, "more descriptors to preserve than there can be");
    }
    *out = (int)(3 + preserved + listening);
    return 0;
}

static int hand_on_process(struct bolt_run *run, struct bolt_err *err)
{
    const struct bolt_cmdline *line = &run->wrapper->line;
    struct bolt_bytes out = run->input;
    const char *path = NULL;
    int lowest = 0;

    if (run->decision->edit_count != 0 && bolt_run_rewrite(run, &out, err) != 0) {
        return -1;
    }
    if (bolt_runtime_first_descriptor(line, &lowest, err) != 0 ||
        bolt_launch_memory(run->arena, out, lowest, &path, err) != 0) {
        return -1;
    }
    replace_value(run, &line->process, path);
    return 0;
}

/* runc adds what --cap says to what the container has, so the option can go. */
static void remove_option(struct bolt_wrapper *w, const struct bolt_cmd_value *value)
{
    size_t words = value->word - value->first + 1;

    memmove(w->argv + value->first, w->argv + value->word + 1,
            ((size_t)w->argc - value->word) * sizeof *w->argv); /* with the NULL at the end */
    w->argc -= (int)words;
}

static void take_caps_away(struct bolt_run *run)
{
    const struct bolt_decision *d = run->decision;
    const struct bolt_cmdline *line = &run->wrapper->line;

    for (size_t i = d->dropped_count; i > 0; i--) { /* from the end on: places stay right */
        const struct bolt_cmd_value *value = &line->caps[d->dropped[i - 1] - 1];

        if (line->runtime == BOLT_RUNC) {
            remove_option(run->wrapper, value);
        } else {
            replace_value(run, value, NO_CAP);
        }
    }
}

int bolt_exec_change(struct bolt_run *run, struct bolt_err *err)
{
    if (run->wrapper->line.process.text != NULL && hand_on_process(run, err) != 0) {
        return -1;
    }
    take_caps_away(run);
    return 0;
}
