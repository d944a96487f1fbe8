/* SPDX-License-Identifier: Apache-2.0 */
#include "spec.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json/write.h"

/* --- reading ---------------------------------------------------------------------------- */

static BOLT_NORETURN void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "%s: %s\n", what, why);
    exit(99);
}

static struct spec_entry entry_of(struct bolt_arena *arena, const struct bolt_doc *doc,
                                  const struct bolt_entry *e)
{
    struct spec_entry out = {.action = e->action, .cond_count = e->cond_count};

    memcpy(out.conds, e->conds, sizeof out.conds);
    for (bolt_node n = bolt_doc_first(doc, e->names); n.id != 0; n = bolt_doc_next(doc, n)) {
        spec_add_name(arena, &out, bolt_bytes_cstr(arena, bolt_doc_string(doc, n)));
    }
    return out;
}

struct spec spec_read(struct bolt_arena *arena, const char *text)
{
    struct spec out = {0};
    const struct bolt_doc *doc = NULL;
    struct bolt_profile p = {0};
    struct bolt_err err = {0};
    bolt_node place;

    if (bolt_doc_parse(arena, bolt_bytes_of(text), BOLT_DIALECT_STRICT, &doc, &err) != 0) {
        give_up("not JSON", err.text);
    }
    place = bolt_doc_member(doc, bolt_doc_root(doc), "linux");
    place = place.id != 0 ? bolt_doc_member(doc, place, "seccomp") : bolt_doc_root(doc);
    if (bolt_profile_read(arena, doc, place, &p, &err) != 0) {
        give_up("not a profile", err.text);
    }
    out.default_action = p.default_action;
    out.archs = bolt_new_n(arena, const char *, p.arch_count);
    for (size_t i = 0; i < p.arch_count; i++) {
        out.archs[out.arch_count++] = bolt_bytes_cstr(arena, p.archs[i]);
    }
    for (size_t i = 0; i < p.entry_count; i++) {
        spec_insert(arena, &out, i, entry_of(arena, doc, &p.entries[i]));
    }
    return out;
}

const char *spec_recorded(struct bolt_arena *arena, const char *name)
{
    const char *root = getenv("BOLT_TESTS");
    struct bolt_buf path = {.arena = arena};
    struct bolt_buf text = {.arena = arena};
    char part[4096];
    ssize_t got;
    int fd;

    if (root == NULL) {
        return NULL;
    }
    bolt_buf_addf(&path, "%s/data/configs/%s.json", root, name);
    fd = open(path.at, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        give_up(path.at, "not there");
    }
    while ((got = read(fd, part, sizeof part)) > 0) {
        bolt_buf_add(&text, (struct bolt_bytes){part, (size_t)got});
    }
    (void)close(fd);
    return bolt_bytes_cstr(arena, bolt_buf_bytes(&text));
}

/* --- writing ---------------------------------------------------------------------------- */

static void add_action(struct bolt_json *json, const char *name, const char *data, uint32_t action)
{
    bolt_json_cstr(json, name, bolt_act_name(action));
    if (bolt_act_has_data(action)) {
        bolt_json_u64(json, data, action & ~BOLT_ACT_FULL);
    }
}

static void add_cond(struct bolt_json *json, const struct bolt_cond *cond)
{
    bolt_json_open(json, NULL, '{');
    bolt_json_u64(json, "index", cond->index);
    bolt_json_u64(json, "value", cond->value);
    bolt_json_u64(json, "valueTwo", cond->value_two);
    bolt_json_cstr(json, "op", bolt_cmp_name(cond->op));
    bolt_json_close(json, '}');
}

static void add_entry(struct bolt_json *json, const struct spec_entry *entry)
{
    bolt_json_open(json, NULL, '{');
    bolt_json_open(json, "names", '[');
    for (size_t i = 0; i < entry->name_count; i++) {
        bolt_json_cstr(json, NULL, entry->names[i]);
    }
    bolt_json_close(json, ']');
    add_action(json, "action", "errnoRet", entry->action);
    bolt_json_open(json, "args", '[');
    for (size_t i = 0; i < entry->cond_count; i++) {
        add_cond(json, &entry->conds[i]);
    }
    bolt_json_close(json, ']');
    bolt_json_close(json, '}');
}

