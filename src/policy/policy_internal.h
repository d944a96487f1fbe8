/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of the policy's members. Reading, showing and the comparison with
 * schemas/policy.schema.json all go through it, so a member cannot be known to one of them only.
 */
#pragma once

#include "policy/policy.h"
#include "json/doc.h"
#include "json/write.h"

#define BOLT_POLICY_VERSION 1
#define BOLT_POLICY_PORT_MAX 65535

/* The exceptions of a policy while a file is read: those before it and, one by one, its own. The
 * first error about one waits: that the text is no JSON, or a member before them is wrong, is said
 * first. */
struct bolt_taken {
    struct bolt_arena *arena;
    struct bolt_exception *list;
    size_t count;
    struct bolt_err err;
};

/* The take() of a struct bolt_doc_list, with a struct bolt_taken. */
void bolt_take_exception(void *ctx, const struct bolt_doc *doc, bolt_node node);

/* What reading needs at every place. */
struct bolt_loader {
    struct bolt_arena *arena;
    const struct bolt_doc *doc;
    struct bolt_err *err;
    const struct bolt_taken *taken; /* NULL in an exception */
};

/* One of the words that a member may have, and what it is stored as. */
struct bolt_choice {
    const char *name;
    unsigned value;
};

struct bolt_member;

struct bolt_member_type {
    /* Checks the value and stores it in @base, the struct that holds the member. */
    int (*read)(const struct bolt_loader *loader, bolt_node node, const struct bolt_member *member,
                void *base);
    /* Writes name and value; nothing if there is nothing to say. NULL: never shown. */
    void (*show)(struct bolt_json *json, const struct bolt_member *member, const void *base);
};

struct bolt_member {
    const char *name; /* NULL ends a table */
    const struct bolt_member_type *type;
    size_t offset;                     /* of the stored value in its struct */
    const struct bolt_member *members; /* of an object */
    const struct bolt_choice *choices; /* of a word; name NULL ends them */
    unsigned max;                      /* of a number */
    bool required;
};

extern const struct bolt_member bolt_policy_members[];    /* in a struct bolt_policy */
extern const struct bolt_member bolt_port_rule_members[]; /* in a struct bolt_port_rule */
extern const struct bolt_member bolt_drop_in_members[];   /* in a struct bolt_policy */
extern const struct bolt_member bolt_exception_members[]; /* in a struct bolt_exception */

/* Values that are like others. */
extern const struct bolt_member_type bolt_type_object;
extern const struct bolt_member_type bolt_type_choice;   /* an enum */
extern const struct bolt_member_type bolt_type_switch;   /* a bool that is written as a word */
extern const struct bolt_member_type bolt_type_bool;     /* true or false */
extern const struct bolt_member_type bolt_type_unsigned; /* unsigned int */
extern const struct bolt_member_type bolt_type_path;     /* const char *: an absolute path */
extern const struct bolt_member_type bolt_type_opt_path; /* the same, or NULL for "" */
extern const struct bolt_member_type bolt_type_text;     /* struct bolt_bytes: not empty */

/* Values that are like no other. */
extern const struct bolt_member_type bolt_type_version;
extern const struct bolt_member_type bolt_type_schema_name;
extern const struct bolt_member_type bolt_type_exceptions;
extern const struct bolt_member_type bolt_type_exception_id;
extern const struct bolt_member_type bolt_type_match;
extern const struct bolt_member_type bolt_type_match_image;
extern const struct bolt_member_type bolt_type_raw_grant;
extern const struct bolt_member_type bolt_type_port_start_grant;
extern const struct bolt_member_type bolt_type_trust;
extern const struct bolt_member_type bolt_type_starts;
extern const struct bolt_member_type bolt_type_expires;
extern const struct bolt_member_type bolt_type_caps; /* bolt_caps */
extern const struct bolt_member_type bolt_type_errno;
extern const struct bolt_member_type bolt_type_families;   /* uint64_t */
extern const struct bolt_member_type bolt_type_port_rules; /* struct bolt_port_list */
extern const struct bolt_member_type bolt_type_port_range;
extern const struct bolt_member_type bolt_type_address;
extern const struct bolt_member_type bolt_type_sources;
extern const struct bolt_member_type bolt_type_sysctl_value;
extern const struct bolt_member_type bolt_type_sysctl_set;
extern const struct bolt_member_type bolt_type_globs;

/* 0, or -1 with "must be an array, not a string". */
BOLT_CHECK int bolt_loader_expect(const struct bolt_loader *loader, bolt_node node,
                                  enum bolt_json_kind kind);

/* Reads an object into @base by its table. */
BOLT_CHECK int bolt_loader_object(const struct bolt_loader *loader, bolt_node node,
                                  const struct bolt_member *members, void *base);

/* The word among @choices that the node is, or NULL with the list of them in the error. */
const struct bolt_choice *bolt_loader_choice(const struct bolt_loader *loader, bolt_node node,
                                             const struct bolt_choice *choices);

/* An array of address families that have raw sockets, as bits. */
BOLT_CHECK int bolt_loader_families(const struct bolt_loader *loader, bolt_node node,
                                    uint64_t *out);
void bolt_show_families(struct bolt_json *json, const char *name, uint64_t families);

/* A number from 0 to @max, in digits alone. */
BOLT_CHECK int bolt_loader_number(const struct bolt_loader *loader, bolt_node node, unsigned max,
                                  unsigned *out);

/* "\"text\"" if that is short and plain, else "this text": what a message may repeat. Engines
 * look for certain phrases in what a gate prints, and plain text cannot hold any of them. */
struct bolt_bytes bolt_loader_quote(struct bolt_arena *arena, struct bolt_bytes text);

/* The members of @base as a JSON object's, without the brackets. */
void bolt_show_members(struct bolt_json *json, const struct bolt_member *members, const void *base);
