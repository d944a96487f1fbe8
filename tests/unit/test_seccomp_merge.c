/* SPDX-License-Identifier: Apache-2.0 */
#include "test_seccomp.h"

#include "seccomp/inspect.h"

#define D(action) "{\"defaultAction\":\"SCMP_ACT_" action "\","
#define BASE ALLOWED("\"read\",\"futex\",\"openat\"")
#define ERRNO_ENTRY(name, cond)                                                                    \
    "{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[" cond "]}"
#define ALLOW_ENTRY(name, cond)                                                                    \
    "{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[" cond "]}"
#define COND(index, op, value)                                                                     \
    "{\"index\":" index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" value "}"
#define STRICT(entries) D("ERRNO") TRIO ",\"syscalls\":[" BASE "," entries "]}"
#define LAX(entries) D("ALLOW") TRIO ",\"syscalls\":[" entries "]}"

enum outcome { DENIED, EXACT, TIGHT, MISALIGN, REFUSED };

/* With socketcall() and io_uring_setup() denied; @most is how many entries may be added. */
static const struct {
    const char *label;
    const char *text;
    enum outcome outcome;
    size_t most;
} profiles[] = {
    {"absent", "{\"linux\":{}}", EXACT, 5},
    {"null", "null", EXACT, 5},
    {"empty", "{}", EXACT, 5},
    {"allow, no members", D("ALLOW") "\"syscalls\":[]}", EXACT, 5},
    {"allow, syscalls missing", "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", EXACT, 1},
    {"allow, syscalls null", D("ALLOW") "\"syscalls\":null}", EXACT, 1},
    {"allow, three ABIs", LAX(""), EXACT, 5},
    {"allow, other rules", LAX("{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ERRNO\"}"), EXACT, 5},
    {"log", D("LOG") TRIO ",\"syscalls\":[]}", EXACT, 5},
    {"trace", D("TRACE") TRIO ",\"syscalls\":[]}", EXACT, 5},
    {"notify", D("NOTIFY") TRIO ",\"syscalls\":[]}", EXACT, 5},
    {"log, socket allowed", D("LOG") TRIO ",\"syscalls\":[" ALLOWED("\"socket\"") "]}", EXACT, 22},
    {"errno", D("ERRNO") TRIO ",\"syscalls\":[]}", DENIED, 0},
    {"errno 0", D("ERRNO") "\"defaultErrnoRet\":0}", DENIED, 0},
    {"kill", D("KILL") TRIO ",\"syscalls\":[]}", DENIED, 0},
    {"kill process", D("KILL_PROCESS") "\"syscalls\":[" BASE "]}", DENIED, 0},
    {"trap", D("TRAP") "\"syscalls\":[" BASE "]}", DENIED, 0},
    {"kill, socket allowed", D("KILL") TRIO ",\"syscalls\":[" ALLOWED("\"futex\",\"socket\"") "]}",
     EXACT, 50},
    {"trap, socket allowed", D("TRAP") "\"syscalls\":[" ALLOWED("\"read\",\"socket\"") "]}", EXACT,
     50},
    {"errno, socket allowed", STRICT(ALLOWED("\"socket\"")), EXACT, 22},
    {"errno, all three allowed", STRICT(ALLOWED("\"socket\",\"socketcall\",\"io_uring_setup\"")),
     EXACT, 22},
    {"errno, native ABI only", D("ERRNO") "\"syscalls\":[" ALLOWED("\"read\",\"socket\"") "]}",
     EXACT, 22},
    {"socket denied",
     LAX("{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\"},"
         "{\"names\":[\"io_uring_setup\"],\"action\":\"SCMP_ACT_ERRNO\"}"),
     DENIED, 0},
    {"socket trapped, ring open", LAX("{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_TRAP\"}"),
     EXACT, 1},
    {"socket notified", LAX("{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_NOTIFY\"}"), EXACT, 60},
    {"families by EQ",
     STRICT(ALLOW_ENTRY("socket", COND("0", "EQ", "1")) "," ALLOW_ENTRY(
         "socket", COND("0", "EQ", "2")) "," ALLOW_ENTRY("socket", COND("0", "EQ", "10"))),
     EXACT, 22},
    {"family by NE", STRICT(ALLOW_ENTRY("socket", COND("0", "NE", "40"))), TIGHT, 22},
    {"family by LT", STRICT(ALLOW_ENTRY("socket", COND("0", "LT", "16"))), EXACT, 22},
    {"family by LE", STRICT(ALLOW_ENTRY("socket", COND("0", "LE", "16"))), EXACT, 22},
    {"family by GT", STRICT(ALLOW_ENTRY("socket", COND("0", "GT", "16"))), TIGHT, 22},
    {"family by GE", STRICT(ALLOW_ENTRY("socket", COND("0", "GE", "16"))), TIGHT, 22},
    {"denied family by EQ", LAX(ERRNO_ENTRY("socket", COND("0", "EQ", "40"))), TIGHT, 22},
    {"denied family by NE", LAX(ERRNO_ENTRY("socket", COND("0", "NE", "40"))), EXACT, 60},
    {"denied family by GE", LAX(ERRNO_ENTRY("socket", COND("0", "GE", "16"))), EXACT, 60},
    {"denied family by LT", LAX(ERRNO_ENTRY("socket", COND("0", "LT", "16"))), TIGHT, 60},
    {"the naive denial",
     LAX(ERRNO_ENTRY("socket", COND("0", "EQ", "17")) "," ERRNO_ENTRY(
         "socket", COND("0", "EQ", "2") "," COND("1", "EQ", "3"))),
     EXACT, 22},
    {"one index twice",
     STRICT(ALLOW_ENTRY("socket", COND("0", "LT", "40") "," COND("0", "GT", "40"))), TIGHT, 22},
    {"LT, EQ, GT and socketcall denied",
     STRICT(
         ALLOW_ENTRY("socket", COND("0", "LT", "38")) "," ALLOW_ENTRY("socket", COND("0", "EQ", "39")) "," ALLOW_ENTRY(
             "socket",
             COND(
                 "0", "GT",
                 "40")) ","
                        "{\"names\":[\"socketcall\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}"),
     TIGHT, 22},
    {"type only", STRICT(ALLOW_ENTRY("socket", COND("1", "EQ", "1"))), MISALIGN, 22},
    {"one call only",
     STRICT(ALLOW_ENTRY("socket",
                        COND("0", "EQ", "2") "," COND("1", "EQ", "3") "," COND("2", "EQ", "1"))),
     MISALIGN, 22},
    {"socketcall denied", LAX("{\"names\":[\"socketcall\"],\"action\":\"SCMP_ACT_ERRNO\"}"), EXACT,
     22},
    {"socketcall by its call", STRICT(ALLOW_ENTRY("socketcall", COND("0", "EQ", "1"))), EXACT, 22},
    {"socketcall from 1 up", STRICT(ALLOW_ENTRY("socketcall", COND("0", "GE", "1"))), EXACT, 40},
    {"ring by its size", STRICT(ALLOW_ENTRY("io_uring_setup", COND("0", "LT", "99"))), EXACT, 22},
    {"a mask",
     STRICT("{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
            "\"value\":255,\"valueTwo\":2,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"),
     EXACT, 22},
    /* Means different things with 64 and with 32 bits: no rule says both. */
    {"a value that 32 bits cut", STRICT(ALLOW_ENTRY("socket", COND("0", "NE", "4294967298"))),
     REFUSED, 0},
    /* runc's stub: naming socketcall would make all above it unknown. */
    {"next to no names", D("ERRNO") TRIO ",\"syscalls\":[" ALLOWED("\"read\",\"socket\"") "]}",
     REFUSED, 0},
    /* libseccomp makes socketcall rules of those for connect(); they lie under the unconditional
     * one until that one has to say "all but SYS_SOCKET". */
    {"connect like socketcall", STRICT(ALLOWED("\"socket\",\"socketcall\",\"connect\",\"bind\"")),
     EXACT, 22},
    {"connect killed under socketcall",
     STRICT(ALLOWED(
         "\"socket\",\"socketcall\"") ",{\"names\":[\"connect\"],\"action\":\"SCMP_ACT_KILL\"}"),
     REFUSED, 0},
    {"socketcall logged, connect allowed",
     STRICT("{\"names\":[\"socketcall\"],\"action\":\"SCMP_ACT_LOG\"}," ALLOWED(
         "\"socket\",\"connect\",\"bind\"")),
     REFUSED, 0},
    {"no architecture of this machine",
     D("ALLOW") "\"architectures\":[\"SCMP_ARCH_S390X\"],\"syscalls\":[]}", REFUSED, 0},
    {"a seventh condition, which crun ignores, of socket()",
     STRICT(ALLOW_ENTRY(
         "socket",
         COND("0", "EQ", "1") "," COND("0", "EQ", "2") "," COND("0", "EQ", "3") "," COND(
             "0", "EQ", "4") "," COND("0", "EQ", "5") "," COND("0", "EQ", "6") "," COND("0", "EQ",
                                                                                        "10"))),
     REFUSED, 0},
    {"same condition, two actions",
     LAX(ERRNO_ENTRY("socket", COND("0", "EQ", "5")) ",{\"names\":[\"socket\"],"
                                                     "\"action\":\"SCMP_ACT_TRAP\",\"args\":[" COND(
                                                         "0", "EQ", "5") "]}"),
     REFUSED, 0},
};