const char *spec_text(struct bolt_arena *arena, const struct spec *spec)
{
    struct bolt_buf text = {.arena = arena};
    struct bolt_json json = {.out = &text, .empty = true};

    bolt_json_open(&json, NULL, '{');
    add_action(&json, "defaultAction", "defaultErrnoRet", spec->default_action);
    bolt_json_open(&json, "architectures", '[');
    for (size_t i = 0; i < spec->arch_count; i++) {
        bolt_json_cstr(&json, NULL, spec->archs[i]);
    }
    bolt_json_close(&json, ']');
    bolt_json_open(&json, "syscalls", '[');
    for (size_t i = 0; i < spec->entry_count; i++) {
        add_entry(&json, &spec->entries[i]);
    }
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    return bolt_bytes_cstr(arena, bolt_buf_bytes(&text));
}

/* --- changing --------------------------------------------------------------------------- */

static void *copied(struct bolt_arena *arena, const void *from, size_t count, size_t size)
{
    /* With room for one more where bolt_arena_grow() expects it. */
    char *out = NULL;

    for (size_t i = 0; i < count; i++) {
        out = bolt_arena_grow(arena, out, i, size);
        memcpy(out + i * size, (const char *)from + i * size, size);
    }
    return out;
}

struct spec_entry spec_entry_copy(struct bolt_arena *arena, const struct spec_entry *entry)
{
    struct spec_entry out = *entry;

    out.names = copied(arena, out.names, out.name_count, sizeof *out.names);
    return out;
}

struct spec spec_copy(struct bolt_arena *arena, const struct spec *spec)
{
    struct spec out = *spec;

    out.archs = copied(arena, spec->archs, spec->arch_count, sizeof *out.archs);
    out.entries = copied(arena, spec->entries, spec->entry_count, sizeof *out.entries);
    for (size_t i = 0; i < out.entry_count; i++) {
        out.entries[i] = spec_entry_copy(arena, &out.entries[i]);
    }
    return out;
}

void spec_insert(struct bolt_arena *arena, struct spec *spec, size_t at, struct spec_entry entry)
{
    spec->entries = bolt_arena_grow(arena, spec->entries, spec->entry_count, sizeof *spec->entries);
    memmove(spec->entries + at + 1, spec->entries + at,
            (spec->entry_count++ - at) * sizeof *spec->entries);
    spec->entries[at] = entry;
}

/* What is freed is zeroed, as bolt_arena_grow() would have it. */
static void cut(void *items, size_t *count, size_t at, size_t size)
{
    char *place = (char *)items + at * size;

    memmove(place, place + size, (--*count - at) * size);
    memset((char *)items + *count * size, 0, size);
}

void spec_remove(struct spec *spec, size_t at)
{
    cut(spec->entries, &spec->entry_count, at, sizeof *spec->entries);
}

void spec_remove_name(struct spec_entry *entry, size_t at)
{
    cut(entry->names, &entry->name_count, at, sizeof *entry->names);
}

void spec_remove_cond(struct spec_entry *entry, size_t at)
{
    cut(entry->conds, &entry->cond_count, at, sizeof *entry->conds);
}

void spec_add_name(struct bolt_arena *arena, struct spec_entry *entry, const char *name)
{
    entry->names = bolt_arena_grow(arena, entry->names, entry->name_count, sizeof *entry->names);
    entry->names[entry->name_count++] = name;
}

/* --- shrinking -------------------------------------------------------------------------- */

/* Of @entry: names by halves, which matters for the lists of engines, then one by one; then
 * conditions. */
static bool shrink_entry(struct spec_entry *entry, size_t *number)
{
    size_t names = entry->name_count > 1 ? entry->name_count : 0;

    if (names > 3 && *number < 2) {
        size_t half = names / 2;

        for (size_t i = 0; i < half; i++) {
            spec_remove_name(entry, *number == 0 ? 0 : entry->name_count - 1);
        }
        return true;
    }
    *number -= names > 3 ? 2 : 0;
    if (*number < names) {
        spec_remove_name(entry, *number);
        return true;
    }
    *number -= names;
    if (*number < entry->cond_count) {
        spec_remove_cond(entry, *number);
        return true;
    }
    *number -= entry->cond_count;
    return false;
}

bool spec_shrink(struct bolt_arena *arena, const struct spec *spec, size_t number, struct spec *out)
{
    *out = spec_copy(arena, spec);
    if (number < spec->entry_count) {
        spec_remove(out, number);
        return true;
    }
    number -= spec->entry_count;
    if (number < spec->arch_count) {
        cut(out->archs, &out->arch_count, number, sizeof *out->archs);
        return true;
    }
    number -= spec->arch_count;
    for (size_t i = 0; i < out->entry_count; i++) {
        if (shrink_entry(&out->entries[i], &number)) {
            return true;
        }
    }
    return false;
}
