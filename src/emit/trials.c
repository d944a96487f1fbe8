/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/trials.h"

#include "json/write.h"

static const char *result_name(enum bolt_trial_result result)
{
    switch (result) {
    case BOLT_TRIAL_ERROR:
        return "error";
    case BOLT_TRIAL_FAILED:
        return "failed";
    case BOLT_TRIAL_PASSED:
        return "passed";
    }
    return "error";
}

size_t bolt_trials_count(const struct bolt_trials *trials, enum bolt_trial_result result)
{
    size_t count = 0;

    for (size_t i = 0; i < trials->count; i++) {
        count += trials->reports[i].result == result ? 1 : 0;
    }
    return count;
}

struct bolt_bytes bolt_emit_trials(struct bolt_arena *arena, const struct bolt_trials *trials)
{
    struct bolt_buf out = {.arena = arena};

    for (size_t i = 0; i < trials->count; i++) {
        const struct bolt_trial_report *r = &trials->reports[i];

        bolt_buf_addf(&out, "%-6s %.*s", result_name(r->result),
                      BOLT_FMT(bolt_printable(arena, r->file)));
        if (r->name.len != 0) {
            bolt_buf_addf(&out, ": %.*s", BOLT_FMT(bolt_printable(arena, r->name)));
        }
        bolt_buf_adds(&out, "\n");
        for (size_t l = 0; l < r->line_count; l++) {
            bolt_buf_addf(&out, "       %.*s\n", BOLT_FMT(r->lines[l]));
        }
    }
    bolt_buf_addf(&out, "%zu passed, %zu failed, %zu that did not run\n",
                  bolt_trials_count(trials, BOLT_TRIAL_PASSED),
                  bolt_trials_count(trials, BOLT_TRIAL_FAILED),
                  bolt_trials_count(trials, BOLT_TRIAL_ERROR));
    return bolt_buf_bytes(&out);
}

struct bolt_bytes bolt_emit_trials_json(struct bolt_arena *arena, const struct bolt_trials *trials)
{
    struct bolt_buf out = {.arena = arena};
    struct bolt_json json = {.out = &out, .empty = true};

    bolt_json_open(&json, NULL, '{');
    bolt_json_string(&json, "policy", trials->policy);
    bolt_json_u64(&json, "passed", bolt_trials_count(trials, BOLT_TRIAL_PASSED));
    bolt_json_u64(&json, "failed", bolt_trials_count(trials, BOLT_TRIAL_FAILED));
    bolt_json_u64(&json, "errors", bolt_trials_count(trials, BOLT_TRIAL_ERROR));
    bolt_json_open(&json, "cases", '[');
    for (size_t i = 0; i < trials->count; i++) {
        const struct bolt_trial_report *r = &trials->reports[i];

        bolt_json_open(&json, NULL, '{');
        bolt_json_string(&json, "file", r->file);
        bolt_json_string(&json, "name", r->name);
        bolt_json_cstr(&json, "result", result_name(r->result));
        bolt_json_open(&json, "why", '[');
        for (size_t l = 0; l < r->line_count; l++) {
            bolt_json_string(&json, NULL, r->lines[l]);
        }
        bolt_json_close(&json, ']');
        bolt_json_close(&json, '}');
    }
    bolt_json_close(&json, ']');
    bolt_json_close(&json, '}');
    bolt_buf_adds(&out, "\n");
    return bolt_buf_bytes(&out);
}

/* --- JUnit ------------------------------------------------------------------------------ */

/* U+FFFE and U+FFFF, which are no characters of XML 1.0 (section 2.2); others that are none are
 * not printable either. */
static bool is_no_character(struct bolt_bytes text, size_t at, size_t len)
{
    return len == 3 && memcmp(text.at + at, "\xef\xbf", 2) == 0 &&
           (unsigned char)text.at[at + 2] >= 0xbe;
}

/* In an attribute or between tags. */
static void add_xml(struct bolt_buf *out, struct bolt_bytes text)
{
    text = bolt_printable(out->arena, text);
    for (size_t at = 0; at < text.len;) {
        struct bolt_bytes rest = {text.at + at, text.len - at};
        size_t len = bolt_utf8_length(rest);

        if (len == 0 || is_no_character(text, at, len)) {
            bolt_buf_addc(out, '?');
            at += len == 0 ? 1 : len;
            continue;
        }
        rest.len = len;
        switch (text.at[at]) {
        case '&':
            bolt_buf_adds(out, "&amp;");
            break;
        case '<':
            bolt_buf_adds(out, "&lt;");
            break;
        case '>':
            bolt_buf_adds(out, "&gt;");
            break;
        case '"':
            bolt_buf_adds(out, "&quot;");
            break;
        default:
            bolt_buf_add(out, rest);
        }
        at += len;
    }
}

static void add_case(struct bolt_buf *out, const struct bolt_trials *trials,
                     const struct bolt_trial_report *r)
{
    const char *tag = r->result == BOLT_TRIAL_FAILED ? "failure" : "error";

    bolt_buf_adds(out, "    <testcase classname=\"");
    add_xml(out, trials->policy);
    bolt_buf_adds(out, "\" name=\"");
    add_xml(out, r->file);
    bolt_buf_adds(out, r->name.len != 0 ? ": " : "");
    add_xml(out, r->name);
    if (r->result == BOLT_TRIAL_PASSED) {
        bolt_buf_adds(out, "\"/>\n");
        return;
    }
    bolt_buf_addf(out, "\">\n      <%s message=\"", tag);
    add_xml(out, r->lines[0]);
    bolt_buf_adds(out, "\">");
    for (size_t i = 0; i < r->line_count; i++) {
        add_xml(out, r->lines[i]);
        bolt_buf_adds(out, "\n");
    }
    bolt_buf_addf(out, "</%s>\n    </testcase>\n", tag);
}

struct bolt_bytes bolt_emit_trials_junit(struct bolt_arena *arena, const struct bolt_trials *trials)
{
    size_t failed = bolt_trials_count(trials, BOLT_TRIAL_FAILED);
    size_t errors = bolt_trials_count(trials, BOLT_TRIAL_ERROR);
    struct bolt_buf out = {.arena = arena};

    bolt_buf_addf(&out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<testsuites tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n"
                  "  <testsuite name=\"",
                  trials->count, failed, errors);
    add_xml(&out, trials->policy);
    bolt_buf_addf(&out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n", trials->count,
                  failed, errors);
    for (size_t i = 0; i < trials->count; i++) {
        add_case(&out, trials, &trials->reports[i]);
    }
    bolt_buf_adds(&out, "  </testsuite>\n</testsuites>\n");
    return bolt_buf_bytes(&out);
}
