/* SPDX-License-Identifier: Apache-2.0 */
/* Becoming another program, with nothing of ours left behind. */
#pragma once

#include <signal.h>
#include <sys/time.h>

#include "base/err.h"
#include "base/mem.h"

/* What a process is given by its caller and what bolt_process_prepare() and _deadline() change. */
struct bolt_caller {
    bool closed[3]; /* standard descriptors that were not open */
    struct sigaction pipe;
    struct sigaction file_size;
    struct sigaction alarm;
    sigset_t mask;
    bool alarmed; /* blocked and pending */
    struct itimerval timer;
};

/* Notes it; to be called before anything else. */
void bolt_caller_note(struct bolt_caller *out);

/**
 * bolt_launch_check() - may this be the program that we become?
 * @path: absolute
 * @absent: whether there is nothing at @path
 * @err:  kind BOLT_ERR_POLICY: it is drawbolt itself, or somebody else than root (or the caller)
 *        could change it or the way to it. Kind BOLT_ERR_SYSTEM: it is not there
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_launch_check(struct bolt_arena *arena, const char *path, bool *absent,
                                 struct bolt_err *err);

/**
 * bolt_launch_check_loop() - have we become a runtime again and again?
 * @err: kind BOLT_ERR_POLICY: so it is, and without end
 *
 * No program shows that it starts drawbolt again, so bolt_launch() counts in DRAWBOLT_TURNS.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_launch_check_loop(struct bolt_err *err);

/* True if the path leads to drawbolt itself. */
bool bolt_launch_is_self(const char *path);

/**
 * bolt_launch_memory() - bytes as a file that the launched program can open by path
 * @arena:  owns the path
 * @bytes:  what it holds, sealed: nobody can change it
 * @lowest: the descriptor gets this number or a greater one
 * @path:   /proc/self/fd/N, NUL-terminated
 * @err:    kind BOLT_ERR_SYSTEM
 *
 * The descriptor stays open across execve(2).
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_launch_memory(struct bolt_arena *arena, struct bolt_bytes bytes, int lowest,
                                  const char **path, struct bolt_err *err);

/**
 * bolt_launch() - become the program
 * @counts: it starts something, so that its environment gets DRAWBOLT_TURNS; a script does anyway
 * @caller: what is put back first
 *
 * Everything that this program opened is close-on-exec. The environment is handed on but for that.
 *
 * Return: -1 with @err set, kind BOLT_ERR_SYSTEM; never on success.
 */
BOLT_CHECK int bolt_launch(const char *path, char *const *argv, bool counts,
                           const struct bolt_caller *caller, struct bolt_err *err);

/* Adds a line to the log that the launched program would have written, made if it is not there.
 * Never waits; nothing is done on failure. */
void bolt_launch_log(const char *path, struct bolt_bytes line);
