/* One run of one scenario: observers attached, the world run, what they saw printed. */
#ifndef TCPSIM_CLI_RUN_ONCE_H
#define TCPSIM_CLI_RUN_ONCE_H

#include "sim/cli/run_options.h"
#include "sim/lua/script.h"

#include <stddef.h>
#include <stdint.h>

enum { RUN_MESSAGE_MAX = 4096, RUN_MEASURE_MAX = 128 };

/* What the scenario measured. */
struct run_measure {
    char name[RUN_MEASURE_MAX];
    char text[RUN_MEASURE_MAX];
};

struct run_result {
    enum script_outcome outcome;
    uint32_t passed, failed;      /* expectations */
    uint64_t digest, facts;       /* of every fact; 0 when nobody asked for it */
    struct run_measure *measures; /* owned: run_result_free() */
    size_t measure_count;
    char message[RUN_MESSAGE_MAX]; /* of an error, for stderr; "" if there was none */
};

enum run_shown {
    RUN_SHOWN,    /* a run of its own */
    RUN_COMPARED, /* one of several: its heading says which */
    RUN_TRACE,    /* the JSON lines have stdout for themselves */
    RUN_JSON,     /* the JSON summary in place of every view */
    RUN_SILENT,   /* nothing but the result */
};

/* Never ends the process: what went wrong is in the result. RUN_JSON prints one JSON value also then.
 */
void run_once(const struct run_options *options, enum run_shown shown, struct run_result *result);

void run_result_free(struct run_result *result);

/* The exit code that an outcome means. */
int run_exit_code(enum script_outcome outcome);

#endif
