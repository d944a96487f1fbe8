/* SPDX-License-Identifier: Apache-2.0 */
#include "io/mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/userns.h"

/* Where others mount and unmount while the list is read, older kernels may leave out a mount. */
#define TRIES 3

/* For kernels before 5.8, whose statx() does not tell the mount. */
static bool read_fdinfo(int fd, uint64_t *id)
{
    char path[64];
    char text[512] = {0};
    const char *line;
    BOLT_CLOSE int info = -1;

    (void)snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    info = open(path, O_RDONLY | O_CLOEXEC);
    if (info < 0 || read(info, text, sizeof text - 1) <= 0) {
        return false;
    }
    line = strstr(text, "mnt_id:");
    if (line == NULL) {
        return false;
    }
    *id = strtoull(line + sizeof "mnt_id:" - 1, NULL, 10);
    return true;
}

bool bolt_mount_of(int fd, uint64_t *id)
{
    struct statx stx;

    /* AT_STATX_DONT_SYNC: of FUSE, the kernel's own notes (fs/fuse/dir.c, fuse_update_get_attr()).
     */
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &stx) == 0 &&
        (stx.stx_mask & STATX_MNT_ID) != 0) {
        *id = stx.stx_mnt_id;
        return true;
    }
    return read_fdinfo(fd, id);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* "fuse", "fuseblk", with the program's name as "fuse.sshfs"; not "fusectl". */
static bool is_fuse(const char *type)
{
    size_t len = strcspn(type, " .");

    return (len == strlen("fuse") && starts_with(type, "fuse")) ||
           (len == strlen("fuseblk") && starts_with(type, "fuseblk"));
}

static bool is_ours(uint64_t user)
{
    return user == 0 || user == geteuid() || bolt_userns_root_is_user(user);
}

/* A mount's type, source and options, as at the end of a line of mountinfo: the last of these is
 * what the file system adds itself (fs/proc_namespace.c, show_mountinfo()). */
static int check_type(const char *type, struct bolt_err *err)
{
    const char *user = NULL;
    char *end = NULL;
    uint64_t id = 0;

    if (!is_fuse(type)) {
        return 0;
    }
    for (const char *at = strstr(type, ",user_id="); at != NULL; at = strstr(at + 1, ",user_id=")) {
        user = at + strlen(",user_id=");
    }
    if (user != NULL) {
        id = strtoull(user, &end, 10);
    }
    if (user == NULL || end == user) {
        return bolt_fail(err, BOLT_ERR_INPUT,
                         "on a FUSE file system that nobody knows whose it is");
    }
    return is_ours(id)
               ? 0
               : bolt_fail(err, BOLT_ERR_INPUT, "on a FUSE file system that user %llu serves",
                           (unsigned long long)id);
}

/* Return: 1, or -1 with an error, if the mount is in the list; 0 if not. */
static int find_mount(FILE *mounts, uint64_t id, struct bolt_err *err)
{
    char *line = NULL;
    size_t size = 0;
    int result = 0;

    while (result == 0 && getline(&line, &size, mounts) > 0) {
        const char *dash = strstr(line, " - ");

        if (dash != NULL && strtoull(line, NULL, 10) == id) {
            result = check_type(dash + strlen(" - "), err) == 0 ? 1 : -1;
        }
    }
    free(line);
    return result;
}

int bolt_mount_check(uint64_t id, struct bolt_err *err)
{
    int result = 0;

    for (int try = 0; result == 0 && try < TRIES; try++) {
        FILE *mounts = fopen("/proc/self/mountinfo", "re");

        if (mounts != NULL) {
            result = find_mount(mounts, id, err);
            (void)fclose(mounts);
        }
    }
    if (result == 0) {
        return bolt_fail(err, BOLT_ERR_INPUT, "on a mount that is not in /proc/self/mountinfo");
    }
    return result == 1 ? 0 : -1;
}
