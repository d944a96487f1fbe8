/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds files to a fuzz target, so that any compiler can run the corpus as a test.
 *
 *   replay PATH...     a directory stands for the files in it, and in its directories
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned files; /* nftw(3) has no place for it */

static int feed(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();
    struct bolt_bytes text = {0};
    struct bolt_err err = {0};

    (void)st;
    (void)ftw;
    if (type != FTW_F) {
        return 0;
    }
    if (bolt_file_load(arena, path, BOLT_ERR_INPUT, &text, &err) != 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (getenv("BOLT_VERBOSE") != NULL) {
        (void)fprintf(stderr, "%s\n", path);
    }
    (void)LLVMFuzzerTestOneInput((const uint8_t *)text.at, text.len);
    files++;
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (nftw(argv[i], feed, 16, FTW_PHYS) != 0) {
            (void)fprintf(stderr, "%s: could not be read\n", argv[i]);
            return 1;
        }
    }
    (void)printf("%u files\n", files);
    return files == 0 ? 1 : 0;
}
