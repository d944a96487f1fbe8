/* SPDX-License-Identifier: Apache-2.0 */
/* podman: its database, and what netavark keeps. */
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "front/engine.h"
#include "io/sqlite.h"
#include "io/trusted.h"

#define HOPS_MAX 4 /* containers in each other's network */
#define TRIES 8    /* at a database that is written just then */

static const char db_sql[] = "podman db.sql";
static const char bolt_state[] = "podman bolt_state.db";
static const char netavark[] = "netavark";

struct store {
    struct bolt_asked *asked;
    struct bolt_bytes graph_root;
    struct bolt_bytes driver; /* "overlay" */
};

#define DEFAULT_ROOT BOLT_LIT("/var/lib/containers/storage")

/* Where podman has it by default. */
static struct store default_store(struct bolt_asked *asked)
{
    return (struct store){asked, DEFAULT_ROOT, BOLT_LIT("overlay")};
}

/* From the bundle, GRAPHROOT/DRIVER-containers/ID/userdata. */
static bool find_store(struct bolt_asked *asked, struct store *out)
{
    static const char suffix[] = "-containers";
    struct bolt_bytes list;

    if (asked->bundle == NULL ||
        !bolt_bytes_equal(bolt_last_part(bolt_above(asked->bundle, 1)), asked->id)) {
        return false;
    }
    list = bolt_above(asked->bundle, 2);
    *out = (struct store){asked, bolt_above(asked->bundle, 3), bolt_last_part(list)};
    out->driver.len -= out->driver.len < sizeof suffix - 1 ? 0 : sizeof suffix - 1;
    return true;
}

static const char *path_of(const struct store *s, const char *name)
{
    return bolt_printf(s->asked->run->arena, "%.*s/%s", BOLT_FMT(s->graph_root), name).at;
}

static bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* --- the database ----------------------------------------------------------------------- */

static int from_db_sql(const struct store *s, struct bolt_bytes id, struct bolt_bytes *text,
                       struct bolt_err *err)
{
    return bolt_sqlite_find(s->asked->run->arena, path_of(s, "db.sql"),
                            "SELECT JSON FROM ContainerConfig WHERE ID = ?1", id, text, err);
}

/* Return: 0; 1 if podman has written meanwhile (see bolt_bbolt_find()); -1 with an error. */
static int look_up(const struct store *s, struct bolt_bytes id, struct bolt_bytes *text,
                   struct bolt_err *err)
{
    const struct bolt_bytes path[] = {BOLT_LIT("ctr"), id, BOLT_LIT("config")};
    struct bolt_arena *arena = s->asked->run->arena;
    struct bolt_bytes file;
    uint64_t moment;
    int result;

    if (bolt_trusted_map(arena, path_of(s, "libpod/bolt_state.db"), &file, err) != 0) {
        return -1;
    }
    moment = bolt_bbolt_moment(file);
    result = bolt_bbolt_find(file, path, BOLT_LEN(path), text, err);
    if (result == 0) {
        *text = bolt_bytes_copy(arena, *text);
    }
    if (moment != 0 && moment != bolt_bbolt_moment(file)) {
        result = 1;
    }
    bolt_trusted_unmap(file);
    return result;
}

static int from_bolt_state(const struct store *s, struct bolt_bytes id, struct bolt_bytes *text,
                           struct bolt_err *err)
{
    int result = 1;

    for (int try = 0; result == 1 && try < TRIES; try++) {
        result = look_up(s, id, text, err);
    }
    return result != 1 ? result : bolt_fail(err, BOLT_ERR_INPUT, "it changes all the time");
}

static int read_config(const struct store *s, struct bolt_bytes id, const char *source,
                       struct bolt_told *told, struct bolt_err *err)
{
    struct bolt_arena *arena = s->asked->run->arena;
    const struct bolt_doc *doc = NULL;
    struct bolt_bytes text = {0};

