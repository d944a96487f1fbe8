/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The raw-socket denial: is it in a seccomp profile, and if not, what must change so that it is.
 *
 * Let P be what the given profile decides about a system call, and Q what the denial decides: an
 * errno, or a line in the log, for every way to make a raw or packet socket, "allow" for all else.
 * What is wanted is N = the stricter of P and Q, for every input: nothing gets looser, and nothing
 * but raw sockets gets stricter. docs/seccomp.md explains how that is reached and how it is proved.
 *
 * Everything here is a function from values to a value. It knows nothing of engines or policies.
 */
#pragma once

#include "seccomp/abi.h"
#include "seccomp/raw.h"
#include "json/edit.h"

#define BOLT_ERRNO_MAX 4095 /* MAX_ERRNO in the kernel's linux/err.h */

/* What is denied besides the families and types of the core list (raw.h), and how. */
struct bolt_seccomp_denial {
    unsigned errnum; /* 1 to BOLT_ERRNO_MAX */
    bool socketcall; /* socketcall(SYS_SOCKET), whose arguments no filter can see */
    bool io_uring;   /* io_uring_setup, since IORING_OP_SOCKET passes by every filter */
    bool extended;   /* the families of the extended list too */
    bool log;        /* nothing is denied: the kernel logs it (SCMP_ACT_LOG) */
    bool anew;       /* the rules for these calls are written anew even if they deny all already */
    bool stricter;   /* what cannot be merged exactly may be made stricter, never looser */
    uint64_t spared; /* families that are left, as bits: 1 << AF_PACKET */
    const struct bolt_machine *machine; /* what the profile is for; NULL: this one */
};

/* What of that a filter is asked to answer, by which profiles are judged. What is put into one that
 * does not (Q, BOLT_RAW_DENIED) is a little more, and socketcall() may get another errno. */
struct bolt_raw bolt_seccomp_asked(const struct bolt_seccomp_denial *denial);

/* How well the merged profile N matches "the stricter of P and Q", for every input that a kernel of
 * denial->machine can show to a filter. One exception is common to all: see compact below. */
enum bolt_seccomp_fit {
    BOLT_SECCOMP_UNPROVED = 0, /* it does not, or nobody could show it: no profile is given */
    BOLT_SECCOMP_EXACT,        /* for every input */
    BOLT_SECCOMP_TIGHT,        /* for every input whose upper register halves are zero; with garbage
                                * there never looser, and stricter only where P denies the input
                                * that the kernel sees, or answers it as N does */
    BOLT_SECCOMP_MISALIGN,     /* as EXACT or TIGHT, but socketcall(SYS_SOCKET, pointer) may be
                                * denied (or logged) for a pointer that is not a multiple of four,
                                * and denied with another errno where P denies it too */
    BOLT_SECCOMP_STRICTER,     /* never looser, and for calls that make sockets stricter than that,
                                * or with another errno: only where it was asked for */
};

/* "exact", "tight", "misalign", "stricter", "unproved". */
const char *bolt_fit_name(enum bolt_seccomp_fit fit);

struct bolt_seccomp_result {
    bool unconfined; /* there was no filter: absent, null or {} */
    bool denied;     /* the profile as it stands denies all that is asked: nothing to change */
    enum bolt_seccomp_fit fit; /* of the merged profile, proved; EXACT if denied already */
    /* Families from 64 up and socketcall()s from 32 up, which no kernel has, get the profile's
     * default action (an errno or a log line) where P let them through to an EAFNOSUPPORT or
     * EINVAL: that saves two thirds of the rules. */
    bool compact;
    struct bolt_bytes profile;     /* unconfined: the new value of linux.seccomp */
    const struct bolt_edit *edits; /* else: what to change inside it */
    size_t edit_count;
    bool replaced[4];               /* by enum bolt_call: its name leaves the old entries */
    const struct bolt_bytes *rules; /* the new entries, as JSON */
    size_t rule_count;
    struct bolt_bytes way;    /* one way to a raw socket under P, as a C call; empty if denied */
    struct bolt_bytes reason; /* fit is UNPROVED: why, one sentence without a full stop;
                               * STRICTER: why it is not exact */
    struct bolt_bytes *stricter_on; /* fit is STRICTER: for which inputs, as text */
    size_t stricter_count;
};

/**
 * bolt_seccomp_merge() - find out whether a profile denies raw sockets, and make it so
 * @arena:   owns what the result points to
 * @doc:     the document that the profile is in
 * @profile: linux.seccomp, or a bare OCI profile; BOLT_NONE or null for none
 * @denial:  what is to be denied
 * @reason:  the reason that edits carry (a rule id, static)
 * @result:  filled in every case; zeroed memory means "cannot"
 * @err:     kind BOLT_ERR_INPUT: the profile is malformed, or the runtimes read it differently;
 *           line and column of @doc
 *
 * A profile that cannot be merged exactly is not an error: fit is UNPROVED and reason says why.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_seccomp_merge(struct bolt_arena *arena, const struct bolt_doc *doc,
                                  bolt_node profile, const struct bolt_seccomp_denial *denial,
                                  const char *reason, struct bolt_seccomp_result *result,
                                  struct bolt_err *err);
