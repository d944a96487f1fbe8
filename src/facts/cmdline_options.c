/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of runc (1.1 to 1.3) and crun (1.8 to 1.28): all that any of these versions has, so
 * that an abbreviation that is unique here is no other option there.
 */
#include "facts/cmdline_internal.h"

#define RUNC(scopes) ((unsigned)(scopes))
#define CRUN(scopes) ((unsigned)(scopes) << BOLT_CRUN_SHIFT)
#define BOTH(scopes) (RUNC(scopes) | CRUN(scopes))

enum {
    G = BOLT_SCOPE_GLOBAL,
    C = BOLT_SCOPE_CREATE,
    R = BOLT_SCOPE_RUN,
    S = BOLT_SCOPE_RESTORE,
    E = BOLT_SCOPE_EXEC,
    EVERYWHERE = G | C | R | S | E,
};

#define SWITCH(name, letter, scopes)                                                               \
    {                                                                                              \
        name, letter, BOLT_VALUE_NONE, BOLT_MEANS_NOTHING, scopes                                  \
    }
#define VALUE(name, letter, scopes)                                                                \
    {                                                                                              \
        name, letter, BOLT_VALUE_NEEDED, BOLT_MEANS_NOTHING, scopes                                \
    }
#define TAKEN(name, letter, meaning, scopes)                                                       \
    {                                                                                              \
        name, letter, BOLT_VALUE_NEEDED, BOLT_MEANS_##meaning, scopes                              \
    }
#define HELP(name, letter, scopes)                                                                 \
    {                                                                                              \
        name, letter, BOLT_VALUE_NONE, BOLT_MEANS_HELP, scopes                                     \
    }

const struct bolt_cmd_option bolt_cmd_options[] = {
    /* in front of the command */
    SWITCH("debug", '\0', BOTH(G)),
    TAKEN("log", '\0', LOG, BOTH(G)),
    TAKEN("log-format", '\0', LOG_FORMAT, BOTH(G)),
    TAKEN("root", '\0', ROOT, BOTH(G)),
    VALUE("rootless", '\0', BOTH(G)),
    SWITCH("systemd-cgroup", '\0', BOTH(G)),
    VALUE("criu", '\0', RUNC(G)),
    VALUE("cgroup-manager", '\0', CRUN(G)),
    VALUE("log-level", '\0', CRUN(G)),
    HELP("version", 'v', BOTH(G)),
    HELP("version", 'V', CRUN(G)),
    /* help: urfave/cli's, and what argp adds to every parser (argp-parse.c, argp_default_options)
     */
    HELP("help", 'h', RUNC(EVERYWHERE)),
    HELP("help", '?', CRUN(EVERYWHERE)),
    HELP("usage", '\0', CRUN(EVERYWHERE)),
    VALUE("program-name", '\0', CRUN(EVERYWHERE)),
    {"HANG", '\0', BOLT_VALUE_OPTIONAL, BOLT_MEANS_NOTHING, CRUN(EVERYWHERE)},
    /* create, run, restore, exec */
    TAKEN("bundle", 'b', BUNDLE, BOTH(C | R | S)),
    TAKEN("config", 'f', CONFIG, CRUN(C | R)),
    VALUE("console-socket", '\0', BOTH(C | R | S | E)),
    VALUE("pid-file", '\0', BOTH(C | R | S | E)),
    VALUE("pidfd-socket", '\0', RUNC(C | R | E)),
    TAKEN("preserve-fds", '\0', PRESERVE_FDS, BOTH(C | R | E)),
    SWITCH("detach", 'd', BOTH(R | S | E)),
    SWITCH("keep", '\0', BOTH(R)),
    SWITCH("no-new-keyring", '\0', BOTH(C | R)),
    SWITCH("no-pivot", '\0', RUNC(C | R | S) | CRUN(C | R)),
    SWITCH("no-subreaper", '\0', RUNC(R | S) | CRUN(C | R)),
    /* restore */
    SWITCH("auto-dedup", '\0', RUNC(S)),
    VALUE("empty-ns", '\0', RUNC(S)),
    SWITCH("ext-unix-sk", '\0', BOTH(S)),
    SWITCH("file-locks", '\0', BOTH(S)),
    VALUE("image-path", '\0', BOTH(S)),
    SWITCH("lazy-pages", '\0', RUNC(S)),
    VALUE("lsm-mount-context", '\0', BOTH(S)),
    VALUE("lsm-profile", '\0', BOTH(S)),
    VALUE("manage-cgroups-mode", '\0', BOTH(S)),
    SWITCH("network-lock", '\0', CRUN(S)),
    SWITCH("shell-job", '\0', BOTH(S)),
    SWITCH("tcp-close", '\0', CRUN(S)),
    SWITCH("tcp-established", '\0', BOTH(S)),
    VALUE("work-path", '\0', BOTH(S)),
    /* exec */
    VALUE("additional-gids", 'g', RUNC(E)),
    VALUE("apparmor", '\0', BOTH(E)),
    TAKEN("cap", 'c', CAP, BOTH(E)),
    VALUE("cgroup", '\0', BOTH(E)),
    VALUE("cwd", '\0', BOTH(E)),
    VALUE("env", 'e', BOTH(E)),
    SWITCH("ignore-paused", '\0', RUNC(E)),
    SWITCH("no-new-privs", '\0', BOTH(E)),
    TAKEN("process", 'p', PROCESS, BOTH(E)),
    VALUE("process-label", '\0', BOTH(E)),
    SWITCH("tty", 't', RUNC(E)),
    {"tty", 't', BOLT_VALUE_OPTIONAL, BOLT_MEANS_NOTHING, CRUN(E)},
    VALUE("user", 'u', BOTH(E)),
};
const size_t bolt_cmd_option_count = BOLT_LEN(bolt_cmd_options);
_Static_assert(BOLT_LEN(bolt_cmd_options) <= BOLT_CMD_OPTIONS_MAX, "room for all of them");
