/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What engines keep about their containers: bytes -> facts. Where the bytes are, and whether the
 * container's author could have written them, is for the caller to know (front/engine.c).
 *
 * Whatever is not as its engine writes it is an error, never "no ports".
 */
#pragma once

#include "facts/facts.h"

/* The names of sources of ports, for records. */
#define BOLT_SOURCE_HOSTCONFIG "docker hostconfig.json"
#define BOLT_SOURCE_NETAVARK "netavark"
#define BOLT_SOURCE_CNI_CACHE "CNI cache"
#define BOLT_SOURCE_CRIO "CRI-O sandbox"
#define BOLT_SOURCE_NERDCTL "nerdctl network-config.json"

/* What one source says about one container. */
struct bolt_told {
    struct bolt_port *ports;
    size_t port_count;
    struct bolt_bytes joined;  /* the id of the container in whose network it is; empty: its own */
    bool has_network;          /* podman makes one for it */
    struct bolt_bytes network; /* podman's name for the kind: "bridge", "pasta" */
    struct bolt_bytes pasta;   /* what it was told to tell pasta, with a NUL behind each word */
    struct bolt_identity who;  /* what the source says of it */
    struct bolt_bytes image;   /* the id of its image in containers/storage */
    bool hidden; /* what cannot be read, or not believed, may be the container's author's doing */
};

/* 64 hexadecimal digits, as Docker, podman, CRI-O and the Kubernetes side of containerd name
 * containers: safe as a part of a path. */
bool bolt_is_container_id(struct bolt_bytes id);

/* Adds "sha256:" and 64 digits; anything else, and what is there, is passed over. */
void bolt_identity_add_digest(struct bolt_identity *who, struct bolt_bytes digest,
                              const char *source);

/**
 * bolt_docker_ports() - what dockerd was asked to publish
 * @arena: owns what is told
 * @doc:   hostconfig.json
 * @out:   gets ports and joined
 * @err:   kind BOLT_ERR_INPUT
 *
 * Source: moby v20.10 to v28, api/types/container/hostconfig.go.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_docker_ports(struct bolt_arena *arena, const struct bolt_doc *doc,
                                 struct bolt_told *out, struct bolt_err *err);

/**
 * bolt_docker_who() - who the container is, and what its image and its author expose
 * @doc: config.v2.json
 * @id:  the container's, which the document must name as well
 * @out: gets who; and a port for each that is exposed and not published
 *
 * As bolt_docker_ports() otherwise. Source: moby, container/container.go.
 */
BOLT_CHECK int bolt_docker_who(struct bolt_arena *arena, const struct bolt_doc *doc,
                               struct bolt_bytes id, struct bolt_told *out, struct bolt_err *err);

/**
 * bolt_podman_config() - a container's configuration in podman's database
 * @doc:    the text in db.sql or bolt_state.db
 * @id:     the container's, which the document must name as well
 * @source: for records
 * @out:    gets everything
 *
 * As bolt_docker_ports() otherwise. Source: podman v4.3 to v5.8, libpod/container_config.go.
 */
BOLT_CHECK int bolt_podman_config(struct bolt_arena *arena, const struct bolt_doc *doc,
                                  struct bolt_bytes id, const char *source, struct bolt_told *out,
                                  struct bolt_err *err);

/**
 * bolt_netavark_ports() - a container's ports on one network, as netavark keeps them
 * @doc: a file of /run/containers/networks/firewall/ports
 * @out: ports are added
 *
 * As bolt_podman_config() otherwise. Source: netavark v1.9 to v1.17, src/firewall/state.rs.
 */
BOLT_CHECK int bolt_netavark_ports(struct bolt_arena *arena, const struct bolt_doc *doc,
                                   struct bolt_bytes id, struct bolt_told *out,
                                   struct bolt_err *err);

/**
 * bolt_pasta_ports() - the ports of the host that pasta opens
 * @words: of its command line, with a NUL behind each
 * @whole: these are all, so that for what they do not say its default holds
 * @out:   ports are added that were not told yet; hidden is set on an error
 *
 * As bolt_docker_ports() otherwise. Source: passt 2024-02 to 2026-10, conf.c.
 */
BOLT_CHECK int bolt_pasta_ports(struct bolt_arena *arena, struct bolt_bytes words, bool whole,
                                struct bolt_told *out, struct bolt_err *err);

/* The entry of that id in a list of containers/storage. */
bolt_node bolt_storage_entry(const struct bolt_doc *doc, struct bolt_bytes id);
/* The container that has that layer in containers.json of containers/storage; empty if none has. */
struct bolt_bytes bolt_storage_container(const struct bolt_doc *doc, struct bolt_bytes layer);
/* The digest of an image's manifest in images.json of containers/storage, which takes it over the
 * bytes when it stores them; empty if the image is not there or has none. */
