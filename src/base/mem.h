/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: one arena per run, and runs of bytes that borrow from it.
 *
 * Everything that is memory lives in the arena of its run and dies with it; nobody calls free().
 * The program answers one question and is gone, so leaks, double frees and uses after free
 * cannot be written. What it costs, that overruns inside a block are invisible to
 * AddressSanitizer, is paid by BOLT_ARENA_SPLIT (set in sanitizer builds): one block per object.
 *
 * Inputs are bounded, hence so is the arena. If memory runs out all the same, the process says so
 * on stderr and ends with exit code 5, which every caller takes for a refusal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

/* A borrowed run of bytes. Not a C string: it may hold NUL and need not end in one. */
struct bolt_bytes {
    const char *at;
    size_t len;
};

#define BOLT_LIT(s) ((struct bolt_bytes){(s), sizeof(s) - 1})
/* For printf's %.*s; a length beyond INT_MAX is cut. */
#define BOLT_FMT(b) ((b).len > 0x7fffffff ? 0x7fffffff : (int)(b).len), (b).at

struct bolt_arena;

/* How long anybody waits for a standard error that nobody reads. */
#define BOLT_PATIENCE_MS 1000

/* True if a line can be written without waiting longer than that: a pipe that is writable takes
 * PIPE_BUF bytes at once (pipe(7), poll(2)). Safe in a signal handler. */
bool bolt_takes_line(int fd, int milliseconds);

/* Where bolt_die() writes the line's text as well: into a file that is opened for appending, or
 * made, with these bytes in front of it and behind it. All are borrowed. */
struct bolt_last_words {
    const char *path;
    struct bolt_bytes before;
    struct bolt_bytes after;
};
void bolt_note_last_words(const struct bolt_last_words *words); /* NULL: nowhere else */

/* Writes the line (with its newline) to standard error, unless nobody reads there, and ends the
 * process with exit code 5, a refusal everywhere: for what leaves no way to return an error. Safe
 * in a signal handler. */
BOLT_NORETURN void bolt_die(const char *line);
BOLT_NORETURN void bolt_out_of_memory(void);

struct bolt_arena *bolt_arena_new(void);
void bolt_arena_free(struct bolt_arena *arena); /* NULL is fine */
void bolt_arena_cleanup(struct bolt_arena **arena);

/* Frees the arena when the variable goes out of scope. */
#define BOLT_ARENA __attribute__((cleanup(bolt_arena_cleanup)))

/* @count objects of @size bytes: zeroed, aligned for any type, never NULL. */
void *bolt_arena_alloc(struct bolt_arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull, alloc_size(2, 3)));

#define bolt_new(arena, type) ((type *)bolt_arena_alloc((arena), 1, sizeof(type)))
#define bolt_new_n(arena, type, n) ((type *)bolt_arena_alloc((arena), (n), sizeof(type)))

/**
 * bolt_arena_resize() - make an array longer
 * @arena:  owns the array
 * @items:  the array
 * @count:  how many elements it was allocated with
 * @wanted: how many it shall have, not less
 * @size:   of one element
 *
 * What was allocated last grows where it is.
 *
 * Return: the array, moved or not; what is new is zeroed.
 */
void *bolt_arena_resize(struct bolt_arena *arena, void *items, size_t count, size_t wanted,
                        size_t size);

/* Gives back all but the first @needed of an array's @count elements, if it was allocated last.
 * Nothing was ever written to those: they are zeroed for whoever gets them next. */
void bolt_arena_trim(struct bolt_arena *arena, void *items, size_t count, size_t needed,
                     size_t size);

/**
 * bolt_arena_grow() - make room for one more element of an array
 * @arena: owns the array
 * @items: the array, or NULL
 * @count: how many elements it holds; the capacity is the next power of two from 8 up, so
 *         nothing else needs to remember it
 * @size:  of one element
 *
 * Return: the array, moved or not, with room for element @count, which is zeroed.
 */
void *bolt_arena_grow(struct bolt_arena *arena, void *items, size_t count, size_t size);

/* A copy that the arena owns, with a NUL behind it that is not counted. */
struct bolt_bytes bolt_bytes_copy(struct bolt_arena *arena, struct bolt_bytes bytes);
/* The bytes as a C string, copied; cut at the first NUL if there is one. */
const char *bolt_bytes_cstr(struct bolt_arena *arena, struct bolt_bytes bytes);

/* These are here so that the compiler counts the bytes of a literal. */
static inline struct bolt_bytes bolt_bytes_of(const char *cstr)
{
    return (struct bolt_bytes){cstr, strlen(cstr)};
}

static inline bool bolt_bytes_equal(struct bolt_bytes a, struct bolt_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool bolt_bytes_is(struct bolt_bytes a, const char *cstr)
{
    return a.len == 0 ? *cstr == '\0'
                      : a.at[0] == *cstr && bolt_bytes_equal(a, bolt_bytes_of(cstr));
}

static inline bool bolt_bytes_has_prefix(struct bolt_bytes a, const char *prefix)
{
    size_t len = strlen(prefix);

    return a.len >= len && memcmp(a.at, prefix, len) == 0;
}

/**
 * bolt_bytes_cut() - take what is before a mark off a text
 * @text: becomes what is behind the first @mark; empty if there is none
 * @mark: the byte
 *
 * Return: what was before it; all of @text if there is none.
 */
struct bolt_bytes bolt_bytes_cut(struct bolt_bytes *text, char mark);

/* Takes the first off words with a NUL behind each, as /proc/PID/cmdline has them; false at the
 * end. */
bool bolt_bytes_take_word(struct bolt_bytes *words, struct bolt_bytes *word);

/* memcmp order; a prefix comes before what it is a prefix of. */
int bolt_bytes_compare(struct bolt_bytes a, struct bolt_bytes b);
/* Equal when ASCII letters are folded to lower case. */
bool bolt_bytes_equal_fold(struct bolt_bytes a, struct bolt_bytes b);

/**
 * bolt_bytes_to_u64() - an unsigned decimal integer, all of it digits
 * @bytes: no sign, no blanks, no leading zero but "0" itself
 * @out:   set on success
 *
 * Return: true if @bytes is such a number and fits 64 bits.
 */
bool bolt_bytes_to_u64(struct bolt_bytes bytes, uint64_t *out);

/* Replaces, in place, what terminals obey rather than show by '?': C0, DEL, C1, line and paragraph
 * separators, and the characters that turn the direction of text. */
void bolt_make_printable(char *at, size_t len);

/* The length of the UTF-8 sequence (RFC 3629) that @bytes start with, or 0 if they do not. */
size_t bolt_utf8_length(struct bolt_bytes bytes);
/* How many of the bytes, from the first on, are UTF-8. */
size_t bolt_utf8_span(struct bolt_bytes bytes);
