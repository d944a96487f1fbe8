/* SPDX-License-Identifier: Apache-2.0 */
/* podman: its database, and what netavark keeps. */
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "front/engine.h"
#include "io/sqlite.h"
#include "io/trusted.h"

#define TRIES 8 /* at a database that is written just then */

static const char db_sql[] = "podman db.sql";
static const char bolt_state[] = "podman bolt_state.db";
static const char netavark[] = BOLT_SOURCE_NETAVARK;

/* Below the root of the store. */
static const char db_sql_file[] = "db.sql";
static const char bolt_state_file[] = "libpod/bolt_state.db";

struct store {
    struct bolt_asked *asked;
    struct bolt_bytes graph_root;
    struct bolt_bytes driver; /* "overlay" */
};

#define DEFAULT_ROOT "/var/lib/containers/storage"

/* Where podman has it by default. */
static struct store default_store(struct bolt_asked *asked)
{
    return (struct store){asked, BOLT_LIT(DEFAULT_ROOT), BOLT_LIT("overlay")};
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
    return bolt_sqlite_find(s->asked->run->arena, path_of(s, db_sql_file),
                            "SELECT JSON FROM ContainerConfig WHERE ID = ?1", id, text, err);
}

/* Return: 0; 1 if podman has written meanwhile (see bolt_bbolt_find()); -1 with an error. */
static int look_up(const struct store *s, struct bolt_bytes id, const char *key,
                   struct bolt_bytes *text, struct bolt_err *err)
{
    const struct bolt_bytes path[] = {BOLT_LIT("ctr"), id, bolt_bytes_of(key)};
    struct bolt_arena *arena = s->asked->run->arena;
    struct bolt_bytes file;
    uint64_t moment;
    int result;

