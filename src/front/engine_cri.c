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
    struct bolt_identity *who = &asked->run->facts.who;

    if (find_sandbox(asked).len != 0) {
        who->id.forgeable =
            false; /* not of somebody who uses the namespace of Kubernetes for his own */
        bolt_cri_who(asked->config, who);
    }
}

void bolt_ask_cri(struct bolt_asked *asked)
{
    struct bolt_bytes sandbox = find_sandbox(asked);
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    bolt_identify_cri(asked);
    if (sandbox.len == 0) {
        bolt_asked_fail(asked, BOLT_SOURCE_CNI_CACHE,
                        "the shim and the annotations tell no one sandbox");
        bolt_ask_containerd(asked);
        return;
    }
    if (read_cache(asked, sandbox, &told, &err) != 0) {
        bolt_asked_fail(asked, BOLT_SOURCE_CNI_CACHE, "%s", err.text);
        return;
    }
    bolt_asked_answer(asked, BOLT_SOURCE_CNI_CACHE, &told);
}

/* --- CRI-O ------------------------------------------------------------------------------ */

/* conmon keeps how the container ends beside what containers/storage keeps of it, in
 * GRAPHROOT/DRIVER-containers/ID/userdata. */
static void read_storage(struct bolt_asked *asked, const struct bolt_kin *conmon,
                         struct bolt_bytes *sandbox)
{
    static const char *const names[] = {"volatile-containers.json", "containers.json"};
    static const char suffix[] = "-containers";
    struct bolt_arena *arena = asked->run->arena;
    struct bolt_identity *who = &asked->run->facts.who;
    const char *own = bolt_bytes_cstr(arena, bolt_kin_option(conmon, "--persist-dir"));
    struct bolt_bytes driver = bolt_last_part(bolt_above(own, 2));
    struct bolt_bytes image = {0};

    for (size_t i = 0; own[0] == '/' && i < BOLT_LEN(names); i++) {
        const char *path = bolt_printf(arena, "%.*s/%s", BOLT_FMT(bolt_above(own, 2)), names[i]).at;
        const struct bolt_doc *doc = NULL;
        struct bolt_err ignored = {0};

        if (bolt_asked_load(asked, path, &doc, &ignored) == 0 &&
            bolt_crio_stored(arena, doc, asked->id, who, sandbox, &image, &ignored) == 0) {
            driver.len -= driver.len < sizeof suffix - 1 ? 0 : sizeof suffix - 1;
            bolt_asked_add_digests(asked, bolt_above(own, 3), driver, image, "images.json");
            return;
        }
    }
}

/* The bundle of the sandbox is beside the container's: DRIVER-containers/ID/userdata. */
static int read_sandbox(struct bolt_asked *asked, struct bolt_bytes sandbox, struct bolt_told *told,
                        struct bolt_err *err)
{
    struct bolt_arena *arena = asked->run->arena;
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
    return bolt_crio_ports(arena, doc, sandbox, asked->config, told, err);
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

/* The conmon that watches over a container is told where containers/storage keeps it; one for an
 * exec, the name alone; and where CRI-O itself execs, there is the first. */
static void identify(struct bolt_asked *asked, struct bolt_bytes *sandbox)
{
    struct bolt_kin first;
    const struct bolt_kin *conmon = asked->engine;

    if (bolt_kin_option(conmon, "--persist-dir").len == 0 && find_conmon(asked, &first)) {
        conmon = &first;
    }
    if (bolt_bytes_is(conmon->program, "conmon")) {
        bolt_crio_who(asked->config, bolt_kin_option(conmon, "-n"), &asked->run->facts.who);
        read_storage(asked, conmon, sandbox);
    }
}

void bolt_identify_crio(struct bolt_asked *asked)
{
    struct bolt_bytes ignored = {0};

    identify(asked, &ignored);
}

void bolt_ask_crio(struct bolt_asked *asked)
{
    struct bolt_bytes sandbox = bolt_crio_sandbox(asked->config);
    struct bolt_told told = {0};
    struct bolt_err err = {0};
    int result;

    identify(asked, &sandbox);
    result = read_sandbox(asked, sandbox, &told, &err);
    asked->run->facts.ports_hidden |= told.hidden;
    if (result != 0) {
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

    if (asked->run->facts.netns_path.len != 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the network is not the container's own");
    }
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
