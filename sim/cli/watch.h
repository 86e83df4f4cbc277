/* --watch: tables of a host while the run goes on. */
#ifndef TCPSIM_CLI_WATCH_H
#define TCPSIM_CLI_WATCH_H

#include "sim/cli/run_options.h"
#include "sim/lua/script.h"

/* Whether the world has every host that is to be watched; if not, `message` says which is missing. */
bool watch_check_hosts(const struct sim *sim, const struct run_options *options, char *message,
                       size_t size);

/* script_advance(), stopping at every time that was asked for to print what was asked for. The
 * world is only looked at between events, so the run is the same as without. Times that the run did not reach are told on stderr. */
enum script_outcome watch_run(struct script *script, const struct run_options *options,
                              const struct sim_limits *limits);

/* The table (VIEW_SS, VIEW_NETSTAT or VIEW_STATISTICS) of one host, to stdout. */
void watch_print_table(const struct sim *sim, host_id host, enum run_view table,
                       const struct view_style *style);

#endif