    if (bolt_trusted_map(arena, path_of(s, bolt_state_file), &file, err) != 0) {
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

static int from_bolt_state(const struct store *s, struct bolt_bytes id, const char *key,
                           struct bolt_bytes *text, struct bolt_err *err)
{
    int result = 1;

    for (int try = 0; result == 1 && try < TRIES; try++) {
        result = look_up(s, id, key, text, err);
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
    if ((source == db_sql ? from_db_sql(s, id, &text, err)
                          : from_bolt_state(s, id, "config", &text, err)) != 0) {
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

/* The container's own entry, which says who it is. */
static int read_own(const struct store *s, const char *source, struct bolt_told *told,
                    struct bolt_err *err)
{
    struct bolt_identity *who = &s->asked->run->facts.who;

    if (read_config(s, s->asked->id, source, told, err) != 0) {
        return -1;
    }
    told->who.id = who->id;
    *who = told->who;
    bolt_asked_add_digests(s->asked, s->graph_root, s->driver, told->image, "podman images.json");
    return 0;
}

/* The ports are those of the container in whose network it is: of a pod's infra container, or of
 * another that it was told to join. */
static int follow(const struct store *s, const char *source, struct bolt_told *told,
                  struct bolt_err *err)
{
    for (unsigned hop = 0; told->joined.len != 0; hop++) {
        if (hop == BOLT_HOPS_MAX) {
            return bolt_fail(err, BOLT_ERR_INPUT, "too many containers in each other's network");
        }
        if (read_config(s, told->joined, source, told, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static void note_failure(const struct store *s, const char *source, const struct bolt_told *told,
                         const struct bolt_err *err)
{
    bolt_asked_fail(s->asked, source, "%s", err->text);
    s->asked->run->facts.ports_hidden |= err->too_large || told->hidden;
}

/* --- a container that nobody names ------------------------------------------------------ */

/* Before 4.6 podman tells a precreate hook neither the bundle nor, without a control group, the id.
 * The network namespace and the root file system may be another's (--network ns:, --rootfs), even
 * those of one that is starting or has died: they tell ports, and not who the container is. */

struct unnamed {
    struct store store;
    const struct bolt_doc *lists[2]; /* NULL: there is none */
    struct bolt_bytes layer;
};

static const struct bolt_doc *load_list(const struct store *s, const char *name)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err ignored = {0};
    const char *path = path_of(
        s,
        bolt_printf(s->asked->run->arena, "%.*s-containers/%s.json", BOLT_FMT(s->driver), name).at);

    return bolt_asked_load(s->asked, path, &doc, &ignored) == 0 ? doc : NULL;
}

static void load_lists(struct unnamed *u)
{
    u->lists[0] = load_list(&u->store, "containers");
    u->lists[1] = load_list(&u->store, "volatile-containers");
}

/* From the path of the root file system, as containers/storage has it. */
static struct bolt_bytes layer_of(struct bolt_asked *asked, struct bolt_bytes *driver)
{
    static const char *const forms[][2] = {{"overlay/", "/merged"}, {"vfs/dir/", ""}};
    const struct bolt_doc *doc = asked->run->doc;
    bolt_node root = bolt_doc_member(doc, bolt_doc_root(doc), "root");
    struct bolt_bytes path = bolt_doc_string(doc, bolt_doc_member(doc, root, "path"));

    for (size_t i = 0; i < BOLT_LEN(forms); i++) {
        size_t before = sizeof DEFAULT_ROOT + strlen(forms[i][0]);
        size_t after = strlen(forms[i][1]);
        struct bolt_bytes layer = {0};

        if (path.len > before + after) {
            layer = (struct bolt_bytes){path.at + before, path.len - before - after};
        }
        if (bolt_is_container_id(layer) &&
            bolt_bytes_equal(path, bolt_printf(asked->run->arena, DEFAULT_ROOT "/%s%.*s%s",
                                               forms[i][0], BOLT_FMT(layer), forms[i][1]))) {
            *driver = i == 0 ? BOLT_LIT("overlay") : BOLT_LIT("vfs");
            return layer;
        }
    }
    return (struct bolt_bytes){0};
}

static struct bolt_bytes owner_of_layer(const struct unnamed *u)
{
    struct bolt_bytes id = {0};

    for (size_t i = 0; i < BOLT_LEN(u->lists) && id.len == 0 && u->layer.len != 0; i++) {
        id = u->lists[i] == NULL ? id : bolt_storage_container(u->lists[i], u->layer);
    }
    return id;
}

static struct bolt_bytes owner_in(const struct store *s, const struct bolt_doc *list)
{
    for (bolt_node n = bolt_doc_first(list, bolt_doc_root(list)); n.id != 0;
         n = bolt_doc_next(list, n)) {
        struct bolt_bytes id = bolt_doc_string(list, bolt_doc_member(list, n, "id"));
        struct bolt_bytes netns = {0};
        struct bolt_err ignored = {0};

        if (bolt_is_container_id(id) && from_bolt_state(s, id, "netns", &netns, &ignored) == 0 &&
            bolt_bytes_equal(netns, s->asked->run->facts.netns_path)) {
            return id;
        }
    }
    return (struct bolt_bytes){0};
}

/* podman has made it, under a name of its own, and keeps that with the container. */
static struct bolt_bytes owner_of_netns(const struct unnamed *u)
{
    const struct bolt_run *run = u->store.asked->run;
    struct bolt_bytes id = {0};
    struct bolt_err ignored = {0};

    if (run->facts.netns_path.len == 0 ||
        (bolt_sqlite_find(run->arena, path_of(&u->store, db_sql_file),
                          "SELECT ID FROM ContainerState WHERE json_extract(JSON, '$.netns') = ?1",
                          run->facts.netns_path, &id, &ignored) == 0 &&
         id.len != 0)) {
        return id;
    }
    for (size_t i = 0; i < BOLT_LEN(u->lists) && id.len == 0; i++) {
        id = u->lists[i] == NULL ? id : owner_in(&u->store, u->lists[i]);
    }
    return id;
}

static bool try_owner(const struct store *s, struct bolt_bytes id, const char *source,
                      const char *file, const char *why)
{
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    if (!exists(path_of(s, file))) {
        return false;
    }
    if (read_config(s, id, source, &told, &err) != 0 || follow(s, source, &told, &err) != 0) {
        note_failure(s, source, &told, &err);
        return false;
    }
    if (bolt_ask_pasta(s->asked, &told, &err) != 0) {
        s->asked->run->facts.ports_hidden |= told.hidden;
    }
    bolt_asked_at_least(s->asked, "podman", &told, why);
    return true;
}

/* What it publishes is published at least. */
static void ask_owner(const struct store *s, struct bolt_bytes id, const char *why)
{
    if (bolt_is_container_id(id) && !try_owner(s, id, db_sql, db_sql_file, why)) {
        (void)try_owner(s, id, bolt_state, bolt_state_file, why);
    }
}

static void ask_unnamed(struct bolt_asked *asked)
{
    struct unnamed u = {.store = default_store(asked)};
    struct bolt_bytes owner;

    u.layer = layer_of(asked, &u.store.driver);
    load_lists(&u);
    owner = owner_of_netns(&u);
    ask_owner(&u.store, owner.len != 0 ? owner : owner_of_layer(&u),
              "only its network or its root file system says which container it is");
}

/* --network ns:PATH: what is published there is another container's, or not podman's. */
static void ask_joined(const struct store *s)
{
    struct unnamed u = {.store = *s};

    load_lists(&u);
    ask_owner(s, owner_of_netns(&u), "it is in the network of another container, by a path");
    if (s->asked->tried_count == 0) {
        bolt_asked_fail(s->asked, "podman", "it is in a network that podman has not made for it");
    }
}

static bool try_database(const struct store *s, const char *source, const char *file)
{
    struct bolt_told told = {0};
    struct bolt_err err = {0};

    if (!exists(path_of(s, file))) {
        return false;
    }
    if (read_own(s, source, &told, &err) != 0 || follow(s, source, &told, &err) != 0) {
        note_failure(s, source, &told, &err);
        return false;
    }
    if (!told.has_network && s->asked->run->facts.netns_path.len != 0) {
        ask_joined(s);
    } else if (bolt_ask_pasta(s->asked, &told, &err) != 0) {
        s->asked->run->facts.ports_hidden |= told.hidden;
        bolt_asked_at_least(s->asked, "pasta", &told, err.text);
    } else {
        bolt_asked_answer(s->asked, source, &told);
    }
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
    return try_database(s, db_sql, db_sql_file) || try_database(s, bolt_state, bolt_state_file);
}

static bool try_stores(struct bolt_asked *asked)
{
    struct store store = default_store(asked); /* for a precreate hook of podman before 4.6 */

    return (find_store(asked, &store) || asked->from_cwd) && try_store(&store);
}

static bool identify_by(const struct store *s, const char *source, const char *file)
{
    struct bolt_told told = {0};
    struct bolt_err ignored = {0};

    return exists(path_of(s, file)) && read_own(s, source, &told, &ignored) == 0;
}

void bolt_identify_podman(struct bolt_asked *asked)
{
    struct store store;

    if (find_store(asked, &store) && !identify_by(&store, db_sql, db_sql_file)) {
        (void)identify_by(&store, bolt_state, bolt_state_file);
    }
    note_name(asked);
}

void bolt_ask_podman(struct bolt_asked *asked)
{
    if (asked->id.len == 0) {
        if (asked->from_cwd) {
            ask_unnamed(asked);
        }
        if (asked->tried_count == 0) {
            bolt_asked_fail(asked, "podman", "the container's id is not known here");
        }
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
