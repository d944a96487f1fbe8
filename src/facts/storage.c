/* SPDX-License-Identifier: Apache-2.0 */
/* What containers/storage keeps about containers, images and layers, for podman and CRI-O. */
#include "base/hash.h"
#include "facts/ports_internal.h"

static struct bolt_bytes text_of(const struct bolt_doc *doc, bolt_node entry, const char *member)
{
    return bolt_doc_string(doc, bolt_doc_member(doc, entry, member));
}

static bolt_node find(const struct bolt_doc *doc, const char *member, struct bolt_bytes value)
{
    for (bolt_node n = bolt_doc_first(doc, bolt_doc_root(doc)); n.id != 0;
         n = bolt_doc_next(doc, n)) {
        if (bolt_bytes_equal(text_of(doc, n, member), value)) {
            return n;
        }
    }
    return BOLT_NONE;
}

bolt_node bolt_storage_entry(const struct bolt_doc *doc, struct bolt_bytes id)
{
    return find(doc, "id", id);
}

struct bolt_bytes bolt_storage_container(const struct bolt_doc *doc, struct bolt_bytes layer)
{
    return text_of(doc, find(doc, "layer", layer), "id");
}

struct bolt_bytes bolt_storage_digest(const struct bolt_doc *images, struct bolt_bytes image)
{
    return text_of(images, bolt_storage_entry(images, image), "digest");
}

bool bolt_storage_is_made_of(struct bolt_arena *arena, const struct bolt_doc *images,
                             struct bolt_bytes image, const struct bolt_doc *layers,
                             const struct bolt_doc *config)
{
    bolt_node entry = bolt_storage_entry(images, image);
    struct bolt_bytes top = text_of(images, entry, "layer");
    bolt_node rootfs = bolt_doc_member(config, bolt_doc_root(config), "rootfs");
    bolt_node list = bolt_doc_member(config, rootfs, "diff_ids");
    struct bolt_bytes *wanted = NULL;
    size_t count = 0;

    for (bolt_node n = bolt_doc_first(config, list); n.id != 0; n = bolt_doc_next(config, n)) {
        wanted = bolt_arena_grow(arena, wanted, count, sizeof *wanted);
        wanted[count++] = bolt_doc_string(config, n);
    }
    for (; count != 0; count--) {
        bolt_node layer = bolt_storage_entry(layers, top);

        if (!bolt_is_digest(wanted[count - 1]) ||
            !bolt_bytes_equal(text_of(layers, layer, "diff-digest"), wanted[count - 1])) {
            return false;
        }
        top = text_of(layers, layer, "parent");
    }
    return entry.id != 0 && top.len == 0;
}
