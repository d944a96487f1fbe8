/* SPDX-License-Identifier: Apache-2.0 */
#include "bolt_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io/held.h"
#include "io/launch.h"

#define LEFT_OVER ".drawbolt.0123456789abcdef"

struct place {
    struct bolt_arena *arena;
    struct bolt_err err;
    struct bolt_held held;
    char dir[64];
};

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    (void)snprintf(p->dir, sizeof p->dir, "/tmp/drawbolt-held-XXXXXX");
    p->arena = bolt_arena_new();
    *state = p;
    return mkdtemp(p->dir) == NULL ? -1 : 0;
}

static const char *in_place(struct place *p, const char *name)
{
    return bolt_printf(p->arena, "%s/%s", p->dir, name).at;
}

static int leave_place(void **state)
{
    struct place *p = *state;

    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {"config.json", "other", LEFT_OVER, "dir"};

        (void)remove(in_place(p, names[i]));
    }
    (void)rmdir(p->dir);
    if (p->held.dir > 0) {
        (void)close(p->held.dir);
    }
    bolt_arena_free(p->arena);
    free(p);
    return 0;
}

static void put(struct place *p, const char *name, const char *text, mode_t mode)
{
    FILE *out = fopen(in_place(p, name), "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(in_place(p, name), mode), 0);
}

static void assert_holds(struct place *p, const char *name, const char *want)
{
    char text[64] = "";
    FILE *in = fopen(in_place(p, name), "r");

    assert_non_null(in);
    (void)!fread(text, 1, sizeof text - 1, in);
    assert_int_equal(fclose(in), 0);
    assert_string_equal(text, want);
}

static int count_files(struct place *p)
{
    DIR *dir = opendir(p->dir);
    int count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count - 2; /* "." and ".." */
}

static void hold(struct place *p)
{
    if (bolt_held_open(p->arena, in_place(p, "config.json"), &p->held, &p->err) != 0) {
        fail_msg("%s", p->err.text);
    }
}

static void assert_not_held(struct place *p, const char *why)
{
    assert_int_equal(bolt_held_open(p->arena, in_place(p, "config.json"), &p->held, &p->err), -1);
    assert_int_equal(p->err.kind, BOLT_ERR_INPUT);
    assert_int_equal(p->held.dir, -1);
    if (strstr(p->err.text, why) == NULL) {
        fail_msg("%s: not '%s'", p->err.text, why);
    }
}

static void a_file_is_read_and_replaced(void **state)
{
    struct place *p = *state;
    struct stat before;
    struct stat after;

    put(p, "config.json", "old", 0640);
    hold(p);
    assert_bytes_equal(p->held.bytes, "old");
    assert_int_equal(bolt_held_check(&p->held, &p->err), 0);
    assert_int_equal(stat(in_place(p, "config.json"), &before), 0);
    assert_int_equal(bolt_held_replace(&p->held, BOLT_LIT("new one"), &p->err), 0);
    assert_int_equal(bolt_held_check(&p->held, &p->err), 0);
    assert_int_equal(stat(in_place(p, "config.json"), &after), 0);
    assert_holds(p, "config.json", "new one");
    assert_int_not_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_mode, after.st_mode);
    assert_int_equal(before.st_uid, after.st_uid);
    assert_int_equal(count_files(p), 1);
    assert_int_equal(bolt_held_replace(&p->held, BOLT_LIT("third"), &p->err), 0);
    assert_holds(p, "config.json", "third");
}

static void what_a_killed_process_left_is_taken_away(void **state)
{
    struct place *p = *state;
    const struct timespec old[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};

    put(p, "config.json", "old", 0600);
    put(p, LEFT_OVER, "half", 0600);
    put(p, "other", "nobody's", 0600);
    assert_int_equal(utimensat(AT_FDCWD, in_place(p, "other"), old, 0), 0);
    hold(p);
    assert_int_equal(bolt_held_replace(&p->held, BOLT_LIT("new"), &p->err), 0);
    assert_holds(p, "config.json", "new");
    assert_holds(p, LEFT_OVER, "half"); /* somebody may still be at it */
    assert_int_equal(utimensat(AT_FDCWD, in_place(p, LEFT_OVER), old, 0), 0);
    assert_int_equal(bolt_held_replace(&p->held, BOLT_LIT("newer"), &p->err), 0);
    assert_holds(p, "config.json", "newer");
    assert_int_equal(count_files(p), 2);
}

