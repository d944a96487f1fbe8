/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)256 * 1024) /* enough for most starts; each page costs */
#define EXIT_SYSTEM 5 /* BOLT_EXIT_SYSTEM, front/exit.h; tests/check/tables.sh compares them */

struct block {
    struct block *next;
    size_t used;
    size_t size; /* of data */
    max_align_t data[];
};

struct bolt_arena {
    struct block *blocks;
};

bool bolt_takes_line(int fd, int milliseconds)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};

    return poll(&ready, 1, milliseconds) == 1 && (ready.revents & POLLOUT) != 0;
}

static const struct bolt_last_words *last_words;

void bolt_note_last_words(const struct bolt_last_words *words)
{
    last_words = words;
}

static void write_last_words(const char *line)
{
    const struct bolt_last_words *words = last_words;
    struct iovec parts[3];
    int fd;

    if (words == NULL) {
        return;
    }
    fd = open(words->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
    if (fd < 0) {
        return;
    }
    parts[0] = (struct iovec){(void *)(uintptr_t)words->before.at, words->before.len};
    parts[1] = (struct iovec){(void *)(uintptr_t)line, strlen(line) - 1 /* newline */};
    parts[2] = (struct iovec){(void *)(uintptr_t)words->after.at, words->after.len};
    (void)!writev(fd, parts, 3);
    (void)close(fd);
}

void bolt_die(const char *line)
{
    write_last_words(line);
    if (bolt_takes_line(STDERR_FILENO, BOLT_PATIENCE_MS)) {
        (void)!write(STDERR_FILENO, line, strlen(line));
    }
    _exit(EXIT_SYSTEM);
}

void bolt_out_of_memory(void)
{
    bolt_die("drawbolt: error: out of memory\n");
}

/* Zeroed memory for a block. Straight from the kernel it need not be cleared a second time, which
 * calloc() does; one block per object comes from calloc(), which AddressSanitizer watches. */
static struct block *new_block(size_t bytes)
{
#ifdef BOLT_ARENA_SPLIT
    struct block *block = calloc(1, bytes);

    if (block == NULL) {
        bolt_out_of_memory();
    }
    return block;
#else
    /* The usual block is small, and to get its pages at once is cheaper than one by one. */
    int now = bytes <= BLOCK_BYTES ? MAP_POPULATE : 0;
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | now, -1, 0);

    if (at == MAP_FAILED) {
        bolt_out_of_memory();
    }
    return at;
#endif
}

static void free_block(struct block *block)
{
#ifdef BOLT_ARENA_SPLIT
    free(block);
#else
    (void)munmap(block, sizeof *block + block->size);
#endif
}

struct bolt_arena *bolt_arena_new(void)
{
    struct bolt_arena *arena = calloc(1, sizeof *arena);

    if (arena == NULL) {
        bolt_out_of_memory();
    }
    return arena;
}

void bolt_arena_free(struct bolt_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->blocks != NULL) {
        struct block *next = arena->blocks->next;

        free_block(arena->blocks);
        arena->blocks = next;
    }
    free(arena);
}

void bolt_arena_cleanup(struct bolt_arena **arena)
{
    bolt_arena_free(*arena);
    *arena = NULL;
}

/* A block for one large object goes behind the block that is in use, which still has room. */
static struct block *add_block(struct bolt_arena *arena, size_t size)
{
    struct block **place = &arena->blocks;
    struct block *block;
    size_t total;

    if (__builtin_add_overflow(sizeof(struct block), size, &total)) {
        bolt_out_of_memory();
    }
    if (total > BLOCK_BYTES && arena->blocks != NULL) {
        place = &arena->blocks->next;
    }
    block = new_block(total);
    block->size = size;
    block->next = *place;
    *place = block;
    return block;
}

/* What @count objects of @size bytes take. */
static size_t taken_by(size_t count, size_t size)
{
    const size_t align = sizeof(max_align_t);
    size_t want;

    if (__builtin_mul_overflow(count, size, &want) ||
        __builtin_add_overflow(want, align - 1, &want)) {
        bolt_out_of_memory();
    }
    return want / align * align;
}

void *bolt_arena_alloc(struct bolt_arena *arena, size_t count, size_t size)
{
    size_t want = taken_by(count, size);
    struct block *block = arena->blocks;
    void *at;

#ifdef BOLT_ARENA_SPLIT
    block = add_block(arena, count * size);
#else
    if (block == NULL || block->size - block->used < want) {
        const size_t usual = BLOCK_BYTES - sizeof *block;

        block = add_block(arena, want > usual ? want : usual);
    }
#endif
    at = (char *)block->data + block->used;
    block->used += want;
    return at;
}

/* Nothing was allocated behind the object, so that its end can move. */
static bool is_last(const struct bolt_arena *arena, const void *at, size_t taken)
{
#ifdef BOLT_ARENA_SPLIT
    (void)arena;
    (void)at;
    (void)taken;
    return false;
#else
    const struct block *block = arena->blocks;

    return block != NULL && (const char *)at + taken == (const char *)block->data + block->used;
#endif
}

