/* SPDX-License-Identifier: Apache-2.0 */
/* What an image in containers/storage is, whatever it is called there. */
#include "base/buf.h"
#include "base/hash.h"
#include "front/engine.h"
#include "io/trusted.h"

struct image {
    struct bolt_asked *asked;
    const char *store; /* GRAPHROOT/DRIVER */
    struct bolt_bytes id;
};

static struct bolt_bytes base64(struct bolt_arena *arena, struct bolt_bytes bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct bolt_buf text = {.arena = arena};

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t more = bytes.len - i;
        unsigned b1 = (unsigned char)bytes.at[i];
        unsigned b2 = more > 1 ? (unsigned char)bytes.at[i + 1] : 0;
        unsigned b3 = more > 2 ? (unsigned char)bytes.at[i + 2] : 0;

        bolt_buf_addf(&text, "%c%c%c%c", digits[b1 >> 2], digits[(b1 & 3) << 4 | b2 >> 4],
                      more > 1 ? digits[(b2 & 15) << 2 | b3 >> 6] : '=',
                      more > 2 ? digits[b3 & 63] : '=');
    }
    return bolt_buf_bytes(&text);
}

/* The data of that name which is stored with an image (images.go, makeBigDataBaseName()). */
static const char *data_path(const struct image *image, struct bolt_bytes name)
{
    struct bolt_arena *arena = image->asked->run->arena;

    return bolt_printf(arena, "%s-images/%.*s/=%.*s", image->store, BOLT_FMT(image->id),
                       BOLT_FMT(base64(arena, name)))
        .at;
}

static const struct bolt_doc *load_list(const struct image *image, const char *name)
{
    const char *path = bolt_printf(image->asked->run->arena, "%s-%s", image->store, name).at;
    const struct bolt_doc *doc = NULL;
    struct bolt_err ignored = {0};

    return bolt_asked_load(image->asked, path, &doc, &ignored) == 0 ? doc : NULL;
}

/* The configuration that has this digest; NULL if the image has none. */
static const struct bolt_doc *load_config(const struct image *image, struct bolt_bytes digest)
{
    struct bolt_arena *arena = image->asked->run->arena;
    enum bolt_trusted state = BOLT_TRUSTED_ABSENT;
    const struct bolt_doc *doc = NULL;
    struct bolt_err ignored = {0};
    struct bolt_bytes text;

    return bolt_trusted_load(arena, data_path(image, digest), &state, &text, &ignored) == 0 &&
                   state == BOLT_TRUSTED_LOADED &&
                   bolt_bytes_equal(bolt_sha256_hex(arena, text), image->id) &&
                   bolt_doc_parse(arena, text, BOLT_DIALECT_ENGINE, &doc, &ignored) == 0
               ? doc
               : NULL;
}

/* Whoever copies an image into the store can choose its id ("containers-storage:@ID"), and with
 * podman 4 can also put layers of his own to the configuration of another's image. */
static bool is_what_its_id_says(const struct image *image, const struct bolt_doc *images,
                                struct bolt_bytes digest)
{
    const struct bolt_doc *config = load_config(image, digest);
    const struct bolt_doc *layers = config == NULL ? NULL : load_list(image, "layers/layers.json");

    return layers != NULL &&
           bolt_storage_is_made_of(image->asked->run->arena, images, image->id, layers, config);
}

void bolt_asked_add_digests(struct bolt_asked *asked, struct bolt_bytes graph_root,
                            struct bolt_bytes driver, struct bolt_bytes id, const char *source)
{
    struct bolt_arena *arena = asked->run->arena;
    const struct image image = {
        asked, bolt_printf(arena, "%.*s/%.*s", BOLT_FMT(graph_root), BOLT_FMT(driver)).at, id};
    struct bolt_identity *who = &asked->run->facts.who;
    struct bolt_bytes digest = bolt_printf(arena, BOLT_SHA256_PREFIX "%.*s", BOLT_FMT(id));
    const struct bolt_doc *images =
        bolt_is_digest(digest) ? load_list(&image, "images/images.json") : NULL;

    if (images == NULL) {
        return;
    }
    if (is_what_its_id_says(&image, images, digest)) {
        bolt_identity_add_digest(who, digest, source);
    }
    bolt_identity_add_digest(who, bolt_storage_digest(images, id), source);
}
