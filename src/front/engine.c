/* SPDX-License-Identifier: Apache-2.0 */
#include "front/engine.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "front/runtime.h"
#include "io/sockets.h"
#include "io/trusted.h"

/* --- for all engines -------------------------------------------------------------------- */

struct bolt_bytes bolt_above(const char *path, unsigned n)
{
    struct bolt_bytes rest = bolt_bytes_of(path);

    while (rest.len > 1 && rest.at[rest.len - 1] == '/') {
        rest.len--;
    }
    for (; n != 0; n--) {
        const char *slash = rest.len == 0 ? NULL : memrchr(rest.at, '/', rest.len);

        if (slash == NULL || slash == rest.at) {
            return (struct bolt_bytes){0};
        }
        rest.len = (size_t)(slash - rest.at);
    }
    return rest;
}

struct bolt_bytes bolt_last_part(struct bolt_bytes path)
{
    const char *slash = path.len == 0 ? NULL : memrchr(path.at, '/', path.len);

    if (slash == NULL) {
        return path;
    }
    return (struct bolt_bytes){slash + 1, path.len - (size_t)(slash + 1 - path.at)};
}

static void add_tried(struct bolt_asked *asked, struct bolt_port_source source)
{
    struct bolt_facts *f = &asked->run->facts;

    asked->tried =
        bolt_arena_grow(asked->run->arena, asked->tried, asked->tried_count, sizeof source);
    asked->tried[asked->tried_count++] = source;
    f->ports_tried = asked->tried;
    f->ports_tried_count = asked->tried_count;
}

void bolt_asked_answer(struct bolt_asked *asked, const char *source, const struct bolt_told *told)
{
    struct bolt_facts *f = &asked->run->facts;

    add_tried(asked, (struct bolt_port_source){.name = source, .has_ports = told->port_count != 0});
    f->ports = told->ports;
    f->port_count = told->port_count;
    f->ports_why = NULL;
    f->known |= BOLT_KNOWN_PORTS;
    asked->answered = true;
}

void bolt_asked_at_least(struct bolt_asked *asked, const char *source, const struct bolt_told *told,
                         const char *why)
{
    struct bolt_facts *f = &asked->run->facts;

    bolt_asked_fail(asked, source, "%s", why);
    f->ports = told->ports;
    f->port_count = told->port_count;
}

void bolt_asked_fail(struct bolt_asked *asked, const char *source, const char *fmt, ...)
{
    struct bolt_arena *arena = asked->run->arena;
    struct bolt_bytes why;
    va_list args;

    va_start(args, fmt);
    why = bolt_vprintf(arena, fmt, args);
    va_end(args);
    add_tried(asked, (struct bolt_port_source){.name = source, .why = bolt_printable(arena, why)});
}

int bolt_engine_load(struct bolt_arena *arena, const char *path, enum bolt_dialect dialect,
                     const struct bolt_doc **out, struct bolt_err *err)
{
    enum bolt_trusted state = BOLT_TRUSTED_ABSENT;
    struct bolt_bytes text;

    if (bolt_trusted_load(arena, path, &state, &text, err) != 0) {
        return -1;
    }
    if (state == BOLT_TRUSTED_ABSENT) {
        return bolt_fail(err, BOLT_ERR_INPUT, "it is not there");
    }
    return bolt_doc_parse(arena, text, dialect, out, err);
}

int bolt_asked_load(struct bolt_asked *asked, const char *path, const struct bolt_doc **out,
                    struct bolt_err *err)
{
    return bolt_engine_load(asked->run->arena, path, BOLT_DIALECT_ENGINE, out, err);
}

/* --- which engine, which container ------------------------------------------------------ */

struct engine {
    const char *name;
    void (*ask)(struct bolt_asked *asked);
    void (*identify)(struct bolt_asked *asked); /* NULL: it tells nothing but ports */
    bool by_config;                             /* identify takes config */
};

static const struct engine docker = {"docker", bolt_ask_docker, bolt_identify_docker, true};
static const struct engine podman = {"podman", bolt_ask_podman, bolt_identify_podman, false};
static const struct engine cri = {"containerd", bolt_ask_cri, bolt_identify_cri, true};
static const struct engine crio = {"cri-o", bolt_ask_crio, bolt_identify_crio, true};
static const struct engine containerd = {"containerd", bolt_ask_containerd, NULL, false};