static size_t count_added(struct bolt_arena *arena, const struct bolt_seccomp_result *result)
{
    size_t added = 0;

    if (result->unconfined) {
        return model_of(arena, bolt_bytes_cstr(arena, result->profile)).entry_count;
    }
    for (size_t i = 0; i < result->edit_count; i++) {
        added += result->edits[i].op != BOLT_EDIT_REMOVE;
        assert_string_equal(result->edits[i].reason, "test");
    }
    return added;
}

static void check_outcome(enum outcome want, const struct bolt_seccomp_result *got,
                          const char *label)
{
    static const enum bolt_seccomp_fit fits[] = {BOLT_SECCOMP_EXACT, BOLT_SECCOMP_EXACT,
                                                 BOLT_SECCOMP_TIGHT, BOLT_SECCOMP_MISALIGN,
                                                 BOLT_SECCOMP_UNPROVED};

    if (got->fit != fits[want] || got->denied != (want == DENIED)) {
        fail_msg("%s: fit %d, denied %d, %.*s", label, (int)got->fit, (int)got->denied,
                 BOLT_FMT(got->reason));
    }
    assert_int_equal(got->reason.len != 0, want == REFUSED);
    if (want == DENIED || want == REFUSED) {
        assert_int_equal(got->edit_count, 0);
        assert_int_equal(got->profile.len, 0);
    }
    if (want == DENIED) {
        assert_int_equal(got->way.len, 0);
    }
}

