/* SPDX-License-Identifier: Apache-2.0 */
/* Files and namespaces, in a directory of its own below the first place that is safe enough. */
#include "bolt_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "io/file.h"
#include "io/kin.h"
#include "io/netns.h"
#include "io/say.h"
#include "io/sockets.h"
#include "io/tail.h"
#include "io/trusted.h"

#define SOMEBODY 12345 /* neither root nor us */
#define SKIPPED 77

static char dir[PATH_MAX]; /* of this run; the working directory of every test */
static bool dir_is_open;   /* everybody may go there */

/* --- a place to work -------------------------------------------------------------------- */

/* Nobody else can change the way there; @open: and everybody may go it. */
static bool is_safe(const char *path, bool open)
{
    const mode_t search = S_IXUSR | S_IXGRP | S_IXOTH;
    char real[PATH_MAX];
    struct stat st;

    if (realpath(path, real) == NULL) {
        return false;
    }
    for (;;) {
        char *slash = strrchr(real, '/');

        if (stat(real, &st) != 0 || (st.st_mode & 022) != 0 ||
            (open && (st.st_mode & search) != search) ||
            (st.st_uid != 0 && st.st_uid != geteuid())) {
            return false;
        }
        if (strcmp(real, "/") == 0) {
            return true;
        }
        slash[slash == real ? 1 : 0] = '\0';
    }
}

static bool make_place_below(const char *parent, bool open)
{
    char name[PATH_MAX];

    if (parent == NULL || !is_safe(parent, open) ||
        (size_t)snprintf(name, sizeof name, "%s/drawbolt-test-io.XXXXXX", parent) >= sizeof name ||
        mkdtemp(name) == NULL) {
        return false;
    }
    dir_is_open = open;
    return chmod(name, open ? 0755 : 0700) == 0 && realpath(name, dir) != NULL && chdir(dir) == 0;
}

/* Rather one that everybody may go to, which a build directory below /root is not: some tests look
 * from another user's place. */
static bool make_place(void)
{
    const char *places[] = {".", "/run", "/var/lib", getenv("XDG_RUNTIME_DIR")};

    (void)umask(022);
    for (size_t i = 0; i < 2 * BOLT_LEN(places); i++) {
        if (make_place_below(places[i % BOLT_LEN(places)], i < BOLT_LEN(places))) {
            return true;
        }
    }
    return false;
}

static int run_in_child(int (*what)(void));

static int remove_place_now(void)
{
    (void)execl("/bin/rm", "rm", "-rf", "--", dir, (char *)NULL);
    return 1;
}

static int remove_place(void **state)
{
    (void)state;
    return chdir("/") == 0 ? run_in_child(remove_place_now) : -1;
}

static int run_in_child(int (*what)(void))
{
    int status = 0;
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        _exit(what());
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
        return -1;
    }
    return WEXITSTATUS(status);
}

/* For what needs privileges: 0 is passed, SKIPPED is skipped aloud, all else fails. */
static void assert_child(int (*what)(void), const char *need)
{
    int code = run_in_child(what);

    if (code == SKIPPED) {
        print_message("  SKIPPED: needs %s\n", need);
        skip();
    }
    assert_int_equal(code, 0);
}

static void put(const char *path, const char *text, mode_t mode)
{
    BOLT_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
}

static void make_dir(const char *path, mode_t mode)
{
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void make_link(const char *target, const char *path)
{
    assert_int_equal(symlink(target, path), 0);
}

/* --- files that nobody else can have written -------------------------------------------- */

enum outcome { LOADED, ABSENT, ERROR };

static const struct {
    const char *path; /* from the working directory, and made absolute */
    enum outcome outcome;
    const char *reason; /* a part of the message */
} trusted[] = {
    {"policy", LOADED, NULL},
    {"./policy", LOADED, NULL},
    {".//policy", LOADED, NULL},
    {"safe/policy", LOADED, NULL},
    {"safe/../policy", LOADED, NULL},
    {"safe/./../safe/policy", LOADED, NULL},
    {"read-only/policy", LOADED, NULL},
    {"missing", ABSENT, NULL},
    {"safe/missing", ABSENT, NULL},
    {"missing/missing", ABSENT, NULL},
    {"group", ERROR, "'group' can be written by others (mode 0664)"},
    {"others", ERROR, "'others' can be written by others (mode 0646)"},
    {"wide/policy", ERROR, "'wide' can be written by others (mode 0775)"},
    {"wide/missing", ERROR, "'wide' can be written by others (mode 0775)"},
    {"wide/safe/policy", ERROR, "'wide' can be written by others (mode 0775)"},
    {"wide/../policy", ERROR, "'wide' can be written by others (mode 0775)"},
    {"sticky/policy", ERROR, "'sticky' can be written by others (mode 1777)"},
    {"safe", ERROR, "a directory, not a file"},
    {"safe/", ERROR, "a directory, not a file"},
    {".", ERROR, "a directory, not a file"},
    {"policy/x", ERROR, "'policy' is not a directory"},
    {"fifo", ERROR, "not a regular file"},
    {"link", LOADED, NULL},
    {"link-absolute", LOADED, NULL},
    {"link-dir/policy", LOADED, NULL},
    {"link-link", LOADED, NULL},
    {"safe/link-up", LOADED, NULL},
    {"link-missing", ERROR, "'missing': does not exist (ENOENT)"},
    {"link-group", ERROR, "'group' can be written by others"},
    {"link-through-wide", ERROR, "'wide' can be written by others"},
    {"link-twice", LOADED, NULL},
    {"wide/link", ERROR, "'wide' can be written by others"},
    {"link-loop", ERROR, "leads nowhere"},
    {"link-loop-one", ERROR, "leads nowhere"},
    {"link-fifo", ERROR, "not a regular file"},
    {"link-dir/missing", ERROR, "'missing': does not exist (ENOENT)"},
    {"link-missing-dir/policy", ERROR, "'missing': does not exist (ENOENT)"},
};

static void make_trusted_tree(void)
{
    static const char *const files[] = {"policy",           "safe/policy",   "wide/policy",
                                        "wide/safe/policy", "sticky/policy", "read-only/policy"};
    char absolute[PATH_MAX + 16];

    make_dir("safe", 0755);
    make_dir("wide", 0775);
    make_dir("wide/safe", 0755);
    make_dir("sticky", 01777);
    make_dir("read-only", 0755);
    for (size_t i = 0; i < BOLT_LEN(files); i++) {
        put(files[i], files[i], 0644);
    }
    assert_int_equal(chmod("read-only", 0555), 0);
    put("group", "group", 0664);
    put("others", "others", 0646);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    (void)snprintf(absolute, sizeof absolute, "%s/safe/policy", dir);
    make_link("safe/policy", "link");
    make_link(absolute, "link-absolute");
    make_link("safe/", "link-dir");
    make_link("link", "link-link");
    make_link("../policy", "safe/link-up");
    make_link("safe/missing", "link-missing");
    make_link("group", "link-group");
    make_link("wide/safe/policy", "link-through-wide");
    make_link("safe/link-up", "link-twice");
    make_link("../policy", "wide/link");
    make_link("link-loop-two", "link-loop");
    make_link("./link-loop", "link-loop-two");
    make_link("link-loop-one", "link-loop-one");
    make_link("fifo", "link-fifo");
    make_link("missing", "link-missing-dir");
}

static void assert_trusted(const char *path, enum outcome outcome, const char *reason)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    enum bolt_trusted state = BOLT_TRUSTED_LOADED;
    struct bolt_bytes out = {0};
    struct bolt_err err = {0};
    int got = bolt_trusted_load(arena, path, &state, &out, &err);

    print_message("  %s: %s\n", path, got == 0 ? "ok" : err.text);
    assert_int_equal(got, outcome == ERROR ? -1 : 0);
    if (outcome == ERROR) {
        assert_int_equal(err.kind, BOLT_ERR_POLICY);
        assert_non_null(strstr(err.text, reason));
        return;
    }
    assert_int_equal(state, outcome == LOADED ? BOLT_TRUSTED_LOADED : BOLT_TRUSTED_ABSENT);
    if (outcome == LOADED) {
        assert_true(out.len >= 6 && memcmp(out.at + out.len - 6, "policy", 6) == 0);
    }
}

