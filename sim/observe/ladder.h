/* The ladder diagram: hosts as vertical lines, time downwards, packets as arrows between them.
 *
 * An observer that collects the run and draws it when asked: at the end, or early. Reading order:
 * ladder.c (what is collected), ladder_layout.c (which rows there are), ladder_draw.c (how a row
 * looks).
 *
 *     time              client                              server
 *    0.010           SYN-SENT·│──────── SYN 1000 ─────────▶│·SYN-RECEIVED
 *
 * A packet is one row, at the time of its arrival; lost ones, at the time of sending. State changes
 * and what the application saw stand on that row, at the side where they happened. */
#ifndef TCPSIM_OBSERVE_LADDER_H
#define TCPSIM_OBSERVE_LADDER_H

#include "sim/observe/view.h"
#include "tcpsim/facts.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { LADDER_ROWS_DEFAULT = 200 };

struct ladder_options {
    struct view_style style;
    uint32_t rows_max; /* packets and events; the middle is left out. 0 = LADDER_ROWS_DEFAULT */
    bool rules;        /* name the rule that handled a packet which changed nothing to be seen */
};

struct ladder;

/* NULL when there is no memory. */
struct ladder *ladder_create(void);
void ladder_destroy(struct ladder *ladder);

/* Collect from now on. Errors: those of sim_observe. The ladder must outlive the run. */
enum sim_status ladder_attach(struct ladder *ladder, struct sim *sim);

/* Take one fact: what ladder_attach() subscribes, for those who pass facts on themselves. */
void ladder_observe(void *ladder, const struct sim *sim, const struct sim_fact *fact);

/* Draw what was collected so far, then the verdicts. May be called again later, also when the
 * world is gone. False when memory ran out at some time, or when `out` has an error (ferror). */
bool ladder_print(struct ladder *ladder, const struct ladder_options *options, FILE *out);

#endif