/* podman gives the option to every conmon (libpod/oci_conmon_common.go, sharedConmonArgs()), CRI-O
 * to none. A health check's conmon has no --exit-command. */
bool bolt_conmon_is_podmans(const struct bolt_kin *conmon)
{
    return bolt_kin_has(conmon, "--api-version") || bolt_kin_has(conmon, "--exit-command");
}

static const struct engine *engine_of(const struct bolt_kin *kin)
{
    if (bolt_bytes_has_prefix(kin->program, "containerd-shim")) {
        struct bolt_bytes namespace = bolt_kin_option(kin, "-namespace");

        if (bolt_bytes_is(namespace, "moby") ||
            bolt_bytes_has_prefix(namespace, "moby-")) { /* with userns-remap */
            return &docker;
        }
        return bolt_bytes_is(namespace, "k8s.io") ? &cri : &containerd;
    }
    if (bolt_bytes_is(kin->program, "conmon")) {
        return bolt_conmon_is_podmans(kin) ? &podman : &crio;
    }
    if (bolt_bytes_is(kin->program, "crio")) { /* its Exec goes without conmon, ExecSync does not */
        return &crio;
    }
    return bolt_bytes_is(kin->program, "podman") ? &podman : NULL;
}

/* A precreate hook is not told the bundle. podman calls it in there from 4.6 on, and before that
 * where it is itself, which its user chooses. */
static void find_bundle(const struct bolt_run *run, struct bolt_asked *asked)
{
    const char *path = run->wrapper != NULL ? run->wrapper->line.bundle.text : NULL;
    char cwd[PATH_MAX];

    if (run->state.bundle.len != 0) {
        path = bolt_bytes_cstr(run->arena, run->state.bundle);
    }
    asked->from_cwd = path == NULL && run->wrapper == NULL;
    if (path == NULL && !(asked->from_cwd && bolt_kin_is_here(asked->engine)) &&
        getcwd(cwd, sizeof cwd) != NULL) {
        path = bolt_bytes_copy(run->arena, bolt_bytes_of(cwd)).at;
    }
    asked->bundle = path != NULL && path[0] == '/' ? path : NULL;
}

/* The id that the engine has given it. podman calls a precreate hook without one, but with a
 * control group that ends in it, or else (from 4.6 on) in the bundle. */
static struct bolt_bytes id_of(const struct bolt_run *run, const char *bundle)
{
    struct bolt_bytes id = run->facts.who.id.value;

    if (id.len == 0 && bundle != NULL) {
        id = bolt_last_part(bolt_above(bundle, 1));
    }
    return bolt_is_container_id(id) ? id : (struct bolt_bytes){0};
}

/* --- what is said of it ----------------------------------------------------------------- */

static void say_why(struct bolt_asked *asked)
{
    struct bolt_buf text = {.arena = asked->run->arena};

    for (size_t i = 0; i < asked->tried_count; i++) {
        bolt_buf_addf(&text, "%s%s: %.*s", i == 0 ? "" : "; ", asked->tried[i].name,
                      BOLT_FMT(asked->tried[i].why));
    }
    if (text.len != 0) {
        asked->run->facts.ports_why = bolt_bytes_cstr(text.arena, bolt_buf_bytes(&text));
    }
}

void bolt_engine_note_host_network(struct bolt_run *run)
{
    static const struct bolt_told none = {0};
    struct bolt_asked asked = {.run = run};

    bolt_asked_answer(&asked, "the host's network", &none);
}

/* Who calls a runtime or drawbolt by hand chooses the id; and by ctr, which can name itself after
 * any of containerd's users: for these, who identifies the container finds out. */
static void note_engine(struct bolt_run *run, const struct engine *engine)
{
    struct bolt_facts *f = &run->facts;

    f->who.id.forgeable =
        engine == NULL || engine == &docker || engine == &cri || engine == &containerd;
    if (engine != NULL) {
        f->engine = (struct bolt_named){.value = bolt_bytes_of(engine->name),
                                        .source = "the calling process"};
    }
}

