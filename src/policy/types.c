/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are like others: objects, words, switches, numbers, paths. */
#include <string.h>

#include "policy/policy_internal.h"

#define QUOTE_MAX 48

static void *field_of(const struct bolt_member *member, void *base)
{
    return (char *)base + member->offset;
}

static const void *field_in(const struct bolt_member *member, const void *base)
{
    return (const char *)base + member->offset;
}

/* --- helpers ---------------------------------------------------------------------------- */

int bolt_loader_expect(const struct bolt_loader *loader, bolt_node node, enum bolt_json_kind kind)
{
    enum bolt_json_kind got = bolt_doc_kind(loader->doc, node);

    if (got == kind) {
        return 0;
    }
    return bolt_doc_fail(loader->doc, node, loader->err, "must be %s, not %s",
                         bolt_json_kind_name(kind), bolt_json_kind_name(got));
}

struct bolt_bytes bolt_loader_quote(struct bolt_arena *arena, struct bolt_bytes text)
{
    if (text.len > QUOTE_MAX) {
        return BOLT_LIT("this text");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] <= ' ' || text.at[i] > '~') { /* char may be signed: 0x80 and up go too */
            return BOLT_LIT("this text");
        }
    }
    return bolt_printf(arena, "\"%.*s\"", BOLT_FMT(text));
}

/* "\"a\", \"b\" or \"c\"" */
static struct bolt_bytes list_choices(struct bolt_arena *arena, const struct bolt_choice *choices)
{
    struct bolt_buf out = {.arena = arena};

    for (size_t i = 0; choices[i].name != NULL; i++) {
        const char *between = choices[i + 1].name == NULL ? " or " : ", ";

        bolt_buf_addf(&out, "%s\"%s\"", i == 0 ? "" : between, choices[i].name);
    }
    return bolt_buf_bytes(&out);
}

const struct bolt_choice *bolt_loader_choice(const struct bolt_loader *loader, bolt_node node,
                                             const struct bolt_choice *choices)
{
    struct bolt_bytes text = bolt_doc_string(loader->doc, node);

    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return NULL;
    }
    for (const struct bolt_choice *choice = choices; choice->name != NULL; choice++) {
        if (bolt_bytes_is(text, choice->name)) {
            return choice;
        }
    }
    (void)bolt_doc_fail(loader->doc, node, loader->err, "must be %.*s, not %.*s",
                        BOLT_FMT(list_choices(loader->arena, choices)),
                        BOLT_FMT(bolt_loader_quote(loader->arena, text)));
    return NULL;
}

int bolt_loader_number(const struct bolt_loader *loader, bolt_node node, unsigned max,
                       unsigned *out)
{
    uint64_t value = 0;

    if (bolt_loader_expect(loader, node, BOLT_JSON_NUMBER) != 0) {
        return -1;
    }
    if (!bolt_bytes_to_u64(bolt_doc_source(loader->doc, node), &value) || value > max) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "must be a whole number from 0 to %u, in digits", max);
    }
    *out = (unsigned)value;
    return 0;
}

/* --- objects ---------------------------------------------------------------------------- */

static const struct bolt_member *find(const struct bolt_member *members, struct bolt_bytes name)
{
    while (members->name != NULL && !bolt_bytes_is(name, members->name)) {
        members++;
    }
    return members->name != NULL ? members : NULL;
}

static int fail_unknown(const struct bolt_loader *loader, bolt_node node,
                        const struct bolt_member *members)
{
    struct bolt_buf known = {.arena = loader->arena};

    for (size_t i = 0; members[i].name != NULL; i++) {
        bolt_buf_addf(&known, "%s%s", i == 0 ? "" : ", ", members[i].name);
    }
    return bolt_doc_fail(loader->doc, node, loader->err, "unknown member; known here: %.*s",
                         BOLT_FMT(bolt_buf_bytes(&known)));
}

int bolt_loader_object(const struct bolt_loader *loader, bolt_node node,
                       const struct bolt_member *members, void *base)
{
    const struct bolt_doc *doc = loader->doc;
    uint64_t seen = 0;

    if (bolt_loader_expect(loader, node, BOLT_JSON_OBJECT) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(doc, node); n.id != 0; n = bolt_doc_next(doc, n)) {
        const struct bolt_member *member = find(members, bolt_doc_name(doc, n));

        if (member == NULL) {
            return fail_unknown(loader, n, members);
        }
        if (member->type->read(loader, n, member, base) != 0) {
            return -1;
        }
        seen |= UINT64_C(1) << (member - members);
    }
    for (const struct bolt_member *m = members; m->name != NULL; m++) {
        if (m->required && (seen >> (m - members) & 1) == 0) {
            return bolt_doc_fail(doc, node, loader->err, "the member \"%s\" is missing", m->name);
        }
    }
    return 0;
}

static int read_object(const struct bolt_loader *loader, bolt_node node,
                       const struct bolt_member *member, void *base)
{
    return bolt_loader_object(loader, node, member->members, base);
}

void bolt_show_members(struct bolt_json *json, const struct bolt_member *members, const void *base)
{
    for (const struct bolt_member *m = members; m->name != NULL; m++) {
        if (m->type->show != NULL) {
            m->type->show(json, m, base);
        }
    }
}

static void show_object(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    bolt_json_open(json, member->name, '{');
    bolt_show_members(json, member->members, base);
    bolt_json_close(json, '}');
}

