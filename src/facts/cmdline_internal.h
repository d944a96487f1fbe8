/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options that cmdline.c reads with. */
#pragma once

#include "facts/cmdline.h"

/* Where an option is taken: in front of the command (GLOBAL), or behind it. Bits of runc; crun's
 * stand BOLT_CRUN_SHIFT higher. */
enum bolt_option_scope {
    BOLT_SCOPE_GLOBAL = 1U << 0,
    BOLT_SCOPE_CREATE = 1U << 1,
    BOLT_SCOPE_RUN = 1U << 2,
    BOLT_SCOPE_RESTORE = 1U << 3,
    BOLT_SCOPE_EXEC = 1U << 4,
};
#define BOLT_CRUN_SHIFT 8

enum bolt_option_value {
    BOLT_VALUE_NONE = 0,
    BOLT_VALUE_NEEDED,   /* joined or the next word */
    BOLT_VALUE_OPTIONAL, /* only joined */
};

/* What an option means to a gate. */
enum bolt_option_meaning {
    BOLT_MEANS_NOTHING = 0,
    BOLT_MEANS_HELP, /* the runtime prints something and ends */
    BOLT_MEANS_LOG,
    BOLT_MEANS_LOG_FORMAT,
    BOLT_MEANS_ROOT,
    BOLT_MEANS_BUNDLE,
    BOLT_MEANS_CONFIG,
    BOLT_MEANS_PROCESS,
    BOLT_MEANS_CAP,
    BOLT_MEANS_PRESERVE_FDS,
};

struct bolt_cmd_option {
    const char *name;
    char letter; /* or '\0' */
    enum bolt_option_value value;
    enum bolt_option_meaning meaning;
    unsigned scopes;
};

extern const struct bolt_cmd_option bolt_cmd_options[];
extern const size_t bolt_cmd_option_count;
#define BOLT_CMD_OPTIONS_MAX 64 /* not less than there are */
