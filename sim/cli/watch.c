#include "sim/cli/watch.h"

#include "sim/base/common.h"
#include "sim/base/suggest.h"
#include "sim/observe/tables.h"
#include "sim/observe/text.h"

#include <stdio.h>
#include <stdlib.h>

void watch_print_table(const struct sim *sim, host_id host, enum run_view table,
                       const struct view_style *style)
{
    const struct table_options options = { .style = *style };
    switch (table) {
    case VIEW_SS:
        tables_print_ss(sim, host, &options, stdout);
        break;
    case VIEW_NETSTAT:
        tables_print_netstat(sim, host, &options, stdout);
        break;
    case VIEW_STATISTICS:
        tables_print_stats(sim, host, &options, stdout);
        break;
    case VIEW_LADDER:
    case VIEW_TCPDUMP:
    case VIEW_NONE:
        break;
    }
}

/* ---- which hosts ---------------------------------------------------------------------------- */

static bool is_host(const struct sim *sim, const char *name)
{
    host_id host = host_by_name(sim, name);
    return host != HOST_NONE && host_kind(sim, host) == NODE_HOST;
}

/* The host's name nearest to what was typed, or NULL. */
static const char *near_host(const struct sim *sim, const char *typed)
{
    const char **names = calloc((size_t)host_count(sim) + 1, sizeof *names);
    size_t count = 0;
    if (names == NULL) {
        return NULL;
    }
    for (host_id host = 1; host <= host_count(sim); host++) {
        if (host_kind(sim, host) == NODE_HOST) {
            names[count++] = host_name(sim, host);
        }
    }
    const char *near = suggest_name(typed, names);
    free(names);
    return near;
}

bool watch_check_hosts(const struct sim *sim, const struct run_options *options, char *message,
                       size_t size)
{
    for (uint32_t i = 0; i < options->watch_count; i++) {
        const char *name = options->watches[i].host;
        if (is_host(sim, name)) {
            continue;
        }
        const char *near = near_host(sim, name);
        (void)snprintf(message, size, "tcpsim: --watch: the scenario has no host '%s'%s%s%s\n",
                       name, near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                       near != NULL ? "'?" : "");
        return false;
    }
    return true;
}

/* ---- when ----------------------------------------------------------------------------------- */

static void print_watches(const struct sim *sim, const struct run_options *options)
{
    for (uint32_t i = 0; i < options->watch_count; i++) {
        const struct run_watch *watch = &options->watches[i];
        watch_print_table(sim, host_by_name(sim, watch->host), watch->table, &options->style);
    }
}

/* The first time to look that is later than `now`; SIM_NEVER if there is none. */
static sim_time_t next_look(const struct run_options *options, sim_time_t now)
{
    sim_time_t next = SIM_NEVER;
    for (uint32_t i = 0; i < options->watch_at_count; i++) {
        if (options->watch_at[i] > now) {
            next = min_i64(next, options->watch_at[i]);
        }
    }
    if (options->watch_every > 0) {
        next = min_i64(next, (now / options->watch_every + 1) * options->watch_every);
    }
    return next;
}

static bool looks_at_0(const struct run_options *options)
{
    for (uint32_t i = 0; i < options->watch_at_count; i++) {
        if (options->watch_at[i] == 0) {
            return true;
        }
    }
    return false;
}

/* "tcpsim: --watch: the run ended at 3.020 s, before 100.000 s". */
static void tell_missed(const struct run_options *options, sim_time_t end)
{
    struct text line = { 0 };
    for (uint32_t i = 0; i < options->watch_at_count; i++) {
        if (options->watch_at[i] <= end) {
            continue;
        }
        if (line.length == 0) {
            text_add(&line, "tcpsim: --watch: the run ended at ");
            text_add_time(&line, end);
            text_add(&line, " s, before ");
        } else {
            text_add(&line, ", ");
        }
        text_add_time(&line, options->watch_at[i]);
        text_add(&line, " s");
    }
    if (line.length > 0) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "%s\n", text_string(&line));
    }
    text_free(&line);
}

/* ---- the run -------------------------------------------------------------------------------- */

/* The limits of the part of the run that ends at `next`. The limit of events is for all parts
 * together; it ends the run in the part in which it is met, so that some are left here. */
static struct sim_limits slice_limits(const struct sim_limits *limits, sim_time_t next,
                                      uint64_t events_done)
{
    struct sim_limits slice = *limits;
    if (limits->max_events > events_done) {
        slice.max_events = limits->max_events - events_done;
    }
    if (next != SIM_NEVER) {
        slice.until = next;
    }
    return slice;
}

enum script_outcome watch_run(struct script *script, const struct run_options *options,
                              const struct sim_limits *limits)
{
    const struct sim *sim = script_world(script);
    const uint64_t first_event = sim_event_count(sim);
    sim_time_t looked = 0;
    if (looks_at_0(options)) {
        print_watches(sim, options);
    }
    for (;;) {
        sim_time_t next = next_look(options, looked);
        if (limits->until != 0 && next > limits->until) {
            next = SIM_NEVER;
        }
        struct sim_limits slice = slice_limits(limits, next, sim_event_count(sim) - first_event);
        enum script_outcome outcome = script_advance(script, &slice);
        if (outcome != SCRIPT_OK) {
            return outcome;
        }
        if (sim_now(sim) == next) {
            print_watches(sim, options);
        }
        if (next == SIM_NEVER || script_is_over(script)) {
            tell_missed(options, sim_now(sim));
            return outcome;
        }
        looked = next;
    }
}
