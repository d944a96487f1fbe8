/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include <stdio.h>

#include "cmdline_text.h"

/* Lines are split at blanks; '' is an empty word. */
struct line {
    const char *words;
    const char *want;
};

static void check(enum bolt_runtime runtime, const struct line *lines, size_t count)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    for (size_t i = 0; i < count; i++) {
        char text[512];
        char *argv[32] = {NULL};
        int argc = 0;

        print_message("  %s %s\n", bolt_runtime_name(runtime), lines[i].words);
        (void)snprintf(text, sizeof text, "%s %s", bolt_runtime_name(runtime), lines[i].words);
        for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
            argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
        }
        assert_bytes_equal(cmdline_text(arena, runtime, argc, argv), lines[i].want);
    }
}

/* What engines send (measured): podman, containerd and Docker, CRI-O. */
static const struct line engines[] = {
    {"--log-format=json --log /r/oci-log create --bundle /b --pid-file /p abc",
     "create log=/r/oci-log log-format=json bundle=/b id=abc"},
    {"--root /r --log /b/log.json --log-format json create --bundle /b --pid-file /b/init.pid abc",
     "create log=/b/log.json log-format=json root=/r bundle=/b id=abc"},
    {"--root=/run/runc create --bundle /b --pid-file /b/pidfile abc",
     "create root=/run/runc bundle=/b id=abc"},
    {"--debug --root /r --systemd-cgroup create --bundle /b --console-socket /s abc",
     "create root=/r bundle=/b id=abc"},
    {"--root /r --log /l --log-format json exec --process /tmp/p --detach --pid-file /f abc",
     "exec log=/l log-format=json root=/r process=/tmp/p id=abc"},
    {"exec --pid-file /f --process /p --detach --tty --console-socket /s abc",
     "exec process=/p id=abc"},
    {"create --bundle /b --pid-file /p --preserve-fds 2 abc",
     "create bundle=/b preserve-fds=2 id=abc"},
    {"restore --bundle /b --pid-file /p --detach --image-path /i --work-path /w abc",
     "restore bundle=/b id=abc"},
    {"--root /r start abc", "other"},
    {"state abc", "other"},
    {"kill --all abc 9", "other"},
    {"delete --force abc", "other"},
    {"update --resources=- abc", "other"},
    {"features", "other"},
    {"--version", "other"},
    {"", "other"},
    {"brand-new --bundle /b abc", "other"},
    {"--brand-new x state abc", "other"},
    {"--brand-new x create abc", "refused create"},
    {"--log /l --brand-new create abc", "refused create log=/l"},
    {"--root", "other"},
    {"--root create", "other"},
    {"--help create -b /b abc", "other"},
    {"--version create -b /b abc", "other"},
    {"create --help", "other"},
    {"create --brand-new -b /b abc", "refused create"},
    {"create", "refused create"},
    {"create -b", "refused create"},
    {"create -b /b", "refused create"},
    {"create -b /b abc def", "refused create"},
    {"create --root /r abc", "refused create"},
    {"create -b /1 -b /2 abc", "create bundle=/2 id=abc"},
    {"run -- abc", "run id=abc"},
    {"-- run -b /b abc", "run bundle=/b id=abc"},
    {"exec -u 5 --no-new-privs -e A=B --cap CAP_CHOWN --cap CAP_KILL abc ls -p /p --cap x",
     "exec cap=CAP_CHOWN cap=CAP_KILL id=abc"},
    {"exec -- abc -p /p", "exec id=abc"},
    {"exec", "refused exec"},
    {"exec -p", "refused exec"},
    {"--root= exec abc", "refused exec"},
    {"--root '' create -b /b abc", "refused create"},
    {"--log /l --root /r --root= run abc", "refused run log=/l"},
    {"--root= --root /r exec abc", "exec root=/r id=abc"},
    {"--root .. exec abc", "refused exec"},
    {"--root /a/../b exec abc", "refused exec"},
    {"--root=../r restore abc", "refused restore"},
    {"--root=/r/.. create abc", "refused create"},
    {"--root=/r//..// create abc", "refused create"},
    {"--root=/..r/r../.../.r create abc", "create root=/..r/r../.../.r id=abc"},
    {"--root=./r//s/ exec abc", "exec root=./r//s/ id=abc"},
    {"--root= state abc", "other"},
    {"--root /a/../b delete abc", "other"},
};

static void lines_of_engines_are_read_alike(void **state)
{
    (void)state;
    check(BOLT_RUNC, engines, BOLT_LEN(engines));
    check(BOLT_CRUN, engines, BOLT_LEN(engines));
}

