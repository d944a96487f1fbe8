/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the words: what is read stands where it is said to stand, and what is judged has an id.
 * The first line is runc or crun, each other one a word. */
#include <stdint.h>
#include <string.h>

#include "facts/cmdline.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        __builtin_trap();
    }
}

static void is_in_place(const struct bolt_cmd_value *value, int argc, char *const *argv)
{
    if (value->text == NULL) {
        return;
    }
    demand(value->word > 0 && value->word < (size_t)argc);
    demand(value->first <= value->word && value->first + 1 >= value->word);
    demand(value->head <= strlen(argv[value->word]));
    demand(argv[value->word] + value->head == value->text);
}

static int split(char *text, char **argv)
{
    int argc = 0;

    for (char *word = text; word != NULL && argc < WORDS_MAX;) {
        char *end = strchr(word, '\n');

        argv[argc++] = word;
        if (end != NULL) {
            *end = '\0';
            end++;
        }
        word = end;
    }
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    char *text = bolt_arena_alloc(arena, size + 1, 1);
    char *argv[WORDS_MAX + 1] = {NULL};
    struct bolt_err err = {0};
    struct bolt_cmdline line;
    int result;
    int argc;

    memcpy(text, data, size);
    argc = split(text, argv);
    result = bolt_cmdline_parse(arena, strcmp(argv[0], "crun") == 0 ? BOLT_CRUN : BOLT_RUNC, argc,
                                argv, &line, &err);
    const struct bolt_cmd_value *const values[] = {
        &line.log,    &line.log_format, &line.root,         &line.bundle,
        &line.config, &line.process,    &line.preserve_fds, &line.id};
    for (size_t i = 0; i < BOLT_LEN(values); i++) {
        is_in_place(values[i], argc, argv);
    }
    for (size_t i = 0; i < line.cap_count; i++) {
        is_in_place(&line.caps[i], argc, argv);
        demand(i == 0 || line.caps[i].first > line.caps[i - 1].word);
    }
    if (result != 0) {
        demand(err.kind == BOLT_ERR_USAGE && line.command != BOLT_COMMAND_OTHER);
    } else if (line.command != BOLT_COMMAND_OTHER) {
        demand(line.id.text != NULL);
        demand(line.command == BOLT_COMMAND_EXEC || line.cap_count == 0);
    }
    return 0;
}