static void a_file_is_trusted_if_all_of_its_way_is(void **state)
{
    (void)state;
    make_trusted_tree();
    for (size_t i = 0; i < BOLT_LEN(trusted); i++) {
        char absolute[PATH_MAX + 64];

        assert_trusted(trusted[i].path, trusted[i].outcome, trusted[i].reason);
        (void)snprintf(absolute, sizeof absolute, "%s/%s", dir, trusted[i].path);
        assert_trusted(absolute, trusted[i].outcome, trusted[i].reason);
        (void)snprintf(absolute, sizeof absolute, "//..//%s///%s", dir, trusted[i].path);
        assert_trusted(absolute, trusted[i].outcome, trusted[i].reason);
    }
    assert_int_equal(chmod("read-only", 0755), 0);
    assert_trusted("", ERROR, "a directory, not a file");
    assert_trusted("/", ERROR, "a directory, not a file");
}

static void what_cannot_be_read_is_an_error_and_says_what(void **state)
{
    (void)state;
    put("huge-policy", "", 0600);
    assert_int_equal(truncate("huge-policy", (off_t)BOLT_FILE_BYTES_MAX + 1), 0);
    assert_trusted("huge-policy", ERROR, "its content: larger than the limit of 16 MiB");
}

static const struct {
    const char *path;
    bool outside_proc;
    enum outcome outcome;
    const char *reason;
} openings[] = {
    {"open/file", true, LOADED, NULL},
    {"open/fifo", true, LOADED, NULL}, /* nothing is read, and nothing is waited for */
    {"open/link", true, LOADED, NULL},
    {"open/missing", true, ABSENT, NULL},
    {"missing/missing", true, ABSENT, NULL},
    {"open/link-missing", true, ERROR, "'missing': does not exist (ENOENT)"},
    {"open", true, ERROR, "a directory, not a file"},
    {"open-wide/file", true, ERROR, "'open-wide' can be written by others (mode 0777)"},
    {"/proc/version", false, LOADED, NULL},
    {"/proc/version", true, ERROR, "the way leads through /proc"},
    {"/proc/missing", true, ERROR, "the way leads through /proc"},
    {"/proc/../proc/version", true, ERROR, "the way leads through /proc"},
    {"open/link-proc", false, LOADED, NULL},
    {"open/link-proc", true, ERROR, "the way leads through /proc"},
    {"/proc/self/cwd/open/file", true, ERROR, "the way leads through /proc"},
};

static void a_way_through_proc_is_refused_where_that_matters(void **state)
{
    (void)state;
    make_dir("open", 0755);
    make_dir("open-wide", 0777);
    put("open/file", "", 0644);
    put("open-wide/file", "", 0644);
    assert_int_equal(mkfifo("open/fifo", 0600), 0);
    make_link("file", "open/link");
    make_link("missing", "open/link-missing");
    make_link("/proc/version", "open/link-proc");
    for (size_t i = 0; i < BOLT_LEN(openings); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        BOLT_CLOSE int fd = 77;
        struct bolt_err err = {0};
        int got = bolt_trusted_open(arena, openings[i].path, openings[i].outside_proc, &fd, &err);

        print_message("  %s: %s\n", openings[i].path, got == 0 ? "ok" : err.text);
        assert_int_equal(got, openings[i].outcome == ERROR ? -1 : 0);
        assert_int_equal(fd >= 0, openings[i].outcome == LOADED);
        if (got != 0) {
            assert_int_equal(err.kind, BOLT_ERR_POLICY);
            assert_non_null(strstr(err.text, openings[i].reason));
        } else if (fd >= 0) { /* it says where it is, and cannot be read from */
            char c;

            assert_int_equal(read(fd, &c, 1), -1);
            assert_int_equal(errno, EBADF);
        }
    }
}

static void what_belongs_to_somebody_else_is_not_trusted(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("  SKIPPED: needs root, to give files away\n");
        skip();
    }
    make_dir("theirs", 0755);
    put("theirs/policy", "policy", 0644);
    put("their-policy", "policy", 0644);
    assert_int_equal(chown("theirs", SOMEBODY, 0), 0);
    assert_int_equal(chown("their-policy", SOMEBODY, 0), 0);
    make_link("theirs/policy", "link-theirs");
    assert_trusted("their-policy", ERROR, "belongs to user 12345, not to root or the caller");
    assert_trusted("theirs/policy", ERROR, "'theirs' belongs to user 12345");
    assert_trusted("theirs/missing", ERROR, "'theirs' belongs to user 12345");
    assert_trusted("link-theirs", ERROR, "'theirs' belongs to user 12345");
    put("nobodys-policy", "policy", 0644);
    assert_int_equal(chown("nobodys-policy", 65534, 0), 0);
    assert_trusted("nobodys-policy", ERROR, "belongs to user 65534");
    /* Whose group it is does not matter while the group cannot write. */
    put("our-policy", "policy", 0644);
    assert_int_equal(chown("our-policy", 0, SOMEBODY), 0);
    assert_trusted("our-policy", LOADED, NULL);
}

static bool is_trusted(const char *path)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    enum bolt_trusted state = BOLT_TRUSTED_ABSENT;
    struct bolt_bytes out = {0};
    struct bolt_err err = {0};

    return bolt_trusted_load(arena, path, &state, &out, &err) == 0 && state == BOLT_TRUSTED_LOADED;
}

/* Becomes root of a user namespace once its map is written. */
static int look_as_mapped_root(int ready, int mapped, int (*look)(void))
{
    char c = 0;

    if (unshare(CLONE_NEWUSER) != 0 || write(ready, "x", 1) != 1 || read(mapped, &c, 1) != 1) {
        return SKIPPED;
    }
    if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) {
        return 2;
    }
    return look();
}

static int trust_the_machines_root(void)
{
    return is_trusted("roots-policy") && is_trusted("mapped-policy") ? 0 : 3;
}

static int trust_the_mapped_root(void)
{
    return !is_trusted("roots-policy") && is_trusted("mapped-policy") ? 0 : 3;
}

static bool write_map(pid_t pid, const char *name, const char *map)
{
    BOLT_CLOSE int fd = -1;
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map);
}

/* Looks from a namespace whose root is @map's. */
static int look_with_map(const char *map, int (*look)(void))
{
    int status = 0;
    int ready[2];
    int mapped[2];
    char c = 0;
    pid_t pid;

    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(mapped, O_CLOEXEC) != 0) {
        return 10;
    }
    pid = fork();
    if (pid == 0) {
        (void)close(ready[0]);
        (void)close(mapped[1]);
        _exit(look_as_mapped_root(ready[1], mapped[0], look));
    }
    (void)close(ready[1]);
    (void)close(mapped[0]);
    if (read(ready[0], &c, 1) == 1 && write_map(pid, "uid_map", map) &&
        write_map(pid, "gid_map", map)) {
        (void)!write(mapped[1], "x", 1);
    }
    (void)close(ready[0]);
    (void)close(mapped[1]);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
        return 11;
    }
    return WEXITSTATUS(status);
}

static int look_from_user_namespaces(void)
{
    int code;

    if (geteuid() != 0 || !dir_is_open) {
        return SKIPPED;
    }
    put("roots-policy", "policy", 0644);
    put("mapped-policy", "policy", 0644);
    (void)!chown("mapped-policy", SOMEBODY, SOMEBODY);
    code = look_with_map("0 12345 1", trust_the_machines_root);
    if (code != 0) {
        return code;
    }
    /* Where root is mapped, what is not mapped is not root's. */
    (void)!chown("roots-policy", SOMEBODY, SOMEBODY);
    (void)!chown("mapped-policy", 0, 0);
    return look_with_map("0 0 1", trust_the_mapped_root);
}

