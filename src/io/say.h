/* SPDX-License-Identifier: Apache-2.0 */
/* Telling people: standard error, the caller's standard error, syslog, the clock. */
#pragma once

#include "base/mem.h"

/* One line to standard error, "drawbolt: <text>", in one write(2). Nothing is done on failure,
 * and nobody waits for long where nobody reads.
 * Phrases that engines take for errors of their own get an underscore for their first blank. */
void bolt_say(struct bolt_bytes text);

/* What bolt_say() would print, without the newline, for other ways to the same people. */
struct bolt_bytes bolt_said(struct bolt_arena *arena, struct bolt_bytes text);

/**
 * bolt_say_to_caller() - the same line to the standard error of the process that started us
 * @text: the line, without newline
 *
 * podman gives a precreate hook /dev/null for standard error, so that nobody sees why a container
 * was refused. Does nothing unless our own standard error is /dev/null. Shares the parent's open
 * file (pidfd_getfd(2)), or else opens /proc/<parent>/fd/2 for appending; the kernel allows both
 * only where the caller may trace the parent. Never waits.
 */
void bolt_say_to_caller(struct bolt_bytes text);

/* The line to syslog(3), facility authpriv, priority warning: for refusals and errors. */
void bolt_say_syslog(struct bolt_bytes text);

/* Seconds since 1970. */
int64_t bolt_clock_seconds(void);
/* Microseconds of a clock that only moves forward. */
uint64_t bolt_clock_us(void);
/* A time as RFC 3339 with milliseconds, in UTC; @seconds since 1970, not negative. */
struct bolt_bytes bolt_clock_format(struct bolt_arena *arena, int64_t seconds, unsigned ms);
/* The same, of now. */
struct bolt_bytes bolt_clock_text(struct bolt_arena *arena);

/**
 * bolt_process_prepare() - what every run needs before it opens anything
 *
 * Standard descriptors that are closed are opened on /dev/null, so that no file gets their number;
 * SIGPIPE and SIGXFSZ are ignored, so that a reader that goes away and a file that may not grow are
 * errors like any other.
 */
void bolt_process_prepare(void);

/* After so many seconds the process says so on standard error and ends with exit code 5. */
void bolt_process_deadline(unsigned seconds);

/* A line of /proc/self/gid_map: user_namespaces(7). */
struct bolt_gid_range {
    uint32_t first;   /* as we see it */
    uint32_t outside; /* as our user namespace's parent sees it */
    uint32_t count;
};

#define BOLT_GID_RANGES_MAX 16 /* of a map that is longer, the first ones */

/* The group ids that are mapped where we are. Returns how many ranges; 0 if they cannot be read. */
size_t bolt_process_gid_map(struct bolt_gid_range out[static BOLT_GID_RANGES_MAX]);

/* True if the users are not mapped as at the machine's start: as runc asks it (libcontainer,
 * userns.RunningInUserNS()). */
bool bolt_process_is_in_userns(void);

/* Our own bounding set as a mask (what a container started from here can get at most); 0 if it
 * cannot be read. */
uint64_t bolt_process_bounding_set(void);
