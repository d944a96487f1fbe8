/* SPDX-License-Identifier: Apache-2.0 */
/* Times as records have them. */
#include <string.h>
#include <time.h>

#include "facts/facts.h"

/* The number that @count digits are; -1 if they are none. */
static int digits(const char *at, size_t count)
{
    int value = 0;

    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return -1;
        }
        value = 10 * value + (at[i] - '0');
    }
    return value;
}

/* What stands at 'd' must be a digit, and all else as it is. */
static bool has_form(struct bolt_bytes text, const char *form)
{
    for (size_t i = 0; i < text.len && form[i] != '\0'; i++) {
        if (form[i] == 'd' ? digits(text.at + i, 1) < 0 : text.at[i] != form[i]) {
            return false;
        }
    }
    return text.len == strlen(form);
}

bool bolt_facts_time(struct bolt_bytes text, int64_t *out)
{
    bool day = has_form(text, "dddd-dd-dd");
    struct tm when = {.tm_mday = 1};
    struct tm back;

    if (!day && !has_form(text, "dddd-dd-ddTdd:dd:dd.dddZ")) {
        return false;
    }
    when.tm_year = digits(text.at, 4) - 1900;
    when.tm_mon = digits(text.at + 5, 2) - 1;
    when.tm_mday = digits(text.at + 8, 2);
    if (!day) {
        when.tm_hour = digits(text.at + 11, 2);
        when.tm_min = digits(text.at + 14, 2);
        when.tm_sec = digits(text.at + 17, 2);
    }
    back = when;
    *out = timegm(&back); /* which makes March 3 of February 31 */
    return back.tm_mon == when.tm_mon && back.tm_mday == when.tm_mday && *out >= 0;
}