static void what_is_not_mapped_is_roots_only_where_root_is_not_mapped(void **state)
{
    (void)state;
    assert_child(look_from_user_namespaces,
                 "root, a directory that everybody may go to, and to make user namespaces");
}

static void a_name_that_is_too_long_is_an_error(void **state)
{
    char name[NAME_MAX + 2];

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_trusted(name, ERROR, "File name too long");
}

/* --- reading ---------------------------------------------------------------------------- */

static int load(struct bolt_arena *arena, const char *path, struct bolt_bytes *out,
                struct bolt_err *err)
{
    return bolt_file_load(arena, path, BOLT_ERR_INPUT, out, err);
}

static void only_regular_files_are_read_and_nothing_is_waited_for(void **state)
{
    static const struct {
        const char *path;
        const char *error; /* NULL: it is read */
    } files[] = {
        {"document", NULL},
        {"link-document", NULL},
        {"empty", NULL},
        {"pipe", "pipe: not a regular file"},
        {"link-pipe", "link-pipe: not a regular file"},
        {"/dev/null", "/dev/null: not a regular file"},
        {"/dev/zero", "/dev/zero: not a regular file"},
        {".", ".: a directory, not a file"},
        {"nothing", "nothing: does not exist (ENOENT)"},
        {"document/x", "document/x: Not a directory"},
    };

    (void)state;
    put("document", "text", 0600);
    put("empty", "", 0600);
    make_link("document", "link-document");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    make_link("pipe", "link-pipe");
    for (size_t i = 0; i < BOLT_LEN(files); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_bytes out = {0};
        struct bolt_err err = {0};

        print_message("  %s\n", files[i].path);
        if (files[i].error == NULL) {
            assert_int_equal(load(arena, files[i].path, &out, &err), 0);
            assert_bytes_equal(out, strstr(files[i].path, "empty") != NULL ? "" : "text");
            continue;
        }
        assert_int_equal(load(arena, files[i].path, &out, &err), -1);
        assert_int_equal(err.kind, BOLT_ERR_INPUT);
        assert_string_equal(err.text, files[i].error);
    }
    assert_true(bolt_file_is_directory("."));
    assert_false(bolt_file_is_directory("document"));
    assert_false(bolt_file_is_directory("nothing"));
}

static void a_file_is_read_up_to_the_limit_and_no_further(void **state)
{
    static const struct {
        size_t size;
        bool ok;
    } sizes[] = {
        {60 * 1024 - 1, true},
        {60 * 1024, true},
        {60 * 1024 + 1, true},
        {240 * 1024, true},
        {BOLT_FILE_BYTES_MAX, true},
        {BOLT_FILE_BYTES_MAX + 1, false},
        {BOLT_FILE_BYTES_MAX * 2, false},
    };

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(sizes); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        struct bolt_bytes out = {0};
        struct bolt_err err = {0};

        put("large", "", 0600);
        assert_int_equal(truncate("large", (off_t)sizes[i].size), 0);
        assert_int_equal(load(arena, "large", &out, &err), sizes[i].ok ? 0 : -1);
        if (sizes[i].ok) {
            assert_int_equal(out.len, sizes[i].size);
            assert_int_equal(out.at[out.len - 1], 0);
        } else {
            assert_string_equal(err.text, "large: larger than the limit of 16 MiB");
        }
    }
}

/* A pipe gives what it has, not what was asked for. */
static void a_stream_is_read_to_its_end(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes out = {0};
    struct bolt_err err = {0};
    int pipes[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        bool ok = true;

        for (int i = 0; i < 30000; i++) {
            char text[8];

            (void)snprintf(text, sizeof text, "%06d,", i);
            ok = write(pipes[1], text, 7) == 7 && ok;
        }
        _exit(ok ? 0 : 1);
    }
    (void)close(pipes[1]);
    assert_int_equal(bolt_file_read(arena, pipes[0], "pipe", BOLT_ERR_INPUT, &out, &err), 0);
    (void)close(pipes[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(out.len, 30000 * 7);
    for (int i = 0; i < 30000; i++) {
        char text[8];

        (void)snprintf(text, sizeof text, "%06d,", i);
        assert_memory_equal(out.at + (size_t)i * 7, text, 7);
    }
    assert_int_equal(bolt_file_read(arena, pipes[0], "pipe", BOLT_ERR_POLICY, &out, &err), -1);
    assert_int_equal(err.kind, BOLT_ERR_POLICY);
}

static void what_cannot_be_written_is_an_error(void **state)
{
    BOLT_CLOSE int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct bolt_err err = {0};

    (void)state;
    assert_true(full >= 0);
    assert_int_equal(bolt_file_write(full, "it", BOLT_LIT("x"), &err), -1);
    assert_int_equal(err.kind, BOLT_ERR_SYSTEM);
    assert_string_equal(err.text, "write to it: No space left on device");
    assert_int_equal(bolt_file_write(full, "it", BOLT_LIT(""), &err), 0);
    assert_int_equal(bolt_file_write(-1, "it", BOLT_LIT("x"), &err), -1);
}

/* --- the log ---------------------------------------------------------------------------- */

static struct bolt_bytes content(struct bolt_arena *arena, const char *path)
{
    struct bolt_bytes out = {0};
    struct bolt_err err = {0};

    if (load(arena, path, &out, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return out;
}

static void a_log_and_its_directory_are_made_for_us_alone(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_err err = {0};
    struct stat st;

    (void)state;
    assert_int_equal(bolt_file_append("logs/log", BOLT_LIT("one\n"), &err), 0);
    assert_int_equal(bolt_file_append("logs/log", BOLT_LIT("two\n"), &err), 0);
    assert_bytes_equal(content(arena, "logs/log"), "one\ntwo\n");
    assert_int_equal(stat("logs", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat("logs/log", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(bolt_file_append("no/such/log", BOLT_LIT("x\n"), &err), -1);
    assert_int_equal(err.kind, BOLT_ERR_SYSTEM);
}

static void a_log_is_a_regular_file_and_no_link(void **state)
{
    static const char *const paths[] = {"log-link", "log-dangling", "log-fifo",
                                        "log-dir",  "/dev/null",    "/dev/full"};
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct stat st;

    (void)state;
    put("log-target", "before\n", 0600);
    make_link("log-target", "log-link");
    make_link("log-new", "log-dangling");
    assert_int_equal(mkfifo("log-fifo", 0600), 0);
    make_dir("log-dir", 0700);
    for (size_t i = 0; i < BOLT_LEN(paths); i++) {
        struct bolt_err err = {0};

        assert_int_equal(bolt_file_append(paths[i], BOLT_LIT("x\n"), &err), -1);
        print_message("  %s\n", err.text);
        assert_int_equal(err.kind, BOLT_ERR_SYSTEM);
    }
    assert_bytes_equal(content(arena, "log-target"), "before\n");
    assert_int_equal(lstat("log-new", &st), -1);
}

static int append_until_full(const char *path, size_t len)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    char *line = bolt_arena_alloc(arena, len, 1);
    struct bolt_err err = {0};
    size_t lines = 0;
    struct stat st;

    memset(line, 'x', len - 1);
    line[len - 1] = '\n';
    while (bolt_file_append(path, (struct bolt_bytes){line, len}, &err) == 0) {
        if (++lines > 100000) {
            return 1; /* it is never full */
        }
    }
    if (err.kind != BOLT_ERR_SYSTEM || lines == 0 || stat(path, &st) != 0) {
        return 2;
    }
    return (size_t)st.st_size == lines * len ? 0 : 3; /* whole lines only */
}

static int append_below_a_limit(void)
{
    const struct rlimit limit = {10000, 10000};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGXFSZ, &ignore, NULL);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return 4;
    }
    return append_until_full("log-limited", 300);
}

static void a_record_that_does_not_fit_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(append_below_a_limit), 0);
}

static int append_to_a_full_disk(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mkdir("disk", 0700) != 0 || mount("none", "disk", "tmpfs", 0, "size=64k") != 0) {
        return SKIPPED;
    }
    return append_until_full("disk/log", 3000);
}

static void a_full_disk_leaves_whole_lines(void **state)
{
    (void)state;
    assert_child(append_to_a_full_disk, "a mount namespace");
}

#define WRITERS 8
#define LINES 150

static int append_many(int writer)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    for (int i = 0; i < LINES; i++) {
        struct bolt_err err = {0};
        int fill = 1 + (writer * 977 + i * 131) % 6000;
        struct bolt_bytes line =
            bolt_printf(arena, "%d %d %d %0*d.\n", writer, i, fill, fill, writer);

        if (bolt_file_append("log-shared", line, &err) != 0) {
            return 1;
        }
    }
    return 0;
}