/* Not to be judged elsewhere: the table names x86's ABIs. */
static void profiles_are_merged_and_proved(void **state)
{
    static const struct bolt_compile ways[] = {{.scope = BOLT_SCOPE_SOCKETS},
                                               {.scope = BOLT_SCOPE_ALL},
                                               {.scope = BOLT_SCOPE_ALL, .binary_tree = true}};

    (void)state;
    skip_unless_trio();
    for (size_t i = 0; i < BOLT_LEN(profiles); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_seccomp_result first = merge_of(arena, profiles[i].text, &deny_all);
        const char *after;

        check_outcome(profiles[i].outcome, &first, profiles[i].label);
        if (profiles[i].outcome == REFUSED) {
            continue;
        }
        assert_true(count_added(arena, &first) <= profiles[i].most);
        after = merged_text(arena, profiles[i].text, &deny_all);
        for (size_t j = 0; j < BOLT_LEN(ways) && profiles[i].outcome != DENIED; j++) {
            if (fit_of(arena, profiles[i].text, after, &deny_all, &ways[j]) != first.fit) {
                fail_msg("%s: another fit when compiled in way %zu", profiles[i].label, j);
            }
        }
        /* Merging again changes nothing. */
        assert_true(merge_of(arena, after, &deny_all).denied);
    }
}

