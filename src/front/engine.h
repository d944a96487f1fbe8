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

/* One container, and the engine that asks for it. */
struct bolt_asked {
    struct bolt_run *run;
    const struct bolt_kin *engine; /* its process next to us */
    struct bolt_bytes id;          /* 64 hexadecimal digits, or empty */
    const char *bundle;            /* absolute, or NULL */
    bool from_cwd; /* nobody named the bundle: it is where we were started, or not known */
    struct bolt_port_source *tried;
    size_t tried_count;
    bool answered;
};

/* Fills in the facts; called by bolt_run_look() where the engine can be seen. */
void bolt_engine_look(struct bolt_run *run);
/* Which engine it is, and whether whoever starts a container can choose its id: for exec, which has
 * no more to ask. */
void bolt_engine_look_at_caller(struct bolt_run *run);
/* Nothing is published of a container for which all of the host's ports are its own: what to say of
 * that is for another rule. */
void bolt_engine_note_host_network(struct bolt_run *run);

/* One for each engine: sources in their order, until one answers. */
void bolt_ask_docker(struct bolt_asked *asked);
void bolt_ask_podman(struct bolt_asked *asked);
void bolt_ask_cri(struct bolt_asked *asked);
void bolt_ask_crio(struct bolt_asked *asked);
void bolt_ask_containerd(struct bolt_asked *asked);

/* The source gave these ports. */
void bolt_asked_answer(struct bolt_asked *asked, const char *source, const struct bolt_told *told);
/* It gave these, which may not be all, since: one clause. */
void bolt_asked_at_least(struct bolt_asked *asked, const char *source, const struct bolt_told *told,
                         const char *why);
/* It gave none, since: one clause. */
void bolt_asked_fail(struct bolt_asked *asked, const char *source, const char *fmt, ...)
    BOLT_PRINTF(3, 4);

/* A document that only root or the caller can have written. */
BOLT_CHECK int bolt_asked_load(struct bolt_asked *asked, const char *path,
                               const struct bolt_doc **out, struct bolt_err *err);

/* The digest of the image's manifest, beside that of its configuration, by which containers/storage
 * names it: from GRAPHROOT/DRIVER-images/images.json. */
void bolt_asked_add_manifest(struct bolt_asked *asked, struct bolt_bytes graph_root,
                             struct bolt_bytes driver, const char *source);

/* The n-th directory above a path, counted from 1; empty if there is none. */
struct bolt_bytes bolt_above(const char *path, unsigned n);
/* The last part of a path. */
struct bolt_bytes bolt_last_part(struct bolt_bytes path);