static void concurrent_records_stay_whole_and_in_order(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    int next[WRITERS] = {0};
    struct bolt_bytes log;

    (void)state;
    (void)fflush(NULL);
    for (int w = 0; w < WRITERS; w++) {
        if (fork() == 0) {
            _exit(append_many(w));
        }
    }
    for (int w = 0; w < WRITERS; w++) {
        int status = -1;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    log = content(arena, "log-shared");
    while (log.len != 0) {
        const char *end = memchr(log.at, '\n', log.len);
        int writer = -1;
        int line = -1;
        int fill = -1;
        int at = 0;

        assert_non_null(end);
        assert_int_equal(
            sscanf(bolt_bytes_cstr(arena, (struct bolt_bytes){log.at, (size_t)(end - log.at)}),
                   "%d %d %d %n", &writer, &line, &fill, &at),
            3);
        assert_true(writer >= 0 && writer < WRITERS);
        assert_int_equal(line, next[writer]++);
        assert_int_equal(end - log.at, at + fill + 1);
        assert_int_equal(end[-1], '.');
        log.len -= (size_t)(end - log.at) + 1;
        log.at = end + 1;
    }
    for (int w = 0; w < WRITERS; w++) {
        assert_int_equal(next[w], LINES);
    }
}

static void the_tail_of_a_log_starts_with_a_whole_line(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes out = {0};
    struct bolt_err err = {0};
    bool whole = false;

    (void)state;
    put("short", "one\ntwo", 0600);
    assert_int_equal(bolt_tail_load(arena, "short", &out, &whole, &err), 0);
    assert_bytes_equal(out, "one\ntwo");
    assert_true(whole);
    put("short", "", 0600);
    assert_int_equal(bolt_tail_load(arena, "short", &out, &whole, &err), 0);
    assert_bytes_equal(out, "");
    /* A hole, a line that is cut by the limit, and the two last lines. */
    put("long", "first\n", 0600);
    assert_int_equal(truncate("long", (off_t)BOLT_FILE_BYTES_MAX + 100), 0);
    assert_int_equal(bolt_file_append("long", BOLT_LIT("\nlast\nvery last\n"), &err), 0);
    assert_int_equal(bolt_tail_load(arena, "long", &out, &whole, &err), 0);
    assert_bytes_equal(out, "last\nvery last\n");
    assert_false(whole);
    assert_int_equal(bolt_tail_load(arena, "nothing-there", &out, &whole, &err), -1);
    assert_int_equal(err.kind, BOLT_ERR_SYSTEM);
    assert_int_equal(bolt_tail_load(arena, "/dev/zero", &out, &whole, &err), -1);
}

/* --- namespaces ------------------------------------------------------------------------- */

static enum bolt_netns_kind kind_at(const char *path, bool inside, pid_t own_pid)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_netns_look look = bolt_netns_look(arena, path, inside, (uint64_t)own_pid);

    if ((look.fd >= 0) == (look.kind == BOLT_NETNS_IS_UNREADABLE)) {
        return (enum bolt_netns_kind)99;
    }
    if ((look.why != NULL) != (look.kind == BOLT_NETNS_IS_UNREADABLE)) {
        return (enum bolt_netns_kind)98;
    }
    if (look.fd >= 0) {
        (void)close(look.fd);
    }
    return look.kind;
}

/* Not everywhere is root allowed to look at it. */
static bool sees_the_first_process(void)
{
    struct stat st;

    return stat("/proc/1/ns/net", &st) == 0;
}

/* @text with @number for its %ld. */
static const char *numbered(char out[static PATH_MAX], const char *text, long number)
{
    const char *mark = strstr(text, "%ld");

    if (mark == NULL) {
        return text;
    }
    (void)snprintf(out, PATH_MAX, "%.*s%ld%s", (int)(mark - text), text, number, mark + 3);
    return out;
}

/* %ld stands for our process id. */
static const char *const no_networks[] = {
    "ns-missing",
    "ns-file",
    "ns-fifo",
    ".",
    "/",
    "/dev/null",
    "/proc/self/status",
    "/proc/99999999/ns/net",
    /* A namespace, and not of a network. */
    "/proc/%ld/ns/mnt",
    "/proc/%ld/ns/user",
    /* Our own network, by ways that lead elsewhere for the runtime. */
    "/proc/self/ns/net",
    "/proc/thread-self/ns/net",
    "/proc/self/task/%ld/ns/net",
    "/proc/%ld/task/%ld/ns/net",
    "/proc/%ld/root/proc/%ld/ns/net",
    "/proc/%ld/cwd/ns-link-pid",
    "/proc/self/cwd/ns-link-pid",
    "ns-link-self",
    "ns-link-pid",
    "ns-link-dir/net",
    "ns-wide/link",
    /* Nearly the one way through /proc. */
    "//proc/%ld/ns/net",
    "/proc//%ld/ns/net",
    "/proc/./%ld/ns/net",
    "/proc/../proc/%ld/ns/net",
    "/proc/%ld/ns/net/",
    "/proc/%ld/ns//net",
    "/proc/%ld/ns/net ",
    "/proc/+%ld/ns/net",
    "/proc/ns/net",
    "/proc//ns/net",
    "",
};

static void what_is_no_namespace_or_can_be_swapped_is_unreadable_at_once(void **state)
{
    char path[PATH_MAX];
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

    (void)state;
    put("ns-file", "", 0600);
    assert_int_equal(mkfifo("ns-fifo", 0600), 0);
    make_dir("ns-wide", 0777);
    make_link("/proc/self/ns/net", "ns-link-self");
    make_link(numbered(path, "/proc/%ld/ns/net", getpid()), "ns-link-pid");
    make_link(path, "ns-wide/link");
    make_link("/proc/self/ns", "ns-link-dir");
    for (size_t i = 0; i < BOLT_LEN(no_networks); i++) {
        const char *once = numbered(path, no_networks[i], getpid());
        char twice[PATH_MAX];

        once = numbered(twice, once, getpid());
        print_message("  %s\n", once);
        assert_int_equal(kind_at(once, false, 0), BOLT_NETNS_IS_UNREADABLE);
        assert_int_equal(kind_at(once, true, 0), BOLT_NETNS_IS_UNREADABLE);
    }
    assert_true(fd >= 0);
    assert_int_equal(kind_at(numbered(path, "/proc/self/fd/%ld", fd), false, 0),
                     BOLT_NETNS_IS_UNREADABLE);
    (void)close(fd);
}

static void our_own_network_is_the_hosts(void **state)
{
    char path[PATH_MAX];

    (void)state;
    assert_int_equal(kind_at(numbered(path, "/proc/%ld/ns/net", getpid()), false, 0),
                     BOLT_NETNS_IS_HOSTS);
    if (sees_the_first_process()) {
        assert_int_equal(kind_at("/proc/1/ns/net", false, 0), BOLT_NETNS_IS_HOSTS);
        assert_int_equal(kind_at("/proc/1/ns/net", true, 0), BOLT_NETNS_IS_HOSTS);
    }
}

