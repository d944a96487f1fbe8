/* SPDX-License-Identifier: Apache-2.0 */
/* Making JSON: a thin layer that knows where commas go. Adding cannot fail. */
#pragma once

#include "base/buf.h"

/* A JSON string: quoted and escaped. Bytes that are not UTF-8 become U+FFFD. */
void bolt_json_add_string(struct bolt_buf *out, struct bolt_bytes text);

/* An object or array under construction. Start with bolt_json_open(), end with _close(). */
struct bolt_json {
    struct bolt_buf *out;
    bool empty; /* nothing in the innermost container so far */
};

/* @bracket: '{' or '['; @name: of the member, or NULL for an element or the outermost. */
void bolt_json_open(struct bolt_json *json, const char *name, char bracket);
void bolt_json_close(struct bolt_json *json, char bracket);
void bolt_json_string(struct bolt_json *json, const char *name, struct bolt_bytes value);
void bolt_json_cstr(struct bolt_json *json, const char *name, const char *value);
void bolt_json_u64(struct bolt_json *json, const char *name, uint64_t value);
void bolt_json_bool(struct bolt_json *json, const char *name, bool value);
/* @value is JSON already. */
void bolt_json_raw(struct bolt_json *json, const char *name, struct bolt_bytes value);
