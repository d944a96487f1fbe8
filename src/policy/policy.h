/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy: what the node's operator allows. Immutable after loading.
 *
 * The structure mirrors the file (drawbolt-policy(5), schemas/policy.schema.json). Zeroed memory
 * is the strictest policy: the first value of every enum refuses.
 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* What happens to a finding of a rule. */
enum bolt_action {
    BOLT_ACTION_REFUSE = 0, /* the container does not start */
    BOLT_ACTION_REWRITE,    /* it is mended where this enforcement point can, else refused */
    BOLT_ACTION_REPORT,     /* it is recorded and shown */
    BOLT_ACTION_IGNORE,     /* nothing is said about it */
};

enum bolt_mode {
    BOLT_MODE_ENFORCE = 0,
    BOLT_MODE_REPORT, /* decide and record; change and refuse nothing */
};

/* A set of capabilities as a bit mask; numbers are the kernel's (linux/capability.h). */
typedef uint64_t bolt_caps;

enum bolt_protocol { BOLT_PROTO_ANY = 0, BOLT_PROTO_TCP, BOLT_PROTO_UDP, BOLT_PROTO_SCTP };

/* One entry of ports.host.allow. */
struct bolt_port_rule {
    uint16_t first;
    uint16_t last; /* inclusive */
    enum bolt_protocol protocol;
    bool has_address;
    bool is_ipv6;
    uint8_t address[16]; /* network byte order; IPv4 in the first four */
    unsigned prefix;     /* length in bits */
};

struct bolt_port_list {
    const struct bolt_port_rule *items;
    size_t count;
};

struct bolt_host_ports {
    unsigned privileged_below; /* ports under this need an entry in allow */
    struct bolt_port_list allow;
    enum bolt_action action;
    enum bolt_action unknown; /* refuse, report or ignore: when no source told the ports */
};

struct bolt_port_start {
    int64_t min;
    int64_t max;
    bool has_set;
    int64_t set; /* value to write when absent; within min and max */
    enum bolt_action action;
};

struct bolt_raw_sockets {
    enum bolt_action action;
    unsigned errnum;
    const char *errno_name; /* "EPERM" */
    bool extended;          /* families: the extended list of base/family.h too */
    uint64_t allow;         /* families, as bits: 1 << BOLT_AF_PACKET */
    bool deny_socketcall;
    bool deny_io_uring;
    bool stricter; /* inexact: what cannot be merged exactly may become stricter */
    bool keep_ping;
};

/* Facts about who a container is, as bits, that an exception may match on although whoever starts
 * the container can choose them. */
enum bolt_trust {
    BOLT_TRUST_ID = 1U << 0,
    BOLT_TRUST_NAME = 1U << 1,
    BOLT_TRUST_NAMESPACE = 1U << 2,
    BOLT_TRUST_IMAGE = 1U << 3,
    BOLT_TRUST_ENGINE = 1U << 4,
    BOLT_TRUST_ANNOTATIONS = 1U << 5, /* any of them, if an annotation says it */
};

/* Which containers an exception is about: all that is said must hold. Globs; empty for any. */
struct bolt_match {
    struct bolt_bytes id;
    struct bolt_bytes name;
    struct bolt_bytes namespace;
    struct bolt_bytes image;  /* the image's name */
    struct bolt_bytes digest; /* "sha256:..." and 64 digits, no glob; empty for any */
    struct bolt_bytes engine;
};

/* What an exception lets a container have. */
struct bolt_grant {
    struct bolt_port_list host_ports;
    bolt_caps capabilities;
    bool every_raw_socket;
    uint64_t raw_families; /* as bits: 1 << BOLT_AF_PACKET */
    bool host_network;
    bool has_port_start;
    int64_t port_start_min;
    int64_t port_start_max;
};

#define BOLT_EXCEPTIONS_MAX 10000

struct bolt_exception {
    struct bolt_bytes id;
    struct bolt_match match;
    struct bolt_grant grant;
    unsigned trust; /* enum bolt_trust, or'd */
    struct bolt_bytes reason;
    struct bolt_bytes owner;
    struct bolt_bytes starts_text; /* "2027-03-31", or empty */
    struct bolt_bytes expires_text;
    int64_t starts;  /* seconds since 1970, UTC: the first in which it holds */
    int64_t expires; /* the first in which it does not */
};

