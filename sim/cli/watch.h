/* --watch: tables of a host while the run goes on. */
#ifndef TCPSIM_CLI_WATCH_H
#define TCPSIM_CLI_WATCH_H

#include "sim/cli/run_options.h"
#include "sim/lua/script.h"

/* script_advance(), stopping at every time that was asked for to print what was asked for. The
 * world is only looked at between events, so the run is the same as without. */
enum script_outcome watch_run(struct script *script, const struct run_options *options,
                              const struct sim_limits *limits);

/* The table (VIEW_SS, VIEW_NETSTAT or VIEW_STATISTICS) of one host, to stdout. */
void watch_print_table(const struct sim *sim, host_id host, enum run_view table,
                       const struct view_style *style);

#endif
