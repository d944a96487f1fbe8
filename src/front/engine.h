/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the container's engine keeps about it: published ports, and who it is.
 *
 * Nothing is believed that the container's author can write. Which engine asks is seen from the
 * processes that started us; the container's id is the one that the engine named it by; and paths
 * are made of that and of what the engine chose itself. Annotations, labels, the host name, the
 * environment and the sources of mounts lead nowhere.
 */
#pragma once

#include "facts/engines.h"
#include "front/front.h"
#include "io/kin.h"

#define BOLT_HOPS_MAX 4 /* containers in each other's network */

/* One container, and the engine that asks for it. */
struct bolt_asked {
    struct bolt_run *run;
    const struct bolt_kin *engine;   /* its process next to us */
    const struct bolt_facts *config; /* what the container's config.json says; NULL: not needed */
    struct bolt_bytes id;            /* 64 hexadecimal digits, or empty */
    const char *bundle;              /* absolute, or NULL */
    bool from_cwd; /* nobody named the bundle: it is where we were started, or not known */
    struct bolt_port_source *tried;
    size_t tried_count;
    bool answered;
};

/* Fills in the facts; called by bolt_run_look() where the engine can be seen. */
void bolt_engine_look(struct bolt_run *run);
/* The same for exec, where nobody asks for ports. Who the container is takes some reading, and is
 * looked up only where the policy has exceptions. */
void bolt_engine_look_at_exec(struct bolt_run *run);
/* Nothing is published of a container for which all of the host's ports are its own: what to say of
 * that is for another rule. */
void bolt_engine_note_host_network(struct bolt_run *run);
/* And the sockets that the caller of the runtime hands to it, whatever else is known of ports. */
void bolt_engine_add_handed_ports(struct bolt_run *run);

/* One for each engine: who the container is, and its ports, from sources in their order, until one
 * answers. */
void bolt_ask_docker(struct bolt_asked *asked);
void bolt_ask_podman(struct bolt_asked *asked);
void bolt_ask_cri(struct bolt_asked *asked);
void bolt_ask_crio(struct bolt_asked *asked);
void bolt_ask_containerd(struct bolt_asked *asked);

/* One for each engine that tells: who the container is, and no more. */
void bolt_identify_docker(struct bolt_asked *asked);
void bolt_identify_podman(struct bolt_asked *asked);
void bolt_identify_cri(struct bolt_asked *asked);
void bolt_identify_crio(struct bolt_asked *asked);

/**
 * bolt_ask_pasta() - the ports that pasta opens for a container of podman besides those it
 * publishes
 * @told: what podman keeps about it; ports are added, and hidden is set where they cannot be read
 * @err:  kind BOLT_ERR_INPUT: these may not be all
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_ask_pasta(struct bolt_asked *asked, struct bolt_told *told,
                              struct bolt_err *err);

/* The source gave these ports. */
void bolt_asked_answer(struct bolt_asked *asked, const char *source, const struct bolt_told *told);
/* It gave these, which may not be all, since: one clause. */
void bolt_asked_at_least(struct bolt_asked *asked, const char *source, const struct bolt_told *told,
                         const char *why);
/* It gave none, since: one clause. */
void bolt_asked_fail(struct bolt_asked *asked, const char *source, const char *fmt, ...)
    BOLT_PRINTF(3, 4);

/* A document that only root or the caller can have written. */
BOLT_CHECK int bolt_engine_load(struct bolt_arena *arena, const char *path,
                                enum bolt_dialect dialect, const struct bolt_doc **out,
                                struct bolt_err *err);
/* One of those that the engine keeps for itself. */
BOLT_CHECK int bolt_asked_load(struct bolt_asked *asked, const char *path,
                               const struct bolt_doc **out, struct bolt_err *err);

/* True if podman started it, else CRI-O did. */
bool bolt_conmon_is_podmans(const struct bolt_kin *conmon);

/**
 * bolt_asked_add_digests() - what the container's image is: digests of its configuration and its
 * manifest
 * @graph_root: of containers/storage
 * @driver:     "overlay"
 * @id:         the image's there
 * @source:     for records
 *
 * The id is the configuration's digest only where the store has these bytes, and the image the
 * layers that they name. What is not in the store, or cannot be read, gives no digest.
 *
 * Source: containers/storage v1.43 to v1.62, images.go, layers.go.
 */
void bolt_asked_add_digests(struct bolt_asked *asked, struct bolt_bytes graph_root,
                            struct bolt_bytes driver, struct bolt_bytes id, const char *source);

/* The n-th directory above a path, counted from 1; empty if there is none. */
struct bolt_bytes bolt_above(const char *path, unsigned n);
/* The last part of a path. */
struct bolt_bytes bolt_last_part(struct bolt_bytes path);