/* A child in a network of its own that lives until the pipe is closed. */
static pid_t start_inhabitant(int *alive)
{
    int ready[2];
    int life[2];
    char c = 0;
    pid_t pid;

    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(life, O_CLOEXEC) != 0) {
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        (void)close(ready[0]);
        (void)close(life[1]);
        if (unshare(CLONE_NEWNET) != 0 || write(ready[1], "x", 1) != 1) {
            _exit(SKIPPED);
        }
        _exit(read(life[0], &c, 1) == 0 ? 0 : 1);
    }
    (void)close(ready[1]);
    (void)close(life[0]);
    if (read(ready[0], &c, 1) != 1) {
        (void)waitpid(pid, NULL, 0);
        pid = -1;
    }
    (void)close(ready[0]);
    *alive = life[1];
    return pid;
}

#define EXPECT(condition, code)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return (code);                                                                         \
        }                                                                                          \
    } while (0)

static bool make_mounts_private(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool bind_to(const char *path, const char *file)
{
    put(file, "", 0600);
    return mount(path, file, "none", MS_BIND, NULL) == 0;
}

static int look_at_anothers(void)
{
    const char *const held = "ns-held"; /* as `ip netns add` and engines hold one */
    char path[64];
    int alive = -1;
    pid_t pid;

    EXPECT(make_mounts_private(), SKIPPED);
    pid = start_inhabitant(&alive);
    EXPECT(pid > 0, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    EXPECT(bind_to(path, held), 10);
    EXPECT(kind_at(path, false, 0) == BOLT_NETNS_IS_INHABITED, 11);
    EXPECT(kind_at(path, true, 0) ==
               (sees_the_first_process() ? BOLT_NETNS_IS_INHABITED : BOLT_NETNS_IS_UNREADABLE),
           12);
    EXPECT(kind_at(held, false, 0) == BOLT_NETNS_IS_INHABITED, 13);
    /* The container's own first process is no stranger; somebody else's is. */
    EXPECT(kind_at(path, false, pid) == BOLT_NETNS_IS_EMPTY, 14);
    EXPECT(kind_at(path, false, 1) == BOLT_NETNS_IS_INHABITED, 15);
    (void)close(alive);
    EXPECT(waitpid(pid, NULL, 0) == pid, 16);
    EXPECT(kind_at(path, false, 0) == BOLT_NETNS_IS_UNREADABLE, 17);
    EXPECT(kind_at(held, false, 0) == BOLT_NETNS_IS_EMPTY, 18);
    EXPECT(kind_at(held, true, 0) ==
               (sees_the_first_process() ? BOLT_NETNS_IS_EMPTY : BOLT_NETNS_IS_UNREADABLE),
           19);
    return 0;
}

struct second {
    bool apart; /* in a network of its own, not where the process started */
    int ready;
    int life;
};

static int be_second(void *arg)
{
    const struct second *second = (const struct second *)arg;
    char c;

    if ((second->apart && unshare(CLONE_NEWNET) != 0) || write(second->ready, "x", 1) != 1) {
        _exit(SKIPPED);
    }
    return (int)read(second->life, &c, 1);
}

/* A process whose first thread is in another network than its second. */
static int look_at_threads(bool apart, enum bolt_netns_kind wanted)
{
    int ready[2];
    int life[2];
    char path[64];
    char c;
    thrd_t thread;
    pid_t pid;

    EXPECT(pipe2(ready, O_CLOEXEC) == 0 && pipe2(life, O_CLOEXEC) == 0, SKIPPED);
    pid = fork();
    if (pid == 0) {
        struct second second = {apart, ready[1], life[0]};

        (void)close(life[1]);
        if (thrd_create(&thread, be_second, &second) != thrd_success ||
            unshare(CLONE_NEWNET) != 0 || write(ready[1], "x", 1) != 1) {
            _exit(SKIPPED);
        }
        _exit(read(life[0], &c, 1) == 0 ? 0 : 1);
    }
    (void)close(ready[1]);
    (void)close(life[0]);
    EXPECT(read(ready[0], &c, 1) == 1 && read(ready[0], &c, 1) == 1, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    EXPECT(kind_at(path, false, 0) == wanted, 10);
    (void)close(life[1]);
    EXPECT(waitpid(pid, NULL, 0) == pid, 11);
    return 0;
}

static int look_at_a_visitor(void)
{
    return look_at_threads(false, BOLT_NETNS_IS_EMPTY);
}

static int look_at_somebody_with_two_networks(void)
{
    return look_at_threads(true, BOLT_NETNS_IS_INHABITED);
}

static void a_process_with_a_thread_at_home_is_a_visitor(void **state)
{
    (void)state;
    assert_child(look_at_a_visitor, "to make network namespaces");
    assert_child(look_at_somebody_with_two_networks, "to make network namespaces");
}

static int outlive_the_first(void *arg)
{
    char c;

    _exit(read(*(const int *)arg, &c, 1) == 0 ? 0 : SKIPPED);
}

/* In a network of its own, in which only the second thread goes on once the pipe is closed. */
static void be_left_alone(int ready, int go, int life)
{
    thrd_t thread;
    char c;

    if (unshare(CLONE_NEWNET) != 0 ||
        thrd_create(&thread, outlive_the_first, &life) != thrd_success ||
        write(ready, "x", 1) != 1 || read(go, &c, 1) != 0) {
        _exit(SKIPPED);
    }
    thrd_exit(0);
}

static int look_at_a_dead_first_thread(void)
{
    int ready[2];
    int go[2];
    int life[2];
    char path[64];
    char c;
    pid_t pid;

    EXPECT(make_mounts_private(), SKIPPED);
    EXPECT(pipe(ready) == 0 && pipe(go) == 0 && pipe(life) == 0, SKIPPED);
    pid = fork();
    if (pid == 0) {
        (void)close(go[1]);
        (void)close(life[1]);
        be_left_alone(ready[1], go[0], life[0]);
    }
    (void)close(ready[1]);
    EXPECT(read(ready[0], &c, 1) == 1, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    EXPECT(bind_to(path, "ns-left"), 10);
    (void)close(go[1]);
    while (access(path, F_OK) == 0) {
        (void)sched_yield();
    }
    EXPECT(kind_at("ns-left", false, 0) == BOLT_NETNS_IS_INHABITED, 11);
    (void)close(life[1]);
    EXPECT(waitpid(pid, NULL, 0) == pid, 12);
    EXPECT(kind_at("ns-left", false, 0) == BOLT_NETNS_IS_EMPTY, 13);
    return 0;
}

static void who_lost_the_first_thread_lives_there_still(void **state)
{
    (void)state;
    assert_child(look_at_a_dead_first_thread, "to make network and mount namespaces");
}

/* The only one there belongs to somebody else, whom root can look at by CAP_SYS_PTRACE alone. */
static int look_without_the_right_to(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
    int ready[2];
    int life[2];
    char path[64];
    char c;
    pid_t pid;

    EXPECT(geteuid() == 0 && make_mounts_private(), SKIPPED);
    EXPECT(pipe(ready) == 0 && pipe(life) == 0, SKIPPED);
    pid = fork();
    if (pid == 0) {
        (void)close(life[1]);
        if (unshare(CLONE_NEWNET) != 0 || setuid(SOMEBODY) != 0 || write(ready[1], "x", 1) != 1) {
            _exit(SKIPPED);
        }
        _exit(read(life[0], &c, 1) == 0 ? 0 : 1);
    }
    (void)close(ready[1]);
    EXPECT(read(ready[0], &c, 1) == 1, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    EXPECT(bind_to(path, "ns-hidden"), SKIPPED);
    EXPECT(kind_at("ns-hidden", false, 0) == BOLT_NETNS_IS_INHABITED, 10);
    EXPECT(syscall(SYS_capget, &head, caps) == 0, 11);
    caps[0].effective &= ~(UINT32_C(1) << CAP_SYS_PTRACE);
    EXPECT(syscall(SYS_capset, &head, caps) == 0, 12);
    EXPECT(kind_at("ns-hidden", false, 0) == BOLT_NETNS_IS_UNREADABLE, 13);
    (void)close(life[1]);
    EXPECT(waitpid(pid, NULL, 0) == pid, 14);
    return 0;
}

static void whom_root_may_not_look_at_may_live_there(void **state)
{
    (void)state;
    assert_child(look_without_the_right_to, "root, and to make network and mount namespaces");
}

/* Mounted namespaces, and what stands on the way to them. */
static int look_through_directories(void)
{
    char path[PATH_MAX];
    const char *own = numbered(path, "/proc/%ld/ns/net", getpid());

    EXPECT(make_mounts_private() && mkdir("ns", 0755) == 0 && chmod("ns", 0755) == 0, SKIPPED);
    EXPECT(bind_to(own, "ns/net") && bind_to("/proc/self/ns/uts", "ns/uts"), 10);
    EXPECT(mkdir("ns/wide", 0700) == 0 && chmod("ns/wide", 0777) == 0, 11);
    EXPECT(mkdir("ns/sticky", 0700) == 0 && chmod("ns/sticky", 01777) == 0, 12);
    EXPECT(bind_to(own, "ns/wide/net") && symlink("../net", "ns/sticky/link") == 0, 13);
    EXPECT(symlink("net", "ns/link") == 0 && symlink("wide/net", "ns/link-wide") == 0, 14);
    EXPECT(kind_at("ns/net", false, 0) == BOLT_NETNS_IS_HOSTS, 20);
    EXPECT(kind_at("ns/link", false, 0) == BOLT_NETNS_IS_HOSTS, 21);
    EXPECT(kind_at("ns/uts", false, 0) == BOLT_NETNS_IS_UNREADABLE, 22);
    EXPECT(kind_at("ns/wide/net", false, 0) == BOLT_NETNS_IS_UNREADABLE, 23);
    EXPECT(kind_at("ns/link-wide", false, 0) == BOLT_NETNS_IS_UNREADABLE, 24);
    EXPECT(kind_at("ns/sticky/link", false, 0) == BOLT_NETNS_IS_UNREADABLE, 25);
    EXPECT(kind_at("ns/missing", false, 0) == BOLT_NETNS_IS_UNREADABLE, 26);
    EXPECT(chown("ns", SOMEBODY, 0) == 0, SKIPPED);
    EXPECT(kind_at("ns/net", false, 0) == BOLT_NETNS_IS_UNREADABLE, 27);
    /* Another mount of /proc is as much of a proc file system as the usual one. */
    EXPECT(mkdir("ns-proc", 0755) == 0 && mount("proc", "ns-proc", "proc", 0, NULL) == 0, SKIPPED);
    own = numbered(path, "ns-proc/%ld/ns/net", getpid());
    EXPECT(access(own, R_OK) == 0, 28);
    EXPECT(kind_at(own, false, 0) == BOLT_NETNS_IS_UNREADABLE, 29);
    return 0;
}

static void a_namespace_counts_only_where_nobody_can_swap_it(void **state)
{
    (void)state;
    assert_child(look_through_directories, "root, and to make a mount namespace and mount proc");
}

static int compare_with_the_first(void)
{
    int alive = -1;
    pid_t pid = start_inhabitant(&alive);

    EXPECT(pid > 0, SKIPPED);
    EXPECT(bolt_netns_is_hosts(1) == sees_the_first_process(), 10);
    EXPECT(!bolt_netns_is_hosts((uint64_t)pid), 11);
    EXPECT(!bolt_netns_is_hosts(UINT64_MAX), 12);
    (void)close(alive);
    EXPECT(waitpid(pid, NULL, 0) == pid, 13);
    EXPECT(!bolt_netns_is_hosts((uint64_t)pid), 14);
    return 0;
}

static void a_process_is_in_the_hosts_network_if_the_first_is_there_too(void **state)
{
    (void)state;
    assert_child(compare_with_the_first, "to make network namespaces");
}

static void a_network_is_empty_when_nobody_but_the_container_lives_in_it(void **state)
{
    (void)state;
    assert_child(look_at_anothers, "to make network namespaces");
}

static int look_from_inside(void)
{
    char path[PATH_MAX];
    const char *own = numbered(path, "/proc/%ld/ns/net", getpid());

    EXPECT(unshare(CLONE_NEWNET) == 0, SKIPPED);
    EXPECT(kind_at(own, false, 0) == BOLT_NETNS_IS_HOSTS, 10);
    if (!sees_the_first_process()) {
        EXPECT(kind_at(own, true, 0) == BOLT_NETNS_IS_UNREADABLE, 11);
        return 0;
    }
    EXPECT(kind_at(own, true, 0) == BOLT_NETNS_IS_EMPTY, 12);
    EXPECT(kind_at("/proc/1/ns/net", true, 0) == BOLT_NETNS_IS_HOSTS, 13);
    return 0;
}

static void from_inside_only_the_first_process_has_the_hosts_network(void **state)
{
    (void)state;
    assert_child(look_from_inside, "to make network namespaces");
}

/* The caller's parent (podman's own process) may be in the namespace that it has just made. */
static int look_at_the_parents(void)
{
    BOLT_CLOSE int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int status = 0;
    char path[64];
    pid_t pid;

    EXPECT(home >= 0 && unshare(CLONE_NEWNET) == 0, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)getpid());
    pid = fork();
    if (pid == 0) {
        _exit(setns(home, CLONE_NEWNET) == 0 && kind_at(path, false, 0) == BOLT_NETNS_IS_EMPTY ? 0
                                                                                               : 1);
    }
    EXPECT(waitpid(pid, &status, 0) == pid && status == 0, 10);
    return 0;
}

static void who_started_us_is_no_inhabitant(void **state)
{
    (void)state;
    assert_child(look_at_the_parents, "to make network namespaces");
}

static bool same_network(const struct stat *before)
{
    struct stat now;

    return stat("/proc/self/ns/net", &now) == 0 && now.st_ino == before->st_ino;
}

static int visit(void)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes value = {0};
    struct stat before;
    int alive = -1;
    pid_t pid = start_inhabitant(&alive);
    char path[64];
    int fd;

    EXPECT(pid > 0 && stat("/proc/self/ns/net", &before) == 0, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    EXPECT(bolt_netns_sysctl(arena, fd, "net.ipv4.ip_unprivileged_port_start", &value), 10);
    EXPECT(bolt_bytes_is(value, "1024"), 11);
    EXPECT(same_network(&before), 12);
    EXPECT(bolt_netns_sysctl(arena, fd, "net.ipv4.ping_group_range", &value), 13);
    EXPECT(bolt_bytes_is(value, "1\t0"), 14);
    EXPECT(!bolt_netns_sysctl(arena, fd, "net.ipv4.no_such_thing", &value), 15);
    EXPECT(same_network(&before), 16);
    EXPECT(!bolt_netns_sysctl(arena, -1, "net.ipv4.ip_forward", &value), 17);
    EXPECT(!bolt_netns_sysctl(arena, alive, "net.ipv4.ip_forward", &value), 18);
    EXPECT(same_network(&before), 19);
    (void)close(alive);
    return waitpid(pid, NULL, 0) == pid ? 0 : 20;
}

static int visit_as_a_user(void)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes value = {0};
    struct stat before;
    int alive = -1;
    char path[64];
    pid_t pid;
    int fd;

    /* A process that changed its user is not looked at by that user without this. */
    EXPECT(prctl(PR_SET_DUMPABLE, 1) == 0 && stat("/proc/self/ns/net", &before) == 0, SKIPPED);
    pid = start_inhabitant(&alive);
    EXPECT(pid > 0, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    EXPECT(bolt_netns_sysctl(arena, fd, "net.ipv4.ip_unprivileged_port_start", &value), 20);
    EXPECT(bolt_bytes_is(value, "1024"), 21);
    EXPECT(same_network(&before), 22);
    EXPECT(kind_at(path, false, 0) == BOLT_NETNS_IS_EMPTY, 23); /* it is where we are otherwise */
    EXPECT(make_mounts_private(), SKIPPED);
    EXPECT(kind_at(path, false, 0) == BOLT_NETNS_IS_INHABITED, 24);
    (void)close(alive);
    return waitpid(pid, NULL, 0) == pid ? 0 : 25;
}

static int look_as_root_of_many(void)
{
    int alive = -1;
    char path[64];
    pid_t pid;

    EXPECT(prctl(PR_SET_DUMPABLE, 1) == 0, SKIPPED);
    pid = start_inhabitant(&alive);
    EXPECT(pid > 0, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    EXPECT(kind_at(path, false, 0) == BOLT_NETNS_IS_INHABITED, 20); /* a service, not a helper */
    (void)close(alive);
    return waitpid(pid, NULL, 0) == pid ? 0 : 21;
}

static int visit_from_a_user_namespace(void)
{
    int code;

    if (geteuid() != 0) {
        return SKIPPED;
    }
    code = look_with_map("0 12345 1", visit_as_a_user);
    return code != 0 ? code : look_with_map("0 12345 10", look_as_root_of_many);
}

/* What is pending then would be so still when the runtime starts, and so would a child. */
static int visit_without_a_trace(void)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes value = {0};
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    sigset_t set;

    EXPECT(sigemptyset(&set) == 0 && sigaddset(&set, SIGCHLD) == 0, 10);
    EXPECT(sigprocmask(SIG_BLOCK, &set, NULL) == 0, 11);
    EXPECT(bolt_netns_sysctl(arena, own, "net.ipv4.ip_unprivileged_port_start", &value), SKIPPED);
    EXPECT(sigpending(&set) == 0 && sigismember(&set, SIGCHLD) == 0, 12);
    EXPECT(waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD, 13);
    return 0;
}

/* Several of us may look at one network at the same time. */
static int visit_beside_another(void)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes value = {0};
    char path[64];
    int alive = -1;
    int fd;
    pid_t pid = start_inhabitant(&alive);

    EXPECT(make_mounts_private() && pid > 0, SKIPPED);
    (void)snprintf(path, sizeof path, "/proc/%ld/ns/net", (long)pid);
    EXPECT(bind_to(path, "ns-visited"), 10);
    (void)close(alive);
    EXPECT(waitpid(pid, NULL, 0) == pid, 11);
    fd = open("ns-visited", O_RDONLY | O_CLOEXEC);
    pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 2000; i++) {
            (void)bolt_netns_sysctl(arena, fd, "net.ipv4.ip_forward", &value);
        }
        _exit(0);
    }
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        EXPECT(kind_at("ns-visited", false, 0) == BOLT_NETNS_IS_EMPTY, 12);
    }
    return 0;
}

