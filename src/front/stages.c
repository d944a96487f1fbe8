/* SPDX-License-Identifier: Apache-2.0 */
/* What the pipeline needs from outside: the kernel, the log, people. */
#include <string.h>
#include <unistd.h>

#include "facts/sysctl.h"
#include "front/engine.h"
#include "io/file.h"
#include "io/netns.h"
#include "io/say.h"

/* --- what only the kernel knows --------------------------------------------------------- */

static bool is_inside(const struct bolt_run *run)
{
    return strcmp(run->point.name, "hook:createContainer") == 0 ||
           strcmp(run->point.name, "hook:startContainer") == 0 ||
           strcmp(run->point.name, "hook") == 0;
}

static void look_at_netns(struct bolt_run *run)
{
    static const enum bolt_netns meaning[] = {
        [BOLT_NETNS_IS_HOSTS] = BOLT_NETNS_HOST,
        [BOLT_NETNS_IS_INHABITED] = BOLT_NETNS_JOINED,
        [BOLT_NETNS_IS_EMPTY] = BOLT_NETNS_OWN,
        [BOLT_NETNS_IS_UNREADABLE] = BOLT_NETNS_UNKNOWN,
    };
    struct bolt_facts *f = &run->facts;
    struct bolt_netns_look look;

    if (f->netns_path.at[0] != '/') {
        f->netns_why = "its path is not absolute";
        return;
    }
    look = bolt_netns_look(run->arena, bolt_bytes_cstr(run->arena, f->netns_path), is_inside(run),
                           run->state.pid);
    f->netns = meaning[look.kind];
    f->netns_why = look.why;
    if (look.fd >= 0) {
        struct bolt_bytes value;

        if (!bolt_netns_sysctl(run->arena, look.fd, BOLT_SYSCTL_PORT_START, &value) ||
            !bolt_sysctl_number(value, &f->netns_port_start)) {
            f->netns_port_start = -1;
        }
        (void)close(look.fd);
    }
}

/* Without a user namespace of its own the container is in the caller's, which may be a small one.
 */
static void learn_gid_map(struct bolt_run *run)
{
    struct bolt_facts *f = &run->facts;
    struct bolt_gid_range ranges[BOLT_GID_RANGES_MAX];
    struct bolt_idmap *list;
    size_t count;

    if (f->own_userns || f->joined_userns || f->netns != BOLT_NETNS_OWN ||
        !run->policy.raw_sockets.keep_ping) {
        return;
    }
    count = bolt_process_gid_map(ranges);
    list = bolt_new_n(run->arena, struct bolt_idmap, count);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct bolt_idmap){ranges[i].first, ranges[i].outside, ranges[i].count};
    }
    f->gids = list;
    f->gid_count = count;
    f->gids_limited = true;
}

/* The only cases in which a rule asks what the machine can give. */
static bool is_asked_for_all(const struct bolt_facts *f)
{
    return f->seccomp_unconfined || f->unmasked;
}

static void look_at_kernel(struct bolt_run *run)
{
    struct bolt_facts *f = &run->facts;

    if (is_asked_for_all(f)) {
        f->caps_available = bolt_process_bounding_set();
    }
    if (f->netns_path.len != 0) {
        look_at_netns(run);
    }
    if (run->state.pid != 0 && !is_inside(run) && bolt_netns_is_hosts(run->state.pid)) {
        f->netns = BOLT_NETNS_HOST; /* whatever the file says */
    }
    learn_gid_map(run);
}

void bolt_run_look(struct bolt_run *run)
{
    struct bolt_facts *f = &run->facts;

    if (run->id.value.len != 0) {
        f->who.id = run->id;
    }
    if ((f->known & BOLT_KNOWN_PROCESS) != 0) {
        if (run->point.can_look) {
            bolt_engine_look_at_exec(run);
            bolt_engine_add_handed_ports(run);
        }
        return;
    }
    if (run->point.can_look && (f->known & BOLT_KNOWN_CONFIG) != 0) {
        look_at_kernel(run);
        if (!is_inside(run)) { /* what is at a path there is the container's */
            bolt_engine_look(run);
        }
    }
    if ((f->known & BOLT_KNOWN_CONFIG) != 0 && f->netns == BOLT_NETNS_HOST) {
        bolt_engine_note_host_network(run);
    }
    if (run->policy.trust_annotations && (f->known & BOLT_KNOWN_PORTS) == 0) {
        bolt_facts_ports_from_annotations(run->arena, f);
    }
    bolt_engine_add_handed_ports(run);
}

