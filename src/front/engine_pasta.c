/* SPDX-License-Identifier: Apache-2.0 */
/* pasta, which makes the network of rootless podman: what containers.conf(5) tells it podman keeps
 * nowhere, so it is asked itself. */
#include <sys/stat.h>

#include "front/engine.h"
#include "io/userns.h"

static bool is_same(const char *left, const char *right)
{
    struct stat a;
    struct stat b;

    return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Any word may be that of --netns: another option may take one that looks like it. */
static bool serves(const struct bolt_kin *pasta, const char *netns)
{
    struct bolt_bytes words = pasta->words;
    struct bolt_bytes word;

    while (bolt_bytes_take_word(&words, &word)) {
        if (word.len != 0 && word.at[0] == '/' && is_same(word.at, netns)) {
            return true;
        }
    }
    return false;
}

/* The one for all of a user's containers on bridges (podman, rootlessnetns). */
static bool serves_all(const struct bolt_kin *pasta)
{
    struct bolt_bytes words = pasta->words;
    struct bolt_bytes word;

    while (bolt_bytes_take_word(&words, &word)) {
        if (bolt_bytes_has_prefix(bolt_last_part(word), "rootless-netns")) {
            return true;
        }
    }
    return false;
}

/* Ports that lead into the network between the bridges lead to whatever publishes them there. */
static int check_shared(struct bolt_asked *asked, const struct bolt_kin *pasta,
                        struct bolt_told *told, struct bolt_err *err)
{
    struct bolt_told opened = {0};

    if (bolt_pasta_ports(asked->run->arena, pasta->words, true, &opened, err) == 0 &&
        opened.port_count == 0) {
        return 0;
    }
    told->hidden = true;
    return bolt_fail(err, BOLT_ERR_INPUT, "it opens ports for all of the user's containers");
}

int bolt_ask_pasta(struct bolt_asked *asked, struct bolt_told *told, struct bolt_err *err)
{
    struct bolt_arena *arena = asked->run->arena;
    const char *netns = bolt_bytes_cstr(arena, asked->run->facts.netns_path);
    bool alone = bolt_bytes_is(told->network, "pasta");
    bool found = false;
    struct bolt_kin *list = NULL;
    size_t count = 0;

    if (alone || (bolt_bytes_is(told->network, "bridge") && bolt_userns_root_is_a_user())) {
        count = bolt_kin_named(arena, "pasta", &list);
    }
    for (size_t i = 0; i < count; i++) {
        if (!alone && serves_all(&list[i])) {
            if (check_shared(asked, &list[i], told, err) != 0) {
                return -1;
            }
        } else if (alone && serves(&list[i], netns)) {
            found = true;
            if (bolt_pasta_ports(arena, list[i].words, true, told, err) != 0) {
                return -1;
            }
        }
    }
    if (alone && !found) {
        return bolt_pasta_ports(arena, told->pasta, false, told, err) != 0
                   ? -1
                   : bolt_fail(err, BOLT_ERR_INPUT, "it does not run yet, or is not seen");
    }
    return 0;
}
