/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits to bytes: a walk over the document that goes down only where something changes.
 *
 * Every child that stays brings the bytes between it and its left neighbour along, so that white
 * space survives; a child that comes first brings none; what is added brings a bare comma.
 */
#include "json/edit.h"

#include <stdlib.h>

#include "json/doc_internal.h"
#include "json/write.h"

struct painter {
    const struct bolt_doc *doc;
    const struct bolt_edit *edits; /* by target */
    size_t count;
    bool *dirty; /* by node id: an edit is at or below it */
    struct bolt_buf *out;
    size_t copy_start; /* of the document: what goes out before anything else does */
    size_t copy_end;
};

struct slot {
    struct bolt_edit edit;
    size_t place;
};

static bool is_whole(const struct bolt_edit *edit)
{
    return edit->op == BOLT_EDIT_REPLACE || edit->op == BOLT_EDIT_REMOVE;
}

/* By place in the document; at one place, what goes in front of the target before what is done to
 * it, and else in the order given. */
static int by_target(const void *left, const void *right)
{
    const struct slot *a = left;
    const struct slot *b = right;

    if (a->edit.target.id != b->edit.target.id) {
        return a->edit.target.id < b->edit.target.id ? -1 : 1;
    }
    if (is_whole(&a->edit) != is_whole(&b->edit)) {
        return is_whole(&a->edit) ? 1 : -1;
    }
    return (a->place > b->place) - (a->place < b->place);
}

static struct bolt_edit *sorted(struct bolt_arena *arena, const struct bolt_edit *edits,
                                size_t count)
{
    struct slot *slots = bolt_new_n(arena, struct slot, count);
    struct bolt_edit *out = bolt_new_n(arena, struct bolt_edit, count);

    for (size_t i = 0; i < count; i++) {
        slots[i] = (struct slot){edits[i], i};
    }
    if (count > 1) {
        qsort(slots, count, sizeof *slots, by_target);
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = slots[i].edit;
    }
    return out;
}

/* --- what may not be asked -------------------------------------------------------------- */

static int check_one(const struct bolt_doc *doc, const struct bolt_edit *edit, struct bolt_err *err)
{
    const struct bolt_doc_node *n = &doc->nodes[edit->target.id];
    bool ok = edit->target.id != 0 && edit->target.id < doc->count;

    switch (edit->op) {
    case BOLT_EDIT_NONE:
        ok = false;
        break;
    case BOLT_EDIT_REPLACE:
        break;
    case BOLT_EDIT_REMOVE:
        ok = ok && n->parent != 0;
        break;
    case BOLT_EDIT_INSERT:
        ok = ok && doc->nodes[n->parent].kind == BOLT_JSON_ARRAY;
        break;
    case BOLT_EDIT_APPEND:
        ok = ok && (n->kind == BOLT_JSON_ARRAY || n->kind == BOLT_JSON_OBJECT);
        if (ok && n->kind == BOLT_JSON_OBJECT) {
            for (uint32_t id = n->first; id != 0; id = doc->nodes[id].next) {
                ok = ok && !bolt_bytes_equal(bolt_doc_node_name(&doc->nodes[id]), edit->name);
            }
        }
        break;
    }
    if (!ok) {
        return bolt_fail(err, BOLT_ERR_INTERNAL, "rule %s edits nothing", edit->reason);
    }
    return 0;
}

static const struct bolt_edit *whole_edit_of(const struct bolt_edit *edits, size_t count,
                                             uint32_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (edits[i].target.id == id && is_whole(&edits[i])) {
            return &edits[i];
        }
    }
    return NULL;
}

/* No edit inside what another one replaces or removes, and no two at the same place. */
static int check_overlap(const struct painter *p, struct bolt_err *err)
{
    const struct bolt_edit *whole = NULL;
    uint32_t until = 0; /* offset where the last whole edit's bytes end */

    for (size_t i = 0; i < p->count; i++) {
        const struct bolt_edit *e = &p->edits[i];
        const struct bolt_doc_node *n = &p->doc->nodes[e->target.id];

        if (whole != NULL && n->start < until) {
            return bolt_fail(err, BOLT_ERR_INTERNAL, "rules %s and %s edit the same place",
                             whole->reason, e->reason);
        }
        if (is_whole(e)) {
            whole = e;
            until = n->end;
        }
        for (size_t j = i + 1;
             e->op == BOLT_EDIT_APPEND && j < p->count && p->edits[j].target.id == e->target.id;
             j++) {
            if ((p->edits[j].op == BOLT_EDIT_APPEND && n->kind == BOLT_JSON_OBJECT &&
                 bolt_bytes_equal(p->edits[j].name, e->name)) ||
                is_whole(&p->edits[j])) {
                return bolt_fail(err, BOLT_ERR_INTERNAL, "rules %s and %s edit the same place",
                                 e->reason, p->edits[j].reason);
            }
        }
    }
    return 0;
}