static void a_visit_reads_their_value_and_comes_back(void **state)
{
    (void)state;
    assert_child(visit, "to make network namespaces");
    assert_child(visit_from_a_user_namespace, "root, and to make user namespaces");
    assert_child(visit_without_a_trace, "root");
    assert_child(visit_beside_another, "to make network and mount namespaces");
}

/* --- the clock, and ourselves ----------------------------------------------------------- */

static void the_time_is_rfc_3339_in_utc(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes text = bolt_clock_text(arena);
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    uint64_t before = bolt_clock_us();

    (void)state;
    assert_int_equal(text.len, sizeof form - 1);
    for (size_t i = 0; i < text.len; i++) {
        if (form[i] == 'd') {
            assert_true(text.at[i] >= '0' && text.at[i] <= '9');
        } else {
            assert_int_equal(text.at[i], form[i]);
        }
    }
    assert_true(bolt_clock_us() >= before);
}

static void our_bounding_set_is_the_one_the_kernel_shows(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes status = {0};
    struct bolt_err err = {0};
    BOLT_CLOSE int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    const char *line;

    (void)state;
    assert_int_equal(bolt_file_read(arena, fd, "status", BOLT_ERR_INPUT, &status, &err), 0);
    line = strstr(bolt_bytes_cstr(arena, status), "CapBnd:");
    assert_non_null(line);
    assert_int_equal(bolt_process_bounding_set(), strtoull(line + 7, NULL, 16));
}

