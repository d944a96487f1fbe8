/* SPDX-License-Identifier: Apache-2.0 */
/* cmdline_read runc|crun WORD...: what drawbolt reads in that command line, as one line. */
#include <stdio.h>
#include <string.h>

#include "cmdline_text.h"

int main(int argc, char **argv)
{
    BOLT_ARENA struct bolt_arena *arena = bolt_arena_new();

    if (argc < 2) {
        return 2;
    }
    (void)printf("%.*s\n",
                 BOLT_FMT(cmdline_text(arena, strcmp(argv[1], "crun") == 0 ? BOLT_CRUN : BOLT_RUNC,
                                       argc - 1, argv + 1)));
    return 0;
}
