/* SPDX-License-Identifier: Apache-2.0 */
/* The decision log, line by line. */
#pragma once

#include "json/doc.h"

/* Takes the first line, without its newline, off @log. False at the end. */
bool bolt_log_next(struct bolt_bytes *log, struct bolt_bytes *line);

/* The record that a line is, or NULL: lines may be cut short by a disk that was full. */
const struct bolt_doc *bolt_log_record(struct bolt_arena *arena, struct bolt_bytes line);

/* The member's string; empty if it is none. */
struct bolt_bytes bolt_log_text(const struct bolt_doc *doc, bolt_node object, const char *name);
