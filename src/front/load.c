/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy file, its drop-ins, and the index that lets a gate leave exceptions unread.
 *
 * An index is never needed. Whatever is wrong with one, the policy is read whole.
 */
#include "front/load.h"

#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "decide/excuse.h"
#include "io/trusted.h"

static const char *policy_path(const struct bolt_run *run)
{
    return run->options->policy != NULL ? run->options->policy : BOLT_POLICY_FILE;
}

const char *bolt_run_index_path(const struct bolt_run *run)
{
    return bolt_printf(run->arena, "%s.index", policy_path(run)).at;
}

/* "policy.json" has its drop-ins in "policy.d". */
static const char *drop_in_dir(struct bolt_arena *arena, const char *file)
{
    static const char suffix[] = ".json";
    size_t len = strlen(file);
    size_t tail = sizeof suffix - 1;

    if (len > tail && strcmp(file + len - tail, suffix) == 0) {
        len -= tail;
    }
    return bolt_printf(arena, "%.*s.d", (int)len, file).at;
}

/* --- the texts -------------------------------------------------------------------------- */

static int load_text(struct bolt_run *run, struct bolt_err *err)
{
    const char *path = run->options->policy;
    enum bolt_trusted state = BOLT_TRUSTED_ABSENT;

    run->policy_file = bolt_bytes_of(policy_path(run));
    if (bolt_trusted_load(run->arena, run->policy_file.at, &state, &run->policy_text, err) != 0) {
        return bolt_fail_in(err, "policy '%s'", run->policy_file.at);
    }
    if (state == BOLT_TRUSTED_ABSENT && path != NULL) {
        return bolt_fail(err, BOLT_ERR_POLICY, "policy '%s': there is no such policy", path);
    }
    if (state == BOLT_TRUSTED_ABSENT) {
        run->policy_file = BOLT_LIT("(built-in)");
        run->policy_text = bolt_policy_builtin();
    }
    return 0;
}

static int load_drop_in(struct bolt_run *run, struct bolt_drop_in *one, const char *path,
                        struct bolt_err *err)
{
    enum bolt_trusted state = BOLT_TRUSTED_ABSENT;

    *one = (struct bolt_drop_in){.file = bolt_bytes_of(path)};
    if (bolt_trusted_load(run->arena, path, &state, &one->text, err) != 0 ||
        (state == BOLT_TRUSTED_ABSENT &&
         bolt_fail(err, BOLT_ERR_POLICY, "it is not there any more") != 0)) {
        return bolt_fail_in(err, "policy '%s'", path);
    }
    return 0;
}

