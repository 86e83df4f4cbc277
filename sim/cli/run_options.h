/* The options of `tcpsim run`. */
#ifndef TCPSIM_CLI_RUN_OPTIONS_H
#define TCPSIM_CLI_RUN_OPTIONS_H

#include "sim/lua/script.h"
#include "sim/observe/trace.h"
#include "sim/observe/view.h"
#include "tcpsim/time.h"

#include <stdbool.h>
#include <stdint.h>

enum run_view { VIEW_LADDER, VIEW_TCPDUMP, VIEW_SS, VIEW_NETSTAT, VIEW_STATISTICS, VIEW_NONE };

enum { SETTINGS_MAX = 64, WATCHES_MAX = 16, WATCH_TIMES_MAX = 64, COMPARE_MAX = 32 };

/* --watch HOST:TABLE. */
struct run_watch {
    const char *host;
    enum run_view table; /* VIEW_SS, VIEW_NETSTAT or VIEW_STATISTICS */
};

struct run_options {
    const char *file;
    struct script_setting settings[SETTINGS_MAX];
    uint32_t setting_count;
    const char *compare; /* the option's name, or NULL */
    const char *compare_values[COMPARE_MAX];
    uint32_t compare_count;
    uint32_t compare_index; /* which of them this run is */

    uint64_t seed;
    sim_time_t until;       /* 0 = to the end */
    const char *until_text; /* as given, or NULL */
    uint64_t max_events;    /* 0 = default */
    uint64_t max_steps;     /* of the script; 0 = default */
    bool wire, verify, digest, json, describe;

    enum run_view view;
    enum trace_rules rules;
    struct view_style style;
    uint32_t rows_max;
    struct run_watch watches[WATCHES_MAX];
    uint32_t watch_count;
    sim_time_t watch_at[WATCH_TIMES_MAX];
    uint32_t watch_at_count;
    sim_time_t watch_every; /* 0 = not */
    const char *jsonl;      /* file, "-" for stdout, or NULL */
};

/* Parse the command line; strings point into argv, parts of which are cut by NULs. Returns an exit
 * code to end with, or -1 to go on. */
int run_options_parse(struct run_options *options, int argc, char **argv);

/* Whether the trace has stdout for itself: --jsonl -. */
bool run_traces_to_stdout(const struct run_options *options);

#endif
