/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/index.h"

#include "base/hash.h"
#include "policy/policy_internal.h"

#define VERSION                                                                                    \
    "1" /* of the index; and what drawbolt takes for a policy is that of its own version */

/* From the one that fewest containers have. */
static const struct {
    const char *name;
    size_t offset; /* in a struct bolt_match */
} kinds[] = {
    [BOLT_KEY_ID] = {"id", offsetof(struct bolt_match, id)},
    [BOLT_KEY_NAME] = {"name", offsetof(struct bolt_match, name)},
    [BOLT_KEY_DIGEST] = {"digest", offsetof(struct bolt_match, digest)},
    [BOLT_KEY_IMAGE] = {"image", offsetof(struct bolt_match, image)},
    [BOLT_KEY_NAMESPACE] = {"namespace", offsetof(struct bolt_match, namespace)},
    [BOLT_KEY_ENGINE] = {"engine", offsetof(struct bolt_match, engine)},
};

struct bolt_match bolt_key_match(const struct bolt_key *key)
{
    struct bolt_match match = {0};

    *(struct bolt_bytes *)(void *)((char *)&match + kinds[key->of].offset) = key->text;
    return match;
}

/* --- making ----------------------------------------------------------------------------- */

static bool is_literal(struct bolt_bytes glob)
{
    return memchr(glob.at, '*', glob.len) == NULL && memchr(glob.at, '?', glob.len) == NULL;
}

static struct bolt_key key_of(const struct bolt_match *match)
{
    struct bolt_key key = {0};

    for (size_t i = 0; i < BOLT_LEN(kinds); i++) {
        const struct bolt_bytes *text = (const void *)((const char *)match + kinds[i].offset);
        const struct bolt_key this = {(enum bolt_key_of)i, *text};

        if (text->len != 0 && is_literal(*text)) {
            return this;
        }
        key = key.text.len == 0 ? this : key;
    }
    return key;
}

/* "namespace=team-1" */
static struct bolt_bytes key_text(struct bolt_arena *arena, const struct bolt_key *key)
{
    struct bolt_buf out = {.arena = arena};

    bolt_buf_addf(&out, "%s=", kinds[key->of].name);
    bolt_buf_add(&out, key->text);
    return bolt_buf_bytes(&out);
}

struct bolt_bytes bolt_index_make(struct bolt_arena *arena, const struct bolt_index *head,
                                  const struct bolt_policy *policy)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_json_raw(&json, "version", BOLT_LIT(VERSION));
    bolt_json_string(&json, "drawbolt", head->drawbolt);
    bolt_json_string(&json, "policy", head->policy_sha256);
    bolt_json_string(&json, "dropIns", head->drop_ins_sha256);
    bolt_json_open(&json, "arrays", '[');
    for (size_t i = 0; i < head->text_count; i++) {
        bolt_json_u64(&json, NULL, head->arrays[i]);
    }
    bolt_json_close(&json, ']');
    bolt_json_open(&json, "exceptions", '[');
    for (size_t i = 0; i < policy->exception_count; i++) {
        const struct bolt_key key = key_of(&policy->exceptions[i].match);

        bolt_json_string(&json, NULL, key_text(arena, &key));
    }
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}

/* --- reading ---------------------------------------------------------------------------- */

struct reading {
    struct bolt_arena *arena;
    struct bolt_key *keys;
    size_t count;
    bool bad;
};

static bool read_key(struct bolt_bytes text, struct bolt_key *out)
{
    struct bolt_bytes name = bolt_bytes_cut(&text, '=');

    for (size_t i = 0; i < BOLT_LEN(kinds); i++) {
        if (bolt_bytes_is(name, kinds[i].name)) {
            *out = (struct bolt_key){(enum bolt_key_of)i, text};
            return text.len != 0;
        }
    }
    return false;
}

static void take_key(void *ctx, const struct bolt_doc *doc, bolt_node node)
{
    struct reading *r = ctx;

    r->keys = bolt_arena_grow(r->arena, r->keys, r->count, sizeof *r->keys);
    r->bad = r->bad || bolt_doc_kind(doc, node) != BOLT_JSON_STRING ||
             !read_key(bolt_doc_string(doc, node), &r->keys[r->count]);
    r->count++;
}

static bool read_arrays(struct bolt_arena *arena, const struct bolt_doc *doc,
                        struct bolt_index *out)
{
    bolt_node list = bolt_doc_member(doc, bolt_doc_root(doc), "arrays");
    size_t *arrays = bolt_new_n(arena, size_t, bolt_doc_count(doc, list));

    for (bolt_node n = bolt_doc_first(doc, list); n.id != 0; n = bolt_doc_next(doc, n)) {
        uint64_t at = 0;

        if (!bolt_bytes_to_u64(bolt_doc_source(doc, n), &at)) {
            return false;
        }
        arrays[out->text_count++] = at;
    }
    out->arrays = arrays;
    return true;
}

bool bolt_index_read(struct bolt_arena *arena, struct bolt_bytes text, struct bolt_index *out)
{
    struct reading r = {.arena = arena};
    const struct bolt_doc_list list = {"exceptions", take_key, &r};
    const struct bolt_doc *doc = NULL;
    struct bolt_err ignored;
    bolt_node root;

    if (bolt_doc_parse_list(arena, text, BOLT_DIALECT_STRICT, &list, &doc, &ignored) != 0 ||
        r.bad) {
        return false;
    }
    root = bolt_doc_root(doc);
    *out = (struct bolt_index){
        .drawbolt = bolt_doc_string(doc, bolt_doc_member(doc, root, "drawbolt")),
        .policy_sha256 = bolt_doc_string(doc, bolt_doc_member(doc, root, "policy")),
        .drop_ins_sha256 = bolt_doc_string(doc, bolt_doc_member(doc, root, "dropIns")),
        .keys = r.keys,
        .key_count = r.count};
    return bolt_bytes_is(bolt_doc_source(doc, bolt_doc_member(doc, root, "version")), VERSION) &&
           bolt_is_sha256_hex(out->policy_sha256) && read_arrays(arena, doc, out);
}

bool bolt_index_cut(struct bolt_arena *arena, struct bolt_bytes text, size_t array,
                    struct bolt_bytes *out, struct bolt_skimmed *taken)
{
    struct bolt_buf cut = {.arena = arena};
    size_t end = 0;

    if (!bolt_json_skim(text, array, taken, &end)) {
        return false;
    }
    bolt_buf_add(&cut, (struct bolt_bytes){text.at, array + 1});
    bolt_buf_add(&cut, (struct bolt_bytes){text.at + end, text.len - end});
    *out = bolt_buf_bytes(&cut);
    return true;
}
