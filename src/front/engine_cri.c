/* SPDX-License-Identifier: Apache-2.0 */
/* containerd, as its CRI, nerdctl and ctr use it, and CRI-O. */
#include <string.h>

#include "base/buf.h"
#include "front/engine.h"
#include "io/trusted.h"

/* --- containerd's CRI ------------------------------------------------------------------- */

static int read_cache(struct bolt_asked *asked, struct bolt_bytes sandbox, struct bolt_told *told,
                      struct bolt_err *err)
{
    static const char dir[] = "/var/lib/cni/results";
    struct bolt_arena *arena = asked->run->arena;
    const char *part = bolt_printf(arena, "-%.*s-", BOLT_FMT(sandbox)).at;
    const char *const *names = NULL;
    size_t count = 0;

    if (bolt_trusted_list(arena, dir, part, "", &names, &count, err) != 0) {
        return -1;
    }
    if (count == 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "nothing about the sandbox is in %s", dir);
    }
    for (size_t i = 0; i < count; i++) {
        const struct bolt_doc *doc = NULL;

        if (bolt_asked_load(asked, bolt_printf(arena, "%s/%s", dir, names[i]).at, &doc, err) != 0 ||
            bolt_cni_cache(arena, doc, sandbox, told, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The shim of a pod is started with the sandbox's id, whichever of its containers comes. Empty if
 * it has another than the annotations. */
static struct bolt_bytes find_sandbox(const struct bolt_asked *asked)
{
    struct bolt_bytes sandbox = bolt_kin_option(asked->engine, "-id");

    return bolt_is_container_id(sandbox) &&
                   bolt_bytes_equal(bolt_cri_sandbox(asked->config), sandbox)
               ? sandbox
               : (struct bolt_bytes){0};
}

void bolt_identify_cri(struct bolt_asked *asked)
{
    if (find_sandbox(asked).len != 0) {
        bolt_cri_who(asked->config, &asked->run->facts.who);
    }
}

void bolt_ask_cri(struct bolt_asked *asked)
{
    struct bolt_bytes sandbox = find_sandbox(asked);
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    if (sandbox.len == 0) {
        bolt_asked_fail(asked, BOLT_SOURCE_CNI_CACHE,
                        "the shim and the annotations tell no one sandbox");
        return;
    }
    bolt_identify_cri(asked);
    if (read_cache(asked, sandbox, &told, &err) != 0) {
        bolt_asked_fail(asked, BOLT_SOURCE_CNI_CACHE, "%s", err.text);
        return;
    }
    bolt_asked_answer(asked, BOLT_SOURCE_CNI_CACHE, &told);
}

/* --- CRI-O ------------------------------------------------------------------------------ */

/* The bundle of the sandbox is beside the container's: DRIVER-containers/ID/userdata. */
static int read_sandbox(struct bolt_asked *asked, struct bolt_told *told, struct bolt_err *err)
{
    struct bolt_arena *arena = asked->run->arena;
    struct bolt_bytes sandbox = bolt_crio_sandbox(asked->config);
    struct bolt_bytes list =
        asked->bundle == NULL ? (struct bolt_bytes){0} : bolt_above(asked->bundle, 2);
    const struct bolt_doc *doc = NULL;

    if (!bolt_is_container_id(sandbox) || list.len == 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "it is not said which sandbox that is");
    }
    if (bolt_asked_load(
            asked,
            bolt_printf(arena, "%.*s/%.*s/userdata/config.json", BOLT_FMT(list), BOLT_FMT(sandbox))
                .at,
            &doc, err) != 0) {
        return -1;
    }
    return bolt_crio_ports(arena, doc, sandbox, asked->config->netns_path, told, err);
}

/* The conmon that has watched over the container since it was created. */
static bool find_conmon(struct bolt_asked *asked, struct bolt_kin *out)
{
    struct bolt_arena *arena = asked->run->arena;
    enum bolt_trusted state = BOLT_TRUSTED_ABSENT;
    struct bolt_err ignored = {0};
    struct bolt_bytes text;
    uint64_t pid;

    if (asked->bundle == NULL ||
        bolt_trusted_load(arena, bolt_printf(arena, "%s/conmon-pidfile", asked->bundle).at, &state,
                          &text, &ignored) != 0 ||
        state == BOLT_TRUSTED_ABSENT) {
        return false;
    }
    text.len -= text.len != 0 && text.at[text.len - 1] == '\n' ? 1 : 0;
    return bolt_bytes_to_u64(text, &pid) && bolt_kin_find(arena, pid, out) &&
           bolt_bytes_is(out->program, "conmon") && !bolt_conmon_is_podmans(out) &&
           bolt_bytes_equal(bolt_kin_option(out, "-c"), asked->id);
}

/* CRI-O tells conmon the name, and where it execs itself, the one that is there already. */
void bolt_identify_crio(struct bolt_asked *asked)
{
    struct bolt_kin conmon = *asked->engine;

    if (bolt_bytes_is(conmon.program, "conmon") || find_conmon(asked, &conmon)) {
        bolt_crio_who(asked->run->arena, asked->config, bolt_kin_option(&conmon, "-n"),
                      &asked->run->facts.who);
    }
}

void bolt_ask_crio(struct bolt_asked *asked)
{
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    bolt_identify_crio(asked);
    if (read_sandbox(asked, &told, &err) != 0) {
        bolt_asked_fail(asked, BOLT_SOURCE_CRIO, "%s", err.text);
        return;
    }
    bolt_asked_at_least(asked, BOLT_SOURCE_CRIO, &told,
                        "an annotation of the pod may have taken the place of what CRI-O wrote");
}

/* --- nerdctl and ctr -------------------------------------------------------------------- */

static bool is_plain(struct bolt_bytes name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    for (size_t i = 0; i < name.len; i++) {
        if (memchr(plain, name.at[i], sizeof plain - 1) == NULL) {
            return false;
        }
    }
    return name.len != 0 && name.at[0] != '.';
}

/* nerdctl has a directory for each containerd, named by a hash of its address. */
static int read_nerdctl(struct bolt_asked *asked, struct bolt_told *told, struct bolt_err *err)
{
    static const char dir[] = "/var/lib/nerdctl";
    struct bolt_arena *arena = asked->run->arena;
    struct bolt_bytes namespace = bolt_kin_option(asked->engine, "-namespace");
    const char *const *names = NULL;
    size_t count = 0;

    if (asked->id.len == 0 || !is_plain(namespace) ||
        bolt_trusted_list(arena, dir, "", "", &names, &count, err) != 0 || count == 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "it is not a container of nerdctl");
    }
    for (size_t i = 0; i < count; i++) {
        const struct bolt_doc *doc = NULL;
        const char *path = bolt_printf(arena, "%s/%s/containers/%.*s/%.*s/network-config.json", dir,
                                       names[i], BOLT_FMT(namespace), BOLT_FMT(asked->id))
                               .at;

        if (bolt_asked_load(asked, path, &doc, err) == 0) {
            return bolt_nerdctl_ports(arena, doc, told, err);
        }
    }
    return bolt_fail(err, BOLT_ERR_INPUT, "there is none that can be read");
}

void bolt_ask_containerd(struct bolt_asked *asked)
{
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    if (read_nerdctl(asked, &told, &err) != 0) {
        bolt_asked_fail(asked, BOLT_SOURCE_NERDCTL, "%s", err.text);
        return;
    }
    bolt_asked_answer(asked, BOLT_SOURCE_NERDCTL, &told);
}
