/* The summary of a run as one JSON document: what `--json` prints.
 *
 * Keys come in a fixed order; times are integers of nanoseconds in members named *_ns. */
#ifndef TCPSIM_OBSERVE_SUMMARY_H
#define TCPSIM_OBSERVE_SUMMARY_H

#include "tcpsim/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct summary;

/* NULL when there is no memory. */
struct summary *summary_create(void);
void summary_destroy(struct summary *summary);

/* Collects the verdicts; the rest is asked of the world when it is printed. */
enum sim_status summary_attach(struct summary *summary, struct sim *sim);
void summary_observe(void *summary, const struct sim *sim, const struct sim_fact *fact);

/* A value that the scenario measured, as it was written: JSON here has no floats. */
struct summary_measure {
    const char *name;
    const char *text;
};

/* What the world does not know of the run. */
struct summary_run {
    const char *scenario;   /* name or file; may be NULL */
    const char *outcome;    /* "passed", "failed", "error", ... */
    const char *error;      /* the message; NULL if there was none */
    enum sim_status status; /* what sim_run() returned; shown when has_status, else null */
    bool has_status;
    uint64_t digest; /* shown when has_digest, as 16 hexadecimal digits */
    bool has_digest;
    const struct summary_measure *measures;
    size_t measure_count;
};

/* False when memory ran out at some time, or when `out` has an error (ferror). */
bool summary_print(const struct summary *summary, const struct sim *sim,
                   const struct summary_run *run, FILE *out);

#endif
