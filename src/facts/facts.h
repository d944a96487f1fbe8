/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is to know about a container, whoever told it: open, read-only for rules, filled by
 * one bolt_facts_from_*() per source, and by front ends for what only the kernel knows.
 */
#pragma once

#include "facts/caps.h"
#include "facts/cmdline.h"
#include "json/doc.h"

/* Which facts are known here. A rule runs only where all it needs is known; where it is not, the
 * decision says "not checked" and never "passed". */
enum bolt_known {
    BOLT_KNOWN_CONFIG = 1U << 0,  /* the OCI runtime configuration */
    BOLT_KNOWN_PROCESS = 1U << 1, /* a process that is added to a container, instead of CONFIG */
    BOLT_KNOWN_NETWORK = 1U << 2, /* a container that gets its network, instead of CONFIG */
    BOLT_KNOWN_PORTS = 1U << 3,   /* published ports, from a source that the policy believes */
};

/* The five sets of capabilities(7), in the order of the OCI runtime-spec, config.md. */
enum bolt_cap_set {
    BOLT_CAPS_BOUNDING = 0,
    BOLT_CAPS_EFFECTIVE,
    BOLT_CAPS_INHERITABLE,
    BOLT_CAPS_PERMITTED,
    BOLT_CAPS_AMBIENT,
    BOLT_CAPS_SETS,
};

struct bolt_cap {
    bolt_node node;
    struct bolt_bytes name; /* as written */
    int number;             /* or BOLT_CAP_UNKNOWN */
    enum bolt_cap_set set;
    size_t argument; /* the number, from 1, of the --cap that it is from; 0: from the document */
};

/* Zero is what the rules are strictest with. */
enum bolt_netns {
    BOLT_NETNS_HOST = 0, /* no network namespace, or a path to the host's */
    BOLT_NETNS_JOINED,   /* a path to one in which processes live */
    BOLT_NETNS_OWN,      /* a new one, or a path to one in which no process lives yet */
    BOLT_NETNS_UNKNOWN,  /* a path that could not be looked at */
};

#define BOLT_SYSCTL_PORT_START "net.ipv4.ip_unprivileged_port_start"
/* PROT_SOCK, what a new network namespace starts with (include/net/sock.h, ip-sysctl.rst). */
#define BOLT_PORT_START_OF_NEW 1024
#define BOLT_SYSCTL_PING_RANGE "net.ipv4.ping_group_range"

struct bolt_sysctl {
    bolt_node node;
    struct bolt_bytes name;    /* canonical: dots only, one between parts, none at the ends */
    struct bolt_bytes written; /* as spelled in the document */
    struct bolt_bytes value;
};

struct bolt_annotation {
    bolt_node node;
    struct bolt_bytes name;
    struct bolt_bytes value;
};

/* One entry of linux.gidMappings. */
struct bolt_idmap {
    uint32_t container;
    uint32_t host;
    uint32_t size;
};

struct bolt_port {
    struct bolt_bytes address;  /* host address; empty for all */
    uint16_t host;              /* 0 if it is not published on the host, or is ephemeral */
    uint16_t container;         /* 0 if not known */
    struct bolt_bytes protocol; /* "tcp", "udp", "sctp" */
    const char *source;
    uint16_t more; /* as many ports follow, one by one, on both sides */
    bool one_of;   /* all of these are the host's, one is chosen for the container's one */
};

/* A source of port mappings that was asked. */
struct bolt_port_source {
    const char *name;      /* "docker hostconfig.json" */
    struct bolt_bytes why; /* it gave no answer: one clause; empty: it answered */
    bool has_ports;        /* its answer is not that there are none */
};

/* A fact about who the container is, and where it is from. Empty value: not known. */
struct bolt_named {
    struct bolt_bytes value;
    const char *source;   /* for records: "oci state", "docker config.v2.json" */
    bool forgeable;       /* whoever starts the container can choose it */
    bool from_annotation; /* an annotation says so; not noted of digests */
};

#define BOLT_DIGESTS_MAX 4

/* Who the container is, as far as its engine says so. */
struct bolt_identity {
    struct bolt_named id;
    struct bolt_named name;
    struct bolt_named namespace; /* of its pod */
    struct bolt_named image;     /* the name that was asked for */
    /* What the image is, whatever its name: "sha256:..." of its manifest or configuration. */
    struct bolt_named digests[BOLT_DIGESTS_MAX];
    size_t digest_count;
};

struct bolt_facts {
    const struct bolt_doc *doc;
    unsigned known; /* enum bolt_known, or'd */

    struct bolt_named engine; /* "podman", "docker", "containerd", "cri-o" */
    struct bolt_identity who;
    /* Of a process: the engine was asked who that is, or there is none that would tell. Of others
     * it always is. */
    bool identified;

