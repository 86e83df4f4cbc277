#include "sim/cli/watch.h"

#include "sim/base/common.h"
#include "sim/observe/tables.h"

#include <stdio.h>

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

static void print_watches(const struct sim *sim, const struct run_options *options)
{
    for (uint32_t i = 0; i < options->watch_count; i++) {
        const struct run_watch *watch = &options->watches[i];
        host_id host = host_by_name(sim, watch->host);
        if (host == HOST_NONE || host_kind(sim, host) != NODE_HOST) {
            fprintf(stderr, "tcpsim: --watch: the scenario has no host '%s'\n", watch->host);
        } else {
            watch_print_table(sim, host, watch->table, &options->style);
        }
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

enum script_outcome watch_run(struct script *script, const struct run_options *options,
                              const struct sim_limits *limits)
{
    sim_time_t looked = 0;
    for (;;) {
        sim_time_t next = next_look(options, looked);
        struct sim_limits slice = *limits;
        bool last = next == SIM_NEVER || (limits->until != 0 && next > limits->until);
        if (!last) {
            slice.until = next;
        }
        enum script_outcome outcome = script_advance(script, &slice);
        if (last || outcome != SCRIPT_OK || script_is_over(script)) {
            return outcome;
        }
        print_watches(script_world(script), options);
        looked = next;
    }
}
