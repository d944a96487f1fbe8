/* SPDX-License-Identifier: Apache-2.0 */
/* Docker: hostconfig.json and config.v2.json in dockerd's data root. */
#include <sys/stat.h>

#include "base/buf.h"
#include "front/engine.h"

static const char source[] = BOLT_SOURCE_HOSTCONFIG;

static const char *file_of(const struct bolt_asked *asked, struct bolt_bytes data_root,
                           struct bolt_bytes id, const char *name)
{
    return bolt_printf(asked->run->arena, "%.*s/containers/%.*s/%s", BOLT_FMT(data_root),
                       BOLT_FMT(id), name)
        .at;
}

/* The directory that has both the container's root file system, which dockerd alone chooses, and
 * what dockerd keeps about it. Empty if there is none. */
static struct bolt_bytes find_data_root(const struct bolt_asked *asked)
{
    const struct bolt_doc *doc = asked->config->doc;
    bolt_node root = bolt_doc_member(doc, bolt_doc_root(doc), "root");
    const char *path = bolt_bytes_cstr(asked->run->arena,
                                       bolt_doc_string(doc, bolt_doc_member(doc, root, "path")));
    struct bolt_bytes above = {0};

    if (path[0] != '/') {
        return above;
    }
    for (unsigned n = 1; (above = bolt_above(path, n)).len != 0; n++) {
        struct stat st;

        if (lstat(file_of(asked, above, asked->id, "hostconfig.json"), &st) == 0) {
            break;
        }
    }
    return above;
}

/* Of the container in whose network it is, if it is in another's. */
static int read_ports(struct bolt_asked *asked, struct bolt_bytes data_root, struct bolt_told *told,
                      struct bolt_err *err)
{
    struct bolt_bytes id = asked->id;

    for (unsigned hop = 0; hop < BOLT_HOPS_MAX; hop++) {
        const struct bolt_doc *doc = NULL;

        told->joined = (struct bolt_bytes){0};
        if (bolt_asked_load(asked, file_of(asked, data_root, id, "hostconfig.json"), &doc, err) !=
                0 ||
            bolt_docker_ports(asked->run->arena, doc, told, err) != 0) {
            return -1;
        }
        if (told->joined.len == 0) {
            return 0;
        }
        id = told->joined;
    }
    return bolt_fail(err, BOLT_ERR_INPUT, "too many containers in each other's network");
}

/* What is exposed is known only if this can be read; what is published is known all the same. */
static void read_who(struct bolt_asked *asked, struct bolt_bytes data_root, struct bolt_told *told)
{
    const struct bolt_told before = *told;
    struct bolt_identity *who = &asked->run->facts.who;
    const struct bolt_doc *doc = NULL;
    struct bolt_err ignored = {0};

    if (bolt_asked_load(asked, file_of(asked, data_root, asked->id, "config.v2.json"), &doc,
                        &ignored) != 0 ||
        bolt_docker_who(asked->run->arena, doc, asked->id, told, &ignored) != 0) {
        *told = before;
        return;
    }
    told->who.id = who->id;
    told->who.id.forgeable = false; /* dockerd has given it */
    *who = told->who;
}

void bolt_identify_docker(struct bolt_asked *asked)
{
    struct bolt_bytes data_root = find_data_root(asked);
    struct bolt_told ignored = {0};

    if (data_root.len != 0) {
        read_who(asked, data_root, &ignored);
    }
}

void bolt_ask_docker(struct bolt_asked *asked)
{
    struct bolt_told told = {0};
    struct bolt_err err = {0};
    struct bolt_bytes data_root;

    if (asked->id.len == 0) {
        bolt_asked_fail(asked, source, "the container's id is not one of Docker's");
        return;
    }
    data_root = find_data_root(asked);
    if (data_root.len == 0) {
        bolt_asked_fail(asked, source, "it is in no directory above the container's root");
        return;
    }
    if (read_ports(asked, data_root, &told, &err) != 0) {
        struct bolt_told ignored = {0};

        bolt_asked_fail(asked, source, "%s", err.text);
        asked->run->facts.ports_hidden |= err.too_large || told.hidden;
        read_who(asked, data_root, &ignored);
        return;
    }
    read_who(asked, data_root, &told);
    bolt_asked_answer(asked, source, &told);
}
