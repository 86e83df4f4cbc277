/* The trace: one line per fact, in packetdrill's notation, as the run goes.
 *
 *     0.010 server < S 1000:1000(0) win 65535 <mss 1460>    # rule (RFC 9293 3.10.7.2): why
 *
 * The sign after the name: > sent, < arrived, x lost, + copied, ~ delayed or held by the network,
 * = state, ! timeout, : application, # note. The text is ASCII (but for notes) and the same for
 * the same run, so goldens can be made of it. */
#ifndef TCPSIM_OBSERVE_TRACE_H
#define TCPSIM_OBSERVE_TRACE_H

#include "tcpsim/facts.h"

#include <stdbool.h>
#include <stdio.h>

enum trace_rules {
    TRACE_RULES_FULL, /* each rule that fired, with its source and sentence, on a line of its own */
    TRACE_RULES_NAMES, /* only their names, on the fact's line */
    TRACE_RULES_NONE,
};

struct trace_options {
    enum trace_rules rules;
    bool ports; /* "[49152 > 80]" with each packet: for runs of several connections */
};

struct trace;

/* NULL when there is no memory. `out` stays the caller's. */
struct trace *trace_create(const struct trace_options *options, FILE *out);
void trace_destroy(struct trace *trace);
enum sim_status trace_attach(struct trace *trace, struct sim *sim);
void trace_observe(void *trace, const struct sim *sim, const struct sim_fact *fact);

/* Flush. False when memory ran out at some time, or when `out` has an error (ferror). */
bool trace_finish(struct trace *trace);

#endif