/* --- answers ---------------------------------------------------------------------------- */

struct bolt_record bolt_run_record(struct bolt_run *run, const struct bolt_err *why)
{
    return (struct bolt_record){
        .time = bolt_clock_text(run->arena),
        .version = BOLT_VERSION,
        .point = run->point,
        .runtime = run->runtime != NULL ? run->runtime : "",
        .input_name = run->input_name,
        .policy_file = run->policy_file,
        .policy_text = run->policy_text,
        .policy_sha256 = run->policy_sha256,
        .drop_ins = run->drop_ins,
        .drop_in_count = run->drop_in_count,
        .drop_ins_sha256 = run->drop_ins_sha256,
        .input = run->input,
        .duration_us = bolt_clock_us() - run->started_us,
        .policy = run->policy_known ? &run->policy : NULL,
        .facts = run->facts_known ? &run->facts : NULL,
        .judged = run->judged,
        .decision = why == NULL ? run->decision : NULL,
        .error = why == NULL ? (struct bolt_bytes){0} : bolt_bytes_of(why->text),
        .id = run->id,
    };
}

static void tell_syslog(struct bolt_run *run, const struct bolt_record *record)
{
    bolt_say_syslog(record->decision == NULL
                        ? bolt_printf(run->arena, "error: %.*s", BOLT_FMT(record->error))
                        : bolt_emit_refusal(run->arena, record));
}

int bolt_run_log(struct bolt_run *run, const struct bolt_err *why, struct bolt_err *err)
{
    bool refused = why != NULL || run->decision->verdict == BOLT_REFUSE;
    struct bolt_record record;

    if (run->policy.log_file == NULL && !(run->policy.log_syslog && refused)) {
        return 0;
    }
    record = bolt_run_record(run, why);
    if (run->policy.log_syslog && refused) {
        tell_syslog(run, &record);
    }
    if (run->policy.log_file == NULL ||
        bolt_file_append(run->policy.log_file, bolt_emit_record(run->arena, &record), err) == 0) {
        return 0;
    }
    (void)bolt_fail_in(err, "the decision was not recorded");
    if (run->policy.log_required) {
        return -1;
    }
    bolt_say(bolt_printf(run->arena, "warning: %s", err->text));
    return 0;
}

static void say_everywhere(const struct bolt_run *run, struct bolt_bytes text)
{
    bolt_say(text);
    if (run->front != NULL && run->front->tell != NULL) {
        run->front->tell(run, text);
    } else {
        bolt_say_to_caller(text);
    }
}

enum bolt_exit bolt_run_fail(const struct bolt_run *run, const struct bolt_err *err)
{
    say_everywhere(run, bolt_printf(run->arena, "error: %s", err->text));
    return bolt_exit_for_error(err->kind);
}

void bolt_run_refuse(struct bolt_run *run)
{
    struct bolt_record record = bolt_run_record(run, NULL);

    say_everywhere(run, bolt_emit_refusal(run->arena, &record));
}

int bolt_run_print(struct bolt_bytes text, struct bolt_err *err)
{
    return bolt_file_write(STDOUT_FILENO, "standard output", text, err);
}

int bolt_run_rewrite(struct bolt_run *run, struct bolt_bytes *out, struct bolt_err *err)
{
    struct bolt_buf buf = {.arena = run->arena};

    if (bolt_edit_apply(run->doc, run->decision->edits, run->decision->edit_count, &buf, err) !=
        0) {
        return -1;
    }
    *out = bolt_buf_bytes(&buf);
    return 0;
}
