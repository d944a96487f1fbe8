/* SPDX-License-Identifier: Apache-2.0 */
/* What a CNI runtime tells a plugin: by its environment, and by the network configuration. */
#pragma once

#include "facts/facts.h"

/* Source: CNI specification 1.1.0, section 5, "Error". */
enum bolt_cni_code {
    BOLT_CNI_VERSION = 1,
    BOLT_CNI_ENVIRONMENT = 4,
    BOLT_CNI_IO = 5,
    BOLT_CNI_DECODE = 6,
    BOLT_CNI_CONFIG = 7,
    BOLT_CNI_UNAVAILABLE = 50,
    BOLT_CNI_REFUSED = 100, /* from here on a plugin's own */
    BOLT_CNI_NO_DECISION = 101,
};

/* The versions of the specification that drawbolt speaks, oldest first. */
#define BOLT_CNI_VERSIONS 4
extern const char *const bolt_cni_versions[BOLT_CNI_VERSIONS];
#define BOLT_CNI_NEWEST bolt_cni_versions[BOLT_CNI_VERSIONS - 1]

/* One call of the plugin. Names are those of the specification; what is not there is empty. */
struct bolt_cni_call {
    struct bolt_bytes command;
    struct bolt_bytes container_id;
    struct bolt_bytes netns;
    struct bolt_bytes ifname;
    struct bolt_bytes args;
    /* Who calls: "containerd", "cri-o", "nerdctl", "podman"; NULL if that is not known. */
    const char *engine;

    struct bolt_bytes pod_name; /* from args */
    struct bolt_bytes pod_namespace;
    struct bolt_bytes pod_sandbox;

    struct bolt_bytes version;     /* cniVersion, as soon as it is known */
    struct bolt_bytes prev_result; /* as it stands in the configuration */
    enum bolt_cni_code code;       /* what an error means that happens now */
};

/* Checks what ADD and CHECK need from the environment, and reads args. Fails with BOLT_ERR_USAGE.
 */
BOLT_CHECK int bolt_cni_read_environment(struct bolt_cni_call *call, struct bolt_err *err);

/**
 * bolt_facts_from_cni() - read the network configuration of ADD or CHECK
 * @arena: owns what the facts point to
 * @doc:   the document; it must live as long as the facts and the call
 * @call:  with its environment, read; version, prev_result and code are set
 * @facts: filled; BOLT_KNOWN_NETWORK, and BOLT_KNOWN_PORTS if the port mappings are told
 * @err:   kind BOLT_ERR_INPUT: not such a configuration, or one that readers take for different
 * ones
 *
 * Source: CNI specification 1.1.0, section 3; CONVENTIONS.md in the same repository.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_facts_from_cni(struct bolt_arena *arena, const struct bolt_doc *doc,
                                   struct bolt_cni_call *call, struct bolt_facts *facts,
                                   struct bolt_err *err);