static const struct line of_runc[] = {
    {"create abc --bundle /b", "create bundle=/b id=abc"},
    {"create abc -bundle=/b", "create bundle=/b id=abc"},
    {"create --b /b abc", "create bundle=/b id=abc"},
    {"create --bundle= abc", "create bundle= id=abc"},
    {"create --bundle '' abc", "create bundle= id=abc"},
    {"create -b /1 --bundle /2 abc", "refused create"},
    {"create --bundle -x abc", "refused create"},
    {"create --bundle -- abc", "refused create"},
    {"create --bundle - abc", "refused create"},
    {"create --bundle=-x abc", "create bundle=-x id=abc"},
    {"create -b/b abc", "refused create"},
    {"create --bund /b abc", "refused create"},
    {"create ---bundle /b abc", "refused create"},
    {"create --no-pivot abc --bundle /b", "refused create"},
    {"create --no-pivot=false abc --bundle /b", "create bundle=/b id=abc"},
    {"create abc --no-pivot --bundle /b", "create bundle=/b id=abc"},
    {"create -- abc --bundle /b", "refused create"},
    {"create abc -- --bundle /b", "refused create"},
    {"create - --bundle /b", "create bundle=/b id=-"},
    {"create abc --help", "other"},
    {"create --help=false abc", "refused create"},
    {"create -f /c abc", "refused create"},
    {"exec -p /1 -p /2 abc", "exec process=/2 id=abc"},
    {"exec -p /1 -p '' abc", "exec id=abc"},
    {"exec -p=/1 abc", "exec process=/1 id=abc"},
    {"exec -p/1 abc", "refused exec"},
    {"exec -e -p abc /p", "exec id=abc"},
    {"exec -tp /1 abc", "refused exec"},
    {"exec --no-new-privs=true abc", "exec id=abc"},
    {"exec --proc /1 abc", "refused exec"},
    {"exec --cap CAP_KILL -c CAP_CHOWN abc ls", "refused exec"},
    {"exec abc -- -p /1", "exec id=abc"},
};

static void runc_is_read_as_go_reads(void **state)
{
    (void)state;
    check(BOLT_RUNC, of_runc, BOLT_LEN(of_runc));
}

static const struct line of_crun[] = {
    {"create -b/b abc", "create bundle=/b id=abc"},
    {"create -b=/b abc", "create bundle==/b id=abc"},
    {"create -b -- abc", "create bundle=-- id=abc"},
    {"create --bundle --help abc", "create bundle=--help id=abc"},
    {"create --b /b abc", "create bundle=/b id=abc"},
    {"create --bun=/b abc", "create bundle=/b id=abc"},
    {"create -bundle /b abc", "refused create"},
    {"create --con /f abc", "refused create"},
    {"create --conf /f abc", "create config=/f id=abc"},
    {"create --p /f abc", "refused create"},
    {"create --no-pivot=x abc", "refused create"},
    {"create abc --bundle /b", "refused create"},
    {"create abc --", "refused create"},
    {"create -b /b -- abc", "create bundle=/b id=abc"},
    {"create -b /1 --bundle /2 abc", "create bundle=/2 id=abc"},
    {"create -?", "other"},
    {"create --usage abc def", "other"},
    {"create --HANG=0 abc", "create id=abc"},
    {"create --program-name -b abc", "create id=abc"},
    {"run -df /c abc", "run config=/c id=abc"},
    {"run -dfc.json abc", "run config=c.json id=abc"},
    {"run -dx abc", "refused run"},
    {"--ro /r run abc", "refused run"},
    {"--cgroup-m x --debug run abc", "run id=abc"},
    {"-v create -b /b abc", "other"},
    {"exec -p/1 abc", "exec process=/1 id=abc"},
    {"exec -p=/1 abc", "exec process==/1 id=abc"},
    {"exec -tp /1 abc", "exec id=/1"},
    {"exec -dp /1 abc", "exec process=/1 id=abc"},
    {"exec -dcCAP_CHOWN -ccap_kill abc ls", "exec cap=CAP_CHOWN cap=cap_kill id=abc"},
    {"exec --proces /1 abc", "refused exec"},
    {"exec --process /1 abc", "exec process=/1 id=abc"},
    {"exec --no-n abc ls", "exec id=abc"},
    {"exec --tt=x -p '' abc", "exec process= id=abc"},
};

static void crun_is_read_as_getopt_reads(void **state)
{
    (void)state;
    check(BOLT_CRUN, of_crun, BOLT_LEN(of_crun));
}

static struct bolt_bytes read_caps(struct bolt_arena *arena, enum bolt_runtime runtime, int count)
{
    static char words[][16] = {"x", "exec", "--cap=CAP_CHOWN", "abc"};
    char *argv[BOLT_CMD_CAPS_MAX + 8] = {words[0], words[1]};
    int argc = 2;

    for (int i = 0; i < count; i++) {
        argv[argc++] = words[2];
    }
    argv[argc++] = words[3];
    return cmdline_text(arena, runtime, argc, argv);
}

static void caps_have_a_limit(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    (void)state;
    for (int runtime = BOLT_RUNC; runtime <= BOLT_CRUN; runtime++) {
        struct bolt_bytes most = read_caps(arena, (enum bolt_runtime)runtime, BOLT_CMD_CAPS_MAX);

        assert_true(bolt_bytes_has_prefix(most, "exec cap=CAP_CHOWN cap=CAP_CHOWN "));
        assert_int_equal(most.len,
                         strlen("exec id=abc") + BOLT_CMD_CAPS_MAX * strlen(" cap=CAP_CHOWN"));
        assert_bytes_equal(read_caps(arena, (enum bolt_runtime)runtime, BOLT_CMD_CAPS_MAX + 1),
                           "refused exec");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_engines_are_read_alike),
        cmocka_unit_test(runc_is_read_as_go_reads),
        cmocka_unit_test(crun_is_read_as_getopt_reads),
        cmocka_unit_test(caps_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
