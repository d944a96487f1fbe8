/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the policy's exceptions are about a container, and what they excuse. Pure. */
#pragma once

#include "decide/decide.h"
#include "policy/index.h"

/* An exception that matches the container. */
struct bolt_excuse {
    const struct bolt_exception *exception;
    struct bolt_bytes why_not; /* why it excuses nothing all the same; empty: it does */
};

/**
 * bolt_case_excuse() - find the exceptions for a case
 * @arena: owns what is found
 * @c:     with policy, facts and now; excuses are set, and where they let raw sockets through, the
 *         policy becomes one that does
 *
 * To be called before bolt_case_merge() and bolt_decide().
 */
void bolt_case_excuse(struct bolt_arena *arena, struct bolt_case *c);

/* The same, as if what is not known of who the container is were what each exception asks for. */
void bolt_case_excuse_at_best(struct bolt_arena *arena, struct bolt_case *c);

/* False only if no exception with this key matches the container. */
bool bolt_key_may_match(const struct bolt_key *key, const struct bolt_facts *facts);

/*
 * What excuses this: an exception that holds, or else one that would excuse it but does not hold;
 * NULL if no exception that matches the container is about it.
 */
const struct bolt_excuse *bolt_excuse_cap(const struct bolt_case *c, int number);
const struct bolt_excuse *bolt_excuse_port(const struct bolt_case *c, const struct bolt_port *port);
const struct bolt_excuse *bolt_excuse_host_network(const struct bolt_case *c);
const struct bolt_excuse *bolt_excuse_port_start(const struct bolt_case *c, int64_t value);
/* Of raw sockets that the case's policy denies: only one that does not hold, or NULL. */
const struct bolt_excuse *bolt_excuse_raw_sockets(const struct bolt_case *c);
