/* SPDX-License-Identifier: Apache-2.0 */
#include "facts/caps.h"

#include <stdlib.h>
#include <sys/capability.h>

#include "base/buf.h"

int bolt_cap_number(struct bolt_bytes name)
{
    BOLT_ARENA struct bolt_arena *scratch = bolt_arena_new();
    cap_value_t value = 0;

    if (name.len == 0 || cap_from_name(bolt_bytes_cstr(scratch, name), &value) != 0 || value < 0 ||
        value > 63) {
        return BOLT_CAP_UNKNOWN;
    }
    return value;
}

int bolt_cap_number_strict(struct bolt_bytes name)
{
    BOLT_ARENA struct bolt_arena *scratch = bolt_arena_new();
    int number;

    if (!bolt_bytes_has_prefix(name, "CAP_")) {
        name = bolt_printf(scratch, "CAP_%.*s", BOLT_FMT(name));
    }
    number = bolt_cap_number(name);
    if (number == BOLT_CAP_UNKNOWN || !bolt_bytes_equal(bolt_cap_name(scratch, number), name)) {
        return BOLT_CAP_UNKNOWN;
    }
    return number;
}

struct bolt_bytes bolt_cap_name(struct bolt_arena *arena, int number)
{
    char *lower = cap_to_name(number);
    struct bolt_bytes name;
    char *upper;

    if (lower == NULL) {
        bolt_out_of_memory();
    }
    name = bolt_bytes_copy(arena, bolt_bytes_of(lower));
    (void)cap_free(lower);
    if (!bolt_bytes_has_prefix(name, "cap_")) {
        return bolt_printf(arena, "CAP_%d", number);
    }
    upper = bolt_arena_alloc(arena, name.len + 1, 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];

        upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return (struct bolt_bytes){upper, name.len};
}
