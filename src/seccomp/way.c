/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/way.h"

#include <linux/net.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/family.h"
#include "seccomp/profile.h"
#include "seccomp/prove.h"

/* --- finding ---------------------------------------------------------------------------- */

static uint32_t lets_through(uint32_t p, uint32_t q)
{
    return bolt_act_rank(q) < bolt_act_rank(p);
}

/* What people would try first. */
static bool is_plain_way(const struct bolt_bpf *p, const struct bolt_raw *raw,
                         struct bolt_input *input)
{
    static const uint64_t tries[][2] = {
        {17, SOCK_RAW}, {2, SOCK_RAW}, {10, SOCK_RAW}, {2, SOCK_PACKET}, {44, SOCK_RAW},
    };

    for (size_t i = 0; i < BOLT_LEN(tries); i++) {
        memcpy(input->args, tries[i], sizeof tries[i]);
        if (lets_through(p == NULL ? BOLT_ACT_ALLOW : bolt_bpf_run(*p, input),
                         bolt_raw_run(raw, input)) != 0) {
            return true;
        }
    }
    memset(input->args, 0, sizeof input->args);
    return false;
}

static bool try_call(struct bolt_arena *arena, struct bolt_dds *dds, const struct bolt_bpf *p,
                     const struct bolt_raw *raw, struct bolt_input *input, bool *found)
{
    uint32_t nothing;
    bolt_dd answer;
    bolt_dd open;

    if (!bolt_prove_diagram(arena, dds, p, input, &answer)) {
        return false;
    }
    open = bolt_dd_apply(dds, lets_through, answer, bolt_raw_diagram(dds, raw, input));
    *found = !bolt_dd_is_leaf(dds, open, &nothing) || nothing != 0;
    if (*found && bolt_abi_call(input->arch, input->nr, NULL) == BOLT_CALL_SOCKET) {
        struct bolt_input plain = *input;

        if (is_plain_way(p, raw, &plain)) {
            *input = plain;
            return true;
        }
    }
    if (*found) {
        (void)bolt_dd_find(dds, open, 1, input->args);
    }
    return !bolt_dds_full(dds);
}

bool bolt_way_find(struct bolt_arena *arena, struct bolt_dds *dds,
                   const struct bolt_machine *machine, const struct bolt_bpf *p,
                   const struct bolt_raw *raw, struct bolt_way *out)
{
    *out = (struct bolt_way){.any = false};
    for (enum bolt_call call = BOLT_CALL_SOCKET; call <= BOLT_CALL_IO_URING_SETUP; call++) {
        for (size_t i = 0; machine->abis[i] != NULL; i++) {
            const struct bolt_abi *abi = machine->abis[i];
            struct bolt_input input = {.arch = abi->arch, .nr = bolt_abi_number(abi, call)};
            bool found = false;

            if (input.nr == 0) {
                continue;
            }
            if (!try_call(arena, dds, p, raw, &input, &found)) {
                return false;
            }
            if (found && !out->any) {
                out->input = input;
            }
            out->any = out->any || found;
            out->leaks[call] = out->leaks[call] || found;
        }
    }
    return true;
}

/* --- saying ----------------------------------------------------------------------------- */

static const char *const types[] = {
    NULL,        "SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM",    "SOCK_SEQPACKET",
    "SOCK_DCCP", NULL,          NULL,         NULL,       "SOCK_PACKET",
};

static void add_number(struct bolt_buf *out, uint64_t number)
{
    bolt_buf_addf(out, number < 1024 ? "%llu" : "0x%llx", (unsigned long long)number);
}

static void add_family(struct bolt_buf *out, uint64_t family)
{
    const struct bolt_family *known = bolt_family_of(family);

    if (known != NULL) {
        bolt_buf_adds(out, known->name);
    } else if (family == AF_NETLINK) { /* people take its SOCK_RAW for a raw socket */
        bolt_buf_adds(out, "AF_NETLINK");
    } else {
        add_number(out, family);
    }
}

static void add_type(struct bolt_buf *out, uint64_t type)
{
    if (type < BOLT_LEN(types) && types[type] != NULL) {
        bolt_buf_adds(out, types[type]);
    } else {
        add_number(out, type);
    }
}

static void add_socketcall(struct bolt_buf *out, const uint64_t *args)
{
    bolt_buf_adds(out, "socketcall(");
    if (args[0] == SYS_SOCKET) {
        bolt_buf_adds(out, "SYS_SOCKET, ");
    } else {
        add_number(out, args[0]);
        bolt_buf_adds(out, ", ");
    }
    add_number(out, args[1]);
    bolt_buf_adds(out, ")");
}

const char *const *bolt_way_argument_names(enum bolt_call call)
{
    static const char *const none[] = {NULL};
    static const char *const socket_names[] = {"family", "type", "protocol", NULL};
    static const char *const socketcall_names[] = {"call", "pointer", NULL};

    return call == BOLT_CALL_SOCKET       ? socket_names
           : call == BOLT_CALL_SOCKETCALL ? socketcall_names
                                          : none;
}

struct bolt_bytes bolt_way_text(struct bolt_arena *arena, const struct bolt_input *input)
{
    struct bolt_buf out = {.arena = arena};
    const struct bolt_abi *abi;

    switch (bolt_abi_call(input->arch, input->nr, &abi)) {
    case BOLT_CALL_OTHER:
        bolt_buf_addf(&out, "call %u of architecture 0x%x", input->nr, input->arch);
        return bolt_buf_bytes(&out);
    case BOLT_CALL_SOCKET:
        bolt_buf_adds(&out, "socket(");
        add_family(&out, input->args[0]);
        bolt_buf_adds(&out, ", ");
        add_type(&out, input->args[1]);
        bolt_buf_adds(&out, ", ");
        add_number(&out, input->args[2]);
        bolt_buf_adds(&out, ")");
        break;
    case BOLT_CALL_SOCKETCALL:
        add_socketcall(&out, input->args);
        break;
    case BOLT_CALL_IO_URING_SETUP:
        bolt_buf_adds(&out, "io_uring_setup()");
        break;
    }
    bolt_buf_addf(&out, " on %s", abi->text);
    return bolt_buf_bytes(&out);
}

struct bolt_bytes bolt_way_example(struct bolt_arena *arena, struct bolt_bytes call,
                                   const struct bolt_abi *abi, const struct bolt_input *input)
{
    struct bolt_buf out = {.arena = arena};

    if (bolt_abi_call(input->arch, input->nr, NULL) != BOLT_CALL_OTHER) {
        return bolt_way_text(arena, input);
    }
    bolt_buf_add(&out, call);
    for (size_t i = 0; i < BOLT_LEN(input->args); i++) {
        bolt_buf_adds(&out, i == 0 ? "(" : ", ");
        add_number(&out, input->args[i]);
    }
    bolt_buf_addf(&out, ") on %s", abi->text);
    return bolt_buf_bytes(&out);
}
