/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key in a file of bbolt: pages of a B+ tree, each written anew when it changes, and two pages
 * at the start that take turns in naming the root. All numbers are little-endian here: bbolt writes
 * the machine's own, and so does every machine that podman runs on except s390x, where this finds
 * no database.
 */
#include "facts/engines.h"

#define MAGIC 0xED0CDAEDU
#define VERSION 2
#define META_LENGTH 64 /* with its checksum, the last 8 bytes */
#define PAGE_HEADER 16
#define ELEMENT 16 /* of a branch or a leaf */
#define IS_BRANCH 0x01
#define IS_LEAF 0x02
#define IS_META 0x04
#define IS_BUCKET 0x01 /* of a leaf's element */
#define BUCKET_HEADER 16
#define DEPTH_MAX 32 /* of pages: no tree that fits memory is deeper */

struct tree {
    struct bolt_bytes file;
    size_t page_size;
    struct bolt_err *err;
};

static uint64_t number(struct bolt_bytes bytes, size_t at, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; at <= bytes.len && size <= bytes.len - at && i < size; i++) {
        value |= (uint64_t)(unsigned char)bytes.at[at + i] << (8 * i);
    }
    return value;
}

/* Empty if it is not all there. */
static struct bolt_bytes part(struct bolt_bytes bytes, uint64_t at, uint64_t len)
{
    if (at > bytes.len || len > bytes.len - at) {
        return (struct bolt_bytes){0};
    }
    return (struct bolt_bytes){bytes.at + at, (size_t)len};
}

/* --- the two pages at the start --------------------------------------------------------- */

static uint64_t fnv(struct bolt_bytes bytes) /* FNV-1a */
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ (unsigned char)bytes.at[i]) * 0x100000001b3U;
    }
    return hash;
}

/* The page's content if it is such a page; else empty. */
static struct bolt_bytes meta_at(struct bolt_bytes file, uint64_t at)
{
    struct bolt_bytes meta = part(file, at + PAGE_HEADER, META_LENGTH);

    if (meta.len == 0 || number(file, at + 8, 2) != IS_META || number(meta, 0, 4) != MAGIC ||
        number(meta, 4, 4) != VERSION ||
        number(meta, META_LENGTH - 8, 8) != fnv(part(meta, 0, META_LENGTH - 8))) {
        return (struct bolt_bytes){0};
    }
    return meta;
}

/* The one that was written last, and the size of pages. The second page is found where the first
 * says, or, if that is damaged, where it is with the usual size. */
static struct bolt_bytes last_meta(struct bolt_bytes file, size_t *page_size)
{
    const uint64_t usual = 4096;
    struct bolt_bytes first = meta_at(file, 0);
    struct bolt_bytes second = meta_at(file, first.len != 0 ? number(first, 8, 4) : usual);

    if (first.len == 0 || (second.len != 0 && number(second, 48, 8) > number(first, 48, 8))) {
        first = second;
    }
    *page_size = (size_t)number(first, 8, 4);
    return first;
}

uint64_t bolt_bbolt_moment(struct bolt_bytes file)
{
    size_t page_size;

    return number(last_meta(file, &page_size), 48, 8);
}

/* --- pages ------------------------------------------------------------------------------ */

static int damaged(const struct tree *t)
{
    return bolt_fail(t->err, BOLT_ERR_INPUT, "not a database of bbolt, or a damaged one");
}

/* A page with those that overflow it. */
static struct bolt_bytes page_at(const struct tree *t, uint64_t id)
{
    uint64_t count;

    if (t->page_size < META_LENGTH + PAGE_HEADER || id >= t->file.len / t->page_size) {
        return (struct bolt_bytes){0};
    }
    count = number(t->file, id * t->page_size + 12, 4) + 1;
    return part(t->file, id * t->page_size, count * t->page_size);
}

/* A string whose place an element tells from where it stands itself. */
static struct bolt_bytes string_at(struct bolt_bytes page, size_t element, uint64_t skip,
                                   size_t pos_at, size_t size_at)
{
    return part(page, element + number(page, element + pos_at, 4) + skip,
                number(page, element + size_at, 4));
}

/* The child that may hold the key: the last one that does not begin behind it. */
static int descend(const struct tree *t, struct bolt_bytes page, struct bolt_bytes key,
                   struct bolt_bytes *child)
{
    size_t count = (size_t)number(page, 10, 2);
    uint64_t id = 0;

    if (page.len < PAGE_HEADER + count * ELEMENT) {
        return damaged(t);
    }
    for (size_t i = 0; i < count; i++) {
        size_t element = PAGE_HEADER + i * ELEMENT;

        if (i != 0 && bolt_bytes_compare(string_at(page, element, 0, 0, 4), key) > 0) {
            break;
        }
        id = number(page, element + 8, 8);
    }
    *child = page_at(t, id);
    return child->len != 0 ? 0 : damaged(t);
}

static int find_in_leaf(const struct tree *t, struct bolt_bytes page, struct bolt_bytes key,
                        bool bucket, struct bolt_bytes *value)
{
    size_t count = (size_t)number(page, 10, 2);

    if (page.len < PAGE_HEADER + count * ELEMENT) {
        return damaged(t);
    }
    for (size_t i = 0; i < count; i++) {
        size_t element = PAGE_HEADER + i * ELEMENT;
        uint64_t key_size = number(page, element + 8, 4);

        if (!bolt_bytes_equal(string_at(page, element, 0, 4, 8), key)) {
            continue;
        }
        *value = string_at(page, element, key_size, 4, 12);
        return ((number(page, element, 4) & IS_BUCKET) != 0) == bucket && value->len != 0
                   ? 0
                   : damaged(t);
    }
    return 0;
}

static int find(const struct tree *t, struct bolt_bytes page, struct bolt_bytes key, bool bucket,
                struct bolt_bytes *value)
{
    *value = (struct bolt_bytes){0};
    for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
        uint64_t flags = number(page, 8, 2);

        if (flags == IS_LEAF) {
            return find_in_leaf(t, page, key, bucket, value);
        }
        if (flags != IS_BRANCH || descend(t, page, key, &page) != 0) {
            break;
        }
    }
    return damaged(t);
}

/* The root page of a bucket: elsewhere, or, of a small one, behind its header. */
static int open_bucket(const struct tree *t, struct bolt_bytes bucket, struct bolt_bytes *page)
{
    uint64_t root = number(bucket, 0, 8);

    *page = root != 0 ? page_at(t, root)
                      : part(bucket, BUCKET_HEADER,
                             bucket.len < BUCKET_HEADER ? 0 : bucket.len - BUCKET_HEADER);
    return page->len >= PAGE_HEADER ? 0 : damaged(t);
}

int bolt_bbolt_find(struct bolt_bytes file, const struct bolt_bytes *path, size_t depth,
                    struct bolt_bytes *out, struct bolt_err *err)
{
    struct tree t = {.file = file, .err = err};
    struct bolt_bytes bucket = part(last_meta(file, &t.page_size), 16, BUCKET_HEADER);

    for (size_t i = 0; i < depth; i++) {
        struct bolt_bytes page;

        if (open_bucket(&t, bucket, &page) != 0 ||
            find(&t, page, path[i], i + 1 < depth, &bucket) != 0) {
            return -1;
        }
        if (bucket.len == 0) {
            break;
        }
    }
    *out = bucket;
    return 0;
}
