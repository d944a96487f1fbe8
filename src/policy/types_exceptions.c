/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: which containers, what they may have, and until when. */
#include <string.h>

#include "base/hash.h"
#include "policy/policy_internal.h"

#define ID_MAX 64
#define DAYS_TO_1970 719163 /* from the last day of the year 0; Gregorian */

/* --- id --------------------------------------------------------------------------------- */

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_id(struct bolt_bytes text)
{
    if (text.len == 0 || text.len > ID_MAX || !is_letter_or_digit(text.at[0])) {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        char c = text.at[i];

        if (!is_letter_or_digit(c) && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return true;
}

static int read_id(const struct bolt_loader *loader, bolt_node node,
                   const struct bolt_member *member, void *base)
{
    struct bolt_bytes text = bolt_doc_string(loader->doc, node);
    struct bolt_exception *e = base;

    (void)member;
    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    if (!is_id(text)) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "must be 1 to %d letters, digits, '.', '_' and '-', the first a "
                             "letter or digit, not %.*s",
                             ID_MAX, BOLT_FMT(bolt_loader_quote(loader->arena, text)));
    }
    e->id = text;
    return 0;
}

static void show_id(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_exception *e = base;

    bolt_json_string(json, member->name, e->id);
}

const struct bolt_member_type bolt_type_exception_id = {read_id, show_id};

/* --- match ------------------------------------------------------------------------------ */

/* "NAME", "NAME@DIGEST", "@DIGEST". */
static int read_image(const struct bolt_loader *loader, bolt_node node,
                      const struct bolt_member *member, void *base)
{
    struct bolt_bytes text = bolt_doc_string(loader->doc, node);
    struct bolt_exception *e = base;
    const char *at;

    (void)member;
    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    if (text.len == 0) {
        return bolt_doc_fail(loader->doc, node, loader->err, "must not be empty");
    }
    at = memchr(text.at, '@', text.len);
    e->match.image = text;
    if (at == NULL) {
        return 0;
    }
    e->match.image.len = (size_t)(at - text.at);
    e->match.digest = (struct bolt_bytes){at + 1, text.len - e->match.image.len - 1};
    return bolt_is_digest(e->match.digest)
               ? 0
               : bolt_doc_fail(loader->doc, node, loader->err,
                               "must have \"sha256:\" and %d digits from 0 to f behind the @",
                               BOLT_SHA256_DIGITS);
}

static void show_image(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_match *match = &((const struct bolt_exception *)base)->match;

    if (match->digest.len != 0) {
        bolt_json_string(json, member->name,
                         bolt_printf(json->out->arena, "%.*s@%.*s", BOLT_FMT(match->image),
                                     BOLT_FMT(match->digest)));
    } else if (match->image.len != 0) {
        bolt_json_string(json, member->name, match->image);
    }
}

const struct bolt_member_type bolt_type_match_image = {read_image, show_image};

static int read_match(const struct bolt_loader *loader, bolt_node node,
                      const struct bolt_member *member, void *base)
{
    if (bolt_loader_object(loader, node, member->members, base) != 0) {
        return -1;
    }
    return bolt_doc_count(loader->doc, node) != 0
               ? 0
               : bolt_doc_fail(loader->doc, node, loader->err,
                               "must say which containers: one of id, name, namespace, image, "
                               "engine");
}

static void show_match(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    bolt_json_open(json, member->name, '{');
    bolt_show_members(json, member->members, base);
    bolt_json_close(json, '}');
}

const struct bolt_member_type bolt_type_match = {read_match, show_match};

/* --- grant ------------------------------------------------------------------------------ */

/* true, false, or a list of address families. */
static int read_raw_grant(const struct bolt_loader *loader, bolt_node node,
                          const struct bolt_member *member, void *base)
{
    struct bolt_exception *e = base;
    enum bolt_json_kind kind = bolt_doc_kind(loader->doc, node);

    (void)member;
    if (kind == BOLT_JSON_BOOL) {
        e->grant.every_raw_socket = bolt_doc_is_true(loader->doc, node);
        return 0;
    }
    if (kind != BOLT_JSON_ARRAY) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "must be true, false or an array of address families, not %s",
                             bolt_json_kind_name(kind));
    }
    return bolt_loader_families(loader, node, &e->grant.raw_families);
}

static void show_raw_grant(struct bolt_json *json, const struct bolt_member *member,
                           const void *base)
{
    const struct bolt_grant *grant = &((const struct bolt_exception *)base)->grant;

    if (grant->raw_families != 0) {
        bolt_show_families(json, member->name, grant->raw_families);
    } else {
        bolt_json_bool(json, member->name, grant->every_raw_socket);
    }
}

const struct bolt_member_type bolt_type_raw_grant = {read_raw_grant, show_raw_grant};