    *told = (struct bolt_told){0};
    if ((source == db_sql ? from_db_sql(s, id, &text, err) : from_bolt_state(s, id, &text, err)) !=
        0) {
        return -1;
    }
    if (text.len == 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "the container is not in it");
    }
    return bolt_doc_parse(arena, text, BOLT_DIALECT_ENGINE, &doc, err) != 0 ||
                   bolt_podman_config(arena, doc, id, source, told, err) != 0
               ? -1
               : 0;
}

/* The container's own entry says who it is; the ports are those of the container in whose network
 * it is: of a pod's infra container, or of another that it was told to join. */
static int ask_database(const struct store *s, const char *source, struct bolt_told *told,
                        struct bolt_err *err)
{
    struct bolt_identity *who = &s->asked->run->facts.who;

    if (read_config(s, s->asked->id, source, told, err) != 0) {
        return -1;
    }
    told->who.id = who->id;
    *who = told->who;
    bolt_asked_add_manifest(s->asked, s->graph_root, s->driver, "podman images.json");
    for (unsigned hop = 0; told->joined.len != 0; hop++) {
        if (hop == HOPS_MAX) {
            return bolt_fail(err, BOLT_ERR_INPUT, "too many containers in each other's network");
        }
        if (read_config(s, told->joined, source, told, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static bool try_database(const struct store *s, const char *source, const char *file)
{
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    if (!exists(path_of(s, file))) {
        return false;
    }
    if (ask_database(s, source, &told, &err) != 0) {
        bolt_asked_fail(s->asked, source, "%s", err.text);
        s->asked->run->facts.ports_hidden |= err.too_large || told.hidden;
        return false;
    }
    bolt_asked_answer(s->asked, source, &told);
    return true;
}

/* --- netavark --------------------------------------------------------------------------- */

/* A file for each network on which it publishes something. */
static int read_netavark(struct bolt_asked *asked, struct bolt_told *told, struct bolt_err *err)
{
    static const char dir[] = "/run/containers/networks/firewall/ports";
    struct bolt_arena *arena = asked->run->arena;
    const char *part = bolt_printf(arena, "_%.*s", BOLT_FMT(asked->id)).at;
    const char *const *names = NULL;
    size_t count = 0;

    if (bolt_trusted_list(arena, dir, part, "", &names, &count, err) != 0) {
        return -1;
    }
    if (count == 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "it keeps nothing about the container");
    }
    for (size_t i = 0; i < count; i++) {
        const struct bolt_doc *doc = NULL;

        if (bolt_asked_load(asked, bolt_printf(arena, "%s/%s", dir, names[i]).at, &doc, err) != 0 ||
            bolt_netavark_ports(arena, doc, asked->id, told, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static void try_netavark(struct bolt_asked *asked)
{
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    if (read_netavark(asked, &told, &err) != 0) {
        bolt_asked_fail(asked, netavark, "%s", err.text);
        return;
    }
    bolt_told_settle(&told);
    bolt_asked_answer(asked, netavark, &told);
}

static void note_name(struct bolt_asked *asked)
{
    struct bolt_named *name = &asked->run->facts.who.name;
    struct bolt_bytes told = bolt_kin_option(asked->engine, "-n");

    if (name->value.len == 0 && told.len != 0 && bolt_bytes_is(asked->engine->program, "conmon")) {
        *name = (struct bolt_named){.value = told, .source = "conmon", .forgeable = true};
    }
}

static bool try_store(const struct store *s)
{
    return try_database(s, db_sql, "db.sql") || try_database(s, bolt_state, "libpod/bolt_state.db");
}

static bool try_stores(struct bolt_asked *asked)
{
    struct store store = default_store(asked); /* for a precreate hook of podman before 4.6 */

    return (find_store(asked, &store) || asked->from_cwd) && try_store(&store);
}

void bolt_ask_podman(struct bolt_asked *asked)
{
    if (asked->id.len == 0) {
        bolt_asked_fail(asked, "podman", "the container's id is not known here");
        return;
    }
    if (!try_stores(asked)) {
        if (asked->tried_count == 0) {
            bolt_asked_fail(asked, "podman", "no database of it is found");
        }
        try_netavark(asked);
    }
    note_name(asked);
}