const struct bolt_member_type bolt_type_object = {read_object, show_object};

/* --- words ------------------------------------------------------------------------------ */

static void show_word(struct bolt_json *json, const struct bolt_member *member, unsigned value)
{
    for (const struct bolt_choice *choice = member->choices; choice->name != NULL; choice++) {
        if (choice->value == value) {
            bolt_json_cstr(json, member->name, choice->name);
        }
    }
}

static int read_choice(const struct bolt_loader *loader, bolt_node node,
                       const struct bolt_member *member, void *base)
{
    const struct bolt_choice *choice = bolt_loader_choice(loader, node, member->choices);

    if (choice == NULL) {
        return -1;
    }
    memcpy(field_of(member, base), &choice->value, sizeof choice->value);
    return 0;
}

static void show_choice(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    unsigned value;

    memcpy(&value, field_in(member, base), sizeof value);
    show_word(json, member, value);
}

const struct bolt_member_type bolt_type_choice = {read_choice, show_choice};

static int read_switch(const struct bolt_loader *loader, bolt_node node,
                       const struct bolt_member *member, void *base)
{
    const struct bolt_choice *choice = bolt_loader_choice(loader, node, member->choices);

    if (choice == NULL) {
        return -1;
    }
    *(bool *)field_of(member, base) = choice->value != 0;
    return 0;
}

static void show_switch(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    show_word(json, member, *(const bool *)field_in(member, base) ? 1 : 0);
}

const struct bolt_member_type bolt_type_switch = {read_switch, show_switch};

/* --- true and false, numbers ------------------------------------------------------------ */

static int read_bool(const struct bolt_loader *loader, bolt_node node,
                     const struct bolt_member *member, void *base)
{
    if (bolt_loader_expect(loader, node, BOLT_JSON_BOOL) != 0) {
        return -1;
    }
    *(bool *)field_of(member, base) = bolt_doc_is_true(loader->doc, node);
    return 0;
}

static void show_bool(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    bolt_json_bool(json, member->name, *(const bool *)field_in(member, base));
}

const struct bolt_member_type bolt_type_bool = {read_bool, show_bool};

static int read_unsigned(const struct bolt_loader *loader, bolt_node node,
                         const struct bolt_member *member, void *base)
{
    return bolt_loader_number(loader, node, member->max, field_of(member, base));
}

static void show_unsigned(struct bolt_json *json, const struct bolt_member *member,
                          const void *base)
{
    bolt_json_u64(json, member->name, *(const unsigned *)field_in(member, base));
}

const struct bolt_member_type bolt_type_unsigned = {read_unsigned, show_unsigned};

/* --- text ------------------------------------------------------------------------------- */

static int read_text(const struct bolt_loader *loader, bolt_node node,
                     const struct bolt_member *member, void *base)
{
    struct bolt_bytes *field = field_of(member, base);

    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    *field = bolt_doc_string(loader->doc, node);
    return field->len != 0 ? 0 : bolt_doc_fail(loader->doc, node, loader->err, "must not be empty");
}

static void show_text(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const struct bolt_bytes *field = field_in(member, base);

    if (field->len != 0) {
        bolt_json_string(json, member->name, *field);
    }
}

const struct bolt_member_type bolt_type_text = {read_text, show_text};

/* --- paths ------------------------------------------------------------------------------ */

/* Absolute, without empty parts, "." and "..", and without bytes that a terminal obeys: what is
 * checked part by part must be what is opened. */
static bool is_plain_path(struct bolt_bytes path)
{
    size_t part = 1; /* where the part starts */

    if (path.len == 0 || path.at[0] != '/') {
        return false;
    }
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.at[i] != '/') {
            unsigned char c = (unsigned char)path.at[i];

            if (c < 0x20 || c == 0x7f) {
                return false;
            }
            continue;
        }
        if (i == part || (i - part == 1 && path.at[part] == '.') ||
            (i - part == 2 && path.at[part] == '.' && path.at[part + 1] == '.')) {
            return false;
        }
        part = i + 1;
    }
    return true;
}

static int read_path(const struct bolt_loader *loader, bolt_node node,
                     const struct bolt_member *member, void *base)
{
    struct bolt_bytes path = bolt_doc_string(loader->doc, node);

    if (bolt_loader_expect(loader, node, BOLT_JSON_STRING) != 0) {
        return -1;
    }
    if (!is_plain_path(path)) {
        return bolt_doc_fail(loader->doc, node, loader->err,
                             "must be an absolute path to a file, without \"//\", \".\", \"..\" "
                             "and control characters");
    }
    *(const char **)field_of(member, base) = bolt_bytes_cstr(loader->arena, path);
    return 0;
}

static int read_opt_path(const struct bolt_loader *loader, bolt_node node,
                         const struct bolt_member *member, void *base)
{
    if (bolt_doc_kind(loader->doc, node) == BOLT_JSON_STRING &&
        bolt_doc_string(loader->doc, node).len == 0) {
        *(const char **)field_of(member, base) = NULL;
        return 0;
    }
    return read_path(loader, node, member, base);
}

static void show_path(struct bolt_json *json, const struct bolt_member *member, const void *base)
{
    const char *path = *(const char *const *)field_in(member, base);

    bolt_json_cstr(json, member->name, path == NULL ? "" : path);
}

const struct bolt_member_type bolt_type_path = {read_path, show_path};
const struct bolt_member_type bolt_type_opt_path = {read_opt_path, show_path};
