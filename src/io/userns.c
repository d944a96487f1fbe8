/* SPDX-License-Identifier: Apache-2.0 */
#include "io/userns.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"

/* Whom root is outside the caller's user namespace, and how many follow in one range. */
static bool read_root(unsigned long *host, unsigned long *count)
{
    BOLT_CLOSE int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
    char map[64] = {0};
    unsigned long first;

    if (fd < 0 || read(fd, map, sizeof map - 1) <= 0) {
        return false;
    }
    return sscanf(map, "%lu %lu %lu", &first, host, count) == 3; /* NOLINT(cert-err34-c) */
}

bool bolt_userns_root_is_not_roots(void)
{
    unsigned long host;
    unsigned long count;

    return read_root(&host, &count) && host != 0;
}

bool bolt_userns_root_is_a_user(void)
{
    unsigned long host;
    unsigned long count;

    return read_root(&host, &count) && host != 0 && count == 1;
}

bool bolt_userns_root_is_user(uint64_t uid)
{
    unsigned long host;
    unsigned long count;

    return read_root(&host, &count) && host != 0 && count == 1 && host == uid;
}
