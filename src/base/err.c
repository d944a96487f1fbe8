/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* Engines grep what a gate prints and turn "permission denied", "no such file" and the like into
 * errors of their own (podman libpod/oci_util.go, moby daemon/errors.go). So the meaning of an
 * errno is told in other words where they do. */
static const char *meaning(int errnum)
{
    switch (errnum) {
    case EACCES:
        return "access refused (EACCES)";
    case EPERM:
        return "not allowed (EPERM)";
    case ENOENT:
        return "does not exist (ENOENT)";
    default:
        return strerror(errnum);
    }
}

static void vset(struct bolt_err *err, enum bolt_err_kind kind, const char *fmt, va_list args)
    BOLT_PRINTF(3, 0);

static void vset(struct bolt_err *err, enum bolt_err_kind kind, const char *fmt, va_list args)
{
    err->kind = kind;
    (void)vsnprintf(err->text, sizeof err->text, fmt, args);
    bolt_make_printable(err->text, strlen(err->text));
}

int bolt_fail(struct bolt_err *err, enum bolt_err_kind kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vset(err, kind, fmt, args);
    va_end(args);
    err->too_large = false;
    return -1;
}

int bolt_fail_errno(struct bolt_err *err, int errnum, const char *fmt, ...)
{
    va_list args;
    size_t len;

    va_start(args, fmt);
    vset(err, BOLT_ERR_SYSTEM, fmt, args);
    va_end(args);
    err->too_large = false;
    len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof err->text - len, ": %s", meaning(errnum));
    return -1;
}

int bolt_fail_in(struct bolt_err *err, const char *fmt, ...)
{
    struct bolt_err inner = *err;
    va_list args;
    size_t len;

    va_start(args, fmt);
    vset(err, inner.kind, fmt, args);
    va_end(args);
    len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof err->text - len, ": %s", inner.text);
    return -1;
}

void bolt_close_cleanup(const int *fd)
{
    int saved = errno;

    if (*fd >= 0) {
        (void)close(*fd);
    }
    errno = saved;
}
