/* SPDX-License-Identifier: Apache-2.0 */
#include "front/log.h"

bool bolt_log_next(struct bolt_bytes *log, struct bolt_bytes *line)
{
    const char *newline = log->len == 0 ? NULL : memchr(log->at, '\n', log->len);
    size_t len = newline == NULL ? log->len : (size_t)(newline - log->at);

    if (log->len == 0) {
        return false;
    }
    *line = (struct bolt_bytes){log->at, len};
    len += newline == NULL ? 0 : 1;
    log->at += len;
    log->len -= len;
    return true;
}

struct bolt_bytes bolt_log_text(const struct bolt_doc *doc, bolt_node object, const char *name)
{
    return bolt_doc_string(doc, bolt_doc_member(doc, object, name));
}

const struct bolt_doc *bolt_log_record(struct bolt_arena *arena, struct bolt_bytes line)
{
    const struct bolt_doc *doc = NULL;
    struct bolt_err err = {0};

    if (bolt_doc_parse(arena, line, BOLT_DIALECT_STRICT, &doc, &err) != 0 ||
        bolt_log_text(doc, bolt_doc_root(doc), "verdict").len == 0) {
        return NULL;
    }
    return doc;
}
