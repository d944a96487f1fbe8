/* SPDX-License-Identifier: Apache-2.0 */
/* containerd, as its CRI, nerdctl and ctr use it, and CRI-O. */
#include <string.h>

#include "base/buf.h"
#include "front/engine.h"
#include "io/trusted.h"

static const char cni_cache[] = "CNI cache";
static const char crio_sandbox[] = "CRI-O sandbox";
static const char nerdctl[] = "nerdctl network-config.json";

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

/* The shim of a pod is started with the sandbox's id, whichever of its containers comes. Whoever
 * uses the namespace of Kubernetes for containers of his own has no sandbox. */
void bolt_ask_cri(struct bolt_asked *asked)
{
    struct bolt_facts *f = &asked->run->facts;
    struct bolt_bytes sandbox = bolt_kin_option(asked->engine, "-id");
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    if (!bolt_is_container_id(sandbox) || !bolt_bytes_equal(bolt_cri_sandbox(f), sandbox)) {
        bolt_asked_fail(asked, cni_cache, "the shim and the annotations tell no one sandbox");
        f->who.id.forgeable = true;
        bolt_ask_containerd(asked);
        return;
    }
    bolt_cri_who(f, &f->who);
    if (read_cache(asked, sandbox, &told, &err) != 0) {
        bolt_asked_fail(asked, cni_cache, "%s", err.text);
        return;
    }
    bolt_told_settle(&told);
    bolt_asked_answer(asked, cni_cache, &told);
}

/* --- CRI-O ------------------------------------------------------------------------------ */

/* conmon keeps how the container ends beside what containers/storage keeps of it, in
 * GRAPHROOT/DRIVER-containers/ID/userdata. */
static void read_storage(struct bolt_asked *asked, struct bolt_bytes *sandbox)
{
    static const char *const names[] = {"volatile-containers.json", "containers.json"};
    static const char suffix[] = "-containers";
    struct bolt_arena *arena = asked->run->arena;
    struct bolt_identity *who = &asked->run->facts.who;
    const char *own = bolt_bytes_cstr(arena, bolt_kin_option(asked->engine, "--persist-dir"));
    struct bolt_bytes driver = bolt_last_part(bolt_above(own, 2));

    for (size_t i = 0; own[0] == '/' && i < BOLT_LEN(names); i++) {
        const char *path = bolt_printf(arena, "%.*s/%s", BOLT_FMT(bolt_above(own, 2)), names[i]).at;
        const struct bolt_doc *doc = NULL;
        struct bolt_err ignored = {0};

        if (bolt_asked_load(asked, path, &doc, &ignored) == 0 &&
            bolt_crio_stored(arena, doc, asked->id, who, sandbox, &ignored) == 0) {
            driver.len -= driver.len < sizeof suffix - 1 ? 0 : sizeof suffix - 1;
            bolt_asked_add_manifest(asked, bolt_above(own, 3), driver, "images.json");
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
    return bolt_crio_ports(arena, doc, sandbox, &asked->run->facts, told, err);
}

void bolt_ask_crio(struct bolt_asked *asked)
{
    struct bolt_facts *f = &asked->run->facts;
    struct bolt_bytes sandbox = bolt_crio_sandbox(f);
    struct bolt_told told = {0};
    struct bolt_err err = {0};
    int result;

    bolt_crio_who(f, bolt_kin_option(asked->engine, "-n"), &f->who);
    read_storage(asked, &sandbox);
    result = read_sandbox(asked, sandbox, &told, &err);
    f->ports_hidden |= told.hidden;
    if (result != 0) {
        bolt_asked_fail(asked, crio_sandbox, "%s", err.text);
    } else if (told.partial) {
        bolt_asked_at_least(
            asked, crio_sandbox, &told,
            "an annotation of the pod may have taken the place of what CRI-O wrote");
    } else {
        bolt_asked_answer(asked, crio_sandbox, &told);
    }
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
        bolt_asked_fail(asked, nerdctl, "%s", err.text);
        return;
    }
    bolt_asked_answer(asked, nerdctl, &told);
}