struct bolt_bytes bolt_storage_digest(const struct bolt_doc *images, struct bolt_bytes image);

/**
 * bolt_storage_is_made_of() - has an image just the layers that a configuration names?
 * @images: images.json of containers/storage
 * @layers: layers.json, with the digest of each layer, taken when it was unpacked
 * @config: an image's configuration
 */
bool bolt_storage_is_made_of(struct bolt_arena *arena, const struct bolt_doc *images,
                             struct bolt_bytes image, const struct bolt_doc *layers,
                             const struct bolt_doc *config);

/**
 * bolt_bbolt_find() - a value in a database of bbolt
 * @file:  all of it, as it was at one moment
 * @path:  names of buckets inside each other, and a key in the last
 * @depth: how many
 * @out:   borrowed from @file; empty if there is no such key
 * @err:   kind BOLT_ERR_INPUT: not such a database, or damaged on the way to the key
 *
 * podman 4 holds a lock on its database while it runs the runtime, which bbolt itself would wait
 * for. But what a transaction has written, the next one does not touch (page.go, freelist.go):
 * whoever has the whole file, and sees the same transaction in it as before (bolt_bbolt_moment()),
 * has all of it.
 *
 * Source: bbolt v1.3, page.go, bucket.go, db.go.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_bbolt_find(struct bolt_bytes file, const struct bolt_bytes *path, size_t depth,
                               struct bolt_bytes *out, struct bolt_err *err);

/* The number of the last transaction of the database that begins so; 0 if it is none. */
uint64_t bolt_bbolt_moment(struct bolt_bytes file);

/**
 * bolt_cni_cache() - what a CNI network was told to publish for a sandbox
 * @doc: a file of /var/lib/cni/results
 * @id:  the sandbox's, which the document must name as well
 * @out: ports are added
 *
 * As bolt_docker_ports() otherwise. Source: containernetworking/cni v0.8 to v1.3, libcni/api.go.
 */
BOLT_CHECK int bolt_cni_cache(struct bolt_arena *arena, const struct bolt_doc *doc,
                              struct bolt_bytes id, struct bolt_told *out, struct bolt_err *err);

/* What nerdctl was asked to publish: network-config.json. Source: nerdctl v2.1.3,
 * pkg/netutil/networkstore. As bolt_docker_ports() otherwise. */
BOLT_CHECK int bolt_nerdctl_ports(struct bolt_arena *arena, const struct bolt_doc *doc,
                                  struct bolt_told *out, struct bolt_err *err);

/* Who containerd's CRI says the container is: its annotations, which a pod cannot choose. */
void bolt_cri_who(const struct bolt_facts *facts, struct bolt_identity *who);
/* The sandbox that containerd's CRI says the container is in; empty if it says nothing. */
struct bolt_bytes bolt_cri_sandbox(const struct bolt_facts *facts);

/* Who CRI-O says the container is, whose name for it is "k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT".
 * In that, and in annotations, a caller of CRI-O can write what it likes. */
void bolt_crio_who(const struct bolt_facts *facts, struct bolt_bytes name,
                   struct bolt_identity *who);
struct bolt_bytes bolt_crio_sandbox(const struct bolt_facts *facts);

/**
 * bolt_crio_stored() - what CRI-O has put down about a container in containers/storage
 * @arena:   owns what is told
 * @doc:     containers.json
 * @id:      the container's
 * @who:     gets everything but the id and digests
 * @sandbox: gets the id of the sandbox that it is in, or is
 * @image:   gets the id of its image
 * @err:     kind BOLT_ERR_INPUT
 *
 * Source: CRI-O v1.36, internal/storage/runtime.go.
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_crio_stored(struct bolt_arena *arena, const struct bolt_doc *doc,
                                struct bolt_bytes id, struct bolt_identity *who,
                                struct bolt_bytes *sandbox, struct bolt_bytes *image,
                                struct bolt_err *err);

/**
 * bolt_crio_ports() - what CRI-O was told to publish for a sandbox
 * @doc:   the sandbox's config.json
 * @id:    the sandbox's
 * @facts: the container's, whose network namespace must be the sandbox's
 * @out:   gets ports and hidden; there may be more than these
 *
 * As bolt_docker_ports() otherwise.
 */
BOLT_CHECK int bolt_crio_ports(struct bolt_arena *arena, const struct bolt_doc *doc,
                               struct bolt_bytes id, const struct bolt_facts *facts,
                               struct bolt_told *out, struct bolt_err *err);
