/* The trace for machines: JSON lines, one object per fact.
 *
 *     {"schema":"tcpsim/1","kind":"trace","seed":1}
 *     {"t_ns":0,"kind":"sent","host":"client","conn":1,"packet":{...},...}
 *     {"kind":"end","facts":42}
 *
 * The last line comes from jsonl_finish(): a file without it was cut short. Members that say
 * nothing (no rules, no connection, false marks) are left out. */
#ifndef TCPSIM_OBSERVE_JSONL_H
#define TCPSIM_OBSERVE_JSONL_H

#include "tcpsim/facts.h"

#include <stdbool.h>
#include <stdio.h>

struct jsonl;

/* NULL when there is no memory. `out` stays the caller's. */
struct jsonl *jsonl_create(FILE *out);
void jsonl_destroy(struct jsonl *jsonl);

/* Writes the first line. */
enum sim_status jsonl_attach(struct jsonl *jsonl, struct sim *sim);
void jsonl_observe(void *jsonl, const struct sim *sim, const struct sim_fact *fact);

/* Write the last line and flush. False when `out` has an error (ferror). */
bool jsonl_finish(struct jsonl *jsonl);

#endif
