/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a text besides what yajl asks of it. */
#include <stdlib.h>
#include <string.h>

#include "json/doc_internal.h"

/* yajl takes vertical tab and form feed for space (yajl_lex.c); RFC 8259 and Go do not, and it
 * would move token positions. Inside strings no control byte is allowed anyway. */
static bool is_bad_control(char c)
{
    return ((unsigned char)c < 0x20) & (c != '\t') & (c != '\n') & (c != '\r');
}

static int check_control_bytes(struct bolt_bytes text, struct bolt_err *err)
{
    bool any = false;

    for (size_t i = 0; i < text.len; i++) {
        any |= is_bad_control(text.at[i]); /* without a way out, so that it is done in vectors */
    }
    for (size_t i = 0; any && i < text.len; i++) {
        if (is_bad_control(text.at[i])) {
            return bolt_doc_fail_at(text, i, err, "a control byte, which parsers take differently");
        }
    }
    return 0;
}

static bool is_plain_run(const char *at, size_t len)
{
    bool plain = true;

    for (size_t i = 0; i < len; i++) {
        plain &= ((unsigned char)at[i] < 0x80) & !is_bad_control(at[i]);
    }
    return plain;
}

/* ASCII without bad control bytes, as nearly every document is. Where the first other byte is takes
 * longer to find. */
static bool is_plain(struct bolt_bytes text)
{
    const uint64_t spaces = 0x2020202020202020;
    const uint64_t high_bits = 0x8080808080808080;
    size_t i = 0;

    for (uint64_t word; text.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text.at + i, sizeof word);
        /* The first byte below a space borrows, and a borrow sets its highest bit. */
        if ((((word - spaces) | word) & high_bits) != 0 &&
            !is_plain_run(text.at + i, sizeof word)) {
            return false;
        }
    }
    return is_plain_run(text.at + i, text.len - i);
}

int bolt_doc_check_text(struct bolt_bytes text, struct bolt_err *err)
{
    size_t i = 0;

    if (text.len > BOLT_DOC_BYTES_MAX) {
        (void)bolt_fail(err, BOLT_ERR_INPUT, "larger than %zu MiB",
                        BOLT_DOC_BYTES_MAX / 1024 / 1024);
        err->too_large = true;
        return -1;
    }
    while (i < text.len && strchr(" \t\r\n", text.at[i]) != NULL && text.at[i] != '\0') {
        i++;
    }
    if (i == text.len) {
        return bolt_fail(err, BOLT_ERR_INPUT, "empty, not a JSON document");
    }
    if (text.len >= 3 && memcmp(text.at, "\xef\xbb\xbf", 3) == 0) {
        return bolt_doc_fail_at(text, 0, err,
                                "a byte-order mark, which the runtimes do not accept");
    }
    if (is_plain(text)) {
        return 0;
    }
    /* yajl takes overlong sequences, surrogates and what is beyond U+10FFFF, and keeps their bytes;
     * Go reads U+FFFD, so that names that differ here may be the same there. */
    i = bolt_utf8_span(text);
    return i != text.len ? bolt_doc_fail_at(text, i, err, "a byte that is not UTF-8")
                         : check_control_bytes(text, err);
}

/* The four hexadecimal digits behind "\u", or -1. */
static long unicode_escape(const char *at, const char *end)
{
    char digits[5] = {0};

    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    memcpy(digits, at + 2, 4);
    return strtol(digits, NULL, 16);
}

int bolt_doc_check_escapes(struct bolt_bytes text, size_t start, size_t end,
                           enum bolt_dialect dialect, struct bolt_err *err)
{
    const char *at = text.at + start;
    const char *stop_at = text.at + end;

    while ((at = memchr(at, '\\', (size_t)(stop_at - at))) != NULL) {
        long unit = unicode_escape(at, stop_at);
        size_t offset = (size_t)(at - text.at);

        if (unit == 0 && dialect != BOLT_DIALECT_ENGINE) {
            return bolt_doc_fail_at(text, offset, err,
                                    "an escaped NUL, where readers end the string differently");
        }
        if (unit >= 0xd800 && unit <= 0xdfff) {
            long low = unicode_escape(at + 6, stop_at);

            if (unit >= 0xdc00 || low < 0xdc00 || low > 0xdfff) {
                return bolt_doc_fail_at(text, offset, err,
                                        "half a surrogate pair, which readers decode differently");
            }
            at += 6;
        }
        at += unit >= 0 ? 6 : 2;
    }
    return 0;
}
