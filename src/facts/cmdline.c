/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "facts/cmdline_internal.h"

static const struct {
    const char *name;
    enum bolt_command command;
    enum bolt_option_scope scope;
} commands[] = {
    {"create", BOLT_COMMAND_CREATE, BOLT_SCOPE_CREATE},
    {"run", BOLT_COMMAND_RUN, BOLT_SCOPE_RUN},
    {"restore", BOLT_COMMAND_RESTORE, BOLT_SCOPE_RESTORE},
    {"exec", BOLT_COMMAND_EXEC, BOLT_SCOPE_EXEC},
};

struct reader {
    struct bolt_arena *arena;
    struct bolt_err *err;
    struct bolt_cmdline *out;
    size_t argc;
    char *const *argv;
    size_t at; /* the next word */
    enum bolt_option_scope scope;
    const char *command; /* "runc create", for messages */
    struct bolt_cmd_value *caps;
    bool help;
    unsigned char forms[BOLT_CMD_OPTIONS_MAX]; /* in which the option was given: 1 name, 2 letter */
};

const char *bolt_runtime_name(enum bolt_runtime runtime)
{
    return runtime == BOLT_RUNC ? "runc" : "crun";
}

const char *bolt_command_name(enum bolt_command command)
{
    for (size_t i = 0; i < BOLT_LEN(commands); i++) {
        if (commands[i].command == command) {
            return commands[i].name;
        }
    }
    return "other";
}

static int fail(const struct reader *r, const char *word, const char *why)
{
    return bolt_fail(r->err, BOLT_ERR_USAGE, "the command line of %s %s: '%s' %s",
                     bolt_runtime_name(r->out->runtime), r->command, word, why);
}

static bool is_here(const struct reader *r, const struct bolt_cmd_option *option)
{
    unsigned shift = r->out->runtime == BOLT_CRUN ? BOLT_CRUN_SHIFT : 0;

    return (option->scopes >> shift & (unsigned)r->scope) != 0;
}

/* --- what an option means --------------------------------------------------------------- */

static struct bolt_cmd_value *place_of(struct bolt_cmdline *out, enum bolt_option_meaning meaning)
{
    switch (meaning) {
    case BOLT_MEANS_LOG:
        return &out->log;
    case BOLT_MEANS_LOG_FORMAT:
        return &out->log_format;
    case BOLT_MEANS_ROOT:
        return &out->root;
    case BOLT_MEANS_BUNDLE:
        return &out->bundle;
    case BOLT_MEANS_CONFIG:
        return &out->config;
    case BOLT_MEANS_PROCESS:
        return &out->process;
    case BOLT_MEANS_PRESERVE_FDS:
        return &out->preserve_fds;
    case BOLT_MEANS_NOTHING:
    case BOLT_MEANS_HELP:
    case BOLT_MEANS_CAP:
        break;
    }
    return NULL;
}

static int add_cap(struct reader *r, struct bolt_cmd_value value)
{
    struct bolt_cmdline *out = r->out;

    if (out->cap_count == BOLT_CMD_CAPS_MAX) {
        return fail(r, r->argv[value.first], "is more often there than is understood");
    }
    r->caps = bolt_arena_grow(r->arena, r->caps, out->cap_count, sizeof *r->caps);
    r->caps[out->cap_count++] = value;
    out->caps = r->caps;
    return 0;
}

static int take(struct reader *r, const struct bolt_cmd_option *option, struct bolt_cmd_value value)
{
    struct bolt_cmd_value *place = place_of(r->out, option->meaning);

    if (place != NULL) {
        *place = value;
    } else if (option->meaning == BOLT_MEANS_CAP) {
        return add_cap(r, value);
    } else if (option->meaning == BOLT_MEANS_HELP) {
        r->help = true;
    }
    return 0;
}

/* The value that is the rest of a word, from @head on, or else the whole next word. */
static int take_value(struct reader *r, const struct bolt_cmd_option *option, size_t first,
                      size_t head)
{
    struct bolt_cmd_value value = {.first = first, .word = first, .head = head};

    if (head == 0) {
        if (r->at >= r->argc) {
            return fail(r, r->argv[first], "lacks its value");
        }
        value.word = r->at++;
    }
    value.text = r->argv[value.word] + head;
    return take(r, option, value);
}

/* --- runc: Go's flag package ------------------------------------------------------------ */

static const struct bolt_cmd_option *find_go(const struct reader *r, const char *name, size_t len)
{
    for (size_t i = 0; i < bolt_cmd_option_count; i++) {
        const struct bolt_cmd_option *o = &bolt_cmd_options[i];
        bool named = strlen(o->name) == len && memcmp(o->name, name, len) == 0;
        bool lettered = len == 1 && o->letter == name[0];

        if (is_here(r, o) && (named || lettered)) {
            return o;
        }
    }
    return NULL;
}

