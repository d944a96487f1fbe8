/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A refusal in the runtime's own log, in the form in which the runtime would have written it.
 *
 * podman wants one JSON object in the whole file, containerd the last with level "error"
 * (podman libpod/oci_conmon_common.go, containerd cmd/containerd-shim-runc-v2/process/utils.go).
 */
#include <string.h>

#include "front/runtime.h"
#include "io/say.h"
#include "io/trusted.h"
#include "json/write.h"

static struct bolt_bytes as_json(struct bolt_arena *arena, struct bolt_bytes said)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_json_cstr(&json, "level", "error");
    bolt_json_string(&json, "msg", said);
    bolt_json_string(&json, "time", bolt_clock_text(arena));
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}

/* runc: logrus' text; crun: the message alone. */
static struct bolt_bytes as_text(struct bolt_arena *arena, enum bolt_runtime runtime,
                                 struct bolt_bytes said)
{
    struct bolt_buf out = {.arena = arena};

    if (runtime == BOLT_RUNC) {
        bolt_buf_addf(&out, "time=\"%.*s\" level=error msg=", BOLT_FMT(bolt_clock_text(arena)));
        bolt_json_add_string(&out, said);
    } else {
        bolt_buf_add(&out, said);
    }
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}

static struct bolt_bytes in_form(const struct bolt_run *run, struct bolt_bytes said)
{
    const char *format = run->wrapper->line.log_format.text;
    bool json = format != NULL && strcmp(format, "json") == 0;

    return json ? as_json(run->arena, said) : as_text(run->arena, run->wrapper->line.runtime, said);
}

/* crun's --log takes "file:PATH" and other places, which syslog stands for here; or NULL. */
static const char *named_log(const struct bolt_cmdline *line)
{
    const char *path = line->log.text;

    if (path == NULL || path[0] == '\0') {
        return NULL;
    }
    if (line->runtime == BOLT_RUNC) {
        return path;
    }
    if (strncmp(path, "file:", 5) == 0) {
        return path + 5;
    }
    return strncmp(path, "syslog:", 7) == 0 || strncmp(path, "journald:", 9) == 0 ? NULL : path;
}

/* The same, but a log that a user serves is not waited for. */
static const char *log_path(const struct bolt_run *run)
{
    const char *path = named_log(&run->wrapper->line);
    struct bolt_err err = {0};
    bool there;

    return path != NULL && bolt_trusted_ask(run->arena, path, &there, &err) == 0 ? path : NULL;
}

#define HERE "@" /* where the text goes that is not known yet */

void bolt_runtime_note_last_words(const struct bolt_run *run)
{
    struct bolt_last_words *words = bolt_new(run->arena, struct bolt_last_words);
    struct bolt_bytes form = in_form(run, BOLT_LIT(HERE));
    const char *here = memchr(form.at, HERE[0], form.len);

    words->path = log_path(run);
    words->before = (struct bolt_bytes){form.at, (size_t)(here - form.at)};
    words->after = (struct bolt_bytes){here + 1, form.len - words->before.len - 1};
    bolt_note_last_words(words->path != NULL ? words : NULL);
}

void bolt_runtime_tell(const struct bolt_run *run, struct bolt_bytes text)
{
    const char *path = log_path(run);

    if (path != NULL) {
        bolt_launch_log(path, in_form(run, bolt_said(run->arena, text)));
    }
}