static int read_our_gid_map(void)
{
    struct bolt_gid_range ranges[BOLT_GID_RANGES_MAX];
    const gid_t outside = getegid();
    char line[64];

    memset(ranges, 0xff, sizeof ranges);
    EXPECT(bolt_process_gid_map(ranges) >= 1, 10);
    (void)snprintf(line, sizeof line, "0 %lu 1\n", (unsigned long)outside);
    EXPECT(unshare(CLONE_NEWUSER) == 0, SKIPPED);
    EXPECT(bolt_process_gid_map(ranges) == 0, 11); /* nothing is mapped yet */
    EXPECT(write_map(getpid(), "setgroups", "deny"), SKIPPED);
    EXPECT(write_map(getpid(), "gid_map", line), SKIPPED);
    EXPECT(bolt_process_gid_map(ranges) == 1, 12);
    EXPECT(ranges[0].first == 0 && ranges[0].outside == outside && ranges[0].count == 1, 13);
    return 0;
}

static void the_groups_that_are_mapped_where_we_are_are_known(void **state)
{
    (void)state;
    assert_child(read_our_gid_map, "to make user namespaces");
}

/* --- what people read ------------------------------------------------------------------- */

/* What bolt_say() writes to standard error about @text. */
static struct bolt_bytes said(struct bolt_arena *arena, struct bolt_bytes text)
{
    struct bolt_bytes out = {0};
    struct bolt_err err = {0};
    int saved = dup(STDERR_FILENO);
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(saved >= 0 && dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    bolt_say(text);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    (void)close(saved);
    (void)close(ends[1]);
    assert_int_equal(bolt_file_read(arena, ends[0], "pipe", BOLT_ERR_INPUT, &out, &err), 0);
    (void)close(ends[0]);
    return out;
}

#define LINE_LONGEST 1300 /* about 1200 bytes of text, and what stands around them */

static void a_long_line_keeps_its_head_and_its_tail(void **state)
{
    static const size_t sizes[] = {1, 1200, 1201, 5000, 100000};

    (void)state;
    for (size_t i = 0; i < BOLT_LEN(sizes); i++) {
        BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
        char *text = bolt_arena_alloc(arena, sizes[i] + 1, 1);
        struct bolt_bytes line;

        memset(text, 'x', sizes[i]);
        memcpy(text, "refused", sizes[i] > 20 ? 7 : 0);
        memcpy(text + sizes[i] - (sizes[i] > 20 ? 6 : 0), "(rule)", sizes[i] > 20 ? 6 : 0);
        line = said(arena, (struct bolt_bytes){text, sizes[i]});
        print_message("  %zu bytes: %zu\n", sizes[i], line.len);
        assert_true(
            bolt_bytes_has_prefix(line, sizes[i] > 20 ? "drawbolt: refusedx" : "drawbolt: x"));
        assert_int_equal(line.at[line.len - 1], '\n');
        if (sizes[i] <= 1200) {
            assert_int_equal(line.len, strlen("drawbolt: ") + sizes[i] + 1);
            continue;
        }
        assert_true(line.len <= LINE_LONGEST);
        assert_memory_equal(line.at + line.len - 8, "x(rule)\n", 8);
        assert_non_null(strstr(bolt_bytes_cstr(arena, line), "x [...] x"));
    }
}

/* --- sockets that were handed over --------------------------------------------------------- */

static int bound_socket(int family, int type, const char *address, uint16_t port)
{
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool ok = fd >= 0;

    if (ok && family == AF_INET) {
        ok = inet_pton(AF_INET, address, &in.sin_addr) == 1 &&
             bind(fd, (struct sockaddr *)&in, sizeof in) == 0;
    } else if (ok && family == AF_INET6) {
        ok = inet_pton(AF_INET6, address, &in6.sin6_addr) == 1 &&
             bind(fd, (struct sockaddr *)&in6, sizeof in6) == 0;
    }
    if (!ok && fd >= 0) {
        (void)close(fd);
    }
    return ok ? fd : -1;
}

static int look_at_sockets(void)
{
    static const struct {
        int family;
        int type;
        const char *address;
        uint16_t port;
        const char *told;
    } sockets[] = {
        {AF_INET, SOCK_STREAM, "0.0.0.0", 83, " 83 tcp"},
        {AF_INET, SOCK_DGRAM, "127.0.0.1", 53, "127.0.0.1 53 udp"},
        {AF_INET6, SOCK_STREAM, "::", 84, " 84 tcp"},
        {AF_INET6, SOCK_DGRAM, "::1", 53, "::1 53 udp"},
        {AF_UNIX, SOCK_STREAM, NULL, 0, NULL},
        {AF_INET, SOCK_STREAM, "0.0.0.0", 0, "any port"},
    };
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_listener at;

    EXPECT(unshare(CLONE_NEWNET) == 0 && system("ip link set lo up 2>/dev/null") == 0, SKIPPED);
    for (size_t i = 0; i < BOLT_LEN(sockets); i++) {
        int fd =
            bound_socket(sockets[i].family, sockets[i].type, sockets[i].address, sockets[i].port);
        bool listens;
        struct bolt_bytes told;

        EXPECT(fd >= 0, SKIPPED);
        listens = bolt_socket_listens(arena, fd, &at);
        (void)close(fd);
        EXPECT(listens == (sockets[i].told != NULL), 20 + (int)i);
        if (!listens || sockets[i].port == 0) {
            continue; /* one that the kernel chose */
        }
        told = bolt_printf(arena, "%.*s %u %.*s", BOLT_FMT(at.address), at.port,
                           BOLT_FMT(at.protocol));
        EXPECT(bolt_bytes_is(told, sockets[i].told), 40 + (int)i);
    }
    EXPECT(!bolt_socket_listens(arena, STDIN_FILENO, &at), 60);
    EXPECT(!bolt_socket_listens(arena, 9999, &at), 61);
    return 0;
}

static void a_socket_that_is_bound_has_its_port_told(void **state)
{
    (void)state;
    assert_child(look_at_sockets, "to make network namespaces, and ip");
}

/* --- who started us ------------------------------------------------------------------------ */

static void an_option_is_the_first_of_its_name(void **state)
{
    static const char words[] = "shim\0-namespace\0moby\0-id\0x\0-namespace\0k8s.io\0--flag\0"
                                "--root=/a\0-id=y\0-last";
    const struct bolt_kin kin = {.words = {words, sizeof words}};
    const struct bolt_kin none = {0};

    (void)state;
    assert_bytes_equal(bolt_kin_option(&kin, "-namespace"), "moby");
    assert_bytes_equal(bolt_kin_option(&kin, "-id"), "x");
    assert_bytes_equal(bolt_kin_option(&kin, "--root"), "/a");
    assert_bytes_equal(bolt_kin_option(&kin, "-last"), "");
    assert_bytes_equal(bolt_kin_option(&kin, "-name"), "");
    assert_bytes_equal(bolt_kin_option(&none, "-id"), "");
    assert_true(bolt_kin_has(&kin, "--flag"));
    assert_true(bolt_kin_has(&kin, "-last"));
    assert_false(bolt_kin_has(&kin, "--fla"));
    assert_false(bolt_kin_has(&none, "x"));
    assert_bytes_equal(bolt_kin_name(&kin), "shim");
    assert_bytes_equal(bolt_kin_name(&(struct bolt_kin){.words = {"/a/b", 5}}), "b");
    assert_bytes_equal(bolt_kin_name(&none), "");
}

static void a_process_is_found_by_the_name_it_was_started_by(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_kin *list = NULL;
    size_t found = 0;
    pid_t child;

    (void)state;
    child = fork();
    if (child == 0) {
        execl("/bin/sh", "/x/drawbolt-test-pasta", "-c", "kill -STOP $$", (char *)NULL);
        _exit(1);
    }
    for (int i = 0; i < 1000 && found == 0; i++) { /* until it is that */
        found = bolt_kin_named(arena, "drawbolt-test-pasta", &list);
        (void)usleep(10000);
    }
    (void)kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(found, 1);
    assert_int_equal(list[0].pid, child);
    assert_true(bolt_kin_has(&list[0], "kill -STOP $$"));
    assert_int_equal(bolt_kin_named(arena, "drawbolt-test-pasta", &list), 0);
}

static void our_parent_is_the_first_of_our_kin(void **state)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_kin kin[BOLT_KIN_MAX];
    pid_t child;
    int status = 1;

