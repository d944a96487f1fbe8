/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only user of yajl's parser.
 *
 * The whole text is given to yajl in one call. In a callback yajl_get_bytes_consumed() is then
 * the offset behind the token, and its length says where the token starts; a string with escapes
 * starts where the separators behind the previous token end. That is what makes editing without
 * reprinting possible.
 */
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "base/buf.h"
#include "json/doc_internal.h"

#define BYTES_PER_VALUE 12 /* engines' config.json files have 13 to 20 */
#define FEW_MEMBERS 24     /* of an object: to compare each with each is faster than to sort */
#define FEW_VALUES 256     /* of a document besides a list that is handed on */
#define NO_LIST UINT32_MAX

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(tokens) #tokens

_Static_assert(BOLT_DOC_BYTES_MAX < UINT32_MAX, "offsets are 32 bits wide");

struct reader {
    struct bolt_arena *arena;
    struct bolt_doc *doc;
    struct bolt_err *err;
    yajl_handle handle;
    enum bolt_dialect dialect;
    size_t capacity;
    size_t at;     /* behind the last token */
    size_t start;  /* of the last string or name */
    size_t values; /* that were read */
    uint32_t open;
    unsigned depth;
    uint32_t key_start; /* of the member whose value comes next */
    struct bolt_bytes key;
    bool has_key;
    bool at_end;                      /* all of the text was given */
    const struct bolt_doc_list *list; /* whose elements are handed on, or NULL */
    uint32_t list_id;                 /* that list while it is open, or NO_LIST */
};

/* --- callbacks -------------------------------------------------------------------------- */

/* Where the string starts that ends at @end: behind the separators (and comments) that follow the
 * token before. */
static size_t token_start(const struct reader *r, size_t end)
{
    const char *text = r->doc->text.at;
    size_t at = r->at;

    while (at < end) {
        char c = text[at];

        if (c == ',' || c == ':' || c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            at++;
        } else if (c != '/') {
            break;
        } else if (r->dialect == BOLT_DIALECT_COMMENTS && text[at] == '/' && text[at + 1] == '*') {
            at += 4;
            while (at < end && !(text[at - 2] == '*' && text[at - 1] == '/')) {
                at++;
            }
        } else if (r->dialect == BOLT_DIALECT_COMMENTS && text[at] == '/') {
            while (at < end && text[at] != '\n') {
                at++;
            }
        } else {
            break;
        }
    }
    return at;
}

static int stop(const struct reader *r, size_t offset, const char *reason)
{
    (void)bolt_doc_fail_at(r->doc->text, offset, r->err, reason);
    return 0;
}

/* What a name or a string that was just read says; where it starts is in the reader. yajl gives a
 * pointer into the text or, of what has escapes, into a buffer that the next token reuses. */
static const char *take_string(struct reader *r, const unsigned char *value, size_t len)
{
    const size_t end = yajl_get_bytes_consumed(r->handle);
    const char *said = (const char *)value;

    r->start = end - len - strlen("\"\"");
    if (said != r->doc->text.at + r->start + 1) {
        r->start = token_start(r, end);
        if (bolt_doc_check_escapes(r->doc->text, r->start, end, r->dialect, r->err) != 0) {
            return NULL;
        }
        said = bolt_bytes_copy(r->arena, (struct bolt_bytes){said, len}).at;
    }
    r->at = end;
    return said;
}

static struct bolt_doc_node *add_node(struct reader *r, enum bolt_json_kind kind, size_t start,
                                      size_t end)
{
    struct bolt_doc *doc = r->doc;
    struct bolt_doc_node *node;
    uint32_t id = (uint32_t)doc->count;

    if (++r->values == BOLT_DOC_NODES_MAX) {
        (void)stop(r, start, "more values than the limit of " TEXT_OF(BOLT_DOC_NODES_MAX));
        r->err->too_large = true;
        return NULL;
    }
    if (doc->count == r->capacity) {
        doc->nodes =
            bolt_arena_resize(r->arena, doc->nodes, r->capacity, r->capacity * 2, sizeof *node);
        r->capacity *= 2;
    }
    node = &doc->nodes[doc->count++]; /* zeroed */
    node->name = r->key.at;
    node->name_len = (uint32_t)r->key.len;
    node->kind = kind;
    node->key_start = r->has_key ? r->key_start : (uint32_t)start;
    node->start = (uint32_t)start;
    node->end = (uint32_t)end;
    node->parent = r->open;
    r->has_key = false;
    r->key = (struct bolt_bytes){0};
    if (r->open != 0) {
        struct bolt_doc_node *parent = &doc->nodes[r->open];

        node->prev = parent->last;
        if (parent->last != 0) {
            doc->nodes[parent->last].next = id;
        } else {
            parent->first = id;
        }
        parent->last = id;
        parent->count++;
    }
    return node;
}

/* A number that nothing follows ends only when yajl is told that the text ends, and what it has
 * consumed then is not counted from the start of the text. */
static size_t token_end(const struct reader *r)
{
    return r->at_end ? r->doc->text.len : yajl_get_bytes_consumed(r->handle);
}

