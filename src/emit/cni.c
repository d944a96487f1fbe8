/* SPDX-License-Identifier: Apache-2.0 */
/* What a CNI plugin answers (CNI specification 1.1.0, section 5). */
#include "emit/cni.h"

#include "decide/rule.h"
#include "json/write.h"

struct bolt_bytes bolt_emit_cni_error(struct bolt_arena *arena, const struct bolt_cni_error *error)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};
    struct bolt_bytes version = error->version;

    bolt_json_open(&json, NULL, '{');
    bolt_json_string(&json, "cniVersion",
                     version.len != 0 ? version : bolt_bytes_of(BOLT_CNI_NEWEST));
    bolt_json_u64(&json, "code", (uint64_t)error->code);
    bolt_json_string(&json, "msg", error->said);
    if (error->details.len != 0) {
        bolt_json_string(&json, "details", error->details);
    }
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}

struct bolt_bytes bolt_emit_cni_details(struct bolt_arena *arena,
                                        const struct bolt_decision *decision)
{
    struct bolt_buf out = {.arena = arena};
    size_t count = 0;

    for (size_t i = 0; i < decision->finding_count; i++) {
        const struct bolt_finding *f = &decision->findings[i];

        if (f->action == BOLT_ACTION_REFUSE) {
            bolt_buf_addf(&out, "%s%.*s (rule %s)", count++ == 0 ? "" : "; ", BOLT_FMT(f->text),
                          f->rule->id);
        }
    }
    return count > 1 ? bolt_buf_bytes(&out) : (struct bolt_bytes){0};
}

struct bolt_bytes bolt_emit_cni_versions(struct bolt_arena *arena, struct bolt_bytes asked)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_json_string(&json, "cniVersion", asked.len != 0 ? asked : bolt_bytes_of(BOLT_CNI_NEWEST));
    bolt_json_open(&json, "supportedVersions", '[');
    for (size_t i = 0; i < BOLT_CNI_VERSIONS; i++) {
        bolt_json_cstr(&json, NULL, bolt_cni_versions[i]);
    }
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}
