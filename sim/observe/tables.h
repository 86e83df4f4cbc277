/* Tables of one host's sockets, as `netstat -ant`, `ss -tan` and `netstat -s` print them.
 *
 * They are snapshots: print them at any moment of a run. Long runs of half-open or TIME-WAIT
 * records are summed up in one line. */
#ifndef TCPSIM_OBSERVE_TABLES_H
#define TCPSIM_OBSERVE_TABLES_H

#include "sim/observe/view.h"
#include "tcpsim/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TABLES_ALIKE_DEFAULT = 3 };

struct table_options {
    struct view_style style;
    uint32_t alike_max; /* SYN-RECEIVED or TIME-WAIT records shown; 0 = TABLES_ALIKE_DEFAULT */
};

/* "-- t = 3.000 s · server · netstat -ant --" and the table. All return false when memory ran out
 * or when `out` has an error (ferror). */
bool tables_print_netstat(const struct sim *sim, host_id host, const struct table_options *options,
                          FILE *out);
bool tables_print_ss(const struct sim *sim, host_id host, const struct table_options *options,
                     FILE *out);
bool tables_print_stats(const struct sim *sim, host_id host, const struct table_options *options,
                        FILE *out);

/* The bodies of the tables, of plain data: `now` is what timers are shown relative to. */
bool tables_render_netstat(const struct tcp_status *sockets, size_t count,
                           const struct table_options *options, FILE *out);
bool tables_render_ss(const struct tcp_status *sockets, size_t count, sim_time_t now,
                      const struct table_options *options, FILE *out);
bool tables_render_stats(const struct host_stats *stats, const struct table_options *options,
                         FILE *out);

#endif
