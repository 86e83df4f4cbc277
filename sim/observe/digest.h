/* The digest of a run: 64 bits that depend on every fact.
 *
 * Two runs with the same digest did the same. Facts are serialized field by field, little-endian,
 * with strings in place of pointers and rule names in place of numbers, so that the digest does not
 * depend on the machine, on addresses in memory, or on the order of sim/tcp/rules.def. Left out on
 * purpose: the folder of a verdict's file, which is where somebody keeps it and not what happened. */
#ifndef TCPSIM_OBSERVE_DIGEST_H
#define TCPSIM_OBSERVE_DIGEST_H

#include "tcpsim/facts.h"

#include <stdint.h>

struct digest;

/* NULL when there is no memory. */
struct digest *digest_create(void);
void digest_destroy(struct digest *digest);
enum sim_status digest_attach(struct digest *digest, struct sim *sim);
void digest_observe(void *digest, const struct sim *sim, const struct sim_fact *fact);

/* Of the facts so far; the run may go on. */
uint64_t digest_value(const struct digest *digest);
uint64_t digest_fact_count(const struct digest *digest);

#endif