struct bolt_policy {
    enum bolt_mode mode;
    bolt_caps capabilities_allow;
    enum bolt_action capabilities_action;
    struct bolt_raw_sockets raw_sockets;
    enum bolt_action seccomp_unconfined;
    enum bolt_action privileged;
    struct bolt_host_ports host_ports;
    unsigned container_privileged_below;
    enum bolt_action container_ports;
    enum bolt_action host_network;
    bool trust_annotations; /* ports.sources has "annotations" */
    struct bolt_port_start port_start;
    enum bolt_action joined_netns;
    enum bolt_action exec;
    enum bolt_action capability_useless;
    const struct bolt_bytes *annotations_deny; /* globs: '*' is any run of bytes, '?' one byte */
    size_t annotations_deny_count;
    enum bolt_action annotations_action;
    struct bolt_exception *exceptions; /* grown by bolt_policy_add() alone */
    size_t exception_count;
    size_t exceptions_at; /* where they start in the text that was read last; 0: it has none */
    const char *runc;     /* absolute paths */
    const char *crun;
    const char *log_file; /* absolute path, or NULL: "" in the file */
    bool log_syslog;
    bool log_required;
};

/**
 * bolt_policy_parse() - read a policy
 * @arena: owns the result
 * @text:  the file's bytes; borrowed, and kept by what @out points to
 * @out:   the policy; members that the text leaves out have the built-in policy's values
 * @err:   kind BOLT_ERR_POLICY, "line:column: /pointer: reason"
 *
 * Comments are taken. An unknown member, an unknown capability, an empty range, a wrong type and a
 * repeated name are errors. schemas/policy.schema.json says the same, and is tested to.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_policy_parse(struct bolt_arena *arena, struct bolt_bytes text,
                                 struct bolt_policy *out, struct bolt_err *err);

/**
 * bolt_policy_add() - read a drop-in, which has exceptions only
 * @arena:  owns what is added
 * @text:   the file's bytes; borrowed, and kept by what is added
 * @policy: gets the exceptions; none of them may have the id of one that is there
 * @err:    as for bolt_policy_parse()
 *
 * Return: 0, or -1 with @err set and @policy as it was.
 */
BOLT_CHECK int bolt_policy_add(struct bolt_arena *arena, struct bolt_bytes text,
                               struct bolt_policy *policy, struct bolt_err *err);

/* The policy that applies where no file is: the text of it, as `policy show` prints it. */
struct bolt_bytes bolt_policy_builtin(void);

/* The absolute path that the text of a policy gives for a runtime ("runc", "crun"), even where the
 * rest of it is nonsense; NULL if it gives none. The text must be from who may write a policy. */
const char *bolt_policy_runtime_in(struct bolt_arena *arena, struct bolt_bytes text,
                                   const char *runtime);

/* The effective policy as JSON that bolt_policy_parse() takes and gives the same policy for. */
struct bolt_bytes bolt_policy_show(struct bolt_arena *arena, const struct bolt_policy *policy);

#define BOLT_DAY_SECONDS 86400 /* of time(2): leap seconds do not count */

/* Exceptions that expire within so many days are told, unless somebody says another number. */
#define BOLT_LINT_DAYS 14

/* Mistakes in a policy that is valid: one sentence each, in @lines (owned by the arena); @now in
 * seconds since 1970, as exceptions expire within @days. Returns how many. */
size_t bolt_policy_lint(struct bolt_arena *arena, const struct bolt_policy *policy, int64_t now,
                        unsigned days, const struct bolt_bytes **lines);

/* "refuse", "rewrite", "report", "ignore". */
const char *bolt_action_name(enum bolt_action action);
/* "tcp", "udp", "sctp", or "any". */
const char *bolt_protocol_name(enum bolt_protocol protocol);

/* "80", "8000-8099/udp", "443/tcp on 192.0.2.0/24". */
struct bolt_bytes bolt_port_rule_text(struct bolt_arena *arena, const struct bolt_port_rule *rule);

/* True if the address, of the family of the entry's own, is in its network. */
bool bolt_port_rule_has_address(const struct bolt_port_rule *rule, const uint8_t address[16]);

/* True if any raw socket is granted. */
bool bolt_grants_raw_sockets(const struct bolt_grant *grant);

/* The families that rawSockets.families denies, as bits. */
uint64_t bolt_policy_denied_families(const struct bolt_policy *policy);
/* Those of them that are in rawSockets.allow. */
uint64_t bolt_policy_spared(const struct bolt_policy *policy);

/* True if annotations.deny has a glob for the name. */
bool bolt_policy_denies_annotation(const struct bolt_policy *policy, struct bolt_bytes name);

/* True if @text matches @glob: '*' is any run of bytes, '?' one byte; all else is itself. Takes at
 * most glob.len * text.len steps. */
bool bolt_glob_match(struct bolt_bytes glob, struct bolt_bytes text);