static void a_file_that_was_swapped_or_written_is_noticed(void **state)
{
    struct place *p = *state;

    put(p, "config.json", "old", 0600);
    hold(p);
    put(p, "other", "old", 0600);
    assert_int_equal(rename(in_place(p, "other"), in_place(p, "config.json")), 0);
    assert_int_equal(bolt_held_check(&p->held, &p->err), -1);
    assert_int_equal(p->err.kind, BOLT_ERR_SYSTEM);
    assert_int_equal(bolt_held_replace(&p->held, BOLT_LIT("new"), &p->err), -1);
    assert_true(p->held.changed);
    assert_holds(p, "config.json", "old");
    assert_int_equal(count_files(p), 1);
    (void)close(p->held.dir);
    hold(p);
    assert_false(p->held.changed);
    put(p, "config.json", "longer", 0600);
    assert_int_equal(bolt_held_check(&p->held, &p->err), -1);
    (void)close(p->held.dir);
    hold(p);
    assert_int_equal(rename(in_place(p, "config.json"), in_place(p, "other")), 0);
    assert_int_equal(symlink("other", in_place(p, "config.json")), 0);
    assert_int_equal(bolt_held_check(&p->held, &p->err), -1);
}

static void a_file_that_was_written_with_its_time_put_back_is_noticed(void **state)
{
    struct place *p = *state;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};

    put(p, "config.json", "old", 0600);
    hold(p);
    times[1] = p->held.st.st_mtim;
    (void)usleep(20000); /* longer than the kernel's clock ticks */
    put(p, "config.json", "bad", 0600);
    assert_int_equal(utimensat(AT_FDCWD, in_place(p, "config.json"), times, 0), 0);
    assert_int_equal(bolt_held_check(&p->held, &p->err), -1);
    assert_int_equal(bolt_held_replace(&p->held, BOLT_LIT("new"), &p->err), -1);
}

static void only_a_regular_file_is_held(void **state)
{
    struct place *p = *state;

    assert_not_held(p, "ENOENT");
    assert_int_equal(mkfifo(in_place(p, "config.json"), 0600), 0);
    assert_not_held(p, "not a regular file");
    assert_int_equal(unlink(in_place(p, "config.json")), 0);
    put(p, "other", "x", 0600);
    assert_int_equal(symlink("other", in_place(p, "config.json")), 0);
    assert_not_held(p, "a symbolic link");
    assert_int_equal(unlink(in_place(p, "config.json")), 0);
    assert_int_equal(mkdir(in_place(p, "config.json"), 0700), 0);
    assert_not_held(p, "not a regular file");
}

static void a_place_that_is_open_to_all_is_none(void **state)
{
    struct place *p = *state;

    put(p, "config.json", "x", 0602);
    assert_not_held(p, "every user");
    put(p, "config.json", "x", 0664);
    assert_int_equal(chmod(p->dir, 0702), 0);
    assert_not_held(p, "every user");
    assert_int_equal(chmod(p->dir, 01777), 0); /* as /tmp: only owners take a file's place */
    hold(p);
}

/* One that gives user 5 everything; false where the file system has none. */
static bool give_list(const char *path, const char *kind)
{
    static const struct {
        uint32_t version;
        struct {
            uint16_t tag;
            uint16_t may;
            uint32_t id;
        } entries[5];
    } list = {2, /* linux/posix_acl_xattr.h; tags: linux/posix_acl.h */
              {{0x01, 7, UINT32_MAX},
               {0x02, 7, 5},
               {0x04, 5, UINT32_MAX},
               {0x10, 7, UINT32_MAX},
               {0x20, 5, UINT32_MAX}}};

    return setxattr(path, kind, &list, sizeof list, 0) == 0;
}

static bool give_access(const char *path)
{
    return give_list(path, "system.posix_acl_access");
}

static void a_list_that_lets_others_write_is_seen(void **state)
{
    struct place *p = *state;
    const char *path = in_place(p, "config.json");

    put(p, "config.json", "x", 0644);
    assert_int_equal(chmod(p->dir, 0755), 0);
    if (!give_access(path)) {
        return;
    }
    assert_not_held(p, "an access control list may let others write it");
    assert_int_equal(chmod(path, 0644), 0); /* that is all they may have then */
    hold(p);
    (void)close(p->held.dir);
    assert_int_equal(chmod(p->dir, 0700), 0);
    assert_true(give_access(p->dir));
    assert_not_held(p, "an access control list may let others write the directory");
}

/* The old file may be from before the directory had the list. */
static void what_a_directory_gives_to_new_files_the_new_one_has_not(void **state)
{
    struct place *p = *state;

    put(p, "config.json", "old", 0664);
    assert_int_equal(chmod(in_place(p, "config.json"), 0664), 0);
    if (!give_list(p->dir, "system.posix_acl_default")) {
        return;
    }
    hold(p);
    assert_int_equal(bolt_held_replace(&p->held, BOLT_LIT("new"), &p->err), 0);
    (void)close(p->held.dir);
    assert_int_equal(getxattr(in_place(p, "config.json"), "system.posix_acl_access", NULL, 0), -1);
    hold(p);
}