    bolt_node linux_node;
    const struct bolt_cap *caps; /* of all five sets */
    size_t cap_count;
    uint64_t cap_mask[BOLT_CAPS_SETS];
    uint64_t caps_available; /* what the machine can give at all; 0 if not known */

    /* A process that names no capability sets: the runtime gives it the container's own. */
    bool caps_inherited;
    const char *own_caps_why; /* why those are not known, without a full stop; NULL: they are */
    const struct bolt_cap *own_caps;
    size_t own_cap_count;

    uint32_t uid;
    uint32_t gid;
    bool no_new_privileges;

    enum bolt_netns netns;
    struct bolt_bytes netns_path; /* empty for none */
    const char *netns_why;        /* UNKNOWN: why it could not be looked at */
    int64_t netns_port_start;     /* live value in the namespace at the path; -1 if not known */

    bool own_userns;
    bool joined_userns;
    const struct bolt_idmap *gids;
    size_t gid_count;
    bool
        gids_limited; /* gids hold for the container although it has no user namespace of its own */

    bolt_node sysctl_node;
    const struct bolt_sysctl *sysctls;
    size_t sysctl_count;

    bolt_node seccomp;
    bool seccomp_unconfined; /* absent, null or {} */

    bool said_privileged; /* podman's own annotation says so */
    const struct bolt_annotation *annotations;
    size_t annotation_count;
    bool unmasked; /* neither masked nor read-only paths, as --privileged has it */

    const struct bolt_port *ports;
    size_t port_count;
    const char *ports_why; /* without BOLT_KNOWN_PORTS: why, one sentence without a full stop */
    /* A source is larger than any that can be read, or tells ports in a way that cannot be read
     * or believed, which whoever starts a container may be able to do: the ports are hidden and not
     * just unknown. */
    bool ports_hidden;
    const struct bolt_port_source *ports_tried; /* all that were asked; only the last can answer */
    size_t ports_tried_count;
};

/**
 * bolt_facts_from_config() - read an OCI runtime configuration
 * @arena: owns what the facts point to
 * @doc:   the document; it must live as long as the facts
 * @facts: filled; netns is HOST, OWN, or UNKNOWN where the document has a path: who can look at
 *         the path corrects it
 * @err:   kind BOLT_ERR_INPUT: not such a configuration, a wrong type, or a member that runtimes
 *         read differently
 *
 * Source: OCI runtime-spec 1.2, config.md and config-linux.md.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_facts_from_config(struct bolt_arena *arena, const struct bolt_doc *doc,
                                      struct bolt_facts *facts, struct bolt_err *err);

/* True if the configuration maps the root of the container's user namespace to that user. */
bool bolt_facts_maps_root_to(const struct bolt_doc *doc, uint64_t uid);

/**
 * bolt_facts_from_process() - read what `exec --process` is given
 * @arena: owns what the facts point to
 * @doc:   the document; it must live as long as the facts
 * @facts: filled; BOLT_KNOWN_PROCESS is all that is known
 * @err:   kind BOLT_ERR_INPUT: as for bolt_facts_from_config()
 *
 * Source: OCI runtime-spec 1.2, config.md, "Process".
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_facts_from_process(struct bolt_arena *arena, const struct bolt_doc *doc,
                                       struct bolt_facts *facts, struct bolt_err *err);

/* True if the document is the process of an exec and not a container's configuration. */
bool bolt_facts_is_process(const struct bolt_doc *doc);

/* The facts of a process that brings nothing along, neither document nor capabilities. */
void bolt_facts_from_nothing(struct bolt_facts *facts);

/* The process names no capability sets. */
void bolt_facts_inherit_caps(struct bolt_facts *facts);

/**
 * bolt_facts_own_caps() - what a process that names no capability sets gets
 * @arena:   owns the list
 * @runtime: whose record it is
 * @doc:     what the runtime keeps below its root about the container: state.json (runc),
 *           config.json (crun)
 * @facts:   own_caps is filled, own_caps_why is NULL
 * @err:     kind BOLT_ERR_INPUT: there are none, or not as this runtime writes them
 *
 * Source: config.capabilities (runc libcontainer/configs/config.go, init_linux.go);
 * process.capabilities (crun libcrun/container.c, libcrun_container_exec_with_options()).
 *
 * Return: 0, or -1 with @err set and @facts as they were.
 */
BOLT_CHECK int bolt_facts_own_caps(struct bolt_arena *arena, enum bolt_runtime runtime,
                                   const struct bolt_doc *doc, struct bolt_facts *facts,
                                   struct bolt_err *err);

/* Adds what each --cap of a command line asks for. @line must live as long as the facts. */
void bolt_facts_add_caps(struct bolt_arena *arena, struct bolt_facts *facts,
                         const struct bolt_cmdline *line);

