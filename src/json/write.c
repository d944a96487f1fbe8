/* SPDX-License-Identifier: Apache-2.0 */
#include "json/write.h"

void bolt_json_add_string(struct bolt_buf *out, struct bolt_bytes text)
{
    bolt_buf_adds(out, "\"");
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.at[i];
        size_t len = bolt_utf8_length((struct bolt_bytes){text.at + i, text.len - i});

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