/* Adds a node for the token of @width bytes that was just read. */
static struct bolt_doc_node *add_token(struct reader *r, enum bolt_json_kind kind, size_t width)
{
    size_t end = token_end(r);

    r->at = end;
    return add_node(r, kind, end - width, end);
}

/* A value is complete. The nodes of an element that was handed on are used again. */
static int end_value(struct reader *r, const struct bolt_doc_node *node)
{
    struct bolt_doc *doc = r->doc;
    uint32_t id = (uint32_t)(node - doc->nodes);

    if (r->open == r->list_id) {
        r->list->take(r->list->ctx, doc, (bolt_node){id});
        memset(&doc->nodes[id], 0, (doc->count - id) * sizeof *doc->nodes);
        doc->count = id;
        doc->nodes[r->open].first = doc->nodes[r->open].last = 0;
    }
    return 1;
}

static int add_scalar(struct reader *r, enum bolt_json_kind kind, size_t width)
{
    const struct bolt_doc_node *node = add_token(r, kind, width);

    return node != NULL ? end_value(r, node) : 0;
}

static int on_null(void *ctx)
{
    return add_scalar(ctx, BOLT_JSON_NULL, strlen("null"));
}

static int on_boolean(void *ctx, int value)
{
    return add_scalar(ctx, BOLT_JSON_BOOL, value ? strlen("true") : strlen("false"));
}

static int on_number(void *ctx, const char *value, size_t len)
{
    (void)value;
    return add_scalar(ctx, BOLT_JSON_NUMBER, len);
}

static int on_string(void *ctx, const unsigned char *value, size_t len)
{
    struct reader *r = ctx;
    const char *string = take_string(r, value, len);
    struct bolt_doc_node *node;

    if (string == NULL) {
        return 0;
    }
    node = add_node(r, BOLT_JSON_STRING, r->start, r->at);
    if (node == NULL) {
        return 0;
    }
    node->string = string;
    node->string_len = (uint32_t)len;
    return end_value(r, node);
}

static int on_key(void *ctx, const unsigned char *value, size_t len)
{
    struct reader *r = ctx;
    const char *name = take_string(r, value, len);

    if (name == NULL) {
        return 0;
    }
    if (r->doc->nodes[r->open].count == BOLT_DOC_MEMBERS_MAX && r->dialect != BOLT_DIALECT_ENGINE) {
        return stop(r, r->start,
                    "more members in one object than the limit of " TEXT_OF(BOLT_DOC_MEMBERS_MAX));
    }
    r->key = (struct bolt_bytes){name, len};
    r->key_start = (uint32_t)r->start;
    r->has_key = true;
    return 1;
}

static int open_container(struct reader *r, enum bolt_json_kind kind)
{
    if (r->depth == BOLT_DOC_DEPTH_MAX) {
        return stop(r, r->at, "nested deeper than the limit of " TEXT_OF(BOLT_DOC_DEPTH_MAX));
    }
    if (add_token(r, kind, 1) == NULL) {
        return 0;
    }
    r->open = (uint32_t)r->doc->count - 1;
    r->depth++;
    return 1;
}

static int on_open_object(void *ctx)
{
    return open_container(ctx, BOLT_JSON_OBJECT);
}

static int on_open_array(void *ctx)
{
    struct reader *r = ctx;
    bool listed = r->list != NULL && r->depth == 1 && bolt_bytes_is(r->key, r->list->name);

    if (!open_container(r, BOLT_JSON_ARRAY)) {
        return 0;
    }
    if (listed) {
        r->list_id = r->open;
    }
    return 1;
}

static int close_container(struct reader *r)
{
    struct bolt_doc_node *node = &r->doc->nodes[r->open];

    r->at = yajl_get_bytes_consumed(r->handle);
    node->end = (uint32_t)r->at;
    r->open = node->parent;
    r->depth--;
    return end_value(r, node);
}

static int on_close_array(void *ctx)
{
    struct reader *r = ctx;

    if (r->open == r->list_id) {
        r->list_id = NO_LIST;
    }
    return close_container(r);
}

static int by_name(const void *left, const void *right)
{
    const struct bolt_doc_node *a = *(const struct bolt_doc_node *const *)left;
    const struct bolt_doc_node *b = *(const struct bolt_doc_node *const *)right;
    int order = bolt_bytes_compare(bolt_doc_node_name(a), bolt_doc_node_name(b));

    return order != 0 ? order : (a->start > b->start) - (a->start < b->start);
}

/* A member whose name an earlier one has, or NULL: by sorting, for objects with many members. */
static const struct bolt_doc_node *repeated_of_many(const struct reader *r, uint32_t first)
{
    const struct bolt_doc_node *sorted[BOLT_DOC_MEMBERS_MAX];
    size_t n = 0;

    for (uint32_t id = first; id != 0; id = r->doc->nodes[id].next) {
        sorted[n++] = &r->doc->nodes[id];
    }
    qsort(sorted, n, sizeof(const struct bolt_doc_node *), by_name);
    for (size_t i = 1; i < n; i++) {
        if (bolt_bytes_equal(bolt_doc_node_name(sorted[i - 1]), bolt_doc_node_name(sorted[i]))) {
            return sorted[i];
        }
    }
    return NULL;
}