/* --- the walk --------------------------------------------------------------------------- */

/* The edits of one target, as a range of the sorted array. */
static void range_of(const struct painter *p, uint32_t id, size_t *from, size_t *to)
{
    size_t low = 0;
    size_t high = p->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (p->edits[middle].target.id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *from = low;
    while (low < p->count && p->edits[low].target.id == id) {
        low++;
    }
    *to = low;
}

static void flush(struct painter *p)
{
    bolt_buf_add(p->out,
                 (struct bolt_bytes){p->doc->text.at + p->copy_start, p->copy_end - p->copy_start});
    p->copy_start = p->copy_end;
}

/* Most of what is copied follows what was copied before, and goes out with it. */
static void copy(struct painter *p, size_t start, size_t end)
{
    if (start != p->copy_end) {
        flush(p);
        p->copy_start = start;
    }
    p->copy_end = end;
}

static void add_new(struct painter *p, const struct bolt_edit *edit, bool member, bool *any)
{
    flush(p);
    if (*any) {
        bolt_buf_addc(p->out, ',');
    }
    *any = true;
    if (member) {
        bolt_json_add_string(p->out, edit->name);
        bolt_buf_addc(p->out, ':');
    }
    bolt_buf_add(p->out, edit->text);
}

static void paint(struct painter *p, uint32_t id);

static void paint_child(struct painter *p, uint32_t id, bool *any)
{
    const struct bolt_doc_node *n = &p->doc->nodes[id];
    bool removed = false;
    size_t from;
    size_t to;

    if (!p->dirty[id] && *any && n->prev != 0) {
        copy(p, p->doc->nodes[n->prev].end, n->end);
        return;
    }
    range_of(p, id, &from, &to);
    for (size_t i = from; i < to; i++) {
        if (p->edits[i].op == BOLT_EDIT_INSERT) {
            add_new(p, &p->edits[i], false, any);
        }
        removed = removed || p->edits[i].op == BOLT_EDIT_REMOVE;
    }
    if (removed) {
        return;
    }
    if (*any && n->prev != 0) {
        copy(p, p->doc->nodes[n->prev].end, n->key_start);
    } else if (*any) {
        flush(p);
        bolt_buf_addc(p->out, ',');
    }
    *any = true;
    copy(p, n->key_start, n->start);
    paint(p, id);
}

static void paint_container(struct painter *p, uint32_t id)
{
    const struct bolt_doc_node *n = &p->doc->nodes[id];
    size_t inner_end = n->last != 0 ? p->doc->nodes[n->last].end : (size_t)n->start + 1;
    bool any = false;
    size_t from;
    size_t to;

    copy(p, n->start, n->first != 0 ? p->doc->nodes[n->first].key_start : (size_t)n->start + 1);
    for (uint32_t child = n->first; child != 0; child = p->doc->nodes[child].next) {
        paint_child(p, child, &any);
    }
    range_of(p, id, &from, &to);
    for (size_t i = from; i < to; i++) {
        if (p->edits[i].op == BOLT_EDIT_APPEND) {
            add_new(p, &p->edits[i], n->kind == BOLT_JSON_OBJECT, &any);
        }
    }
    copy(p, inner_end, n->end);
}

/* The recursion is as deep as the document, which is bounded. */
static void paint(struct painter *p, uint32_t id) /* NOLINT(misc-no-recursion) */
{
    const struct bolt_doc_node *n = &p->doc->nodes[id];
    const struct bolt_edit *replaced;
    size_t from;
    size_t to;

    if (!p->dirty[id]) {
        copy(p, n->start, n->end);
        return;
    }
    range_of(p, id, &from, &to);
    replaced = whole_edit_of(p->edits + from, to - from, id);
    if (replaced != NULL) {
        flush(p);
        bolt_buf_add(p->out, replaced->text);
    } else if (n->kind == BOLT_JSON_OBJECT || n->kind == BOLT_JSON_ARRAY) {
        paint_container(p, id);
    } else {
        copy(p, n->start, n->end); /* only something in front of it is new */
    }
}

int bolt_edit_apply(const struct bolt_doc *doc, const struct bolt_edit *edits, size_t count,
                    struct bolt_buf *out, struct bolt_err *err)
{
    struct painter p = {.doc = doc, .count = count, .out = out};
    const struct bolt_doc_node *root = &doc->nodes[bolt_doc_root(doc).id];

    for (size_t i = 0; i < count; i++) {
        if (check_one(doc, &edits[i], err) != 0) {
            return -1;
        }
    }
    if (count == 0) {
        bolt_buf_add(out, doc->text);
        return 0;
    }
    p.edits = sorted(out->arena, edits, count);
    if (check_overlap(&p, err) != 0) {
        return -1;
    }
    p.dirty = bolt_new_n(out->arena, bool, doc->count);
    for (size_t i = 0; i < count; i++) {
        for (uint32_t id = edits[i].target.id; id != 0 && !p.dirty[id];
             id = doc->nodes[id].parent) {
            p.dirty[id] = true;
        }
    }
    copy(&p, 0, root->start);
    paint(&p, bolt_doc_root(doc).id);
    copy(&p, root->end, doc->text.len);
    flush(&p);
    return 0;
}

/* --- the patch -------------------------------------------------------------------------- */

static void add_operation(struct bolt_json *json, const char *op, struct bolt_bytes path,
                          struct bolt_bytes value)
{
    bolt_json_open(json, NULL, '{');
    bolt_json_cstr(json, "op", op);
    bolt_json_string(json, "path", path);
    if (value.len != 0) {
        bolt_json_raw(json, "value", value);
    }
    bolt_json_close(json, '}');
}

static struct bolt_bytes path_behind(struct bolt_arena *arena, const struct bolt_doc *doc,
                                     const struct bolt_edit *edit)
{
    struct bolt_buf path = {.arena = arena};

    bolt_buf_add(&path, bolt_doc_pointer(arena, doc, edit->target));
    bolt_buf_adds(&path, "/");
    if (bolt_doc_kind(doc, edit->target) == BOLT_JSON_ARRAY) {
        bolt_buf_adds(&path, "-");
        return bolt_buf_bytes(&path);
    }
    for (size_t i = 0; i < edit->name.len; i++) {
        char c = edit->name.at[i];

        bolt_buf_add(&path, c == '~'   ? BOLT_LIT("~0")
                            : c == '/' ? BOLT_LIT("~1")
                                       : (struct bolt_bytes){edit->name.at + i, 1});
    }
    return bolt_buf_bytes(&path);
}

/* APPENDs come last in the document's order of places (the end of their container) but are
 * sorted by where the container starts. Doing all of them first, in their own order, leaves every
 * other path as it is: they add members, or elements behind all others. */
struct bolt_bytes bolt_edit_patch(struct bolt_arena *arena, const struct bolt_doc *doc,
                                  const struct bolt_edit *edits, size_t count)
{
    struct bolt_edit *order = sorted(arena, edits, count);
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '[');
    for (size_t i = 0; i < count; i++) {
        if (order[i].op == BOLT_EDIT_APPEND) {
            add_operation(&json, "add", path_behind(arena, doc, &order[i]), order[i].text);
        }
    }
    for (size_t i = count; i-- > 0;) {
        struct bolt_bytes path = bolt_doc_pointer(arena, doc, order[i].target);

        if (order[i].op == BOLT_EDIT_INSERT) {
            add_operation(&json, "add", path, order[i].text);
        } else if (order[i].op == BOLT_EDIT_REMOVE) {
            add_operation(&json, "remove", path, (struct bolt_bytes){0});
        } else if (order[i].op == BOLT_EDIT_REPLACE) {
            add_operation(&json, "replace", path, order[i].text);
        }
    }
    bolt_json_close(&json, ']');
    return bolt_buf_bytes(&out);
}
