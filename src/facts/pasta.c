/* SPDX-License-Identifier: Apache-2.0 */
/* The ports that pasta opens on the host, by its command line. */
#include "base/buf.h"
#include "facts/ports_internal.h"

static const char pasta[] = "pasta";

/* --- one list of ports ------------------------------------------------------------------ */

/* What is before the first of these bytes, which is taken off with it; false if it is not there. */
static bool take_until(struct bolt_bytes *text, char end, struct bolt_bytes *out)
{
    const char *at = text->len == 0 ? NULL : memchr(text->at, end, text->len);

    if (at == NULL) {
        return false;
    }
    *out = (struct bolt_bytes){text->at, (size_t)(at - text->at)};
    text->at += out->len + 1;
    text->len -= out->len + 1;
    return true;
}

/* "80", "80-90". */
static bool read_range(struct bolt_bytes text, uint16_t *first, uint16_t *more)
{
    struct bolt_bytes lower = text;
    uint16_t last = 0;

    if (!take_until(&text, '-', &lower)) {
        *more = 0;
        return bolt_port_number(text, first);
    }
    if (!bolt_port_number(lower, first) || !bolt_port_number(text, &last) || *first > last) {
        return false;
    }
    *more = (uint16_t)(last - *first);
    return true;
}

/* "[ADDRESS/]80[-90][:8080[-8090]]", which is all that podman writes. pasta takes more: lists,
 * "all", "auto", exceptions, interfaces. */
static bool read_spec(struct bolt_arena *arena, struct bolt_bytes spec, struct bolt_port *port)
{
    struct bolt_bytes host = spec;
    uint16_t more = 0;

    if (take_until(&host, '/', &spec)) {
        port->address = bolt_port_address(arena, spec);
    }
    spec = host;
    if (!take_until(&spec, ':', &host)) {
        host = spec;
    }
    return read_range(host, &port->host, &port->more) &&
           read_range(spec, &port->container, &more) && more == port->more && port->host != 0;
}

static bool is_told(const struct bolt_told *told, const struct bolt_port *port)
{
    for (size_t i = 0; i < told->port_count; i++) {
        const struct bolt_port *p = &told->ports[i];

        if (p->host != 0 && p->host <= port->host && p->host + p->more >= port->host + port->more &&
            p->host - p->container == port->host - port->container &&
            bolt_bytes_equal(p->protocol, port->protocol) &&
            bolt_bytes_equal(p->address, port->address)) {
            return true;
        }
    }
    return false;
}

static int add_spec(struct bolt_arena *arena, char option, struct bolt_bytes spec,
                    struct bolt_told *out, struct bolt_err *err)
{
    struct bolt_port port = {.source = pasta,
                             .protocol = option == 't' ? BOLT_LIT("tcp") : BOLT_LIT("udp")};

    if (bolt_bytes_is(spec, "none")) {
        return 0;
    }
    if (!read_spec(arena, spec, &port)) {
        return bolt_fail(err, BOLT_ERR_INPUT, "pasta opens ports by '-%c %.*s'", option,
                         BOLT_FMT(bolt_printable(arena, spec)));
    }
    if (!is_told(out, &port)) {
        bolt_told_add(arena, out, port);
    }
    return 0;
}

/* --- the words -------------------------------------------------------------------------- */

/* getopt_long(3) takes a name that is cut short. "conf-path": a socket that takes ports later. */
static char long_letter(struct bolt_bytes name)
{
    static const char *const names[] = {"tcp-ports", "udp-ports", "conf-path"};

    for (size_t i = 0; i < BOLT_LEN(names); i++) {
        if (name.len != 0 && name.len <= strlen(names[i]) &&
            memcmp(names[i], name.at, name.len) == 0) {
            return names[i][0];
        }
    }
    return 0;
}

/* The letter in "-4t80" that opens ports; 0 if there is none, '?' if that is not known. */
static char short_letter(struct bolt_bytes *letters)
{
    static const char switches[] = "dqfeh461";
    static const char others[] = "lsFIpPmanMgioDSHTU"; /* with a value */

    while (letters->len != 0) {
        char letter = letters->at[0];

        letters->at++;
        letters->len--;
        if (memchr(switches, letter, sizeof switches - 1) == NULL) {
            if (memchr(others, letter, sizeof others - 1) != NULL) {
                return 0;
            }
            return letter == 't' || letter == 'u' || letter == 'c' ? letter : '?';
        }
    }
    return 0;
}

/* Splits "-t80", "--tcp-ports=80". */
static char split_option(struct bolt_bytes word, struct bolt_bytes *value)
{
    struct bolt_bytes name;

    *value = (struct bolt_bytes){0};
    if (word.len < 2 || word.at[0] != '-') {
        return 0;
    }
    *value = (struct bolt_bytes){word.at + 1, word.len - 1};
    if (value->at[0] != '-') {
        return short_letter(value);
    }
    value->at++;
    value->len--;
    if (!take_until(value, '=', &name)) {
        name = *value;
        value->len = 0;
    }
    return long_letter(name);
}

/* A word that is the value of another option is read as one of its own, which finds more rather
 * than less. */
static int read_words(struct bolt_arena *arena, struct bolt_bytes words, bool seen[2],
                      struct bolt_told *out, struct bolt_err *err)
{
    struct bolt_bytes word;

    while (bolt_bytes_take_word(&words, &word)) {
        struct bolt_bytes value;
        char letter = split_option(word, &value);

        if (letter == 'c' || letter == '?') {
            return bolt_fail(err, BOLT_ERR_INPUT, "pasta may open ports by '%.*s'",
                             BOLT_FMT(bolt_printable(arena, word)));
        }
        if (letter == 0) {
            continue;
        }
        if (value.len == 0 && !bolt_bytes_take_word(&words, &value)) {
            break; /* with which pasta does not start */
        }
        if (add_spec(arena, letter, value, out, err) != 0) {
            return -1;
        }
        seen[letter == 'u'] = true;
    }
    return 0;
}

int bolt_pasta_ports(struct bolt_arena *arena, struct bolt_bytes words, bool whole,
                     struct bolt_told *out, struct bolt_err *err)
{
    bool seen[2] = {false, false};

    if (read_words(arena, words, seen, out, err) != 0) {
        out->hidden = true;
        return -1;
    }
    if (whole && !(seen[0] && seen[1])) { /* "auto" is the default */
        out->hidden = true;
        return bolt_fail(err, BOLT_ERR_INPUT, "pasta opens what the container listens on");
    }
    bolt_told_settle(out);
    return 0;
}