/* The same by comparing each with each, for the rest, which is nearly all. */
static const struct bolt_doc_node *repeated_of_few(const struct reader *r, uint32_t first)
{
    for (uint32_t id = first; id != 0; id = r->doc->nodes[id].next) {
        const struct bolt_doc_node *node = &r->doc->nodes[id];

        for (uint32_t other = first; other != id; other = r->doc->nodes[other].next) {
            if (bolt_bytes_equal(bolt_doc_node_name(&r->doc->nodes[other]),
                                 bolt_doc_node_name(node))) {
                return node;
            }
        }
    }
    return NULL;
}

/* Of a repeated name, runc takes the last value (and merges objects), crun the first or the
 * last, depending on its parser. */
static int on_close_object(void *ctx)
{
    struct reader *r = ctx;
    const struct bolt_doc_node *object = &r->doc->nodes[r->open];
    const struct bolt_doc_node *repeated = NULL;

    if (r->dialect != BOLT_DIALECT_ENGINE) {
        repeated = object->count > FEW_MEMBERS ? repeated_of_many(r, object->first)
                                               : repeated_of_few(r, object->first);
    }
    if (repeated != NULL) {
        return stop(r, repeated->key_start,
                    "a member name used twice, of which readers take different ones");
    }
    return close_container(r);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_close_object,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close_array,
};

/* --- the parse -------------------------------------------------------------------------- */

/* yajl does not look at what its allocator returns. */
static void *allocate(void *ctx, size_t size)
{
    void *at = malloc(size);

    (void)ctx;
    if (at == NULL) {
        bolt_out_of_memory();
    }
    return at;
}

static void *reallocate(void *ctx, void *old, size_t size)
{
    void *at = realloc(old, size);

    (void)ctx;
    if (at == NULL && size != 0) {
        bolt_out_of_memory();
    }
    return at;
}

static void release(void *ctx, void *at)
{
    (void)ctx;
    free(at);
}

static void free_handle(yajl_handle *handle)
{
    if (*handle != NULL) {
        yajl_free(*handle);
    }
}

static int fail_from_yajl(const struct reader *r, size_t offset, struct bolt_err *err)
{
    unsigned char *message = NULL;
    char reason[128] = "not JSON";

    if (err->kind != BOLT_ERR_NONE) {
        return -1; /* a callback stopped it and has said why */
    }
    message = yajl_get_error(r->handle, 0, NULL, 0);
    if (message != NULL) {
        size_t len = strcspn((const char *)message, "\n");

        len = len < sizeof reason - 1 ? len : sizeof reason - 1;
        memcpy(reason, message, len);
        reason[len] = '\0';
        yajl_free_error(r->handle, message);
    }
    return bolt_doc_fail_at(r->doc->text, offset, err, reason);
}

int bolt_doc_parse(struct bolt_arena *arena, struct bolt_bytes text, enum bolt_dialect dialect,
                   const struct bolt_doc **out, struct bolt_err *err)
{
    return bolt_doc_parse_list(arena, text, dialect, NULL, out, err);
}

int bolt_doc_parse_list(struct bolt_arena *arena, struct bolt_bytes text, enum bolt_dialect dialect,
                        const struct bolt_doc_list *list, const struct bolt_doc **out,
                        struct bolt_err *err)
{
    yajl_alloc_funcs memory = {allocate, reallocate, release, NULL};
    struct bolt_doc *doc = bolt_new(arena, struct bolt_doc);
    struct reader r = {.arena = arena,
                       .doc = doc,
                       .err = err,
                       .capacity = list != NULL ? FEW_VALUES : text.len / BYTES_PER_VALUE + 16,
                       .dialect = dialect,
                       .list = list,
                       .list_id = NO_LIST};
    __attribute__((cleanup(free_handle))) yajl_handle handle = NULL;

    *err = (struct bolt_err){0};
    if (bolt_doc_check_text(text, err) != 0) {
        return -1;
    }
    doc->text = text;
    doc->nodes = bolt_new_n(arena, struct bolt_doc_node, r.capacity);
    doc->count = 1;
    handle = yajl_alloc(&callbacks, &memory, &r);
    r.handle = handle;
    if (dialect == BOLT_DIALECT_COMMENTS) {
        (void)yajl_config(handle, yajl_allow_comments, 1);
    }
    if (yajl_parse(handle, (const unsigned char *)text.at, text.len) != yajl_status_ok) {
        return fail_from_yajl(&r, yajl_get_bytes_consumed(handle), err);
    }
    r.at_end = true;
    if (yajl_complete_parse(handle) != yajl_status_ok) {
        return fail_from_yajl(&r, text.len, err);
    }
    bolt_arena_trim(arena, doc->nodes, r.capacity, doc->count, sizeof *doc->nodes);
    *out = doc;
    return 0;
}