static int read_port_start_grant(const struct bolt_loader *loader, bolt_node node,
                                 const struct bolt_member *member, void *base)
{
    struct bolt_exception *e = base;

    if (bolt_loader_object(loader, node, member->members, base) != 0) {
        return -1;
    }
    e->grant.has_port_start = true;
    return e->grant.port_start_min <= e->grant.port_start_max
               ? 0
               : bolt_doc_fail(loader->doc, node, loader->err,
                               "the range is empty: min is greater than max");
}

static void show_port_start_grant(struct bolt_json *json, const struct bolt_member *member,
                                  const void *base)
{
    const struct bolt_exception *e = base;

    if (e->grant.has_port_start) {
        bolt_json_open(json, member->name, '{');
        bolt_show_members(json, member->members, base);
        bolt_json_close(json, '}');
    }
}

const struct bolt_member_type bolt_type_port_start_grant = {read_port_start_grant,
                                                            show_port_start_grant};

/* --- trust ------------------------------------------------------------------------------ */

static const struct bolt_choice trusts[] = {
    {"id", BOLT_TRUST_ID},
    {"name", BOLT_TRUST_NAME},
    {"namespace", BOLT_TRUST_NAMESPACE},
    {"image", BOLT_TRUST_IMAGE},
    {"engine", BOLT_TRUST_ENGINE},
    {"annotations", BOLT_TRUST_ANNOTATIONS},
    {0},
};

static int read_trust(const struct bolt_loader *loader, bolt_node node,
                      const struct bolt_member *member, void *base)
{
    const struct bolt_doc *doc = loader->doc;
    struct bolt_exception *e = base;
    unsigned trust = 0;

    (void)member;
    if (bolt_loader_expect(loader, node, BOLT_JSON_ARRAY) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        const struct bolt_choice *choice = bolt_loader_choice(loader, n, trusts);

        if (choice == NULL) {
            return -1;
        }
        if ((trust & choice->value) != 0) {
            return bolt_doc_fail(doc, n, loader->err, "\"%s\" is in the list already",
                                 choice->name);
        }
        trust |= choice->value;
    }
    e->trust = trust;
    return 0;
}

static void show_trust(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_exception *e = base;

    if (e->trust == 0) {
        return;
    }
    bolt_json_open(json, member->name, '[');
    for (const struct bolt_choice *choice = trusts; choice->name != NULL; choice++) {
        if ((e->trust & choice->value) != 0) {
            bolt_json_cstr(json, NULL, choice->name);
        }
    }
    bolt_json_close(json, ']');
}

const struct bolt_member_type bolt_type_trust = {read_trust, show_trust};

/* --- days ------------------------------------------------------------------------------- */

/* Digits, with leading zeros. */
static bool to_number(const char *at, size_t len, int *out)
{
    int value = 0;

    for (size_t i = 0; i < len; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return false;
        }
        value = 10 * value + (at[i] - '0');
    }
    *out = value;
    return true;
}

/* When the day "2027-03-31" begins, in UTC: timegm() reads the machine's time zone first. */
static bool to_day(struct bolt_bytes text, int64_t *out)
{
    static const int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    int year;
    int month;
    int day;
    int past; /* years that are over */
    bool leap;

    if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' || !to_number(text.at, 4, &year) ||
        !to_number(text.at + 5, 2, &month) || !to_number(text.at + 8, 2, &day) || year < 1970 ||
        month < 1 || month > 12) {
        return false;
    }
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > days_before[month] - days_before[month - 1] + (leap && month == 2)) {
        return false;
    }
    past = year - 1;
    day += 365 * past + past / 4 - past / 100 + past / 400 + days_before[month - 1] +
           (leap && month > 2);
    *out = (int64_t)(day - DAYS_TO_1970) * BOLT_DAY_SECONDS;
    return true;
}

static int read_day(const struct bolt_loader *loader, bolt_node node, struct bolt_bytes *text,
                    int64_t *seconds)
{
    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    *text = bolt_doc_string(loader->doc, node);
    return to_day(*text, seconds)
               ? 0
               : bolt_doc_fail(loader->doc, node, loader->err,
                               "must be a day as \"2027-03-31\", not %.*s",
                               BOLT_FMT(bolt_loader_quote(loader->arena, *text)));
}

static int read_starts(const struct bolt_loader *loader, bolt_node node,
                       const struct bolt_member *member, void *base)
{
    struct bolt_exception *e = base;

    (void)member;
    return read_day(loader, node, &e->starts_text, &e->starts);
}

static int read_expires(const struct bolt_loader *loader, bolt_node node,
                        const struct bolt_member *member, void *base)
{
    struct bolt_exception *e = base;

    (void)member;
    if (read_day(loader, node, &e->expires_text, &e->expires) != 0) {
        return -1;
    }
    e->expires += BOLT_DAY_SECONDS; /* that day is the last on which it holds */
    return 0;
}

