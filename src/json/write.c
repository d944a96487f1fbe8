/* SPDX-License-Identifier: Apache-2.0 */
#include "json/write.h"

#include <string.h>

/* The length of the UTF-8 sequence at @at, or 0 if it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

    if (len == 0 || at[0] > 0xf4 || left < len) {
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

void bolt_json_add_string(struct bolt_buf *out, struct bolt_bytes text)
{
    bolt_buf_adds(out, "\"");
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.at[i];
        size_t len = utf8_length((const unsigned char *)text.at + i, text.len - i);

        if (len == 0) {
            bolt_buf_adds(out, "\\ufffd");
            len = 1;
        } else if (c == '"' || c == '\\') {
            bolt_buf_addf(out, "\\%c", c);
        } else if (c < 0x20 || c == 0x7f) {
            bolt_buf_addf(out, "\\u%04x", c);
        } else {
            bolt_buf_add(out, (struct bolt_bytes){text.at + i, len});
        }
        i += len;
    }
    bolt_buf_adds(out, "\"");
}

static void lead(struct bolt_json *json, const char *name)
{
    if (!json->empty) {
        bolt_buf_adds(json->out, ",");
    }
    json->empty = false;
    if (name != NULL) {
        bolt_json_add_string(json->out, bolt_bytes_of(name));
        bolt_buf_adds(json->out, ":");
    }
}

void bolt_json_open(struct bolt_json *json, const char *name, char bracket)
{
    lead(json, name);
    bolt_buf_add(json->out, (struct bolt_bytes){&bracket, 1});
    json->empty = true;
}

void bolt_json_close(struct bolt_json *json, char bracket)
{
    bolt_buf_add(json->out, (struct bolt_bytes){&bracket, 1});
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
    bolt_buf_addf(json->out, "%llu", (unsigned long long)value);
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
