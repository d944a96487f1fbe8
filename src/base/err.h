/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way to fail: return -1 and fill a struct bolt_err.
 *
 * An error is a plain value on the caller's stack. Making one cannot fail and nothing is freed.
 * An error means that no decision was possible; "refused" is a decision and never an error.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

/* The kind decides the exit code (front/exit.h) and nothing else branches on it. */
enum bolt_err_kind {
    BOLT_ERR_NONE = 0,
    BOLT_ERR_USAGE,    /* the command line or the environment is wrong */
    BOLT_ERR_INPUT,    /* the container document is unreadable, invalid or ambiguous */
    BOLT_ERR_POLICY,   /* the policy is missing, unsafe or invalid */
    BOLT_ERR_SYSTEM,   /* the kernel said no */
    BOLT_ERR_INTERNAL, /* a promise this code makes to itself did not hold */
};

struct bolt_err {
    enum bolt_err_kind kind;
    bool too_large; /* it is more than a limit on bytes */
    char text[512]; /* one line, printable, without a trailing newline */
};

/**
 * bolt_fail() - say what went wrong
 * @err:  filled; what it held before is lost. Text that does not fit is cut.
 * @kind: whose mistake it is
 * @fmt:  "what: why", without a newline; control bytes are replaced by '?'
 *
 * Return: -1, so that `return bolt_fail(...)` is the whole error path.
 */
int bolt_fail(struct bolt_err *err, enum bolt_err_kind kind, const char *fmt, ...)
    BOLT_PRINTF(3, 4);

/* The same for the kernel's answers: kind BOLT_ERR_SYSTEM, and ": <meaning of errnum>" added. */
int bolt_fail_errno(struct bolt_err *err, int errnum, const char *fmt, ...) BOLT_PRINTF(3, 4);

/* On the way up: puts "<fmt>: " in front of what @err says already. Returns -1. */
int bolt_fail_in(struct bolt_err *err, const char *fmt, ...) BOLT_PRINTF(2, 3);
