/* SPDX-License-Identifier: Apache-2.0 */
/* What bolt_cmdline_parse() read, as one line: for tests that compare it with what was meant. */
#pragma once

#include "base/buf.h"
#include "facts/cmdline.h"

static inline void text_of_value(struct bolt_buf *out, const char *name, char *const *argv,
                                 const struct bolt_cmd_value *value)
{
    if (value->text == NULL) {
        return;
    }
    bolt_buf_addf(out, " %s=%s", name, value->text);
    if (argv[value->word] + value->head != value->text) {
        bolt_buf_adds(out, "(misplaced)");
    }
}

static inline struct bolt_bytes cmdline_text(struct bolt_arena *arena, enum bolt_runtime runtime,
                                             int argc, char *const *argv)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_err err = {0};
    struct bolt_cmdline line;
    int result = bolt_cmdline_parse(arena, runtime, argc, argv, &line, &err);

    if (result != 0) {
        bolt_buf_addf(&out, "refused %s", bolt_command_name(line.command));
        text_of_value(&out, "log", argv, &line.log);
        return bolt_buf_bytes(&out);
    }
    bolt_buf_adds(&out, bolt_command_name(line.command));
    if (line.command == BOLT_COMMAND_OTHER) {
        return bolt_buf_bytes(&out);
    }
    text_of_value(&out, "log", argv, &line.log);
    text_of_value(&out, "log-format", argv, &line.log_format);
    text_of_value(&out, "root", argv, &line.root);
    text_of_value(&out, "bundle", argv, &line.bundle);
    text_of_value(&out, "config", argv, &line.config);
    text_of_value(&out, "process", argv, &line.process);
    text_of_value(&out, "preserve-fds", argv, &line.preserve_fds);
    for (size_t i = 0; i < line.cap_count; i++) {
        text_of_value(&out, "cap", argv, &line.caps[i]);
    }
    text_of_value(&out, "id", argv, &line.id);
    return bolt_buf_bytes(&out);
}