void *bolt_arena_resize(struct bolt_arena *arena, void *items, size_t count, size_t wanted,
                        size_t size)
{
    size_t more = taken_by(wanted, size) - taken_by(count, size);
    void *bigger;

    if (count != 0 && is_last(arena, items, taken_by(count, size)) &&
        arena->blocks->size - arena->blocks->used >= more) {
        arena->blocks->used += more;
        return items;
    }
    bigger = bolt_arena_alloc(arena, wanted, size);
    if (count != 0) {
        memcpy(bigger, items, count * size);
    }
    return bigger;
}

void bolt_arena_trim(struct bolt_arena *arena, void *items, size_t count, size_t needed,
                     size_t size)
{
    if (is_last(arena, items, taken_by(count, size))) {
        arena->blocks->used -= taken_by(count, size) - taken_by(needed, size);
    }
}

void *bolt_arena_grow(struct bolt_arena *arena, void *items, size_t count, size_t size)
{
    if (items != NULL && (count < 8 || (count & (count - 1)) != 0)) {
        return items;
    }
    return bolt_arena_resize(arena, items, count, count < 8 ? 8 : count * 2, size);
}

struct bolt_bytes bolt_bytes_copy(struct bolt_arena *arena, struct bolt_bytes bytes)
{
    char *copy = bolt_arena_alloc(arena, bytes.len + 1, 1);

    if (bytes.len != 0) {
        memcpy(copy, bytes.at, bytes.len);
    }
    return (struct bolt_bytes){copy, bytes.len};
}

const char *bolt_bytes_cstr(struct bolt_arena *arena, struct bolt_bytes bytes)
{
    return bolt_bytes_copy(arena, bytes).at;
}

struct bolt_bytes bolt_bytes_cut(struct bolt_bytes *text, char mark)
{
    struct bolt_bytes part = *text;
    const char *at = part.len == 0 ? NULL : memchr(part.at, mark, part.len);

    if (at == NULL) {
        *text = (struct bolt_bytes){0};
        return part;
    }
    part.len = (size_t)(at - part.at);
    *text = (struct bolt_bytes){at + 1, text->len - part.len - 1};
    return part;
}

bool bolt_bytes_take_word(struct bolt_bytes *words, struct bolt_bytes *word)
{
    if (words->len == 0) {
        return false;
    }
    *word = bolt_bytes_of(words->at); /* the last one has its NUL, too */
    words->at += word->len + 1;
    words->len -= word->len + 1;
    return true;
}

int bolt_bytes_compare(struct bolt_bytes a, struct bolt_bytes b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.at, b.at, common);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool bolt_bytes_equal_fold(struct bolt_bytes a, struct bolt_bytes b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (fold(a.at[i]) != fold(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool bolt_bytes_to_u64(struct bolt_bytes bytes, uint64_t *out)
{
    uint64_t value = 0;

    if (bytes.len == 0 || (bytes.at[0] == '0' && bytes.len > 1)) {
        return false;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.at[i];

        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value)) {
            return false;
        }
    }
    *out = value;
    return true;
}

size_t bolt_utf8_length(struct bolt_bytes bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    size_t len;

    if (bytes.len == 0) {
        return 0;
    }
    len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (len == 0 || at[0] > 0xf4 || bytes.len < len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)) {
        return 0;
    }
    return len;
}

size_t bolt_utf8_span(struct bolt_bytes bytes)
{
    unsigned char any = 0;
    size_t i = 0;

    for (size_t k = 0; k < bytes.len; k++) {
        any |= (unsigned char)bytes.at[k];
    }
    if (any < 0x80) {
        return bytes.len;
    }
    while (i < bytes.len) {
        size_t len = bolt_utf8_length((struct bolt_bytes){bytes.at + i, bytes.len - i});

        if (len == 0) {
            break;
        }
        i += len;
    }
    return i;
}

/* U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069, by their second and third bytes. */
static bool is_format_control(unsigned char second, unsigned char third)
{
    return (second == 0x80 &&
            ((third >= 0x8e && third <= 0x8f) || (third >= 0xa8 && third <= 0xae))) ||
           (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

void bolt_make_printable(char *at, size_t len)
{
    unsigned char *c = (unsigned char *)at;

    for (size_t i = 0; i < len; i++) {
        if (c[i] < 0x20 || c[i] == 0x7f) {
            c[i] = '?';
        } else if (c[i] == 0xc2 && i + 1 < len && c[i + 1] >= 0x80 && c[i + 1] < 0xa0) {
            c[i] = c[i + 1] = '?';
        } else if (c[i] == 0xe2 && i + 2 < len && is_format_control(c[i + 1], c[i + 2])) {
            c[i] = c[i + 1] = c[i + 2] = '?';
        }
    }
}
