/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/excuse.h"

#include "decide/port.h"

/* --- does an exception match? ------------------------------------------------------------- */

struct matching {
    struct bolt_arena *arena;
    const struct bolt_exception *exception;
    struct bolt_bytes doubt; /* what it matches on that could be forged */
};

/* "name", "image and namespace" */
static void doubt(struct matching *m, const char *fact)
{
    m->doubt = m->doubt.len == 0 ? bolt_bytes_of(fact)
                                 : bolt_printf(m->arena, "%.*s and %s", BOLT_FMT(m->doubt), fact);
}

static bool match_one(struct matching *m, struct bolt_bytes glob, const struct bolt_named *named,
                      const char *fact, unsigned trust)
{
    if (glob.len == 0) {
        return true;
    }
    if (named->value.len == 0 || !bolt_glob_match(glob, named->value)) {
        return false;
    }
    trust |= named->from_annotation ? BOLT_TRUST_ANNOTATIONS : 0U;
    if (named->forgeable && (m->exception->trust & trust) == 0) {
        doubt(m, fact);
    }
    return true;
}

/* The name without the digest that may be behind it. */
static struct bolt_named without_digest(struct bolt_named image)
{
    struct bolt_bytes rest = image.value;

    image.value = bolt_bytes_cut(&rest, '@');
    return image;
}

/* The digest says what the image is, so beside it a name that could be forged does no harm. */
static bool match_image(struct matching *m, const struct bolt_identity *who)
{
    const struct bolt_match *match = &m->exception->match;
    struct bolt_named image = without_digest(who->image);

    image.forgeable = image.forgeable && match->digest.len == 0;
    if (!match_one(m, match->image, &image, "image", BOLT_TRUST_IMAGE)) {
        return false;
    }
    for (size_t i = 0; i < who->digest_count; i++) {
        if (bolt_bytes_equal(who->digests[i].value, match->digest) && !who->digests[i].forgeable) {
            return true;
        }
    }
    return match->digest.len == 0;
}

static bool matches(struct matching *m, const struct bolt_facts *f, const struct bolt_identity *who)
{
    const struct bolt_match *match = &m->exception->match;

    return match_one(m, match->id, &who->id, "id", BOLT_TRUST_ID) &&
           match_one(m, match->name, &who->name, "name", BOLT_TRUST_NAME) &&
           match_one(m, match->namespace, &who->namespace, "namespace", BOLT_TRUST_NAMESPACE) &&
           match_one(m, match->engine, &f->engine, "engine", BOLT_TRUST_ENGINE) &&
           match_image(m, who);
}

/* All members of a match must hold, so this one must. */
bool bolt_key_may_match(const struct bolt_key *key, const struct bolt_facts *facts)
{
    const struct bolt_exception only = {.match = bolt_key_match(key)};
    struct matching m = {.exception = &only};

    return matches(&m, facts, &facts->who);
}

static struct bolt_bytes why_not(const struct matching *m, int64_t now)
{
    const struct bolt_exception *e = m->exception;

    if (now >= e->expires) {
        return bolt_printf(m->arena, "expired after %.*s", BOLT_FMT(e->expires_text));
    }
    if (now < e->starts) {
        return bolt_printf(m->arena, "starts on %.*s", BOLT_FMT(e->starts_text));
    }
    if (m->doubt.len != 0) {
        return bolt_printf(m->arena,
                           "goes by the %.*s, which whoever starts a container can choose",
                           BOLT_FMT(m->doubt));
    }
    return (struct bolt_bytes){0};
}

/* Every glob matches itself. With any engine names can be chosen, with some the namespace cannot;
 * what comes from an annotation is not known either. */
static struct bolt_identity at_best(const struct bolt_match *match, struct bolt_identity who)
{
    if (who.name.value.len == 0) {
        who.name =
            (struct bolt_named){.value = match->name, .forgeable = true, .from_annotation = true};
    }
    if (who.namespace.value.len == 0) {
        who.namespace = (struct bolt_named){.value = match->namespace};
    }
    if (who.image.value.len == 0) {
        who.image =
            (struct bolt_named){.value = match->image, .forgeable = true, .from_annotation = true};
    }
    if (who.digest_count == 0) {
        who.digests[who.digest_count++] = (struct bolt_named){.value = match->digest};
    }
    return who;
}

/* --- what lets raw sockets through ---------------------------------------------------------- */

