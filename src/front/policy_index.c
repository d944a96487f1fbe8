/* SPDX-License-Identifier: Apache-2.0 */
/* `drawbolt policy index`: so that a start need not read every exception. */
#include <sys/stat.h>

#include "front/load.h"
#include "front/policy.h"
#include "io/file.h"

/* It says something of each exception, so nobody may read it who may not read them all. */
static mode_t mode_of(const struct bolt_run *run)
{
    mode_t mode = 0644;
    struct stat st;

    for (size_t i = 0; i <= run->drop_in_count; i++) {
        struct bolt_bytes file = i == 0 ? run->policy_file : run->drop_ins[i - 1].file;

        mode &= stat(bolt_bytes_cstr(run->arena, file), &st) == 0 ? st.st_mode : 0600U;
    }
    return mode | 0600U;
}

enum bolt_exit bolt_policy_index_run(struct bolt_run *run)
{
    struct bolt_bytes text = {0};
    struct bolt_err err = {0};

    if (bolt_run_make_index(run, &text, &err) != 0 ||
        bolt_file_put(run->arena, bolt_run_index_path(run), text, mode_of(run), &err) != 0) {
        return bolt_run_fail(run, &err);
    }
    return BOLT_EXIT_ALLOW;
}