static void what_is_kept_is_kept(void **state)
{
    (void)state;
    skip_unless_trio();
    for (size_t i = 0; i < BOLT_LEN(profiles); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_seccomp_result r = merge_of(arena, profiles[i].text, &keep_mux);
        const struct bolt_compile all = {.scope = BOLT_SCOPE_ALL};
        const char *after;

        if (r.fit == BOLT_SECCOMP_UNPROVED || r.denied) {
            continue;
        }
        after = merged_text(arena, profiles[i].text, &keep_mux);
        assert_int_equal(fit_of(arena, profiles[i].text, after, &keep_mux, &all), r.fit);
        assert_true(merge_of(arena, after, &keep_mux).denied);
        assert_false(strstr(after, "io_uring_setup") != NULL &&
                     strstr(profiles[i].text, "io_uring_setup") == NULL);
    }
}

/* As Docker, Podman and containerd write them. */
static const struct {
    const char *name;
    enum bolt_seccomp_fit fit;
    size_t added;
} engines[] = {
    {"docker-default", BOLT_SECCOMP_EXACT, 16},
    {"containerd-seccomp", BOLT_SECCOMP_EXACT, 16},
    {"podman-default", BOLT_SECCOMP_TIGHT, 20},
    {"podman-privileged", BOLT_SECCOMP_EXACT, 5},
    {"docker-seccomp-unconfined", BOLT_SECCOMP_EXACT, 5},
};

static void the_engines_profiles_are_merged(void **state)
{
    const struct bolt_compile all = {.scope = BOLT_SCOPE_ALL};

    (void)state;
    skip_unless_trio();
    for (size_t i = 0; i < BOLT_LEN(engines); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        const char *text = recorded(arena, engines[i].name);
        struct bolt_seccomp_result r;
        const char *after;

        r = merge_of(arena, text, &deny_all);
        if (r.fit != engines[i].fit || count_added(arena, &r) != engines[i].added) {
            fail_msg("%s: fit %d with %zu entries, %.*s", engines[i].name, (int)r.fit,
                     count_added(arena, &r), BOLT_FMT(r.reason));
        }
        assert_bytes_equal(r.way, "socket(AF_PACKET, SOCK_RAW, 0) on x86_64");
        after = merged_text(arena, text, &deny_all);
        assert_int_equal(fit_of(arena, text, after, &deny_all, &all), engines[i].fit);
        assert_true(merge_of(arena, after, &deny_all).denied);
    }
}