static const struct engine *find_engine(struct bolt_asked *asked,
                                        struct bolt_kin kin[static BOLT_KIN_MAX])
{
    size_t count = bolt_kin_look(asked->run->arena, kin);
    const struct engine *engine = NULL;

    for (size_t i = 0; engine == NULL && i < count; i++) {
        engine = engine_of(&kin[i]);
        asked->engine = &kin[i];
    }
    return engine;
}

/* --- what the caller hands to it ------------------------------------------------------- */

/* Sockets that the caller hands to the container: as its standard input, output or error, by
 * --preserve-fds or by LISTEN_FDS. The engine's own are behind them. */
void bolt_engine_add_handed_ports(struct bolt_run *run)
{
    struct bolt_facts *f = &run->facts;
    struct bolt_err ignored = {0};
    struct bolt_port *list = NULL;
    size_t count = 0;
    int end = 0;

    if (run->wrapper == NULL ||
        bolt_runtime_first_descriptor(&run->wrapper->line, &end, &ignored) != 0) {
        return; /* an error already */
    }
    for (; count < f->port_count; count++) {
        list = bolt_arena_grow(run->arena, list, count, sizeof *list);
        list[count] = f->ports[count];
    }
    for (int fd = STDIN_FILENO; fd < end; fd++) {
        struct bolt_listener at;

        if (bolt_socket_listens(run->arena, fd, &at)) {
            list = bolt_arena_grow(run->arena, list, count, sizeof *list);
            list[count++] = (struct bolt_port){.address = at.address,
                                               .host = at.port,
                                               .protocol = at.protocol,
                                               .source = "inherited socket"};
        }
    }
    f->ports = list;
    f->port_count = count;
}

/* --- exec ------------------------------------------------------------------------------- */

/* All these engines have the container's id in the bundle's path, last or last but one. */
static bool is_bundle_of(const char *bundle, struct bolt_bytes id)
{
    return bolt_bytes_equal(bolt_last_part(bolt_above(bundle, 0)), id) ||
           bolt_bytes_equal(bolt_last_part(bolt_above(bundle, 1)), id);
}

static int read_config(struct bolt_asked *asked, struct bolt_facts *out, struct bolt_err *err)
{
    struct bolt_arena *arena = asked->run->arena;
    const char *path = bolt_printf(arena, "%s/config.json", asked->bundle).at;
    const struct bolt_doc *doc = NULL;

    asked->config = out;
    return bolt_engine_load(arena, path, BOLT_DIALECT_STRICT, &doc, err) != 0
               ? -1
               : bolt_facts_from_config(arena, doc, out, err);
}

static void identify(struct bolt_asked *asked, const struct engine *engine)
{
    struct bolt_facts config;
    struct bolt_err ignored = {0};

    if (bolt_exec_bundle(asked->run, &asked->bundle, &ignored) == 0 &&
        is_bundle_of(asked->bundle, asked->id) &&
        (!engine->by_config || read_config(asked, &config, &ignored) == 0)) {
        engine->identify(asked);
    }
}

void bolt_engine_look_at_exec(struct bolt_run *run)
{
    struct bolt_kin kin[BOLT_KIN_MAX];
    struct bolt_asked asked = {.run = run};
    const struct engine *engine = find_engine(&asked, kin);
    bool wanted = bolt_run_has_exceptions(run);
    bool tells;

    note_engine(run, engine);
    asked.id = id_of(run, NULL);
    tells = engine != NULL && engine->identify != NULL && asked.id.len != 0;
    if (wanted && tells) {
        identify(&asked, engine);
    }
    run->facts.identified = wanted || !tells;
}

/* --- create ----------------------------------------------------------------------------- */

void bolt_engine_look(struct bolt_run *run)
{
    struct bolt_kin kin[BOLT_KIN_MAX];
    struct bolt_asked asked = {.run = run, .config = &run->facts};
    const struct engine *engine = find_engine(&asked, kin);

    note_engine(run, engine);
    if (engine != NULL) {
        find_bundle(run, &asked);
        asked.id = id_of(run, asked.bundle);
        if (run->facts.who.id.value.len == 0 && asked.id.len != 0) {
            run->facts.who.id = (struct bolt_named){.value = asked.id, .source = "bundle"};
        }
        engine->ask(&asked);
    }
    if (!asked.answered) {
        say_why(&asked);
    }
}
