/* SPDX-License-Identifier: Apache-2.0 */
#include "facts/facts_internal.h"

int bolt_source_expect(const struct bolt_source *s, bolt_node node, enum bolt_json_kind kind)
{
    enum bolt_json_kind got = bolt_doc_kind(s->doc, node);

    if (got != kind) {
        return bolt_doc_fail(s->doc, node, s->err, "is %s, not %s", bolt_json_kind_name(got),
                             bolt_json_kind_name(kind));
    }
    return 0;
}

int bolt_source_take(const struct bolt_source *s, bolt_node object, const char *name,
                     enum bolt_json_kind kind, bolt_node *out)
{
    bolt_node node = bolt_doc_member(s->doc, object, name);
    enum bolt_json_kind got = bolt_doc_kind(s->doc, node);

    *out = BOLT_NONE;
    if (got == BOLT_JSON_ABSENT || got == BOLT_JSON_NULL) {
        return 0;
    }
    if (bolt_source_expect(s, node, kind) != 0) {
        return -1;
    }
    *out = node;
    return 0;
}

int bolt_source_u32(const struct bolt_source *s, bolt_node object, const char *name, uint32_t *out)
{
    bolt_node node;
    uint64_t value = 0;

    if (bolt_source_take(s, object, name, BOLT_JSON_NUMBER, &node) != 0) {
        return -1;
    }
    if (node.id != 0 &&
        (!bolt_bytes_to_u64(bolt_doc_source(s->doc, node), &value) || value > UINT32_MAX)) {
        return bolt_doc_fail(s->doc, node, s->err, "is not an integer from 0 to 4294967295");
    }
    *out = (uint32_t)value;
    return 0;
}

int bolt_source_string(const struct bolt_source *s, bolt_node object, const char *name,
                       struct bolt_bytes *out)
{
    bolt_node node;

    if (bolt_source_take(s, object, name, BOLT_JSON_STRING, &node) != 0) {
        return -1;
    }
    *out = bolt_doc_string(s->doc, node);
    return 0;
}

/* NULL if it is absent. */
int bolt_source_cstr(const struct bolt_source *s, bolt_node object, const char *name,
                     const char **out)
{
    bolt_node node;

    if (bolt_source_take(s, object, name, BOLT_JSON_STRING, &node) != 0) {
        return -1;
    }
    *out = node.id == 0 ? NULL : bolt_bytes_cstr(s->arena, bolt_doc_string(s->doc, node));
    return 0;
}

int bolt_source_bool(const struct bolt_source *s, bolt_node object, const char *name, bool *out)
{
    bolt_node node;

    if (bolt_source_take(s, object, name, BOLT_JSON_BOOL, &node) != 0) {
        return -1;
    }
    *out = bolt_doc_is_true(s->doc, node);
    return 0;
}

int bolt_source_gids(const struct bolt_source *s, bolt_node object, const char *name)
{
    static const char *const idmap_names[] = {"containerID", "hostID", "size", NULL};
    struct bolt_idmap *list = NULL;
    bolt_node array;

    if (bolt_source_take(s, object, name, BOLT_JSON_ARRAY, &array) != 0) {
        return -1;
    }
    for (bolt_node n = bolt_doc_first(s->doc, array); n.id != 0; n = bolt_doc_next(s->doc, n)) {
        struct bolt_idmap map = {0};

        if (bolt_source_expect(s, n, BOLT_JSON_OBJECT) != 0 ||
            bolt_doc_check_names(s->doc, n, idmap_names, s->err) != 0 ||
            bolt_source_u32(s, n, "containerID", &map.container) != 0 ||
            bolt_source_u32(s, n, "hostID", &map.host) != 0 ||
            bolt_source_u32(s, n, "size", &map.size) != 0) {
            return -1;
        }
        list = bolt_arena_grow(s->arena, list, s->facts->gid_count, sizeof *list);
        list[s->facts->gid_count++] = map;
    }
    s->facts->gids = list;
    return 0;
}
