/* SPDX-License-Identifier: Apache-2.0 */
#include "facts/caps.h"

#include <string.h>
#include <sys/capability.h>

#include "base/buf.h"

#define NAME_MAX_BYTES 64 /* all names that libcap has are shorter */

static int number_of(const char *name)
{
    cap_value_t value = 0;

    if (name[0] == '\0' || cap_from_name(name, &value) != 0 || value < 0 || value > 63) {
        return BOLT_CAP_UNKNOWN;
    }
    return value;
}

int bolt_cap_number(struct bolt_bytes name)
{
    BOLT_ARENA struct bolt_arena *scratch = NULL;
    char text[NAME_MAX_BYTES];

    if (name.len < sizeof text) { /* all but always */
        memcpy(text, name.at, name.len);
        text[name.len] = '\0';
        return number_of(text);
    }
    scratch = bolt_arena_new();
    return number_of(bolt_bytes_cstr(scratch, name));
}

/* libcap's name in upper case, in @upper; false for a number without a name. */
static bool upper_name(int number, char upper[static NAME_MAX_BYTES])
{
    char *lower = cap_to_name(number);
    size_t len;
    bool named;

    if (lower == NULL) {
        bolt_out_of_memory();
    }
    len = strlen(lower);
    named = len < NAME_MAX_BYTES && strncmp(lower, "cap_", 4) == 0;
    for (size_t i = 0; named && i <= len; i++) {
        upper[i] = lower[i] >= 'a' && lower[i] <= 'z' ? (char)(lower[i] - 'a' + 'A') : lower[i];
    }
    (void)cap_free(lower);
    return named;
}

int bolt_cap_number_strict(struct bolt_bytes name)
{
    bool prefixed = bolt_bytes_has_prefix(name, "CAP_");
    char text[NAME_MAX_BYTES] = "CAP_";
    char proper[NAME_MAX_BYTES];
    size_t at = prefixed ? 0 : 4;
    int number;

    if (name.len >= sizeof text - at) {
        return BOLT_CAP_UNKNOWN;
    }
    memcpy(text + at, name.at, name.len);
    text[at + name.len] = '\0';
    number = number_of(text);
    if (number == BOLT_CAP_UNKNOWN || !upper_name(number, proper) || strcmp(text, proper) != 0) {
        return BOLT_CAP_UNKNOWN;
    }
    return number;
}

struct bolt_bytes bolt_cap_name(struct bolt_arena *arena, int number)
{
    char upper[NAME_MAX_BYTES];

    if (!upper_name(number, upper)) {
        return bolt_printf(arena, "CAP_%d", number);
    }
    return bolt_bytes_copy(arena, bolt_bytes_of(upper));
}
