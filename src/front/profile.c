/* SPDX-License-Identifier: Apache-2.0 */
#include "front/profile.h"

#include <string.h>
#include <unistd.h>

#include "io/file.h"

#define REASON "raw-sockets"

static int load_text(struct bolt_arena *arena, const char *name, struct bolt_profile_file *file,
                     struct bolt_bytes *text, struct bolt_err *err)
{
    if (strcmp(name, "-") == 0) {
        file->name = BOLT_LIT("standard input");
        return bolt_file_read(arena, STDIN_FILENO, "standard input", BOLT_ERR_INPUT, text, err);
    }
    file->name = bolt_bytes_of(name);
    return bolt_file_load(arena, name, BOLT_ERR_INPUT, text, err);
}

static int need_object(const struct bolt_doc *doc, bolt_node node, const char *otherwise,
                       struct bolt_err *err)
{
    return bolt_doc_kind(doc, node) == BOLT_JSON_OBJECT
               ? 0
               : bolt_doc_fail(doc, node.id != 0 ? node : bolt_doc_root(doc), err, "%s", otherwise);
}

/* Every config.json has an ociVersion, and no profile has. */
static int find_profile(struct bolt_profile_file *file, struct bolt_err *err)
{
    static const char *const of_config[] = {"ociVersion", "linux", NULL};
    static const char *const of_linux[] = {"seccomp", NULL};
    static const char *const of_profile[] = {"defaultAction", "syscalls", "archMap", NULL};
    const struct bolt_doc *doc = file->doc;
    bolt_node root = bolt_doc_root(doc);
    bolt_node linux_node = bolt_doc_member(doc, root, "linux");

    file->profile = root;
    if (need_object(doc, root, "neither a seccomp profile nor a config", err) != 0 ||
        bolt_doc_check_names(doc, root, of_config, err) != 0) {
        return -1;
    }
    if (bolt_doc_member(doc, root, "ociVersion").id == 0 && linux_node.id == 0) {
        file->format = bolt_template_is(doc, root) ? BOLT_PROFILE_TEMPLATE : BOLT_PROFILE_OCI;
        return 0;
    }
    for (size_t i = 0; of_profile[i] != NULL; i++) {
        bolt_node both = bolt_doc_member(doc, root, of_profile[i]);

        if (both.id != 0) {
            return bolt_doc_fail(doc, both, err,
                                 "both a config.json and a seccomp profile: engines and runtimes "
                                 "would read different ones");
        }
    }
    if (bolt_doc_check_names(doc, root, of_profile, err) != 0) {
        return -1;
    }
    file->format = BOLT_PROFILE_CONFIG;
    file->profile = bolt_doc_member(doc, linux_node, "seccomp");
    if (need_object(doc, linux_node,
                    "no 'linux' object: not the configuration of a Linux container", err) != 0) {
        return -1;
    }
    return bolt_doc_check_names(doc, linux_node, of_linux, err);
}

int bolt_profile_load(struct bolt_arena *arena, const char *name, struct bolt_profile_file *out,
                      struct bolt_err *err)
{
    struct bolt_bytes text;

    *out = (struct bolt_profile_file){.format = BOLT_PROFILE_OCI};
    if (load_text(arena, name, out, &text, err) != 0) {
        return -1;
    }
    if (bolt_doc_parse(arena, text, BOLT_DIALECT_STRICT, &out->doc, err) != 0) {
        return bolt_fail_in(err, "%.*s", BOLT_FMT(out->name));
    }
    return find_profile(out, err) == 0 ? 0 : bolt_fail_in(err, "%.*s", BOLT_FMT(out->name));
}

/* A profile where there was none: the whole file, or a new member. */
static int put_whole(struct bolt_arena *arena, const struct bolt_profile_file *file,
                     struct bolt_bytes profile, struct bolt_bytes *text, struct bolt_err *err)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_edit edit = {
        .op = BOLT_EDIT_REPLACE, .target = file->profile, .text = profile, .reason = REASON};

    if (file->profile.id == 0) {
        edit.op = BOLT_EDIT_APPEND;
        edit.target = bolt_doc_member(file->doc, bolt_doc_root(file->doc), "linux");
        edit.name = BOLT_LIT("seccomp");
    }
    if (bolt_edit_apply(file->doc, &edit, 1, &out, err) != 0) {
        return -1;
    }
    *text = bolt_buf_bytes(&out);
    return 0;
}

int bolt_profile_merge(struct bolt_arena *arena, const struct bolt_profile_file *file,
                       const struct bolt_seccomp_denial *denial, struct bolt_seccomp_result *result,
                       struct bolt_bytes *text, struct bolt_err *err)
{
    struct bolt_buf out = {.arena = arena};
    int failed =
        file->format == BOLT_PROFILE_TEMPLATE
            ? bolt_template_merge(arena, file->doc, file->profile, denial, result, err)
            : bolt_seccomp_merge(arena, file->doc, file->profile, denial, REASON, result, err);

    *text = (struct bolt_bytes){0};
    if (failed != 0) {
        return bolt_fail_in(err, "%.*s", BOLT_FMT(file->name));
    }
    if (result->fit == BOLT_SECCOMP_UNPROVED) {
        return 0;
    }
    if (result->unconfined && !result->denied) {
        return put_whole(arena, file, result->profile, text, err);
    }
    if (bolt_edit_apply(file->doc, result->edits, result->edit_count, &out, err) != 0) {
        return -1;
    }
    *text = bolt_buf_bytes(&out);
    return 0;
}

int bolt_profile_cases(struct bolt_arena *arena, const struct bolt_profile_file *file,
                       const struct bolt_machine *machine, struct bolt_template_cases *out,
                       struct bolt_err *err)
{
    if (file->format == BOLT_PROFILE_TEMPLATE) {
        return bolt_template_cases(arena, file->doc, file->profile, machine, out, err) == 0
                   ? 0
                   : bolt_fail_in(err, "%.*s", BOLT_FMT(file->name));
    }
    *out = (struct bolt_template_cases){.count = 1};
    out->list[0].doc = file->doc;
    out->list[0].profile = file->profile;
    return 0;
}
