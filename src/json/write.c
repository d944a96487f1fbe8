/* SPDX-License-Identifier: Apache-2.0 */
#include "json/write.h"

/* How many bytes, from @at on, stand in a JSON string as they are and are ASCII. */
static size_t plain_span(struct bolt_bytes text, size_t at)
{
    size_t end = at;

    while (end < text.len && text.at[end] >= ' ' && text.at[end] < 0x7f && text.at[end] != '"' &&
           text.at[end] != '\\') { /* char may be signed or not: 0x80 and up end it either way */
        end++;
    }
    return end - at;
}

/* What starts at @at and is not plain. Returns its length. */
static size_t add_special(struct bolt_buf *out, struct bolt_bytes text, size_t at)
{
    struct bolt_bytes rest = {text.at + at, text.len - at};
    unsigned char c = (unsigned char)text.at[at];

    rest.len = bolt_utf8_length(rest);
    if (rest.len == 0) {
        bolt_buf_adds(out, "\\ufffd");
        return 1;
    }
    if (c == '"' || c == '\\') {
        bolt_buf_addf(out, "\\%c", c);
    } else if (c < 0x20 || c == 0x7f) {
        bolt_buf_addf(out, "\\u%04x", c);
    } else {
        bolt_buf_add(out, rest);
    }
    return rest.len;
}

void bolt_json_add_string(struct bolt_buf *out, struct bolt_bytes text)
{
    size_t at = 0;

    bolt_buf_addc(out, '"');
    while (at < text.len) {
        size_t plain = plain_span(text, at);

        bolt_buf_add(out, (struct bolt_bytes){text.at + at, plain});
        at += plain;
        at += at < text.len ? add_special(out, text, at) : 0;
    }
    bolt_buf_addc(out, '"');
}

static void lead(struct bolt_json *json, const char *name)
{
    if (!json->empty) {
        bolt_buf_addc(json->out, ',');
    }
    json->empty = false;
    if (name != NULL) {
        bolt_json_add_string(json->out, bolt_bytes_of(name));
        bolt_buf_addc(json->out, ':');
    }
}

void bolt_json_open(struct bolt_json *json, const char *name, char bracket)
{
    lead(json, name);
    bolt_buf_addc(json->out, bracket);
    json->empty = true;
}

void bolt_json_close(struct bolt_json *json, char bracket)
{
    bolt_buf_addc(json->out, bracket);
    json->empty = false;
}

void bolt_json_string(struct bolt_json *json, const char *name, struct bolt_bytes value)
{
    lead(json, name);
    bolt_json_add_string(json->out, value);
}

void bolt_json_cstr(struct bolt_json *json, const char *name, const char *value)
{
    bolt_json_string(json, name, bolt_bytes_of(value));
}

void bolt_json_u64(struct bolt_json *json, const char *name, uint64_t value)
{
    lead(json, name);
    bolt_buf_addu(json->out, value);
}

void bolt_json_bool(struct bolt_json *json, const char *name, bool value)
{
    lead(json, name);
    bolt_buf_adds(json->out, value ? "true" : "false");
}

void bolt_json_raw(struct bolt_json *json, const char *name, struct bolt_bytes value)
{
    lead(json, name);
    bolt_buf_add(json->out, value);
}