static void let_through(struct bolt_arena *arena, struct bolt_case *c)
{
    struct bolt_policy *policy = bolt_new(arena, struct bolt_policy);
    bool changed = false;

    *policy = *c->policy;
    for (size_t i = 0; i < c->excuse_count; i++) {
        const struct bolt_grant *grant = &c->excuses[i].exception->grant;

        if (c->excuses[i].why_not.len != 0 || !bolt_grants_raw_sockets(grant)) {
            continue;
        }
        policy->raw_sockets.allow |= grant->raw_families;
        if (grant->every_raw_socket) {
            policy->raw_sockets.action = BOLT_ACTION_IGNORE;
        }
        changed = true;
    }
    if (changed) {
        c->without_excuses = c->policy;
        c->policy = policy;
    }
}

static void excuse(struct bolt_arena *arena, struct bolt_case *c, bool guess)
{
    struct bolt_excuse *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < c->policy->exception_count; i++) {
        struct matching m = {.arena = arena, .exception = &c->policy->exceptions[i]};
        const struct bolt_identity *who = &c->facts->who;
        struct bolt_identity guessed;

        if (guess) {
            guessed = at_best(&m.exception->match, *who);
            who = &guessed;
        }
        if (matches(&m, c->facts, who)) {
            found = bolt_arena_grow(arena, found, count, sizeof *found);
            found[count++] = (struct bolt_excuse){m.exception, why_not(&m, c->now)};
        }
    }
    c->excuses = found;
    c->excuse_count = count;
    let_through(arena, c);
}

void bolt_case_excuse(struct bolt_arena *arena, struct bolt_case *c)
{
    excuse(arena, c, false);
}

void bolt_case_excuse_at_best(struct bolt_arena *arena, struct bolt_case *c)
{
    excuse(arena, c, true);
}

/* --- what is excused ------------------------------------------------------------------------ */

static const struct bolt_excuse *find(const struct bolt_case *c,
                                      bool (*covers)(const struct bolt_grant *, const void *),
                                      const void *what)
{
    const struct bolt_excuse *second = NULL;

    for (size_t i = 0; i < c->excuse_count; i++) {
        const struct bolt_excuse *e = &c->excuses[i];

        if (!covers(&e->exception->grant, what)) {
            continue;
        }
        if (e->why_not.len == 0) {
            return e;
        }
        second = second != NULL ? second : e;
    }
    return second;
}

/* Raw sockets are nothing without the capability. */
static bool covers_cap(const struct bolt_grant *grant, const void *what)
{
    const int *number = what;

    return (*number >= 0 && (grant->capabilities >> *number & 1) != 0) ||
           (*number == BOLT_CAP_NET_RAW && bolt_grants_raw_sockets(grant));
}

const struct bolt_excuse *bolt_excuse_cap(const struct bolt_case *c, int number)
{
    return find(c, covers_cap, &number);
}

static bool covers_port(const struct bolt_grant *grant, const void *what)
{
    return bolt_port_is_in(&grant->host_ports, what);
}

const struct bolt_excuse *bolt_excuse_port(const struct bolt_case *c, const struct bolt_port *port)
{
    return find(c, covers_port, port);
}

static bool covers_host_network(const struct bolt_grant *grant, const void *what)
{
    (void)what;
    return grant->host_network;
}

const struct bolt_excuse *bolt_excuse_host_network(const struct bolt_case *c)
{
    return find(c, covers_host_network, NULL);
}

static bool covers_port_start(const struct bolt_grant *grant, const void *what)
{
    const int64_t *value = what;

    return grant->has_port_start && *value >= grant->port_start_min &&
           *value <= grant->port_start_max;
}

const struct bolt_excuse *bolt_excuse_port_start(const struct bolt_case *c, int64_t value)
{
    return find(c, covers_port_start, &value);
}

/* Those that hold have changed the policy of the case: this is about what it still denies. */
static bool would_let_more_through(const struct bolt_policy *policy, const struct bolt_grant *grant)
{
    uint64_t denied = bolt_policy_denied_families(policy) & ~policy->raw_sockets.allow;

    return grant->every_raw_socket || (grant->raw_families & denied) != 0;
}

const struct bolt_excuse *bolt_excuse_raw_sockets(const struct bolt_case *c)
{
    for (size_t i = 0; i < c->excuse_count; i++) {
        const struct bolt_excuse *e = &c->excuses[i];

        if (e->why_not.len != 0 && would_let_more_through(c->policy, &e->exception->grant)) {
            return e;
        }
    }
    return NULL;
}