/**
 * bolt_facts_ports_from_annotations() - published ports from what annotations say
 * @arena: owns the ports
 * @facts: with annotations; ports and BOLT_KNOWN_PORTS are set if one of the known keys is there
 *         and well-formed, else ports_why
 *
 * Anybody who starts a container can write annotations, so this is for operators who know that
 * their engine does not let them. Keys: io.kubernetes.cri-o.PortMappings, nerdctl/ports,
 * io.kubernetes.container.ports; each a JSON array of objects.
 */
void bolt_facts_ports_from_annotations(struct bolt_arena *arena, struct bolt_facts *facts);

/* The OCI state that a hook gets on stdin (runtime.md, "State"). */
struct bolt_state {
    struct bolt_bytes id;
    struct bolt_bytes status;
    struct bolt_bytes bundle;
    uint64_t pid; /* 0 if absent */
};

/* True if the document is a state and not a configuration: it has a bundle. */
bool bolt_facts_is_state(const struct bolt_doc *doc);
BOLT_CHECK int bolt_facts_from_state(const struct bolt_doc *doc, struct bolt_state *state,
                                     struct bolt_err *err);

/**
 * bolt_facts_runc_bundle() - where runc looks for a container's config.json on `exec`
 * @doc: the state.json that runc keeps below its root
 * @out: the bundle's path, absolute
 * @err: kind BOLT_ERR_INPUT: there is none
 *
 * Source: the label "bundle=PATH" in config.labels (runc 1.1 utils_linux.go, exec.go).
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_facts_runc_bundle(const struct bolt_doc *doc, struct bolt_bytes *out,
                                      struct bolt_err *err);

/**
 * bolt_facts_own_bundle() - where the runtime itself says that a container's bundle is
 * @runtime: whose record it is
 * @doc:     what the runtime keeps below its root about the container: state.json (runc), status
 *           (crun)
 * @out:     the bundle's path, absolute
 * @err:     kind BOLT_ERR_INPUT: there is none, or of runc there are several
 *
 * runc makes a label of every annotation, too, so the container's author can add one that looks
 * like its own (runc libcontainer/specconv/spec_linux.go). Source for crun: libcrun/status.c,
 * libcrun_write_container_status().
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_facts_own_bundle(enum bolt_runtime runtime, const struct bolt_doc *doc,
                                     struct bolt_bytes *out, struct bolt_err *err);

/* True if there is an annotation of which bolt_facts_ports_from_annotations() would take ports. */
bool bolt_facts_have_port_annotation(const struct bolt_facts *facts);

/**
 * bolt_facts_from_record() - read what a decision record says of a container
 * @arena:  owns what the facts point to
 * @doc:    the document that the record is in; it must live as long as the facts
 * @record: a line of the decision log, or any object with its members "engine", "container",
 *          "ports" and "facts", of which only the last must be there
 * @facts:  filled; all nodes are BOLT_NONE
 * @err:    kind BOLT_ERR_INPUT
 *
 * What is left out is what the rules are strictest with. schemas/decision.schema.json says what the
 * members are.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_facts_from_record(struct bolt_arena *arena, const struct bolt_doc *doc,
                                      bolt_node record, struct bolt_facts *facts,
                                      struct bolt_err *err);
/* The list at @node, of objects as in the record's "ports". */
BOLT_CHECK int bolt_facts_read_ports(struct bolt_arena *arena, const struct bolt_doc *doc,
                                     bolt_node node, struct bolt_facts *facts,
                                     struct bolt_err *err);
/* The time of a record, or a day as "2027-03-31", in seconds since 1970, UTC. */
bool bolt_facts_time(struct bolt_bytes text, int64_t *out);

/* What is true or false of a thing, by the words that a record has for it. */
struct bolt_flag {
    const char *word;
    size_t offset; /* of a bool in the struct of that thing */
};

extern const struct bolt_flag bolt_facts_flags[]; /* of a container: in struct bolt_facts */
extern const size_t bolt_facts_flag_count;

/* Sets what the word stands for in @base; false if it is none of them. */
bool bolt_flag_set(const struct bolt_flag *flags, size_t count, void *base, struct bolt_bytes word);

/* What they are of: "container", "process", "network". */
const char *bolt_facts_kind(const struct bolt_facts *facts);

/* "host", "joined", "own", "unknown". */
const char *bolt_netns_name(enum bolt_netns netns);

/* The sysctl of that canonical name, or NULL. */
const struct bolt_sysctl *bolt_facts_sysctl(const struct bolt_facts *facts, const char *name);
/* The first port that every process may open in the container's network, by its configuration or as
 * the namespace has it; -1 if that is not known. */
int64_t bolt_facts_port_start(const struct bolt_facts *facts);

/* "bounding", "effective", ... */
const char *bolt_cap_set_name(enum bolt_cap_set set);
