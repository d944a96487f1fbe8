/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime wrapper: `drawbolt runtime runc ...`, or drawbolt by the name of a runtime. */
#pragma once

#include "front/front.h"
#include "io/held.h"
#include "io/launch.h"

/* One call of a runtime. */
struct bolt_wrapper {
    struct bolt_caller caller;
    enum bolt_runtime runtime;
    int argc; /* the runtime's own command line */
    char **argv;
    struct bolt_cmdline line;
    struct bolt_err line_err; /* why the line was not understood */
    struct bolt_held held;    /* the config.json that is judged; dir is -1 if there is none */
};

/* True if this command line asks for the wrapper: by argv[0], or by the word "runtime". */
bool bolt_runtime_is_called(int argc, char **argv);

/* The wrapper, to its end. Returns an exit code if the runtime was not launched. */
enum bolt_exit bolt_runtime_main(struct bolt_run *run, int argc, char **argv);

extern const struct bolt_front bolt_front_runtime;

/**
 * bolt_runtime_find() - the runtime that the policy names
 * @run:  with a policy
 * @path: where it is
 * @err:  what bolt_launch_check() says of it
 *
 * Where a path is as built in and nothing is there, Debian's other place is looked at.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_runtime_find(const struct bolt_run *run, const char **path,
                                 struct bolt_err *err);

/**
 * bolt_runtime_find_without_policy() - the runtime, under a policy that is broken or not there
 * @run:  with as much of the policy's text as could be read; its policy becomes the built-in one
 * @path: where the text says, or beside drawbolt where dpkg-divert(1) may have put it, or where
 *        the built-in policy says
 * @err:  as for bolt_runtime_find()
 *
 * For commands that are not judged: containers must be stopped under any policy.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_runtime_find_without_policy(struct bolt_run *run, const char **path,
                                                struct bolt_err *err);

/* runtime_exec.c: what `exec` brings along. */
BOLT_CHECK int bolt_exec_read(struct bolt_run *run, struct bolt_err *err);
BOLT_CHECK int bolt_exec_learn(struct bolt_run *run, struct bolt_err *err);
/* The first descriptor that the runtime does not hand to the container: behind 2, LISTEN_FDS of
 * them and --preserve-fds of them. */
BOLT_CHECK int bolt_runtime_first_descriptor(const struct bolt_cmdline *line, int *out,
                                             struct bolt_err *err);
/* Where the runtime says that the container's bundle is, if nobody but root and the caller can have
 * had a hand in that. */
BOLT_CHECK int bolt_exec_bundle(struct bolt_run *run, const char **out, struct bolt_err *err);
/* The command line with the judged process file and capabilities; changes wrapper->argv. */
BOLT_CHECK int bolt_exec_change(struct bolt_run *run, struct bolt_err *err);

/* runtime_log.c: the refusal where the engine looks for the runtime's words. */
void bolt_runtime_tell(const struct bolt_run *run, struct bolt_bytes text);
/* The same for what ends the process at once: the time limit, no memory. */
void bolt_runtime_note_last_words(const struct bolt_run *run);