static void a_link_on_the_way_is_followed_where_it_may_lie(void **state)
{
    struct place *p = *state;
    const char *path = in_place(p, "dir/config.json");

    put(p, "config.json", "x", 0600);
    assert_int_equal(symlink(p->dir, in_place(p, "dir")), 0);
    assert_int_equal(bolt_held_open(p->arena, path, &p->held, &p->err), 0);
    assert_int_equal(bolt_held_check(&p->held, &p->err), 0);
    (void)close(p->held.dir);
    if (geteuid() != 0) {
        return; /* who cannot give files away cannot ask more */
    }
    assert_int_equal(lchown(in_place(p, "dir"), 5, 5), 0);
    assert_int_equal(chmod(p->dir, 01777), 0);
    assert_int_equal(bolt_held_open(p->arena, path, &p->held, &p->err), -1);
    assert_non_null(strstr(p->err.text, "belongs to user 5"));
    assert_int_equal(chmod(p->dir, 0755), 0);
    assert_int_equal(bolt_held_open(p->arena, path, &p->held, &p->err), 0);
    (void)close(p->held.dir);
}

static void a_file_that_others_can_change_is_none(void **state)
{
    struct place *p = *state;

    if (geteuid() != 0) {
        skip(); /* who cannot give files away cannot ask */
    }
    assert_int_equal(chmod(p->dir, 0755), 0);
    put(p, "config.json", "x", 0644);
    assert_int_equal(chown(in_place(p, "config.json"), 0, 5), 0);
    hold(p);
    (void)close(p->held.dir);
    assert_int_equal(chmod(in_place(p, "config.json"), 0664), 0);
    assert_not_held(p, "group 5");
    assert_int_equal(chown(in_place(p, "config.json"), 5, 0), 0);
    assert_not_held(p, "belongs to user 5");
}

/* --- launching --------------------------------------------------------------------------- */

static void memory_is_sealed_and_readable_by_its_path(void **state)
{
    struct place *p = *state;
    const char *path = NULL;
    char text[16] = "";
    int fd;

    assert_int_equal(bolt_launch_memory(p->arena, BOLT_LIT("bytes"), 30, &path, &p->err), 0);
    assert_true(atoi(path + strlen("/proc/self/fd/")) >= 30);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_string_equal(text, "bytes");
    (void)close(fd);
    fd = atoi(path + strlen("/proc/self/fd/"));
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 0), -1);
    (void)close(fd);
    assert_int_equal(bolt_launch_memory(p->arena, BOLT_LIT("x"), 1 << 30, &path, &p->err), -1);
    assert_int_equal(p->err.kind, BOLT_ERR_SYSTEM);
}

static void what_we_become_is_checked(void **state)
{
    struct place *p = *state;
    bool absent;

    assert_int_equal(bolt_launch_check(p->arena, "/bin/sh", &absent, &p->err), 0);
    assert_false(absent);
    assert_int_equal(bolt_launch_check(p->arena, "/bin/nothing-here", &absent, &p->err), -1);
    assert_true(absent);
    assert_int_equal(p->err.kind, BOLT_ERR_SYSTEM);
    put(p, "other", "#!/bin/sh\n", 0757);
    assert_int_equal(bolt_launch_check(p->arena, in_place(p, "other"), &absent, &p->err), -1);
    assert_false(absent);
    assert_int_equal(p->err.kind, BOLT_ERR_POLICY);
}

static void launching_what_cannot_be_is_an_error(void **state)
{
    struct place *p = *state;
    char *argv[] = {(char[]){"x"}, NULL};
    struct bolt_caller caller;

    bolt_caller_note(&caller);
    assert_int_equal(bolt_launch("/nowhere/x", argv, false, &caller, &p->err), -1);
    assert_int_equal(p->err.kind, BOLT_ERR_SYSTEM);
}

static void a_line_is_added_to_a_log(void **state)
{
    struct place *p = *state;

    bolt_launch_log(in_place(p, "other"), BOLT_LIT("one\n"));
    bolt_launch_log(in_place(p, "other"), BOLT_LIT("two\n"));
    assert_holds(p, "other", "one\ntwo\n");
    bolt_launch_log("/nowhere/log", BOLT_LIT("lost\n"));
    assert_int_equal(mkfifo(in_place(p, "config.json"), 0600), 0);
    bolt_launch_log(in_place(p, "config.json"), BOLT_LIT("nobody reads\n")); /* and nobody waits */
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, leave_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_file_is_read_and_replaced),
        IN_PLACE(what_a_killed_process_left_is_taken_away),
        IN_PLACE(a_file_that_was_swapped_or_written_is_noticed),
        IN_PLACE(a_file_that_was_written_with_its_time_put_back_is_noticed),
        IN_PLACE(only_a_regular_file_is_held),
        IN_PLACE(a_place_that_is_open_to_all_is_none),
        IN_PLACE(a_list_that_lets_others_write_is_seen),
        IN_PLACE(what_a_directory_gives_to_new_files_the_new_one_has_not),
        IN_PLACE(a_link_on_the_way_is_followed_where_it_may_lie),
        IN_PLACE(a_file_that_others_can_change_is_none),
        IN_PLACE(memory_is_sealed_and_readable_by_its_path),
        IN_PLACE(what_we_become_is_checked),
        IN_PLACE(launching_what_cannot_be_is_an_error),
        IN_PLACE(a_line_is_added_to_a_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