/* Of all, until one fails: @count are there. */
static int load_drop_ins(struct bolt_run *run, size_t *count, struct bolt_err *err)
{
    const char *dir = drop_in_dir(run->arena, policy_path(run));
    const char *const *names = NULL;
    size_t wanted = 0;

    if (bolt_trusted_list(run->arena, dir, "", ".json", &names, &wanted, err) != 0) {
        return bolt_fail_in(err, "policy '%s'", dir);
    }
    run->drop_ins = bolt_new_n(run->arena, struct bolt_drop_in, wanted);
    for (*count = 0; *count < wanted; (*count)++) {
        const char *path = bolt_printf(run->arena, "%s/%s", dir, names[*count]).at;

        if (load_drop_in(run, &run->drop_ins[*count], path, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- read whole ------------------------------------------------------------------------- */

static struct bolt_bytes text_of(const struct bolt_run *run, size_t i)
{
    return i == 0 ? run->policy_text : run->drop_ins[i - 1].text;
}

/* Reads text @i of the policy, or what stands in its place, over those before. */
static int parse(const struct bolt_run *run, size_t i, struct bolt_bytes text,
                 struct bolt_policy *policy, struct bolt_err *err)
{
    int result = i == 0 ? bolt_policy_parse(run->arena, text, policy, err)
                        : bolt_policy_add(run->arena, text, policy, err);

    if (result != 0) {
        return bolt_fail_in(err, "policy '%.*s'",
                            BOLT_FMT(i == 0 ? run->policy_file : run->drop_ins[i - 1].file));
    }
    return 0;
}

static int parse_all(struct bolt_run *run, size_t drop_ins, struct bolt_err *err)
{
    run->drop_in_count = 0;
    for (size_t i = 0; i <= drop_ins; i++) {
        run->drop_in_count = i;
        if (parse(run, i, text_of(run, i), &run->policy, err) != 0) {
            run->drop_ins_sha256 = (struct bolt_bytes){0}; /* was of those behind it, too */
            return -1;
        }
        run->policy_known = true; /* and says where to record a drop-in that is bad */
    }
    return 0;
}

/* --- with an index ---------------------------------------------------------------------- */

/* The record's, unless the policy was named from the working directory: gates that name it from the
 * root have the same digest. */
static struct bolt_bytes drop_ins_sha256(struct bolt_run *run)
{
    struct bolt_drop_in *list;
    char cwd[4096];

    if (run->drop_in_count == 0) {
        return (struct bolt_bytes){0};
    }
    if (run->drop_ins[0].file.at[0] == '/' || getcwd(cwd, sizeof cwd) == NULL) {
        run->drop_ins_sha256 = bolt_drop_ins_sha256(run->arena, run->drop_ins, run->drop_in_count);
        return run->drop_ins_sha256;
    }
    list = bolt_new_n(run->arena, struct bolt_drop_in, run->drop_in_count);
    for (size_t i = 0; i < run->drop_in_count; i++) {
        list[i].file = bolt_printf(run->arena, "%s/%.*s", strcmp(cwd, "/") == 0 ? "" : cwd,
                                   BOLT_FMT(run->drop_ins[i].file));
        list[i].text = run->drop_ins[i].text;
    }
    return bolt_drop_ins_sha256(run->arena, list, run->drop_in_count);
}

/* Text @i without its exceptions, which the index must know to be there. */
static bool parse_cut(const struct bolt_run *run, const struct bolt_index *index, size_t i,
                      struct bolt_policy *policy, struct bolt_skimmed *unread)
{
    struct bolt_bytes text = text_of(run, i);
    struct bolt_err ignored;

    return (index->arrays[i] == 0 ||
            bolt_index_cut(run->arena, text, index->arrays[i], &text, unread)) &&
           parse(run, i, text, policy, &ignored) == 0 &&
           policy->exceptions_at == index->arrays[i] && policy->exception_count == 0;
}

/* True if the run's texts are those that the index was made of, and were read without their
 * exceptions. */
static bool use_index(struct bolt_run *run, struct bolt_bytes text)
{
    struct bolt_index *index = bolt_new(run->arena, struct bolt_index);
    struct bolt_skimmed unread = {.arena = run->arena};
    struct bolt_policy policy = {0};

    if (!bolt_index_read(run->arena, text, index) ||
        !bolt_bytes_is(index->drawbolt, BOLT_VERSION) ||
        index->text_count != run->drop_in_count + 1) {
        return false;
    }
    run->policy_sha256 = bolt_sha256_hex(run->arena, run->policy_text);
    if (!bolt_bytes_equal(index->policy_sha256, run->policy_sha256) ||
        !bolt_bytes_equal(index->drop_ins_sha256, drop_ins_sha256(run))) {
        return false;
    }
    for (size_t i = 0; i < index->text_count; i++) {
        if (!parse_cut(run, index, i, &policy, &unread)) {
            return false;
        }
    }
    if (unread.count != index->key_count) {
        return false;
    }
    run->policy = policy;
    run->policy_known = true;
    run->index = index;
    run->unread = unread.items;
    return true;
}

static bool is_gate(const struct bolt_run *run)
{
    return run->front != NULL && run->front->read != NULL;
}

static bool find_index(struct bolt_run *run)
{
    enum bolt_trusted state = BOLT_TRUSTED_ABSENT;
    struct bolt_bytes text = {0};
    struct bolt_err ignored;

    return bolt_trusted_load(run->arena, bolt_run_index_path(run), &state, &text, &ignored) == 0 &&
           state == BOLT_TRUSTED_LOADED && use_index(run, text);
}

int bolt_run_load_policy(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_err late = {0};
    size_t count = 0;

    if (load_text(run, err) != 0) {
        return -1;
    }
    if (load_drop_ins(run, &count, &late) == 0 && is_gate(run)) {
        run->drop_in_count = count;
        if (find_index(run)) {
            return 0;
        }
    }
    if (parse_all(run, count, err) != 0) {
        return -1;
    }
    if (late.kind != BOLT_ERR_NONE) {
        *err = late;
        return -1;
    }
    return 0;
}

/* Those that may match, or all of them, as one more drop-in. */
static int add_unread(const struct bolt_run *run, const struct bolt_facts *facts,
                      struct bolt_policy *policy, struct bolt_err *err)
{
    struct bolt_buf text = {.arena = run->arena};
    const char *before = "{\"version\": 1, \"exceptions\": [";

    for (size_t i = 0; i < run->index->key_count; i++) {
        if (facts == NULL || bolt_key_may_match(&run->index->keys[i], facts)) {
            bolt_buf_adds(&text, before);
            bolt_buf_add(&text, run->unread[i]);
            before = ",";
        }
    }
    if (text.len == 0) {
        return 0;
    }
    bolt_buf_adds(&text, "]}");
    return bolt_policy_add(run->arena, bolt_buf_bytes(&text), policy, err);
}

bool bolt_run_has_exceptions(const struct bolt_run *run)
{
    return run->policy.exception_count != 0 || (run->index != NULL && run->index->key_count != 0);
}

int bolt_run_load_exceptions(struct bolt_run *run, struct bolt_err *err)
{
    struct bolt_err ignored;

    if (run->index == NULL) {
        return 0;
    }
    run->policy.exceptions = NULL; /* of what was there when it was judged before */
    run->policy.exception_count = 0;
    if (add_unread(run, &run->facts, &run->policy, &ignored) == 0) {
        return 0;
    }
    run->index = NULL;
    return parse_all(run, run->drop_in_count, err);
}

/* --- the index itself ------------------------------------------------------------------- */

/* What a gate would make of the index is the policy. */
static int check_index(const struct bolt_run *run, struct bolt_bytes text, struct bolt_err *err)
{
    struct bolt_run again = *run;

    if (!use_index(&again, text)) {
        return bolt_fail(err, BOLT_ERR_INTERNAL, "the index does not fit its policy");
    }
    if (add_unread(&again, NULL, &again.policy, err) != 0) {
        return -1;
    }
    return bolt_bytes_equal(bolt_policy_show(run->arena, &again.policy),
                            bolt_policy_show(run->arena, &run->policy))
               ? 0
               : bolt_fail(err, BOLT_ERR_INTERNAL, "the index would change its policy");
}

int bolt_run_make_index(const struct bolt_run *run, struct bolt_bytes *out, struct bolt_err *err)
{
    struct bolt_run again = *run;
    size_t count = run->drop_in_count + 1;
    size_t *arrays = bolt_new_n(run->arena, size_t, count);
    struct bolt_index head = {.drawbolt = BOLT_LIT(BOLT_VERSION),
                              .policy_sha256 = bolt_sha256_hex(run->arena, run->policy_text),
                              .drop_ins_sha256 = drop_ins_sha256(&again),
                              .arrays = arrays,
                              .text_count = count};

    for (size_t i = 0; i < count; i++) {
        if (parse(run, i, text_of(run, i), &again.policy, err) != 0) {
            return -1;
        }
        arrays[i] = again.policy.exceptions_at;
    }
    *out = bolt_index_make(run->arena, &head, &run->policy);
    return check_index(run, *out, err);
}

enum bolt_index_state bolt_run_try_index(const struct bolt_run *run, struct bolt_bytes *why)
{
    enum bolt_trusted state = BOLT_TRUSTED_ABSENT;
    struct bolt_run again = *run;
    struct bolt_bytes text = {0};
    struct bolt_err err = {0};

    if (bolt_trusted_load(run->arena, bolt_run_index_path(run), &state, &text, &err) != 0) {
        *why = bolt_printf(run->arena, "%s", err.text);
        return BOLT_INDEX_UNUSED;
    }
    *why = BOLT_LIT("it is not of this policy");
    return state == BOLT_TRUSTED_ABSENT ? BOLT_INDEX_ABSENT
           : use_index(&again, text)    ? BOLT_INDEX_USED
                                        : BOLT_INDEX_UNUSED;
}