/* urfave/cli refuses two forms of one option; which one another version takes is open. */
static int note_form(struct reader *r, const struct bolt_cmd_option *option, size_t len)
{
    unsigned char *forms = &r->forms[option - bolt_cmd_options];

    *forms = (unsigned char)(*forms | (len == 1 ? 2 : 1));
    return *forms == 3 ? fail(r, option->name, "is given in two forms") : 0;
}

static bool is_go_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* urfave/cli has two ways to tell a value from an option while it moves options to the front: a
 * word that begins with '-' may be either. exec and the program itself move nothing. */
static bool is_moved(const struct reader *r)
{
    return (r->scope & (BOLT_SCOPE_CREATE | BOLT_SCOPE_RUN | BOLT_SCOPE_RESTORE)) != 0;
}

static int read_go_switch(struct reader *r, const struct bolt_cmd_option *option, const char *value)
{
    const char *word = r->argv[r->at - 1];

    if (value != NULL && option->meaning != BOLT_MEANS_NOTHING) {
        return fail(r, word, "is a switch with a value");
    }
    return take(r, option, (struct bolt_cmd_value){0});
}

static int read_go_option(struct reader *r)
{
    size_t first = r->at++;
    const char *word = r->argv[first];
    const char *name = word + (word[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct bolt_cmd_option *option = find_go(r, name, len);

    if (option == NULL) {
        return fail(r, word, "is no option that is known");
    }
    if (note_form(r, option, len) != 0) {
        return -1;
    }
    if (option->value == BOLT_VALUE_NONE) {
        return read_go_switch(r, option, equals);
    }
    if (equals == NULL && is_moved(r) && r->at < r->argc && r->argv[r->at][0] == '-') {
        return fail(r, r->argv[r->at], "may be a value or an option");
    }
    return take_value(r, option, first, equals != NULL ? (size_t)(equals + 1 - word) : 0);
}

/* Options up to the first word that is none, which stays; "--" ends them and is passed by. */
static int read_go_options(struct reader *r)
{
    while (r->at < r->argc && is_go_option(r->argv[r->at])) {
        if (strcmp(r->argv[r->at], "--") == 0) {
            r->at++;
            return 0;
        }
        if (read_go_option(r) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_id(struct reader *r)
{
    if (r->at >= r->argc) {
        return fail(r, r->command, "needs a container's id");
    }
    r->out->id = (struct bolt_cmd_value){.text = r->argv[r->at], .first = r->at, .word = r->at};
    r->at++;
    return 0;
}

/* Options may follow the id. Moved to the front, an id that stands behind a switch takes the place
 * of that switch's value, and nothing behind it is an option any more. */
static int read_go_moved(struct reader *r)
{
    const char *before;
    bool stuck;

    if (read_go_options(r) != 0) {
        return -1;
    }
    if (r->help && r->at >= r->argc) {
        return 0;
    }
    before = r->argv[r->at - 1];
    stuck = is_go_option(before) && strcmp(before, "--") != 0 && strchr(before, '=') == NULL;
    if (read_id(r) != 0) {
        return -1;
    }
    while (r->at < r->argc) {
        if (stuck || strcmp(before, "--") == 0 || !is_go_option(r->argv[r->at]) ||
            strcmp(r->argv[r->at], "--") == 0) {
            return fail(r, r->argv[r->at], "is one word too many");
        }
        if (read_go_option(r) != 0) {
            return -1;
        }
    }
    return 0;
}

/* --- crun: getopt_long(3), in order ----------------------------------------------------- */

static const struct bolt_cmd_option *find_letter(const struct reader *r, char letter)
{
    for (size_t i = 0; i < bolt_cmd_option_count; i++) {
        if (bolt_cmd_options[i].letter == letter && is_here(r, &bolt_cmd_options[i])) {
            return &bolt_cmd_options[i];
        }
    }
    return NULL;
}

/* The option of that name, or the only one whose name begins so; NULL for none and for several. */
static const struct bolt_cmd_option *find_abbreviated(const struct reader *r, const char *name,
                                                      size_t len)
{
    const struct bolt_cmd_option *found = NULL;
    bool several = false;

    for (size_t i = 0; i < bolt_cmd_option_count; i++) {
        const struct bolt_cmd_option *o = &bolt_cmd_options[i];

        if (!is_here(r, o) || strncmp(o->name, name, len) != 0) {
            continue;
        }
        if (strlen(o->name) == len) {
            return o;
        }
        several = several || (found != NULL && strcmp(found->name, o->name) != 0);
        found = o;
    }
    return several ? NULL : found;
}

static int read_long(struct reader *r)
{
    size_t first = r->at++;
    const char *word = r->argv[first];
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const struct bolt_cmd_option *option = find_abbreviated(r, word + 2, len - 2);

    if (option == NULL) {
        return fail(r, word, "is no option that is known, or may be several");
    }
    if (option->value == BOLT_VALUE_NONE && equals != NULL) {
        return fail(r, word, "is a switch with a value");
    }
    if (option->value == BOLT_VALUE_NEEDED) {
        return take_value(r, option, first, equals != NULL ? (size_t)(equals + 1 - word) : 0);
    }
    return take(r, option, (struct bolt_cmd_value){0});
}

static int read_cluster(struct reader *r)
{
    size_t first = r->at++;
    const char *word = r->argv[first];

    for (size_t i = 1; word[i] != '\0'; i++) {
        const struct bolt_cmd_option *option = find_letter(r, word[i]);

        if (option == NULL) {
            return fail(r, word, "has a letter that is no option that is known");
        }
        if (option->value == BOLT_VALUE_NEEDED) {
            return take_value(r, option, first, word[i + 1] != '\0' ? i + 1 : 0);
        }
        if (take(r, option, (struct bolt_cmd_value){0}) != 0) {
            return -1;
        }
        if (option->value == BOLT_VALUE_OPTIONAL) {
            return 0; /* the rest of the word */
        }
    }
    return 0;
}

static int read_getopt_options(struct reader *r)
{
    while (r->at < r->argc && !r->help && is_go_option(r->argv[r->at])) {
        bool is_long = r->argv[r->at][1] == '-';

        if (is_long && r->argv[r->at][2] == '\0') {
            r->at++;
            return 0;
        }
        if ((is_long ? read_long(r) : read_cluster(r)) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_getopt_in_order(struct reader *r)
{
    if (read_getopt_options(r) != 0) {
        return -1;
    }
    if (r->help) {
        return 0;
    }
    if (read_id(r) != 0) {
        return -1;
    }
    if (r->scope != BOLT_SCOPE_EXEC && r->at < r->argc) {
        return fail(r, r->argv[r->at], "is one word too many");
    }
    return 0;
}

/* --- the whole line --------------------------------------------------------------------- */

static int read_exec_of_runc(struct reader *r)
{
    if (read_go_options(r) != 0) {
        return -1;
    }
    return r->help ? 0 : read_id(r);
}

bool bolt_cmdline_has_parent(const char *path)
{
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += strspn(at, "/");
        if (at[0] == '.' && at[1] == '.' && (at[2] == '/' || at[2] == '\0')) {
            return true;
        }
    }
    return false;
}

/* runc takes an empty root for the working directory, and removes "DIRECTORY/.." from one by name
 * alone (Go's filepath.Abs()): behind a symbolic link that is another place than the kernel's. */
static int check_root(const struct reader *r)
{
    const char *root = r->out->root.text;

    if (root == NULL || r->out->command == BOLT_COMMAND_OTHER) {
        return 0;
    }
    if (root[0] == '\0') {
        return fail(r, "--root", "is empty");
    }
    return bolt_cmdline_has_parent(root) ? fail(r, root, "is a root with '..' in it") : 0;
}

static int read_behind_command(struct reader *r)
{
    int result;

    memset(r->forms, 0, sizeof r->forms);
    if (r->out->runtime == BOLT_CRUN) {
        result = read_getopt_in_order(r);
    } else if (is_moved(r)) {
        result = read_go_moved(r);
    } else {
        result = read_exec_of_runc(r);
    }
    if (result == 0 && r->help) {
        r->out->command = BOLT_COMMAND_OTHER;
    }
    if (r->out->runtime == BOLT_RUNC && r->out->process.text != NULL &&
        r->out->process.text[0] == '\0') {
        r->out->process = (struct bolt_cmd_value){0};
    }
    return result == 0 ? check_root(r) : result;
}

/* Sets scope and command if the word is the name of one that is judged. */
static bool find_command(struct reader *r, const char *word)
{
    for (size_t i = 0; i < BOLT_LEN(commands); i++) {
        if (strcmp(commands[i].name, word) == 0) {
            r->scope = commands[i].scope;
            r->command = commands[i].name;
            r->out->command = commands[i].command;
            return true;
        }
    }
    return false;
}

/* The options in front of the command were not understood: which word is the command is open. */
static int guess_command(struct reader *r)
{
    for (size_t i = 1; i < r->argc; i++) {
        if (find_command(r, r->argv[i])) {
            return -1;
        }
    }
    return 0;
}

int bolt_cmdline_parse(struct bolt_arena *arena, enum bolt_runtime runtime, int argc,
                       char *const *argv, struct bolt_cmdline *out, struct bolt_err *err)
{
    struct reader r = {.arena = arena,
                       .err = err,
                       .out = out,
                       .argc = argc > 0 ? (size_t)argc : 0,
                       .argv = argv,
                       .at = 1,
                       .scope = BOLT_SCOPE_GLOBAL,
                       .command = "itself"};
    int result;

    *out = (struct bolt_cmdline){.runtime = runtime};
    result = runtime == BOLT_CRUN ? read_getopt_options(&r) : read_go_options(&r);
    if (result != 0) {
        return guess_command(&r);
    }
    if (r.help || r.at >= r.argc || !find_command(&r, argv[r.at])) {
        return 0;
    }
    r.at++;
    return read_behind_command(&r);
}