/* CRI-O's has seven conditions of clone(), of which crun reads six. */
static void what_crun_ignores_of_other_calls_does_not_matter(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const struct bolt_seccomp_denial *denial = &deny_all;
    struct bolt_seccomp_verdict verdict;
    struct bolt_seccomp_result r;
    struct bolt_err err = {0};
    const struct bolt_doc *doc;
    const char *text;
    const char *after;

    (void)state;
    skip_unless_trio();
    text = recorded(arena, "crio-runtime-default");
    r = merge_of(arena, text, denial);
    assert_int_equal(r.fit, BOLT_SECCOMP_TIGHT);
    after = merged_text(arena, text, denial);
    assert_true(merge_of(arena, after, denial).denied);
    doc = doc_of(arena, after);
    if (bolt_seccomp_prove(arena, doc, profile_in(doc), denial, &verdict, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_true(verdict.proved);
}

static void other_bytes_stay(void **state)
{
    static const char before[] =
        "{ \"z\" : 1.50e+3, \"defaultAction\":\"SCMP_ACT_ALLOW\",\n \"syscalls\": [\n"
        "  {\"names\": [\"mount\", \"socket\" , \"umount2\"], \"action\":\"SCMP_ACT_ERRNO\"},"
        " {\"names\":[\"io_uring_setup\"],\"action\":\"SCMP_ACT_LOG\"} ] }";
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const char *got = merged_text(arena, before, &deny_all);
    const char *mount = strstr(got, "{\"names\": [\"mount\"");

    (void)state;
    assert_memory_equal(got, before, (size_t)(strstr(before, "  {") - before));
    assert_non_null(mount);
    assert_true(bolt_bytes_has_prefix(
        bolt_bytes_of(mount), "{\"names\": [\"mount\", \"socket\" , \"umount2\"], \"action\""));
    assert_non_null(strstr(got, "] }"));
    assert_null(strstr(got, "SCMP_ACT_LOG"));
}

/* A default that denies: the names stay, since runc derives from them which calls are unknown. */
static void names_do_not_disappear(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    const char *after = merged_text(arena, STRICT(ALLOWED("\"io_uring_setup\"")), &deny_all);

    (void)state;
    assert_non_null(strstr(after, "{\"names\":[\"io_uring_setup\"],\"action\":\"SCMP_ACT_ERRNO\""));
}

static void the_way_is_named(void **state)
{
    static const struct {
        const char *text;
        const char *way;
    } cases[] = {
        {LAX(""), "socket(AF_PACKET, SOCK_RAW, 0) on x86_64"},
        {LAX("{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\"}"),
         "io_uring_setup() on x86_64"},
        {LAX(ERRNO_ENTRY("socket", COND("0", "EQ", "17")) "," ERRNO_ENTRY(
             "socket", COND("1", "EQ", "3")) "," ERRNO_ENTRY("socket", COND("1", "EQ", "10"))),
         "socket("},
        {STRICT(ALLOW_ENTRY("socketcall", COND("0", "EQ", "1"))),
         "socketcall(SYS_SOCKET, 0) on x86"},
    };

    (void)state;
    skip_unless_trio();
    for (size_t i = 0; i < BOLT_LEN(cases); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_seccomp_result r = merge_of(arena, cases[i].text, &deny_all);

        if (!bolt_bytes_has_prefix(r.way, cases[i].way)) {
            fail_msg("got %.*s, want %s", BOLT_FMT(r.way), cases[i].way);
        }
    }
}

/* libseccomp's priority of a call wraps beyond 65,535 conditions. Then a call that x86_64 lacks
 * comes before every rule without conditions, and all of x86_64's rules are dead (scope.h). */
static void a_call_that_comes_first_by_its_conditions_is_not_overlooked(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf text = {.arena = arena};
    struct bolt_seccomp_result result;

    (void)state;
    bolt_buf_adds(&text,
                  D("ALLOW") "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X32\"],"
                             "\"syscalls\":[{\"names\":[\"acct\"],\"action\":\"SCMP_ACT_ERRNO\"}");
    for (unsigned i = 0; i < 6000; i++) {
        bolt_buf_adds(&text, ",{\"names\":[\"waitpid\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[");
        for (unsigned arg = 0; arg < 6; arg++) {
            bolt_buf_addf(&text, "%s{\"index\":%u,\"value\":%u,\"op\":\"SCMP_CMP_EQ\"}",
                          arg == 0 ? "" : ",", arg, i * 6 + arg);
        }
        bolt_buf_adds(&text, "]}");
    }
    bolt_buf_adds(&text, "]}");
    result = merge_of(arena, bolt_bytes_cstr(arena, bolt_buf_bytes(&text)), &deny_all);
    check_outcome(REFUSED, &result, "wrapped priority");
}

/* Rules that are none, because they say what the default says, cost nothing. */
static void many_rules_that_are_none_are_merged(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_buf text = {.arena = arena};
    struct bolt_seccomp_result result;

    (void)state;
    bolt_buf_adds(&text, D("ERRNO") TRIO ",\"syscalls\":[" BASE "," ALLOWED("\"socket\""));
    for (unsigned i = 0; i < 3000; i++) {
        bolt_buf_addf(
            &text,
            ",{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":%u,"
            "\"value\":%u,\"op\":\"SCMP_CMP_EQ\"}]}",
            2 + i % 4, i);
    }
    bolt_buf_adds(&text, "]}");
    result = merge_of(arena, bolt_bytes_cstr(arena, bolt_buf_bytes(&text)), &deny_all);
    check_outcome(EXACT, &result, "rules that are none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_merged_and_proved),
        cmocka_unit_test(what_is_kept_is_kept),
        cmocka_unit_test(the_engines_profiles_are_merged),
        cmocka_unit_test(what_crun_ignores_of_other_calls_does_not_matter),
        cmocka_unit_test(other_bytes_stay),
        cmocka_unit_test(names_do_not_disappear),
        cmocka_unit_test(the_way_is_named),
        cmocka_unit_test(a_call_that_comes_first_by_its_conditions_is_not_overlooked),
        cmocka_unit_test(many_rules_that_are_none_are_merged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
