/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of a container runtime, as that runtime reads it.
 *
 * runc's options are those of Go's flag package behind urfave/cli, which moves the options of most
 * commands in front of their arguments first. crun's are those of argp(3) with ARGP_IN_ORDER. What
 * two versions of one runtime would read differently is not understood, and an error. So is a
 * --root that is empty or has '..' in it, where something is judged.
 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

enum bolt_runtime { BOLT_RUNC = 0, BOLT_CRUN };

/* What the command does, as far as a gate cares. */
enum bolt_command {
    BOLT_COMMAND_OTHER = 0, /* starts no process in a container */
    BOLT_COMMAND_CREATE,
    BOLT_COMMAND_RUN,
    BOLT_COMMAND_RESTORE,
    BOLT_COMMAND_EXEC,
};

/* The value of an option or argument, and where it stands, so that it can be replaced. */
struct bolt_cmd_value {
    const char *text; /* NULL: not given */
    size_t first;     /* the word in which the option begins */
    size_t word;      /* the word that ends with the value: first, or the one behind it */
    size_t head;      /* bytes of that word in front of the value: 9 in "--bundle=/b" */
};

/* There are 41 capabilities; engines name each at most once. More than this is not understood. */
#define BOLT_CMD_CAPS_MAX 256

/* Of a repeated option the last, but for caps. */
struct bolt_cmdline {
    enum bolt_runtime runtime;
    enum bolt_command command;
    struct bolt_cmd_value log; /* options in front of the command */
    struct bolt_cmd_value log_format;
    struct bolt_cmd_value root;
    struct bolt_cmd_value bundle; /* create, run, restore */
    struct bolt_cmd_value config; /* create, run of crun: the file to read instead of config.json */
    struct bolt_cmd_value process; /* exec; not given if empty, for runc */
    struct bolt_cmd_value preserve_fds;
    struct bolt_cmd_value id;
    const struct bolt_cmd_value *caps; /* exec: each --cap */
    size_t cap_count;
};

/**
 * bolt_cmdline_parse() - read a runtime's command line
 * @arena:   owns the list of caps
 * @runtime: whose
 * @argc:    of @argv
 * @argv:    borrowed; argv[0] is the program's name
 * @out:     what was read. On failure all that stood before the place that was not understood
 * @err:     kind BOLT_ERR_USAGE
 *
 * Where the runtime would only print help or its version, the command is OTHER. So it is for
 * commands that are not known, unless options in front of one are not understood and a later word
 * is the name of a command that is judged: that is an error.
 *
 * Source: measured with runc 1.1.5 and crun 1.8.1 (tests/container/cmdline.sh); read in urfave/cli
 * v1.22 command.go, Go's flag package, glibc's argp-parse.c and getopt.c.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_cmdline_parse(struct bolt_arena *arena, enum bolt_runtime runtime, int argc,
                                  char *const *argv, struct bolt_cmdline *out,
                                  struct bolt_err *err);

/* "runc", "crun". */
const char *bolt_runtime_name(enum bolt_runtime runtime);
/* "create", "run", ..., or "other". */
const char *bolt_command_name(enum bolt_command command);

/* True if one of the path's parts is "..": what runc removes by name, and the kernel by looking. */
bool bolt_cmdline_has_parent(const char *path);