static void show_starts(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_exception *e = base;

    if (e->starts_text.len != 0) {
        bolt_json_string(json, member->name, e->starts_text);
    }
}

static void show_expires(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_exception *e = base;

    bolt_json_string(json, member->name, e->expires_text);
}

const struct bolt_member_type bolt_type_starts = {read_starts, show_starts};
const struct bolt_member_type bolt_type_expires = {read_expires, show_expires};

/* --- the list --------------------------------------------------------------------------- */

static size_t hash(struct bolt_bytes text)
{
    uint32_t value = 2166136261; /* FNV-1a */

    for (size_t i = 0; i < text.len; i++) {
        value = (value ^ (unsigned char)text.at[i]) * 16777619;
    }
    return value;
}

/* The first id, in the order of bytes, that two exceptions have; empty if none. */
static struct bolt_bytes find_twin(struct bolt_arena *arena, const struct bolt_exception *list,
                                   size_t count)
{
    const struct bolt_exception **table;
    struct bolt_bytes twin = {0};
    size_t size = 1;

    while (size < 2 * count) {
        size *= 2;
    }
    table = bolt_new_n(arena, const struct bolt_exception *, size);
    for (size_t i = 0; i < count; i++) {
        const struct bolt_exception *e = &list[i];
        size_t at = hash(e->id) & (size - 1);

        while (table[at] != NULL && !bolt_bytes_equal(table[at]->id, e->id)) {
            at = (at + 1) & (size - 1);
        }
        if (table[at] != NULL && (twin.len == 0 || bolt_bytes_compare(e->id, twin) < 0)) {
            twin = e->id;
        }
        table[at] = e;
    }
    return twin;
}

static int read_exception(const struct bolt_loader *loader, bolt_node node,
                          struct bolt_exception *e)
{
    if (bolt_loader_object(loader, node, bolt_exception_members, e) != 0) {
        return -1;
    }
    return e->starts < e->expires
               ? 0
               : bolt_doc_fail(loader->doc, node, loader->err,
                               "it expires before it starts: %.*s, %.*s", BOLT_FMT(e->expires_text),
                               BOLT_FMT(e->starts_text));
}

/* Adds to what is there: the built-in policy has none, a drop-in comes on top. What is there stays
 * where it is, so a policy that shares it does not see what is added. */
void bolt_take_exception(void *ctx, const struct bolt_doc *doc, bolt_node node)
{
    struct bolt_taken *taken = ctx;
    const struct bolt_loader loader = {.arena = taken->arena, .doc = doc, .err = &taken->err};
    struct bolt_exception *e;

    if (taken->err.kind != BOLT_ERR_NONE) {
        return;
    }
    if (taken->count == BOLT_EXCEPTIONS_MAX) {
        (void)bolt_doc_fail(doc, bolt_doc_parent(doc, node), &taken->err, "more than %d exceptions",
                            BOLT_EXCEPTIONS_MAX);
        return;
    }
    taken->list = bolt_arena_grow(taken->arena, taken->list, taken->count, sizeof *taken->list);
    e = &taken->list[taken->count++];
    *e = (struct bolt_exception){0};
    (void)!read_exception(&loader, node, e);
}

/* They were taken while the file was read. */
static int read_exceptions(const struct bolt_loader *loader, bolt_node node,
                           const struct bolt_member *member, void *base)
{
    const struct bolt_taken *taken = loader->taken;
    struct bolt_policy *policy = base;
    struct bolt_bytes twin;

    (void)member;
    if (bolt_loader_expect(loader, node, BOLT_JSON_ARRAY) != 0) {
        return -1;
    }
    if (taken->err.kind != BOLT_ERR_NONE) {
        *loader->err = taken->err;
        return -1;
    }
    twin = find_twin(loader->arena, taken->list, taken->count);
    if (twin.len != 0) {
        return bolt_doc_fail(loader->doc, node, loader->err, "two exceptions have the id \"%.*s\"",
                             BOLT_FMT(twin));
    }
    policy->exceptions = taken->list;
    policy->exception_count = taken->count;
    policy->exceptions_at =
        (size_t)(bolt_doc_source(loader->doc, node).at - bolt_doc_text(loader->doc).at);
    return 0;
}

static void show_exceptions(struct bolt_json *json, const struct bolt_member *member,
                            const void *base)
{
    const struct bolt_policy *policy = base;

    bolt_json_open(json, member->name, '[');
    for (size_t i = 0; i < policy->exception_count; i++) {
        bolt_json_open(json, NULL, '{');
        bolt_show_members(json, bolt_exception_members, &policy->exceptions[i]);
        bolt_json_close(json, '}');
    }
    bolt_json_close(json, ']');
}

const struct bolt_member_type bolt_type_exceptions = {read_exceptions, show_exceptions};