    (void)state;
    child = fork();
    if (child == 0) {
        char link[64];
        char exe[PATH_MAX] = {0}; /* not this program's, if another one runs it */
        bool right;

        (void)snprintf(link, sizeof link, "/proc/%ld/exe", (long)getppid());
        right = readlink(link, exe, sizeof exe - 1) > 0 && bolt_kin_look(arena, kin) >= 1 &&
                kin[0].pid == (unsigned long)getppid() &&
                bolt_bytes_is(kin[0].program, strrchr(exe, '/') + 1) &&
                memmem(kin[0].words.at, kin[0].words.len, "test_io", 7) != NULL;

        _exit(right ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_that_is_bound_has_its_port_told),
        cmocka_unit_test(an_option_is_the_first_of_its_name),
        cmocka_unit_test(our_parent_is_the_first_of_our_kin),
        cmocka_unit_test(a_process_is_found_by_the_name_it_was_started_by),
        cmocka_unit_test(a_file_is_trusted_if_all_of_its_way_is),
        cmocka_unit_test(what_cannot_be_read_is_an_error_and_says_what),
        cmocka_unit_test(a_way_through_proc_is_refused_where_that_matters),
        cmocka_unit_test(what_belongs_to_somebody_else_is_not_trusted),
        cmocka_unit_test(what_is_not_mapped_is_roots_only_where_root_is_not_mapped),
        cmocka_unit_test(a_name_that_is_too_long_is_an_error),
        cmocka_unit_test(only_regular_files_are_read_and_nothing_is_waited_for),
        cmocka_unit_test(a_file_is_read_up_to_the_limit_and_no_further),
        cmocka_unit_test(a_stream_is_read_to_its_end),
        cmocka_unit_test(what_cannot_be_written_is_an_error),
        cmocka_unit_test(a_log_and_its_directory_are_made_for_us_alone),
        cmocka_unit_test(a_log_is_a_regular_file_and_no_link),
        cmocka_unit_test(a_record_that_does_not_fit_leaves_nothing_behind),
        cmocka_unit_test(a_full_disk_leaves_whole_lines),
        cmocka_unit_test(concurrent_records_stay_whole_and_in_order),
        cmocka_unit_test(the_tail_of_a_log_starts_with_a_whole_line),
        cmocka_unit_test(what_is_no_namespace_or_can_be_swapped_is_unreadable_at_once),
        cmocka_unit_test(our_own_network_is_the_hosts),
        cmocka_unit_test(a_network_is_empty_when_nobody_but_the_container_lives_in_it),
        cmocka_unit_test(a_process_with_a_thread_at_home_is_a_visitor),
        cmocka_unit_test(who_lost_the_first_thread_lives_there_still),
        cmocka_unit_test(whom_root_may_not_look_at_may_live_there),
        cmocka_unit_test(a_namespace_counts_only_where_nobody_can_swap_it),
        cmocka_unit_test(a_process_is_in_the_hosts_network_if_the_first_is_there_too),
        cmocka_unit_test(who_started_us_is_no_inhabitant),
        cmocka_unit_test(from_inside_only_the_first_process_has_the_hosts_network),
        cmocka_unit_test(a_visit_reads_their_value_and_comes_back),
        cmocka_unit_test(the_time_is_rfc_3339_in_utc),
        cmocka_unit_test(our_bounding_set_is_the_one_the_kernel_shows),
        cmocka_unit_test(the_groups_that_are_mapped_where_we_are_are_known),
        cmocka_unit_test(a_long_line_keeps_its_head_and_its_tail),
    };

    if (!make_place()) {
        print_message("SKIPPED: no directory that only root or we can write to, all the way up\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, remove_place);
}
