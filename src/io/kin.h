/* SPDX-License-Identifier: Apache-2.0 */
/* The processes that started us: which engine asks. */
#pragma once

#include "base/mem.h"

#define BOLT_KIN_MAX 4 /* a hook's are the runtime, the monitor or shim, and what started that */

struct bolt_kin {
    unsigned long pid;
    struct bolt_bytes program; /* the last part of the path of what it runs; empty if not known */
    struct bolt_bytes words;   /* its command line, with a NUL behind each word */
};

/**
 * bolt_kin_look() - our parent, its parent, and so on
 * @arena: owns what is found
 * @out:   the nearest first
 *
 * Only processes of root or of the caller count: the first other one ends the list. At OCI stage
 * createContainer the numbers are those of /proc, which is the host's still.
 *
 * Return: how many.
 */
size_t bolt_kin_look(struct bolt_arena *arena, struct bolt_kin out[static BOLT_KIN_MAX]);

/* The process of that number; false if it is not there, or another user's. */
bool bolt_kin_find(struct bolt_arena *arena, unsigned long pid, struct bolt_kin *out);

/**
 * bolt_kin_named() - the processes of root or of the caller that were started by that name
 * @name: the last part of the first word of their command lines, which they can choose
 * @out:  owned by @arena
 *
 * Return: how many.
 */
size_t bolt_kin_named(struct bolt_arena *arena, const char *name, struct bolt_kin **out);

/* The last part of the first word of its command line. */
struct bolt_bytes bolt_kin_name(const struct bolt_kin *kin);

/* The word behind the first @option of a command line, or what follows "@option="; empty if there
 * is none. */
struct bolt_bytes bolt_kin_option(const struct bolt_kin *kin, const char *option);
/* True if one of the words is @word. */
bool bolt_kin_has(const struct bolt_kin *kin, const char *word);
/* True unless it is seen to have another working directory than we. */
bool bolt_kin_is_here(const struct bolt_kin *kin);
